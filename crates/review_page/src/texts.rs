//! The texts that are decided about: the source, the current text, a proposed one with its differences.

use scenario::Scenario;
use template::{Body, Button, Component, Header, Template};
use translate::{FlowAct, FlowStep, Outgoing};

use crate::changes::marked;
use crate::input::{Decision, Reviewed, ReviewedMessage, ReviewedTemplate};
use crate::marks::Placed;
use crate::markup::{Markup, plain};
use crate::sides::{flow_numbers, status};
use crate::values::{distinct, of_body, of_header};
use crate::view::{Badge, Mark};
use crate::words::{Words, fill};

/// A text that is decided about.
pub(crate) struct TextView {
    pub(crate) name: String,
    /// The number of its step; empty if no step sends it.
    pub(crate) step: String,
    pub(crate) badges: Vec<Badge>,
    pub(crate) reason: String,
    pub(crate) comment: String,
    /// The text in the source; empty if there is none.
    pub(crate) source: String,
    pub(crate) current: Markup,
    /// The proposed text with what differs from the current one marked.
    pub(crate) proposed: Option<Markup>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) marks: Vec<Mark>,
}

/// A variable with its example and the slot that fills it.
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) slot: String,
    pub(crate) example: String,
}

/// The templates of a scenario, then the session messages that somebody has edited or decided on.
pub(crate) fn texts(reviewed: &Reviewed<'_>, placed: &Placed<'_>, w: &Words) -> Vec<TextView> {
    let templates = reviewed.templates.iter().enumerate().map(|(n, it)| template(reviewed, placed, n, it, w));
    let is_news = |it: &&ReviewedMessage<'_>| {
        it.edit.is_some() || it.proposed.is_some() || it.decision != Decision::Undecided || !it.comment.is_empty()
    };
    let messages = reviewed.messages.iter().filter(is_news).map(|it| message(reviewed, it, w));
    templates.chain(messages).collect()
}

fn template(reviewed: &Reviewed<'_>, placed: &Placed<'_>, n: usize, it: &ReviewedTemplate<'_>, w: &Words) -> TextView {
    let sender = sender(reviewed, &it.current.name);
    let from = sender.and_then(|(step, _)| reviewed.scenario.steps.iter().position(|it| it.id == step.from));
    let mut badges = vec![
        Badge { class: "category", text: w.category(&it.current.category).to_owned() },
        Badge { class: "language", text: it.current.language.clone() },
    ];
    badges.extend(status::of_template(it, w));
    let current = lines(&it.current, w);
    TextView {
        name: fill(w.template_named, &[&it.current.name]),
        step: sender.map(|it| number_of(reviewed, it.0)).unwrap_or_default(),
        badges,
        reason: from.map(|n| placed.reason(n).to_owned()).unwrap_or_default(),
        comment: it.comment.to_owned(),
        source: from.map(|n| source_text(reviewed.scenario, n)).unwrap_or_default(),
        proposed: it.proposed.as_ref().map(|new| marked(&current, &lines(new, w))),
        current: plain(&current),
        variables: variables(&it.current, sender.map_or(&[], |it| it.1)),
        marks: placed.of_template(n, w),
    }
}

fn message(reviewed: &Reviewed<'_>, it: &ReviewedMessage<'_>, w: &Words) -> TextView {
    let step = reviewed.flow.step(it.step);
    let from = step.and_then(|step| reviewed.scenario.steps.iter().position(|it| it.id == step.from));
    let sent = step.and_then(|it| match &it.act {
        FlowAct::Send(sends) => Some(&sends.sends),
        FlowAct::Other(_) => None,
    });
    let is_there = matches!(sent.and_then(|sent| sent.get(it.part)), Some(Outgoing::Message(_)));
    TextView {
        name: if is_there { w.session_message.to_owned() } else { fill(w.message_gone, &[it.step]) },
        step: step.map(|it| number_of(reviewed, it)).unwrap_or_default(),
        badges: status::of_message(it, w),
        reason: String::new(),
        comment: it.comment.to_owned(),
        source: from.map(|n| source_text(reviewed.scenario, n)).unwrap_or_default(),
        current: plain(it.text),
        proposed: it.proposed.map(|new| marked(it.text, new)),
        variables: Vec::new(),
        marks: Vec::new(),
    }
}

/// The step that sends a template, and the slots that fill its body.
fn sender<'a>(reviewed: &'a Reviewed<'_>, template: &str) -> Option<(&'a FlowStep, &'a [String])> {
    reviewed.flow.steps.iter().find_map(|step| {
        let FlowAct::Send(sends) = &step.act else { return None };
        sends.sends.iter().find_map(|it| match it {
            Outgoing::Template { name, parameters, .. } if name == template => Some((step, parameters.as_slice())),
            _ => None,
        })
    })
}

fn number_of(reviewed: &Reviewed<'_>, step: &FlowStep) -> String {
    flow_numbers(reviewed.scenario, reviewed.flow).remove(step.id.as_str()).unwrap_or_default()
}

fn source_text(scenario: &Scenario, n: usize) -> String {
    scenario.steps[n].act.text().map(ToString::to_string).unwrap_or_default()
}

/// What people read of a template, a line for each part.
fn lines(template: &Template, w: &Words) -> String {
    let mut lines = Vec::new();
    for component in &template.components {
        match component {
            Component::Header(it) => lines.push(fill(w.header_line, &[it.text.as_deref().unwrap_or(&it.format)])),
            Component::Body(it) => lines.push(it.text.clone().unwrap_or_else(|| w.written_by_whatsapp.to_owned())),
            Component::Footer(it) => lines.extend(it.text.as_ref().map(|it| fill(w.footer_line, &[it]))),
            Component::Buttons(it) => lines.extend(it.buttons.iter().map(button_line)),
            Component::Carousel(it) => {
                for (card, n) in it.cards.iter().zip(1..) {
                    lines.push(fill(w.card_line, &[&n.to_string(), card.body_text().unwrap_or_default()]));
                    lines.extend(card.buttons().iter().map(button_line));
                }
            }
            Component::Other(_) => {}
        }
    }
    lines.join("\n\n")
}

fn button_line(button: &Button) -> String {
    let title = button.text.as_deref().unwrap_or(&button.kind);
    match button.url.as_ref().or(button.phone_number.as_ref()) {
        Some(target) => format!("[{title}] {target}"),
        None => format!("[{title}]"),
    }
}

fn variables(template: &Template, slots: &[String]) -> Vec<Variable> {
    let written = |name: &str| format!("{{{{{name}}}}}");
    let in_header = |it: &Header| {
        let names = distinct(it.text.as_deref().unwrap_or_default());
        let variable = |name: String| {
            let example = of_header(it, &name).unwrap_or_default();
            Variable { name: written(&name), slot: String::new(), example }
        };
        names.into_iter().map(variable).collect::<Vec<_>>()
    };
    let in_body = |it: &Body| {
        let names = distinct(it.text.as_deref().unwrap_or_default());
        let variable = |(n, name): (usize, String)| {
            let (slot, example) = (slots.get(n).cloned().unwrap_or_default(), of_body(it, &name).unwrap_or_default());
            Variable { name: written(&name), slot, example }
        };
        names.into_iter().enumerate().map(variable).collect::<Vec<_>>()
    };
    let header = template.header().map(in_header).unwrap_or_default();
    header.into_iter().chain(template.body().map(in_body).unwrap_or_default()).collect()
}
