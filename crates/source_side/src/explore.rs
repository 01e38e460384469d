//! Scripts that cover every transition of a flow, found by playing it.

use std::collections::{BTreeSet, HashSet, VecDeque};

use scenario::{Input, Script};

use crate::player::Trace;

/// Limits the scripts of one flow.
const MOST_SCRIPTS: usize = 400;
/// Limits the inputs of one script.
const MOST_INPUTS: usize = 40;

/// Plays longer and longer scripts. Every place that waits is given each of its inputs once, and once more after a
/// transition that no script took before; every value that decides is tried.
///
/// The second argument of `play` says that an unanswered call ends the run with a question.
pub(crate) fn scripts(play: impl Fn(&Script, bool) -> Trace) -> Vec<Script> {
    let (mut places, mut transitions, mut values) = (HashSet::new(), BTreeSet::new(), HashSet::new());
    let (mut waiting, mut found) = (VecDeque::from([Script::default()]), Vec::new());
    let mut n_played = 0;
    while let Some(script) = waiting.pop_front() {
        n_played += 1;
        if n_played > 20 * MOST_SCRIPTS || found.len() >= MOST_SCRIPTS {
            break;
        }
        let trace = play(&script, true);
        let is_fresh = !trace.transitions.is_subset(&transitions);
        transitions.extend(trace.transitions.iter().cloned());
        for decision in &trace.decisions {
            for value in decision.values.iter().filter(|_| !script.slots.contains_key(&decision.name)) {
                if values.insert((decision.place.clone(), decision.name.clone(), value.clone())) {
                    let mut script = script.clone();
                    script.slots.insert(decision.name.clone(), value.clone());
                    waiting.push_back(script);
                }
            }
        }
        let ask = trace.ask.filter(|it| script.inputs.len() < MOST_INPUTS && !it.inputs.is_empty());
        match ask {
            Some(ask) if places.insert(ask.place.clone()) || is_fresh => {
                waiting.extend(ask.inputs.into_iter().map(|input| longer(&script, &ask.place, input)));
            }
            _ => found.push(script),
        }
    }
    found.retain(|it| !it.name.is_empty() || it.inputs.is_empty());
    found.into_iter().zip(1..).map(|(it, number)| whole(it, number, &play)).collect()
}

fn longer(script: &Script, place: &str, input: Input) -> Script {
    let mut script = script.clone();
    script.name = format!("{place}: {}", described(&input));
    script.inputs.push(input);
    script
}

fn described(input: &Input) -> String {
    match input {
        Input::Say(text) => format!("says “{text}”"),
        Input::Intent { name, .. } => format!("means {name}"),
        Input::Press(label) => format!("presses “{label}”"),
        Input::PressPayload(payload) => format!("presses the button of “{payload}”"),
        Input::Location => "sends a location".to_owned(),
        Input::Phone => "sends a phone number".to_owned(),
        Input::NoAnswer => "does not answer".to_owned(),
        Input::Wait(seconds) => format!("{seconds} s pass"),
        Input::Answer(answer) if answer.ok => format!("{} answers", answer.call),
        Input::Answer(answer) => format!("{} fails", answer.call),
        Input::Route(route) => format!("way {route}"),
    }
}

/// The script with a name of its own, and with a value for everything that is shown.
fn whole(mut script: Script, number: usize, play: impl Fn(&Script, bool) -> Trace) -> Script {
    for name in play(&script, false).reads {
        let last = name.rsplit('.').next().unwrap_or(&name).replace('_', " ");
        script.slots.entry(name).or_insert(format!("{last} 1"));
    }
    let place = if script.name.is_empty() { "start" } else { &script.name };
    script.name = format!("{number} {place}");
    script
}
