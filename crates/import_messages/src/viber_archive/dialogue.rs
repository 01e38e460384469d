//! Makes scenarios of sessions: those that begin with the same message, by the same side, in one language, are one.

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Loss, Scenario};

use super::graph::{Graph, Passed};
use super::lines::Archive;
use super::messages::Messages;
use super::sessions::Session;
use super::steps::Writer;
use import_base::Skipped;

/// The scenarios of all sessions. Messages that WhatsApp cannot send are told in `skipped`.
pub(super) fn scenarios(
    archive: &Archive,
    sessions: &[Session],
    file: &str,
    skipped: &mut Vec<Skipped>,
) -> Vec<Scenario> {
    let messages = Messages::of(archive, sessions);
    for message in messages.all.iter().filter(|it| it.shape.is_none()) {
        let place = "a message of the bot".to_owned();
        skipped.push(Skipped { file: file.to_owned(), place, why: message.why.clone() });
    }
    let mut scenarios = Vec::new();
    for ((by_business, _), (n_sessions, graph)) in graphs(archive, sessions, &messages) {
        let of = Writer { messages: &messages, graph: &graph, by_business, n_sessions, file };
        scenarios.extend(of_graph(archive, &of));
    }
    scenarios
}

/// The messages that followed each message, for each side that begins and each language; with the number of sessions.
fn graphs(
    archive: &Archive,
    sessions: &[Session],
    messages: &Messages,
) -> BTreeMap<(bool, &'static str), (usize, Graph)> {
    let languages = messages.languages();
    let common = languages.iter().next().copied().unwrap_or_default();
    let mut graphs: BTreeMap<(bool, &str), (usize, Graph)> = BTreeMap::new();
    let mut first = 0;
    for session in sessions {
        let passed = passed(session, &messages.of[first..], messages);
        first += session.sent.len();
        if passed.is_empty() {
            continue;
        }
        let mut n_of: BTreeMap<&str, usize> = BTreeMap::new();
        let known = passed.iter().filter_map(|it| messages.all[it.number].language).filter(|it| languages.contains(it));
        for language in known {
            *n_of.entry(language).or_default() += 1;
        }
        let language = n_of.iter().max_by_key(|it| it.1).map_or(common, |it| *it.0);
        let (n, graph) = graphs.entry((session.by_business, language)).or_default();
        *n += 1;
        graph.add(archive, session, &passed);
    }
    graphs
}

/// The messages of a session that WhatsApp can send.
fn passed<'a>(session: &'a Session, numbers: &[usize], messages: &Messages) -> Vec<Passed<'a>> {
    let mut all: Vec<Passed<'a>> = Vec::new();
    let mut after = Vec::new();
    for (sent, number) in session.sent.iter().zip(numbers) {
        after.extend(&sent.after);
        if messages.all[*number].shape.is_some() {
            let after = std::mem::take(&mut after);
            all.push(Passed { number: *number, message: &sent.message, after, pause: sent.pause });
        }
    }
    all
}

/// A scenario for each message that sessions begin with, unless an earlier scenario leads to it.
fn of_graph(archive: &Archive, of: &Writer<'_>) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    for (root, n) in of.graph.roots() {
        if reached.contains(&root) {
            let what = format!("{n} dialogues begin with “{}”", of.shown(root));
            of.record(&mut scenarios, Loss::RouteDropped, what);
            continue;
        }
        let (scenario, steps) = of.scenario(root);
        reached.extend(steps);
        scenarios.push(scenario);
    }
    let all: BTreeSet<usize> = of.graph.ways.values().flatten().flat_map(|it| it.1.keys().copied()).collect();
    for number in all.difference(&reached) {
        let what = format!("“{}”: another message came more often", of.shown(*number));
        of.record(&mut scenarios, Loss::UnusedText, what);
    }
    if archive.n_contexts > 0 && !of.by_business {
        let what = format!("context, {} times: a link of WhatsApp has a text instead", archive.n_contexts);
        of.record(&mut scenarios, Loss::FieldDropped, what);
    }
    scenarios
}
