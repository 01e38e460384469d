//! Compares what two sides showed, line by line, and says which losses explain the differences.
//!
//! A difference is explained by a finding of the same place, and of a kind that can make such a difference: a cut title
//! explains another button and no missing text.

use model::{Finding, Severity};
use scenario::{Scenario, Shown};

use super::Difference;
use crate::Compiled;

/// Limits the lines that are compared.
const MOST_LINES: usize = 2_000;

/// A line, the step that shows it, and the scenario of the step.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    step: &'a str,
    scenario: usize,
}

/// Lines that one side has and the other has not, between lines that both have.
struct Hunk<'a> {
    source: Vec<Line<'a>>,
    whatsapp: Vec<Line<'a>>,
    /// The line before, which both sides have.
    before: &'a str,
    /// The steps of the WhatsApp side that the difference can belong to.
    steps: Vec<(usize, &'a str)>,
}

/// `of` has the scenario of each entry of the WhatsApp side; `is_silent` says that the customer did not answer in time.
pub(super) fn compare(
    sides: &[(&Scenario, &Compiled)],
    source: &[Shown],
    whatsapp: &[Shown],
    of: &[usize],
    is_silent: bool,
) -> Vec<Difference> {
    let ours = |n: usize| of.get(n).copied().unwrap_or_default();
    let whatsapp: Vec<Line<'_>> = lines(whatsapp, ours);
    let source: Vec<Line<'_>> = lines(source, |_| 0);
    let mut differences = Vec::new();
    for hunk in hunks(&source, &whatsapp) {
        let (explained_by, leads_elsewhere) = explained(sides, &hunk, is_silent);
        let step = hunk.source.first().or(hunk.whatsapp.first()).map(|it| it.step).unwrap_or_default();
        let text = |it: &[Line<'_>]| it.iter().map(|it| it.text.to_owned()).collect();
        differences.push(Difference {
            step: step.to_owned(),
            source: text(&hunk.source),
            whatsapp: text(&hunk.whatsapp),
            explained_by,
        });
        // After another route everything differs.
        if leads_elsewhere {
            break;
        }
    }
    differences
}

fn lines(shown: &[Shown], scenario: impl Fn(usize) -> usize) -> Vec<Line<'_>> {
    let entries = shown.iter().enumerate();
    let lines = entries.flat_map(|(n, it)| {
        let scenario = scenario(n);
        it.lines.iter().map(move |text| Line { text, step: &it.step, scenario })
    });
    lines.take(MOST_LINES).collect()
}

/// The differences, by the longest common sequence of lines.
fn hunks<'a>(source: &[Line<'a>], whatsapp: &[Line<'a>]) -> Vec<Hunk<'a>> {
    let (n, m) = (source.len(), whatsapp.len());
    let mut common = vec![vec![0u16; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            common[i][j] = match source[i].text == whatsapp[j].text {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut hunks, mut open, mut i, mut j) = (Vec::new(), None::<Hunk<'a>>, 0, 0);
    while i < n || j < m {
        if i < n && j < m && source[i].text == whatsapp[j].text {
            if let Some(mut hunk) = open.take() {
                hunk.steps.push((whatsapp[j].scenario, whatsapp[j].step));
                hunks.push(hunk);
            }
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let before = j.checked_sub(1).map(|it| (whatsapp[it].scenario, whatsapp[it].step));
        let hunk = open.get_or_insert_with(|| Hunk {
            source: Vec::new(),
            whatsapp: Vec::new(),
            before: j.checked_sub(1).map(|it| whatsapp[it].text).unwrap_or_default(),
            steps: before.into_iter().collect(),
        });
        if j >= m || (i < n && common[i + 1][j] >= common[i][j + 1]) {
            hunk.source.push(source[i]);
            i += 1;
        } else {
            hunk.steps.push((whatsapp[j].scenario, whatsapp[j].step));
            hunk.whatsapp.push(whatsapp[j]);
            j += 1;
        }
    }
    hunks.extend(open);
    hunks
}

/// The codes that explain a difference, none if a line is left without; and whether it comes from another route.
fn explained(sides: &[(&Scenario, &Compiled)], hunk: &Hunk<'_>, is_silent: bool) -> (Vec<&'static str>, bool) {
    let mut found: Vec<&'static str> = Vec::new();
    for (n, (scenario, compiled)) in sides.iter().enumerate() {
        let is_there = |it: &&Finding| is_place(scenario, it, n, hunk);
        let findings =
            compiled.findings.iter().filter(|it| matches!(it.rule.severity, Severity::Loss | Severity::Note));
        found.extend(findings.filter(is_there).map(|it| it.rule.code));
    }
    found.sort_unstable();
    found.dedup();
    let mut used = Vec::new();
    let lines = hunk.source.iter().map(|it| (it, false)).chain(hunk.whatsapp.iter().map(|it| (it, true)));
    for (line, is_added) in lines {
        let others = if is_added { &hunk.source } else { &hunk.whatsapp };
        let others: Vec<&str> = others.iter().map(|it| it.text).collect();
        let before = used.len();
        let line = Changed { text: line.text, is_added, others: &others, before: hunk.before, is_silent };
        used.extend(found.iter().filter(|code| explains(code, &line)));
        if used.len() == before {
            return (Vec::new(), false);
        }
    }
    used.sort_unstable();
    used.dedup();
    let leads_elsewhere = used.iter().any(|it| LEAD_ELSEWHERE.contains(it));
    (used, leads_elsewhere)
}

/// Whether a finding is about a step of the difference, or about a place in the source that the difference names.
fn is_place(scenario: &Scenario, finding: &Finding, n: usize, hunk: &Hunk<'_>) -> bool {
    let mut parts = finding.place.trim_start_matches('/').split('/');
    let (kind, number) = (parts.next(), parts.next().and_then(|it| it.parse::<usize>().ok()));
    let step = |id: &str| hunk.steps.contains(&(n, id));
    match (kind, number) {
        (Some("steps"), Some(at)) => scenario.steps.get(at).is_some_and(|it| step(&it.id)),
        (Some("losses"), Some(at)) => scenario.losses.get(at).is_some_and(|it| {
            let names = |line: &Line<'_>| !line.step.is_empty() && it.place.contains(line.step);
            // A source that has no names for its steps calls them by what they say.
            let quotes = |line: &Line<'_>| {
                let said = line.step.rsplit_once(" (").map_or("", |it| it.0);
                !said.is_empty() && it.what.contains(said)
            };
            step(&it.place) || hunk.source.iter().any(|it| names(it) || quotes(it))
        }),
        _ => false,
    }
}

/// Losses after which the two sides are at different steps.
const LEAD_ELSEWHERE: [&str; 6] = ["L114", "L119", "L120", "L121", "L123", "L129"];

/// A line that only one side has.
struct Changed<'a> {
    text: &'a str,
    /// Whether it is on the WhatsApp side.
    is_added: bool,
    /// The lines that the other side has instead.
    others: &'a [&'a str],
    before: &'a str,
    is_silent: bool,
}

/// Whether a loss of this kind can make this line differ.
fn explains(code: &str, line: &Changed<'_>) -> bool {
    let text = line.text;
    let is_link = text.starts_with('[') && text.contains(" → ");
    let is_tap = text.starts_with('[') && !is_link;
    let is_media = text.starts_with('(');
    let is_text = !text.starts_with(['[', '(']);
    let is_alike = || line.others.iter().any(|it| is_similar(it, text));
    match code {
        "L105" | "C110" => is_tap || is_link,
        "L109" | "L116" => is_tap,
        "L110" => (is_tap || is_text) && line.others.iter().any(|it| is_cut(it, text) || is_cut(text, it)),
        "L111" | "L123" => (is_tap || is_link) && !line.is_added,
        "L112" | "L113" => is_media || is_link || (is_text && line.is_added && text.contains("http")),
        "L115" => is_text && line.others.iter().any(|it| it.contains(text) || text.contains(it)),
        "L117" => is_link,
        "L106" | "L107" | "L118" | "L130" | "C102" if is_text => is_alike(),
        "L107" => is_tap && is_alike(),
        "L124" => is_text,
        "L119" | "L125" | "L126" | "L127" | "L131" => !line.is_added,
        // The other side shows nothing, or what follows another route.
        "L114" => line.is_silent,
        "L120" | "L121" | "L129" => true,
        "L122" => is_tap || is_link || is_text,
        "C104" => is_of_menu(line),
        "C105" => line.is_added && (is_text || is_tap),
        "C106" => is_tap || (is_text && line.is_added),
        "C103" | "C107" => is_link || (is_text && is_alike()),
        _ => false,
    }
}

/// Whether a title is the other one without its end, or a text holds the whole title.
fn is_cut(whole: &str, cut: &str) -> bool {
    let plain = |it: &str| it.trim_matches(['[', ']', '…', '.', ' ']).to_lowercase();
    let (whole, cut) = (plain(whole), plain(cut));
    let start: String = cut.chars().take(12).collect();
    !start.is_empty() && whole.contains(&start)
}

/// Whether at least half of the words of the shorter text are in the other.
fn is_similar(one: &str, other: &str) -> bool {
    let words = |it: &str| -> Vec<String> {
        let words = it.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (one, other) = (words(one), words(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    !short.is_empty() && short.iter().filter(|it| long.contains(it)).count() * 2 >= short.len()
}

/// Whether a line comes from a menu that was written in a text: a button whose title is in the text, or what is left of
/// the text.
fn is_of_menu(line: &Changed<'_>) -> bool {
    let texts = || line.others.iter().copied().chain([line.before]).filter(|it| !it.starts_with('['));
    match line.text.strip_prefix('[') {
        Some(title) => {
            let title = title.trim_end_matches(']').split(" – ").next().unwrap_or_default().to_lowercase();
            line.is_added && texts().any(|it| it.to_lowercase().contains(&title))
        }
        None => line.others.iter().any(|it| is_similar(it, line.text)),
    }
}
