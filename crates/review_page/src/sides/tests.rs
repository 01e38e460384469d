use std::collections::BTreeSet;

use scenario::Act;
use scenario_import::{File, import};
use translate::{FlowAct, Options, compile};

use super::*;
use crate::words::ENGLISH;

const FILES: [(&str, &[u8]); 4] = [
    ("neutral.json", include_bytes!("../../../../fixtures/scenarios/neutral/scenarios.json")),
    ("support.json", include_bytes!("../../../../fixtures/scenarios/twilio-studio/support.json")),
    ("menus.json", include_bytes!("../../../../fixtures/scenarios/viber-messages/menus.json")),
    ("survey.json", include_bytes!("../../../../fixtures/scenarios/rapidpro/survey-13.json")),
];

/// The steps that a step of the page leads to; the empty id is the end.
fn shown(step: &StepView) -> BTreeSet<String> {
    let taps = step.bubbles.iter().flat_map(|it| {
        let rows = it.sheet.iter().flat_map(|it| &it.rows);
        it.taps.iter().chain(rows).chain(it.cards.iter().flat_map(|it| &it.taps))
    });
    let then = step.ways.is_empty().then(|| step.next.clone());
    taps.filter_map(|it| it.next.clone()).chain(step.ways.iter().map(|it| it.next.clone())).chain(then).collect()
}

fn ids<'a>(goals: impl IntoIterator<Item = &'a scenario::Goal>) -> BTreeSet<String> {
    goals.into_iter().map(|it| it.clone().filter(|it| it != scenario::END).unwrap_or_default()).collect()
}

fn routes(act: &Act) -> BTreeSet<String> {
    ids(act.routes().into_iter().map(|it| it.1))
}

/// The steps that a step of the flow leads to.
fn ways(step: &FlowStep) -> BTreeSet<String> {
    match &step.act {
        FlowAct::Other(act) => routes(act),
        FlowAct::Send(sends) => match &sends.awaits {
            None => ids([&sends.next]),
            Some(awaits) => {
                let timeout = awaits.timeout.iter().map(|it| &it.next);
                ids(awaits.ways.iter().map(|it| &it.next).chain([&awaits.other]).chain(timeout))
            }
        },
    }
}

#[test]
fn both_chats_lead_where_the_scenario_and_its_flow_do() {
    let mut n_steps = 0;
    for (path, bytes) in FILES {
        let file = File { path: path.to_owned(), bytes: bytes.to_vec() };
        for scenario in import(vec![file], &scenario_import::Options::default()).unwrap().scenarios {
            let compiled = compile(&scenario, &Options::default());
            let reviewed = Reviewed::undecided(&scenario, &compiled);
            let sides = sides(&reviewed, &Placed::of(&reviewed), &ENGLISH);
            let known = |it: String| Some(it).filter(|it| scenario.step(it).is_some()).unwrap_or_default();
            for (row, step) in sides.rows.iter().zip(&scenario.steps) {
                let expected: BTreeSet<String> = routes(&step.act).into_iter().map(known).collect();
                assert_eq!(shown(row.source.as_ref().unwrap()), expected, "{path}: {}", step.id);
                n_steps += 1;
            }
            for view in sides.rows.iter().flat_map(|it| &it.whatsapp) {
                let step = compiled.flow.step(&view.id).unwrap();
                assert_eq!(shown(view), ways(step), "{path}: {}", step.id);
                n_steps += 1;
            }
        }
    }
    assert!(n_steps > 100, "{n_steps} steps");
}
