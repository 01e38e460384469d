//! Names the texts of a scenario that are in another language than the scenario: some flows ask for the language first, and
//! some translations are not translated.

use std::collections::BTreeMap;

use rayon::prelude::*;
use scenario::{LanguageBasis, Loss, PlacedLoss, Scenario};

use super::declared::{Verdict, base, verdict};

/// Limits the texts that are quoted.
const MAX_QUOTED: usize = 3;
/// Limits each of them, in characters.
const MAX_CHARACTERS: usize = 60;

pub(super) fn name_other_languages(scenarios: &mut [Scenario]) {
    let is_certain = |it: &&mut Scenario| !it.language.is_empty() && it.language_basis.is_certain();
    scenarios.par_iter_mut().filter(is_certain).for_each(|scenario| {
        let losses = others(scenario);
        scenario.losses.extend(losses);
    });
}

/// A loss for each other language. One text alone is what the whole scenario is judged by.
fn others(scenario: &Scenario) -> Vec<PlacedLoss> {
    let texts: Vec<String> = scenario.texts().iter().map(|it| it.1.fill(|_| " ".into())).collect();
    let mut by_language: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let declared = base(&scenario.language);
    for text in texts.iter().filter(|_| texts.len() > 1) {
        if let Verdict::Doubted(LanguageBasis::Doubted { looks_like, .. }) = verdict(text, &declared) {
            by_language.entry(looks_like).or_default().push(text);
        }
    }
    let lost = by_language.iter().map(|(language, others)| {
        let language = if language.is_empty() { "another script" } else { language };
        let share = 100 * others.len() / texts.len();
        let quoted: Vec<String> = others.iter().take(MAX_QUOTED).map(|it| format!("“{}”", shortened(it))).collect();
        let more = others.len().saturating_sub(MAX_QUOTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (n, all, own) = (others.len(), texts.len(), &scenario.language);
        let quoted = quoted.join(", ");
        let what = format!("{n} of {all} ({share} %) look like “{language}”, not “{own}”: {quoted}{more}");
        PlacedLoss { loss: Loss::OtherLanguage, place: "the texts".to_owned(), what }
    });
    lost.collect()
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use scenario::read_scenarios;
    use serde_json::json;

    use super::super::fill_in;

    /// The losses of a scenario with these texts.
    fn told(language: &str, texts: &[&str]) -> Vec<String> {
        let steps: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(n, it)| json!({ "id": format!("s{n}"), "type": "message", "text": it, "next": format!("s{}", n + 1) }))
            .collect();
        let json = json!({ "id": "it", "intent": "it", "language": language, "purpose": "conversation",
            "trigger": { "type": "message" }, "start": "s0", "steps": steps });
        let mut scenarios = read_scenarios(&json.to_string()).unwrap();
        fill_in(&mut scenarios, None);
        scenarios[0].losses.iter().map(|it| it.what.clone()).collect()
    }

    #[test]
    fn texts_in_another_language_are_named_with_their_share() {
        let spanish = "Gracias por escribirnos, díganos por favor su código postal y le ayudamos.";
        let english = "I'm sorry, something went wrong, please text us again in a few minutes.";
        assert_eq!(
            told("es", &[spanish, spanish, spanish, english]),
            ["1 of 4 (25 %) look like “en”, not “es”: “I'm sorry, something went wrong, please text us again in a f…”"]
        );
        assert_eq!(told("es", &[spanish, spanish, "OK, 25-31"]), Vec::<String>::new());
    }
}
