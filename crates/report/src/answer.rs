//! The first screen: the figures that a manager asks for.

use model::Segment;
use run::PeopleCounts;

use crate::facts::Facts;
use crate::mend::{Problem, summary};
use crate::words::fill;

/// A figure, what it means, and the command that lists its people.
pub(crate) struct Tile {
    /// The class, which gives the tile its colour.
    pub(crate) kind: &'static str,
    pub(crate) label: &'static str,
    pub(crate) figure: String,
    /// The difference to the last run; empty if there is none.
    pub(crate) change: String,
    pub(crate) lines: Vec<String>,
    pub(crate) command: String,
    /// Which rows of the list are meant, where not all are.
    pub(crate) filter: &'static str,
}

/// The answer in a sentence.
pub(crate) fn lead(facts: &Facts) -> String {
    let (w, people) = (facts.words, facts.people());
    if people == 0 {
        return w.answer.lead_empty.to_owned();
    }
    let everyone = w.counted(&w.answer.people, people);
    match facts.is_verified() {
        true => {
            let refused = facts.people_in(Segment::OptedOut);
            let figures = [facts.can_be_invited(), facts.registrations.ready_with_consent, refused];
            let [invited, consented, refused] = figures.map(|it| w.number(it));
            fill(w.answer.lead, &[&everyone, &invited, &consented, &refused])
        }
        false => fill(w.answer.lead_unverified, &[&everyone, &w.number(facts.allowed())]),
    }
}

/// The figures, the most useful ones first.
pub(crate) fn tiles(facts: &Facts, problems: &[Problem]) -> Vec<Tile> {
    vec![
        invited(facts),
        consented(facts),
        refused(facts),
        unclear(facts),
        unreachable(facts),
        undecided(facts),
        to_mend(facts, problems),
        cost(facts),
    ]
}

fn invited(facts: &Facts) -> Tile {
    let w = facts.words;
    let mut tile = segment_tile(facts, Segment::Ready, "good", w.answer.invited, w.answer.invited_meaning);
    tile.figure = w.number(facts.can_be_invited());
    tile.change = change(facts, facts.can_be_invited(), PeopleCounts::can_be_invited);
    tile.filter = w.answer.filter_empty;
    if_verified(facts, tile)
}

fn consented(facts: &Facts) -> Tile {
    let (w, registrations) = (facts.words, facts.registrations);
    if !facts.is_verified() {
        let mut tile = segment_tile(facts, Segment::Undecided, "good", w.answer.consented, "");
        tile.figure = w.answer.unknown.to_owned();
        tile.lines = vec![w.counted(&w.answer.consented_unverified, registrations.with_consent)];
        tile.filter = w.answer.filter_yes;
        return tile;
    }
    let n = registrations.ready_with_consent;
    let mut tile = segment_tile(facts, Segment::Ready, "good", w.answer.consented, w.answer.consented_meaning);
    (tile.figure, tile.filter) = (w.number(n), w.answer.filter_yes);
    tile.change = change(facts, n, |it| it.ready_with_consent);
    let others = registrations.with_consent - n;
    tile.lines.extend((others > 0).then(|| w.counted(&w.answer.consented_others, others)));
    tile
}

fn refused(facts: &Facts) -> Tile {
    let w = facts.words;
    let mut tile = segment_tile(facts, Segment::OptedOut, "bad", w.answer.refused, w.answer.refused_meaning);
    let suppressed = facts.people_in(Segment::Suppressed);
    tile.lines.extend((suppressed > 0).then(|| w.counted(&w.answer.refused_suppressed, suppressed)));
    tile
}

fn unclear(facts: &Facts) -> Tile {
    let w = facts.words;
    let mut tile = segment_tile(facts, Segment::Unclear, "warn", w.answer.unclear, w.answer.unclear_meaning);
    let causes = facts.registrations.unclear.iter().map(|it| {
        let words = match it.unreadable.as_str() {
            "unreadable date" => &w.causes.date,
            "unreadable country" => &w.causes.country,
            "unreadable e-mail address" => &w.causes.email,
            "garbled name" => &w.causes.name,
            "unreadable language" => &w.causes.language,
            _ => &w.causes.consent,
        };
        w.counted(words, it.contacts)
    });
    tile.lines.extend(causes);
    tile
}

fn unreachable(facts: &Facts) -> Tile {
    let w = facts.words;
    let tile = segment_tile(facts, Segment::ReEngage, "quiet", w.answer.unreachable, w.answer.unreachable_meaning);
    if_verified(facts, tile)
}

fn undecided(facts: &Facts) -> Tile {
    let w = facts.words;
    let meaning = if facts.is_verified() { w.answer.undecided_meaning } else { w.answer.undecided_unverified };
    let mut tile = segment_tile(facts, Segment::Undecided, "quiet", w.answer.undecided, meaning);
    let without_phone = facts.people_in(Segment::Undecided) - facts.registrations.undecided_with_phone;
    tile.lines.extend((without_phone > 0).then(|| w.counted(&w.answer.undecided_no_phone, without_phone)));
    tile
}

fn to_mend(facts: &Facts, problems: &[Problem]) -> Tile {
    const MOST: usize = 4;
    let w = facts.words;
    let mut lines = summary(facts, problems);
    lines.truncate(MOST);
    if lines.is_empty() {
        lines.push(w.answer.nothing_to_mend.to_owned());
    }
    Tile {
        kind: if problems.is_empty() { "quiet mend" } else { "warn mend" },
        label: w.answer.to_mend,
        figure: w.counted(&w.answer.to_mend_count, problems.len() as u64),
        change: String::new(),
        lines,
        command: String::new(),
        filter: "",
    }
}

fn cost(facts: &Facts) -> Tile {
    let w = facts.words;
    let costs = &facts.manifest.costs;
    let sum = |of: fn(&run::Cost) -> u64| costs.iter().map(of).sum::<u64>();
    let figure = match costs.last() {
        Some(last) if costs.iter().all(|it| it.currency == last.currency) => {
            w.money(sum(|it| it.price_micros), &last.currency)
        }
        Some(_) => costs.iter().map(|it| w.money(it.price_micros, &it.currency)).collect::<Vec<_>>().join(" + "),
        None => w.number(0),
    };
    let line = match (costs.is_empty(), facts.has_verifier) {
        (false, _) => {
            let [checks, calls] = [sum(|it| it.checks), sum(|it| it.calls)];
            format!("{}, {}", w.counted(&w.verification.check, checks), w.counted(&w.verification.call, calls))
        }
        (true, true) => w.answer.no_cost.to_owned(),
        (true, false) => w.answer.not_verified.to_owned(),
    };
    Tile {
        kind: "quiet cost",
        label: w.answer.cost,
        figure,
        change: String::new(),
        lines: vec![line],
        command: String::new(),
        filter: "",
    }
}

fn segment_tile(
    facts: &Facts,
    segment: Segment,
    kind: &'static str,
    label: &'static str,
    meaning: &'static str,
) -> Tile {
    let n = facts.people_in(segment);
    Tile {
        kind,
        label,
        figure: facts.words.number(n),
        change: change(facts, n, |it| it.people_in(segment)),
        lines: vec![meaning.to_owned()],
        command: facts.commands.segment(segment.name()),
        filter: "",
    }
}

/// The tile, or one that says that the figure is not known where nobody was verified.
fn if_verified(facts: &Facts, tile: Tile) -> Tile {
    if facts.is_verified() {
        return tile;
    }
    let figure = facts.words.answer.unknown.to_owned();
    Tile { figure, change: String::new(), command: String::new(), filter: "", ..tile }
}

/// `+12 since the last run`; empty if nothing changed.
fn change(facts: &Facts, now: u64, before: impl Fn(&PeopleCounts) -> u64) -> String {
    let w = facts.words;
    let Some(previous) = &facts.report.previous else { return String::new() };
    let before = before(&previous.people);
    if before == now || !facts.is_verified() {
        return String::new();
    }
    fill(w.answer.change, &[&w.difference(before, now)])
}
