//! What became of what customers can tap: the choices of a message and of its cards, and its products.

use std::collections::HashMap;

use scenario::{Choice, Message, Text};
use template::{Button, SessionMessage};

use super::ItemOutcome;
use super::told::Told;
use super::whatsapp_side::{WhatsappSide, messages, sends};
use crate::{FlowStep, Outgoing, Sends};

/// Something that the customer can tap in the source.
pub(super) struct Tap<'a> {
    pub(super) place: String,
    pub(super) name: &'a str,
    target: Target<'a>,
}

enum Target<'a> {
    /// An answer: the value that it saves, and others that stand for it.
    Answer {
        title: &'a str,
        values: Vec<String>,
    },
    Link(&'a Text),
    Phone(&'a str),
    Code(&'a Text),
    Form(&'a str),
    Product(&'a str),
}

/// Everything that can be tapped in a message, in its order: its choices, those of its cards, its products.
pub(super) fn taps(n: usize, message: &Message) -> Vec<Tap<'_>> {
    let mut taps = Vec::new();
    for (k, choice) in message.choices.iter().enumerate() {
        let target = target(choice, Vec::new());
        taps.push(Tap { place: format!("/steps/{n}/choices/{k}"), name: choice.title(), target });
    }
    let flat = if message.cards.is_empty() { Message::default() } else { message.with_cards_in_text() };
    let mut in_text = flat.choices.iter().skip(message.choices.len());
    for (c, card) in message.cards.iter().enumerate() {
        for (k, choice) in card.choices.iter().enumerate() {
            let named = in_text.next().map(|it| it.title().to_owned());
            let target = target(choice, named.into_iter().chain([card.answer(choice.title())]).collect());
            taps.push(Tap { place: format!("/steps/{n}/cards/{c}/choices/{k}"), name: choice.title(), target });
        }
    }
    for (k, product) in message.products.iter().enumerate() {
        let target = Target::Product(&product.id);
        taps.push(Tap { place: format!("/steps/{n}/products/{k}"), name: &product.id, target });
    }
    taps
}

/// What a choice does. An answer is known by its value, else by its names beside those of other cards, else by its title.
fn target(choice: &Choice, names: Vec<String>) -> Target<'_> {
    let title = choice.title();
    match choice {
        Choice::Reply { value: Some(value), .. } => Target::Answer { title, values: vec![value.clone()] },
        Choice::Reply { .. } | Choice::ShareLocation { .. } | Choice::SharePhone { .. } => {
            Target::Answer { title, values: names.into_iter().chain([title.to_owned()]).collect() }
        }
        Choice::Link { url, .. } => Target::Link(url),
        Choice::Phone { number, .. } => Target::Phone(number),
        Choice::CopyCode { code, .. } => Target::Code(code),
        Choice::Form { flow, .. } => Target::Form(flow),
    }
}

/// What can be tapped on the WhatsApp side of a step. Each is taken once.
#[derive(Default)]
pub(super) struct Taps<'a> {
    /// Answers that are shown and lead on, by value and title, and by value alone: the numbers in `answers`.
    by_title: HashMap<(&'a str, &'a str), Vec<usize>>,
    by_value: HashMap<&'a str, Vec<usize>>,
    answers: Vec<Answer<'a>>,
    /// What is behind buttons that open something: the kind and the address, number or id.
    opened: HashMap<(Opens, String), Vec<String>>,
    /// All that is said, with every slot written `{{}}`.
    text: String,
}

struct Answer<'a> {
    step: &'a str,
    shown: &'a str,
    is_taken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Opens {
    Link,
    Phone,
    Code,
    Form,
    Product,
}

impl<'a> Taps<'a> {
    /// If the scenario comes to the step, choices on pages that the WhatsApp side never comes to do not count.
    pub(super) fn of(side: &WhatsappSide<'a>, id: &str, is_reached: bool) -> Self {
        let mut taps = Self::default();
        for step in side.became(id).iter().filter(|it| !is_reached || side.is_reached(it)) {
            let Some(sends) = sends(step) else { continue };
            taps.add_answers(side, step, sends, is_reached);
            messages(sends).for_each(|it| taps.add_opened_by(step, it));
            for outgoing in &sends.sends {
                if let Outgoing::Template { name, buttons, cards, .. } = outgoing
                    && let Some(template) = side.template(name)
                {
                    taps.add_buttons(name, template.buttons(), buttons);
                    for (sent, card) in cards.iter().zip(template.cards().1) {
                        taps.add_buttons(name, card.buttons(), &sent.buttons);
                    }
                }
            }
            side.texts(sends).into_iter().for_each(|it| taps.text += &without_names(it));
        }
        taps
    }

    fn add_answers(&mut self, side: &WhatsappSide<'a>, step: &'a FlowStep, sends: &'a Sends, is_reached: bool) {
        let shown = side.shown(sends);
        let ways = sends.awaits.iter().flat_map(|it| &it.ways);
        for way in ways.filter(|it| !it.is_ours && (!is_reached || side.leads_on(&it.next))) {
            let Some(shown) = shown.get(way.id.as_str()) else { continue };
            let at = self.answers.len();
            self.answers.push(Answer { step: &step.id, shown, is_taken: false });
            self.by_title.entry((&way.value, &way.title)).or_default().push(at);
            self.by_value.entry(&way.value).or_default().push(at);
        }
    }

    fn add_opened_by(&mut self, step: &FlowStep, message: &SessionMessage) {
        let at = format!("step {}", step.id);
        match message {
            SessionMessage::Link { url, .. } => self.add_opened(Opens::Link, url.clone(), at),
            SessionMessage::Form { flow, .. } => self.add_opened(Opens::Form, flow.clone(), at),
            SessionMessage::Products { products, .. } => {
                products.iter().for_each(|it| self.add_opened(Opens::Product, it.id.clone(), at.clone()));
            }
            _ => {}
        }
    }

    /// `ends` has the slots at the ends of addresses, by the number of the button.
    fn add_buttons(&mut self, template: &str, buttons: &[Button], ends: &[(usize, String)]) {
        for (n, button) in buttons.iter().enumerate() {
            let at = format!("template {template}");
            let end = ends.iter().find(|it| it.0 == n).map_or("", |it| it.1.as_str());
            let flow = button.other.get("flow_id").and_then(|it| it.as_str());
            match (&button.url, &button.phone_number, flow) {
                (Some(url), ..) => self.add_opened(Opens::Link, url.replace("{{1}}", &format!("{{{{{end}}}}}")), at),
                (_, Some(number), _) => self.add_opened(Opens::Phone, number.clone(), at),
                (.., Some(flow)) => self.add_opened(Opens::Form, flow.to_owned(), at),
                _ if button.is("COPY_CODE") || button.is("OTP") => self.add_opened(Opens::Code, String::new(), at),
                _ => {}
            }
        }
    }

    fn add_opened(&mut self, opens: Opens, what: String, at: String) {
        self.opened.entry((opens, what)).or_default().push(at);
    }

    /// What became of a tap of step `n`.
    pub(super) fn take(&mut self, tap: &Tap<'_>, told: &Told<'_>, n: usize) -> ItemOutcome {
        let (opens, what, written) = match &tap.target {
            Target::Answer { title, values } => {
                let found = values.iter().find_map(|it| self.take_answer(it, title));
                return found.map_or_else(|| told.choice(n, title), |to| ItemOutcome::Carried { to });
            }
            Target::Link(url) => (Opens::Link, url.to_string(), url.to_string()),
            Target::Phone(number) => (Opens::Phone, (*number).to_owned(), (*number).to_owned()),
            Target::Code(code) => (Opens::Code, String::new(), code.to_string()),
            Target::Form(flow) => (Opens::Form, (*flow).to_owned(), String::new()),
            Target::Product(id) => (Opens::Product, (*id).to_owned(), String::new()),
        };
        if let Some(at) = self.opened.get_mut(&(opens, what)).and_then(Vec::pop) {
            return ItemOutcome::Carried { to: format!("button of {at}") };
        }
        let is_written = !written.is_empty() && self.text.contains(&without_names(&written));
        match is_written && told.is_in_text(n, tap.name) {
            true => ItemOutcome::Carried { to: "the text".to_owned() },
            false => told.choice(n, tap.name),
        }
    }

    fn take_answer(&mut self, value: &str, title: &str) -> Option<String> {
        let exact = self.by_title.get(&(value, title));
        let all = exact.into_iter().chain(self.by_value.get(value)).flatten();
        let free = all.copied().find(|it| !self.answers[*it].is_taken)?;
        let answer = &mut self.answers[free];
        answer.is_taken = true;
        Some(format!("“{}” of step {}", answer.shown, answer.step))
    }
}

/// A text with its slots without names: templates number them.
fn without_names(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((_, behind)) = after.split_once("}}") else { break };
        plain += before;
        plain += "{{}}";
        rest = behind;
    }
    plain + rest
}
