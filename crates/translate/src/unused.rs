//! Finds slots that are declared and that nothing uses.

use std::collections::HashSet;

use model::Finding;
use scenario::{Act, Choice, Find, Listen, Location, Loss, Media, Message, Question, Scenario, Text, Trigger};

/// One finding for each. The WhatsApp side has no place for a value that no message shows and no step reads.
pub(crate) fn check(scenario: &Scenario, findings: &mut Vec<Finding>) {
    if scenario.slots.is_empty() {
        return;
    }
    let mut used = Used(HashSet::new());
    used.0.extend(scenario.first_message.clone());
    if let Trigger::Message { phrases } = &scenario.trigger {
        phrases.iter().for_each(|it| used.written(it));
    }
    scenario.steps.iter().for_each(|it| used.act(&it.act));
    for (n, slot) in scenario.slots.iter().enumerate().filter(|it| !used.0.contains(&it.1.name)) {
        let what = format!("the slot “{}”: no step uses it", slot.name);
        findings.push(Finding::new(Loss::FieldDropped.rule(), format!("/slots/{n}"), what));
    }
}

/// The names of the slots that are used.
struct Used(HashSet<String>);

impl Used {
    fn act(&mut self, act: &Act) {
        match act {
            Act::Message(it) => self.message(it),
            Act::Question(Question { text, slot, .. }) => {
                self.text(text);
                self.named(slot);
            }
            Act::Listen(Listen { slot, .. }) => self.named(slot),
            Act::Condition(it) => it.branches.iter().for_each(|it| {
                self.named(&it.slot);
                self.written(&it.value);
            }),
            Act::Find(Find { within, value, slot, .. }) => {
                self.named(within);
                self.named(slot);
                self.written(value);
            }
            Act::Set { slot, value, .. } => {
                self.named(slot);
                self.text(value);
            }
            Act::Call(it) => self.written(&it.system),
            Act::Handover(it) => {
                self.text(&it.text);
                it.target.iter().for_each(|it| self.written(it));
            }
            Act::Wait { .. } => {}
        }
    }

    fn message(&mut self, message: &Message) {
        [&message.text, &message.header, &message.footer].into_iter().for_each(|it| self.text(it));
        message.media.iter().chain(&message.then).for_each(|it| self.media(it));
        message.location.iter().for_each(|it| self.location(it));
        message.all_choices().for_each(|it| self.choice(it.1));
        message.list_button.iter().for_each(|it| self.written(it));
        for card in &message.cards {
            self.text(&card.title);
            self.text(&card.text);
            card.media.iter().for_each(|it| self.media(it));
        }
        // A message that does not wait saves no answer.
        message.slot.iter().filter(|_| message.waits()).for_each(|it| self.named(it));
    }

    fn choice(&mut self, choice: &Choice) {
        self.written(choice.title());
        match choice {
            Choice::Reply { description, .. } => description.iter().for_each(|it| self.written(it)),
            Choice::Link { url, .. } => self.text(url),
            Choice::CopyCode { code, .. } => self.text(code),
            Choice::Phone { number, .. } => self.written(number),
            Choice::ShareLocation { .. } | Choice::SharePhone { .. } | Choice::Form { .. } => {}
        }
    }

    fn location(&mut self, location: &Location) {
        [&location.latitude, &location.longitude].into_iter().for_each(|it| self.written(it));
        location.name.iter().chain(&location.address).for_each(|it| self.written(it));
    }

    fn media(&mut self, media: &Media) {
        self.text(&media.url);
    }

    /// A text that is kept as it is written.
    fn written(&mut self, text: &str) {
        if text.contains("{{") {
            self.text(&Text::parse(text));
        }
    }

    fn text(&mut self, text: &Text) {
        text.slots().for_each(|it| self.named(it));
    }

    fn named(&mut self, slot: &str) {
        if !self.0.contains(slot) {
            self.0.insert(slot.to_owned());
        }
    }
}
