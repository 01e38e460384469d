//! Flows of RapidPro, TextIt and Glific, specification 13 or 14: an export of several, or one definition.
//!
//! Each language that a flow is translated into becomes a scenario of its own. A flow that another one enters is joined
//! into it. The rules of the format are those of its engine ([goflow]).
//!
//! [goflow]: https://github.com/nyaruka/goflow

mod actions;
mod begin;
mod export;
mod expression;
mod first_message;
mod flow;
mod interactive;
mod language;
mod losses;
mod message;
mod node;
mod results;
mod router;
mod values;

use std::collections::HashSet;

use scenario::{Act, Message, Purpose, Scenario};
use serde_json::Value;

use export::{Export, Flow};
use flow::FlowReader;
use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, origin};
use import_base::{File, Format, ImportError, Imported, Skipped};

pub use export::is_export;

pub fn import(files: &[File], imported: &mut Imported) -> Result<(), ImportError> {
    for file in files {
        let json: Value =
            serde_json::from_slice(&file.bytes).map_err(|it| ImportError::shape(file, "flows of RapidPro", it))?;
        let (export, refused) = Export::read(&json);
        let skip = |(place, why)| Skipped { file: file.path.clone(), place, why };
        imported.skipped.extend(refused.into_iter().chain(losses::of_export(&json)).map(skip));
        for flow in &export.flows {
            imported.skipped.extend(losses::of_unreached(flow).map(|why| skip((flow.name.clone(), why))));
        }
        let mut reached = HashSet::new();
        let (roots, parts): (Vec<usize>, Vec<usize>) = (0..export.flows.len()).partition(|it| export.is_root(*it));
        for n in roots {
            reached.insert(n);
            flow_scenarios(&export, n, file, &mut reached, imported);
        }
        // Flows that only enter each other have no root: the first of them is one.
        for n in parts {
            if reached.insert(n) {
                flow_scenarios(&export, n, file, &mut reached, imported);
            }
        }
        campaign_messages(&export, file, imported);
    }
    Ok(())
}

/// A scenario for each language of a flow.
fn flow_scenarios(export: &Export<'_>, n: usize, file: &File, reached: &mut HashSet<usize>, imported: &mut Imported) {
    let flow = &export.flows[n];
    for language in flow.languages() {
        if !flow.is_translated(language) {
            let why = format!("no text of it is translated into {language}");
            imported.skipped.push(Skipped { file: file.path.clone(), place: flow.name.clone(), why });
            continue;
        }
        if let Some(text) = first_message::untranslated(export, n, language) {
            let why = format!(
                "its first message has no translation into {language}, so it would begin with silence: “{text}”"
            );
            imported.skipped.push(Skipped { file: file.path.clone(), place: flow.name.clone(), why });
            continue;
        }
        let mut reader = FlowReader::new(export, language);
        let start = reader.read(n);
        reached.extend(reader.runs.iter().map(|it| it.flow));
        if !reader.builder.steps.iter().any(|it| speaks(&it.act)) {
            let does = match reader.builder.steps.is_empty() {
                true => "says and does nothing",
                false => "says nothing to a customer: it only saves values and asks other systems",
            };
            let lost: Vec<&str> = reader.builder.losses.iter().map(|it| it.what.as_str()).collect();
            let lost = if lost.is_empty() { String::new() } else { format!("; lost: {}", lost.join("; ")) };
            let why = format!("it {does} ({language}){lost}");
            imported.skipped.push(Skipped { file: file.path.clone(), place: flow.name.clone(), why });
            continue;
        }
        imported.scenarios.push(scenario(export, flow, reader.finish(), start.as_deref(), language, file));
    }
}

/// Whether a step writes to the customer, or gives the customer to a person.
fn speaks(act: &Act) -> bool {
    matches!(act, Act::Message(_) | Act::Question(_) | Act::Handover(_))
}

fn scenario(
    export: &Export<'_>,
    flow: &Flow<'_>,
    mut builder: ScenarioBuilder,
    start: Option<&str>,
    language: &str,
    file: &File,
) -> Scenario {
    let (trigger, losses) = begin::of(export, flow);
    for (loss, what) in losses {
        builder.record_loss(loss, &flow.name, what);
    }
    let waits = builder.steps.iter().any(|it| it.act.waits());
    let head = ScenarioHead {
        intent: &flow.name,
        language: &language::whatsapp(language),
        purpose: if waits { Purpose::Conversation } else { Purpose::Notification },
        trigger,
        origin: origin(Format::RapidPro, &file.path, &flow.name),
    };
    builder.finish(head, start)
}

/// A scenario for each language of each text that a campaign sends without a flow.
fn campaign_messages(export: &Export<'_>, file: &File, imported: &mut Imported) {
    for event in begin::messages(export) {
        let mut seen = HashSet::new();
        for (language, text) in event.texts {
            let code = language::whatsapp(language);
            if !seen.insert(code.clone()) {
                let why = format!("a second text of the campaign in {language}");
                imported.skipped.push(Skipped { file: file.path.clone(), place: event.name.clone(), why });
                continue;
            }
            let mut reader = FlowReader::new(export, language);
            let text = reader.text(text, "message");
            let mut builder = reader.finish();
            builder.push("message", Act::Message(Message { text, ..Message::default() }));
            for lost in [&event.when].into_iter().chain(&event.lost) {
                builder.record_loss(scenario::Loss::FieldDropped, "message", lost);
            }
            let head = ScenarioHead {
                intent: &event.name,
                language: &code,
                purpose: Purpose::Notification,
                trigger: scenario::Trigger::Campaign,
                origin: origin(Format::RapidPro, &file.path, &event.name),
            };
            imported.scenarios.push(builder.finish(head, None));
        }
    }
}

#[cfg(test)]
mod tests;
