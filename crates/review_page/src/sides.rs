//! Both sides of a scenario, step by step, each step of WhatsApp beside the step of the source that it comes from.

mod answers;
mod silent;
mod source;
pub(crate) mod status;
mod templates;
mod whatsapp;

use std::collections::HashMap;

use scenario::{Location, MediaKind, Scenario, Trigger};
use template::Template;
use translate::{Flow, FlowStep};

use crate::input::{Reviewed, ReviewedMessage};
use crate::marks::Placed;
use crate::markup::{Markup, plain};
use crate::values::Values;
use crate::view::{Goals, MediaView, StepView};
use crate::words::{Words, fill};
use answers::WhatsApp;

/// Both sides of a scenario.
pub(crate) struct Sides {
    pub(crate) rows: Vec<Row>,
    pub(crate) source: Beginning,
    pub(crate) whatsapp: Beginning,
}

/// A step of the source, and what became of it.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) source: Option<StepView>,
    pub(crate) whatsapp: Vec<StepView>,
}

/// How a side begins.
pub(crate) struct Beginning {
    pub(crate) step: String,
    /// What happens first.
    pub(crate) note: String,
    /// What the customer writes first; empty if the business begins.
    pub(crate) says: String,
}

pub(crate) fn sides(reviewed: &Reviewed<'_>, placed: &Placed<'_>, w: &'static Words) -> Sides {
    let (scenario, flow) = (reviewed.scenario, reviewed.flow);
    let templates: Vec<&Template> = reviewed.templates.iter().map(|it| &*it.current).collect();
    let values = Values::of(scenario, flow, &templates);
    let goals = Goals::new(w, source_numbers(scenario));
    let mut rows: Vec<Row> = Vec::new();
    for (n, step) in scenario.steps.iter().enumerate() {
        let mut view = source::step(step, &goals, &values);
        view.flag = placed.flag(n, w);
        rows.push(Row { source: Some(view), whatsapp: Vec::new() });
    }
    let goals = Goals::new(w, flow_numbers(scenario, flow));
    let whatsapp = WhatsApp { reviewed, goals: &goals, values: &values, w };
    for step in &flow.steps {
        let mut view = whatsapp.step(step);
        view.marks = placed.of_flow_step(reviewed, step, w);
        match scenario.steps.iter().position(|it| it.id == step.from) {
            Some(at) => rows[at].whatsapp.push(view),
            None => rows.push(Row { source: None, whatsapp: vec![view] }),
        }
    }
    for (n, row) in rows.iter_mut().enumerate().take(scenario.steps.len()) {
        let marks = placed.of_step(n, w);
        match (row.whatsapp.first_mut(), &mut row.source) {
            (Some(view), _) => view.marks.splice(0..0, marks).for_each(drop),
            (None, Some(view)) => (view.marks, view.flag) = (marks, String::new()),
            (None, None) => {}
        }
    }
    Sides {
        rows,
        source: beginning(&scenario.start, Some(&scenario.trigger), w),
        whatsapp: beginning(&flow.start, flow.trigger.as_ref(), w),
    }
}

/// What somebody made of a message of the flow.
pub(crate) fn message_of<'a>(reviewed: &'a Reviewed<'_>, step: &str, part: usize) -> Option<&'a ReviewedMessage<'a>> {
    reviewed.messages.iter().find(|it| it.step == step && it.part == part)
}

fn source_numbers(scenario: &Scenario) -> HashMap<&str, String> {
    scenario.steps.iter().zip(1..).map(|(it, n)| (it.id.as_str(), n.to_string())).collect()
}

/// The numbers of the steps that they come from, with letters if several come from one.
pub(crate) fn flow_numbers<'a>(scenario: &Scenario, flow: &'a Flow) -> HashMap<&'a str, String> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut number = |it: &'a FlowStep| {
        let n = scenario.steps.iter().position(|step| step.id == it.from).map_or(0, |n| n + 1);
        let nth = seen.entry(&it.from).or_default();
        let letter = if *nth == 0 { None } else { char::from_u32(u32::from('a') + (*nth).min(25)) };
        *nth += 1;
        let name = format!("{n}{}", letter.map(String::from).unwrap_or_default());
        (it.id.as_str(), name)
    };
    flow.steps.iter().map(&mut number).collect()
}

fn beginning(start: &str, trigger: Option<&Trigger>, w: &Words) -> Beginning {
    let (note, says) = match trigger {
        Some(Trigger::Event { name: Some(name) }) => (fill(w.begins_by_event, &[name]), ""),
        Some(Trigger::Event { name: None }) => (w.begins_by_some_event.to_owned(), ""),
        Some(Trigger::Campaign) => (w.begins_by_campaign.to_owned(), ""),
        Some(Trigger::Message { phrases }) => {
            (w.begins_by_customer.to_owned(), phrases.first().map_or(w.any_message, String::as_str))
        }
        None => (String::new(), ""),
    };
    Beginning { step: start.to_owned(), note, says: says.to_owned() }
}

fn media(kind: MediaKind, target: Markup, w: &Words) -> MediaView {
    let (icon, label) = match kind {
        MediaKind::Image => ("image", w.image),
        MediaKind::Video => ("video", w.video),
        MediaKind::Audio => ("audio", w.audio),
        MediaKind::Document => ("document", w.document),
        MediaKind::Sticker => ("image", w.sticker),
        MediaKind::Gif => ("image", w.gif),
        MediaKind::Contact => ("document", w.contact_card),
        MediaKind::Other => ("document", w.file_word),
    };
    MediaView { icon, label: label.to_owned(), target }
}

fn location(location: &Location, w: &Words) -> MediaView {
    let named = [location.name.as_deref(), location.address.as_deref()].into_iter().flatten();
    let place = format!("{},{}", location.latitude, location.longitude);
    let target: Vec<&str> = named.chain([place.as_str()]).collect();
    MediaView { icon: "location", label: w.location.to_owned(), target: plain(&target.join(" · ")) }
}
