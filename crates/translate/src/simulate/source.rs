//! Runs the source's side: the scenario as it is.

use scenario::{Act, Card, Choice, Goal, Input, Listen, Message, Question, Scenario, Script, Shown, Timeout};

use super::values::{MOST_SHOWN, MOST_STEPS, SlotValues, wanted_way};
use crate::goal::known;

pub(super) fn run(scenario: &Scenario, script: &Script) -> Vec<Shown> {
    let values = SlotValues::new(&script.slots);
    let mut run = Run { scenario, values, inputs: &script.inputs, waited: 0, shown: Vec::new() };
    let mut at = Some(scenario.start.clone());
    for _ in 0..MOST_STEPS {
        let Some(step) = known(&at).and_then(|it| scenario.step(it)) else { break };
        if run.shown.len() > MOST_SHOWN {
            break;
        }
        let Some(next) = run.step(&step.id, &step.act) else { break };
        at = next;
    }
    run.shown.truncate(MOST_SHOWN);
    run.shown
}

struct Run<'a> {
    scenario: &'a Scenario,
    values: SlotValues<'a>,
    inputs: &'a [Input],
    /// Seconds that passed and that no timeout has used up.
    waited: u64,
    shown: Vec<Shown>,
}

impl Run<'_> {
    /// Runs a step and returns the next; none if it waits for an input that the script does not have.
    fn step(&mut self, id: &str, act: &Act) -> Option<Goal> {
        match act {
            Act::Message(message) => {
                self.show(id, message);
                match message.waits() {
                    true => self.answer(message),
                    false => Some(message.next.clone()),
                }
            }
            Act::Question(question) => {
                let mut shown = Shown::at(id);
                shown.text(&question.text.fill(|it| self.values.of(self.scenario, it)));
                self.shown.push(shown);
                self.reply(question)
            }
            Act::Listen(listen) => {
                self.shown.push(Shown::at(id));
                self.hear(listen)
            }
            Act::Handover(handover) => {
                if !handover.text.is_empty() {
                    let mut shown = Shown::at(id);
                    shown.text(&handover.text.fill(|it| self.values.of(self.scenario, it)));
                    self.shown.push(shown);
                }
                Some(handover.next.clone())
            }
            act => {
                let way = wanted_way(&mut self.inputs, act, self.scenario, &mut self.values);
                Some(self.values.decide(self.scenario, act, way))
            }
        }
    }

    /// The next input. Time that passes is no answer until it is as long as the timeout.
    fn take(&mut self, timeout: Option<&Timeout>) -> Option<Input> {
        loop {
            if let Some(timeout) = timeout.filter(|it| self.waited >= it.seconds && self.waited > 0) {
                self.waited -= timeout.seconds;
                return Some(Input::NoAnswer);
            }
            let (first, rest) = self.inputs.split_first()?;
            self.inputs = rest;
            match first {
                Input::Wait(seconds) => self.waited = self.waited.saturating_add(*seconds),
                Input::Answer(_) => {}
                Input::NoAnswer => return Some(Input::NoAnswer),
                first => {
                    self.waited = 0;
                    return Some(first.clone());
                }
            }
        }
    }

    fn show(&mut self, id: &str, message: &Message) {
        let fill = |text: &scenario::Text| text.fill(|it| self.values.of(self.scenario, it));
        let mut shown = Shown::at(id);
        if let Some(location) = &message.location {
            shown.place(location);
        }
        if let Some(media) = &message.media {
            shown.media(media.kind, &fill(&media.url));
        }
        shown.text(&fill(&message.header));
        shown.text(&fill(&message.text));
        shown.text(&fill(&message.footer));
        if !message.products.is_empty() {
            shown.lines.push(format!("({} products)", message.products.len()));
        }
        let show = |shown: &mut Shown, choice: &Choice| match choice {
            Choice::Link { title, url } => shown.link(title, &fill(url)),
            Choice::Phone { title, number } => shown.link(title, number),
            Choice::CopyCode { title, code } => shown.link(title, &fill(code)),
            Choice::Form { title, flow, .. } => shown.link(title, flow),
            Choice::Reply { title, description, .. } => shown.tap(title, description.as_deref()),
            Choice::ShareLocation { title, .. } | Choice::SharePhone { title, .. } => shown.tap(title, None),
        };
        message.choices.iter().for_each(|it| show(&mut shown, it));
        for card in &message.cards {
            card.media.iter().for_each(|it| shown.media(it.kind, &fill(&it.url)));
            fill(&card.body()).lines().for_each(|it| shown.text(it));
            card.choices.iter().for_each(|it| show(&mut shown, it));
        }
        message.then.iter().for_each(|it| shown.media(it.kind, &fill(&it.url)));
        self.shown.push(shown);
    }

    fn answer(&mut self, message: &Message) -> Option<Goal> {
        let input = self.take(message.timeout.as_ref())?;
        let next_of = |choice: &Choice| choice.next().cloned().flatten().or_else(|| message.next.clone());
        let slot = message.slot.as_ref();
        match &input {
            Input::NoAnswer => Some(message.timeout.as_ref().and_then(|it| it.next.clone())),
            Input::Location => {
                let choice = message.all_choices().find(|it| matches!(it.1, Choice::ShareLocation { .. }));
                self.values.set(slot, "(location)");
                Some(choice.map_or_else(|| message.next.clone(), |it| next_of(it.1)))
            }
            Input::Phone => {
                let choice = message.all_choices().find(|it| matches!(it.1, Choice::SharePhone { .. }));
                Some(choice.map_or_else(|| message.next.clone(), |it| next_of(it.1)))
            }
            Input::Say(text) | Input::Press(text) | Input::PressPayload(text) | Input::Intent { text, .. } => {
                let said = |it: &str| it.trim().eq_ignore_ascii_case(text.trim());
                let is_meant = |it: &(Option<&Card>, &Choice)| {
                    matches!(it.1, Choice::Reply { .. }) && (said(it.1.title()) || said(&saved(*it)))
                };
                let Some(found) = message.all_choices().find(is_meant) else {
                    self.values.set(slot, text);
                    return Some(message.next.clone());
                };
                self.values.set(slot, &saved(found));
                Some(next_of(found.1))
            }
            Input::Route(_) | Input::Wait(_) | Input::Answer(_) => None,
        }
    }

    fn hear(&mut self, listen: &Listen) -> Option<Goal> {
        let text = match self.take(listen.timeout.as_ref())? {
            Input::NoAnswer => return Some(listen.timeout.as_ref().and_then(|it| it.next.clone())),
            Input::Say(text) | Input::Press(text) | Input::PressPayload(text) | Input::Intent { text, .. } => text,
            Input::Location | Input::Phone => "(location)".to_owned(),
            _ => return None,
        };
        self.values.set(Some(&listen.slot), &text);
        Some(listen.next.clone())
    }

    fn reply(&mut self, question: &Question) -> Option<Goal> {
        match self.take(question.timeout.as_ref())? {
            Input::NoAnswer => Some(question.timeout.as_ref().and_then(|it| it.next.clone())),
            Input::Say(text) | Input::Press(text) | Input::PressPayload(text) | Input::Intent { text, .. } => {
                self.values.set(Some(&question.slot), &text);
                Some(question.next.clone())
            }
            Input::Location | Input::Phone => {
                self.values.set(Some(&question.slot), "(location)");
                Some(question.next.clone())
            }
            Input::Route(_) | Input::Wait(_) | Input::Answer(_) => None,
        }
    }
}

/// The value that an answer is saved as: its own, else its title with the name of its card.
pub(super) fn saved((card, choice): (Option<&Card>, &Choice)) -> String {
    match (choice, card) {
        (Choice::Reply { value: Some(value), .. }, _) => value.clone(),
        (choice, Some(card)) => card.answer(choice.title()),
        (choice, None) => choice.title().to_owned(),
    }
}
