//! The page as a template.

use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use scenario::{Criticality, LanguageBasis, Origin, Purpose};
use sha2::{Digest, Sha256};

use crate::input::{Review, Reviewed};
use crate::marks::Placed;
use crate::overview::{Counts, Tile, tiles};
use crate::sides::{Sides, sides};
use crate::texts::{TextView, texts};
use crate::view::{Badge, Mark};
use crate::words::{Words, fill};

const STYLE: &str = include_str!("../templates/review.css");
const SCRIPT: &str = include_str!("../templates/review.js");

#[derive(Template)]
#[template(path = "review.html")]
pub(crate) struct Page {
    w: &'static Words,
    policy: String,
    style: &'static str,
    script: &'static str,
    name: String,
    of_run: String,
    made_by: String,
    tiles: Vec<Tile>,
    scenarios: Vec<ScenarioView>,
}

/// A scenario on the page.
pub(crate) struct ScenarioView {
    /// The anchor.
    id: String,
    intent: String,
    /// The id and the language.
    name: String,
    badges: Vec<Badge>,
    /// What it can be filtered by.
    severities: String,
    states: String,
    /// What is said of it: a label and a value each.
    facts: Vec<(&'static str, String)>,
    marks: Vec<Mark>,
    notes: Vec<Mark>,
    n_notes: String,
    sides: Sides,
    /// Where the source's side comes from.
    source_label: String,
    is_translated: bool,
    texts: Vec<TextView>,
}

impl Page {
    pub(crate) fn of(review: &Review<'_>, w: &'static Words) -> Self {
        let counts: Vec<Counts> = review.scenarios.iter().map(Counts::of).collect();
        let tiles = tiles(review, &counts, w);
        let all = review.scenarios.iter().zip(&counts).zip(1..);
        Self {
            w,
            policy: policy(),
            style: STYLE,
            script: SCRIPT,
            name: review.name.to_owned(),
            of_run: fill(w.of_run, &[review.run_id, &w.day(review.made_at)]),
            made_by: fill(w.made_by, &[review.made_by]),
            tiles,
            scenarios: all.map(|((it, counts), n)| ScenarioView::of(it, counts, n, w)).collect(),
        }
    }
}

/// Only the page's own style and script count, whatever the texts hold; nothing is loaded from anywhere.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

impl ScenarioView {
    fn of(reviewed: &Reviewed<'_>, counts: &Counts, n: usize, w: &'static Words) -> Self {
        let placed = Placed::of(reviewed);
        let scenario = reviewed.scenario;
        let notes = placed.notes(w);
        let origin = scenario.origin.as_ref();
        Self {
            id: format!("s{n}"),
            intent: scenario.intent.clone(),
            name: format!("{} · {}", scenario.id, language(reviewed, w)),
            badges: counts.badges(w),
            severities: counts.severities(),
            states: counts.states(),
            facts: facts(reviewed, w),
            marks: placed.of_whole(w),
            n_notes: w.counted(w.notes_fold, notes.iter().map(|it| it.found.len()).sum()),
            notes,
            sides: sides(reviewed, &placed, w),
            source_label: origin.map_or(w.format_neutral, |it| w.format(&it.format)).to_owned(),
            is_translated: !reviewed.flow.steps.is_empty(),
            texts: texts(reviewed, &placed, w),
        }
    }
}

fn language<'a>(reviewed: &'a Reviewed<'_>, w: &'static Words) -> &'a str {
    match reviewed.scenario.language.as_str() {
        "" => w.unknown_language,
        language => language,
    }
}

fn facts(reviewed: &Reviewed<'_>, w: &'static Words) -> Vec<(&'static str, String)> {
    let scenario = reviewed.scenario;
    let basis = match &scenario.language_basis {
        LanguageBasis::Declared => w.declared.to_owned(),
        LanguageBasis::Guessed => w.guessed.to_owned(),
        LanguageBasis::Assumed => w.assumed.to_owned(),
        LanguageBasis::Doubted { looks_like, .. } if looks_like.is_empty() => w.doubted_script.to_owned(),
        LanguageBasis::Doubted { looks_like, .. } => fill(w.doubted, &[looks_like]),
    };
    let criticality = match scenario.criticality {
        Criticality::Low => w.low,
        Criticality::Normal => w.normal,
        Criticality::High => w.high,
    };
    let purpose = match scenario.purpose {
        Purpose::Notification => w.notification,
        Purpose::Promotion => w.promotion,
        Purpose::Authentication => w.authentication,
        Purpose::Conversation => w.conversation,
    };
    let owner = if reviewed.owner.is_empty() { w.no_owner } else { reviewed.owner };
    let mut facts = vec![
        (w.owner, owner.to_owned()),
        (w.criticality, criticality.to_owned()),
        (w.language, format!("{} ({basis})", language(reviewed, w))),
        (w.purpose, purpose.to_owned()),
        (w.file, scenario.origin.as_ref().map_or_else(|| w.origin_none.to_owned(), |it| origin(it, w))),
    ];
    if !reviewed.section.is_empty() {
        facts.push((w.section, reviewed.section.to_owned()));
    }
    facts
}

fn origin(origin: &Origin, w: &Words) -> String {
    let mut text = origin.file.clone();
    for more in
        [origin.place.clone(), origin.n_messages.map(|it| w.counted(w.n_logged, usize::try_from(it).unwrap_or(0)))]
    {
        text.extend(more.map(|it| format!(", {it}")));
    }
    text
}
