//! Text of scenarios: imports, findings, losses and simulations.

use std::fmt::Write;

use model::{Severity, counted, printable};
use scenario::{Act, Card, Choice, Goal, Message, Scenario, Step, Text};
use scenario_import::{Imported, Skipped};
use translate::ScenarioRuns;

use crate::findings::Checked;

/// The scenarios that were imported, and what was skipped.
pub fn imported(imported: &Imported) -> String {
    let n_scenarios = counted(imported.scenarios.len() as u64, "scenario");
    let mut text = format!("{}: {n_scenarios}\n", imported.format.name());
    for it in &imported.scenarios {
        let n_messages = it.origin.as_ref().and_then(|it| it.n_messages);
        let n_messages = n_messages.map_or(String::new(), |it| format!(", {}", counted(it, "message")));
        let losses =
            if it.losses.is_empty() { String::new() } else { format!(", {}", counted(it.losses.len() as u64, "loss")) };
        text += &format!(
            "  {} ({}): {}, {}{n_messages}{losses}\n",
            it.id,
            it.language,
            counted(it.steps.len() as u64, "step"),
            counted(it.slots.len() as u64, "slot")
        );
    }
    for (file, encoding) in &imported.read_as {
        text += &format!("  read as {encoding}: {}\n", printable(file));
    }
    text + &skipped(&imported.skipped)
}

/// The parts of files that were not taken, with the reason of each.
pub fn skipped(skipped: &[Skipped]) -> String {
    let line =
        |it: &Skipped| format!("  skipped: {} {}: {}\n", printable(&it.file), printable(&it.place), printable(&it.why));
    skipped.iter().map(line).collect()
}

/// The last line: how many scenarios, errors, losses and warnings there are.
pub fn n_findings(all: &[Checked<'_>]) -> String {
    let n = |severity: Severity| {
        all.iter().flat_map(|it| it.findings).filter(|it| it.rule.severity == severity).count() as u64
    };
    let counts = [(Severity::Error, "error"), (Severity::Loss, "loss"), (Severity::Warning, "warning")];
    let counts = counts.map(|(severity, name)| counted(n(severity), name));
    format!("{}: {}\n", counted(all.len() as u64, "scenario"), counts.join(", "))
}

/// A scenario: its slots, its steps, its losses.
pub fn scenario(scenario: &Scenario) -> String {
    let mut text = format!("{} ({}): {}\n", scenario.id, scenario.language, scenario.intent);
    // Writing to a String cannot fail.
    for slot in &scenario.slots {
        let examples =
            if slot.examples.is_empty() { String::new() } else { format!(", such as {}", slot.examples.join(", ")) };
        let _ = writeln!(text, "  {{{{{}}}}}{examples}", slot.name);
    }
    for step in &scenario.steps {
        let mark = if step.id == scenario.start { "▸" } else { " " };
        let _ = writeln!(text, "{mark} {}: {}", step.id, step_text(step));
    }
    for lost in &scenario.losses {
        let _ = writeln!(text, "  lost: {} at {}: {}", lost.loss.rule().name, lost.place, lost.what);
    }
    text
}

/// A step: its text, its choices, and the steps that follow.
fn step_text(step: &Step) -> String {
    let mut text = match &step.act {
        Act::Message(it) => lines(&it.text),
        Act::Question(it) => format!("{} (saved as {})", lines(&it.text), it.slot),
        Act::Listen(it) => format!("listens (saved as {})", it.slot),
        Act::Find(it) => format!("{} = what is found in {}", it.slot, it.within),
        Act::Condition(_) => "depends".to_owned(),
        Act::Set { slot, value, .. } => format!("{slot} = {value}"),
        Act::Call(it) => format!("asks {}", it.system),
        Act::Wait { seconds, .. } => format!("waits {seconds} s"),
        Act::Handover(it) => format!("{} (to a person: {})", it.text, it.via.name()).trim_start().to_owned(),
    };
    if let Act::Message(message) = &step.act {
        return text + &message_text(message);
    }
    for (route, to) in step.act.routes() {
        match route.as_str() {
            "" => text += &goal(to),
            route => text += &format!("\n      {route}{}", goal(to)),
        }
    }
    text
}

fn goal(goal: &Goal) -> String {
    goal.as_ref().map_or(String::new(), |it| format!(" → {it}"))
}

/// A text with its lines below each other.
fn lines(text: &Text) -> String {
    text.to_string().replace('\n', "\n      ")
}

/// What a message shows with its text, and the steps that follow.
fn message_text(message: &Message) -> String {
    let mut text = String::new();
    for (name, line) in [("header", &message.header), ("footer", &message.footer)] {
        if !line.is_empty() {
            text += &format!("\n      {name}: {}", lines(line));
        }
    }
    if let Some(media) = &message.media {
        text += &format!("\n      ({} {})", media.kind.name(), media.url);
    }
    if let Some(location) = &message.location {
        text += &format!("\n      (location {},{})", location.latitude, location.longitude);
    }
    if !message.products.is_empty() {
        text += &format!("\n      ({})", counted(message.products.len() as u64, "product"));
    }
    for choice in &message.choices {
        text += &format!("\n      [{}]{}", choice.title(), button(choice));
    }
    for (card, n) in message.cards.iter().zip(1..) {
        text += &card_text(card, n);
    }
    for media in &message.then {
        text += &format!("\n      then ({} {})", media.kind.name(), media.url);
    }
    let otherwise = if message.waits() && message.next.is_some() { "\n      otherwise" } else { "" };
    text + otherwise + &goal(&message.next)
}

fn card_text(card: &Card, n: usize) -> String {
    let mut text = format!("\n      card {n}: {}", card.body().to_string().replace('\n', "\n        "));
    if let Some(media) = &card.media {
        text += &format!("\n        ({} {})", media.kind.name(), media.url);
    }
    for choice in &card.choices {
        text += &format!("\n        [{}]{}", choice.title(), button(choice));
    }
    text
}

/// What a button does, and the step that follows its tap.
fn button(choice: &Choice) -> String {
    let does = match choice {
        Choice::Link { url, .. } => format!(" ↗ {url}"),
        Choice::Phone { number, .. } => format!(" ☎ {number}"),
        Choice::CopyCode { code, .. } => format!(" copies {code}"),
        Choice::Form { flow, .. } => format!(" opens the form {flow}"),
        Choice::ShareLocation { .. } => " sends the location".to_owned(),
        Choice::SharePhone { .. } => " sends the phone number".to_owned(),
        Choice::Reply { description, .. } => description.as_ref().map_or(String::new(), |it| format!(" – {it}")),
    };
    does + &choice.next().map(goal).unwrap_or_default()
}

/// The results of the scripts of a scenario, with every difference once.
pub fn simulated(scenario: &ScenarioRuns) -> String {
    let runs = &scenario.runs;
    let same = runs.iter().filter(|it| it.differences.is_empty()).count();
    let unexplained = runs.iter().filter(|it| !it.is_explained()).count();
    let explained = runs.len() - same - unexplained;
    let mut text = format!(
        "{}.{}: {}: {same} the same on both sides, {explained} explained, {unexplained} not\n  source: {}\n",
        scenario.scenario,
        scenario.language,
        counted(runs.len() as u64, "script"),
        scenario.source,
    );
    text.extend(scenario.not_simulated.iter().map(|it| format!("  not simulated: {}\n", printable(it))));
    // Many scripts show the same difference.
    let mut seen = Vec::new();
    for run in runs {
        for it in &run.differences {
            if seen.contains(&it) {
                continue;
            }
            seen.push(it);
            let why = if it.explained_by.is_empty() { "not explained".to_owned() } else { it.explained_by.join(", ") };
            text += &format!("  {} ({why}), script {}\n", it.step, run.script);
            it.source
                .iter()
                .filter(|line| !it.whatsapp.contains(line))
                .for_each(|line| text += &format!("    - {line}\n"));
            it.whatsapp
                .iter()
                .filter(|line| !it.source.contains(line))
                .for_each(|line| text += &format!("    + {line}\n"));
        }
    }
    text
}

/// A line for each scenario that could not be compiled.
pub fn not_simulated(ids: &[String]) -> String {
    let why = "not simulated, because it could not be compiled: ferry scenario check says why";
    ids.iter().map(|id| format!("{id}: {why}\n")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_is_shown_with_its_header_its_footer_and_what_its_buttons_do() {
        let json = r#"{ "id": "a", "intent": "a", "language": "en", "purpose": "notification", "trigger": { "type": "event" },
            "start": "s", "steps": [{ "id": "s", "type": "message", "header": "Bill", "text": "It is due.", "footer": "Shop",
            "choices": [{ "action": "copy_code", "title": "Copy", "code": "A1" },
                        { "action": "share_location", "title": "Here", "next": "end" }] }] }"#;
        let scenario = scenario::read_scenarios(json).unwrap().remove(0);
        assert_eq!(
            super::scenario(&scenario),
            "a (en): a\n▸ s: It is due.\n      header: Bill\n      footer: Shop\n      [Copy] copies A1\n      \
             [Here] sends the location → end\n"
        );
    }
}
