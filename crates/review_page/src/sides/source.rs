//! The source's side: what customers see today.

use scenario::{Accepts, Act, Card, Choice, Goal, Media, Message, Question, Step, Text};

use super::silent;
use crate::markup::{Markup, filled, plain};
use crate::values::Values;
use crate::view::{Bubble, CardView, Goals, Line, MediaView, StepView, Tap, WayKind};
use crate::words::{Words, fill};

/// A step as it is in the source.
pub(super) fn step(step: &Step, goals: &Goals<'_>, values: &Values) -> StepView {
    let mut view = StepView { id: step.id.clone(), number: goals.number(&step.id), ..StepView::default() };
    let source = Source { goals, values, w: goals.w };
    match &step.act {
        Act::Message(message) => source.message(&mut view, message),
        Act::Question(question) => source.question(&mut view, question),
        Act::Listen(listen) => {
            let label = goals.w.any_answer.to_owned();
            view.notes.push(goals.w.listens.to_owned());
            view.ways.push(goals.way(WayKind::Answer, label, &listen.next));
            silent::timeout(&mut view, listen.timeout.as_ref(), goals);
        }
        act => {
            if let Some(text) = act.text() {
                view.bubbles.push(Bubble { body: source.line(text), ..Bubble::default() });
            }
            silent::fill_in(&mut view, act, goals);
        }
    }
    view
}

struct Source<'a> {
    goals: &'a Goals<'a>,
    values: &'a Values,
    w: &'static Words,
}

impl Source<'_> {
    fn filled(&self, text: &Text) -> Markup {
        filled(&text.to_string(), &|it| self.values.in_text(it))
    }

    fn line(&self, text: &Text) -> Option<Line> {
        (!text.is_empty()).then(|| Line { shown: self.filled(text), exact: Markup::default() })
    }

    fn message(&self, view: &mut StepView, message: &Message) {
        if let Some(location) = &message.location {
            let media = Some(super::location(location, self.w));
            view.bubbles.push(Bubble { media, ..Bubble::default() });
        }
        let mut bubble = Bubble {
            media: message.media.as_ref().map(|it| self.media(it)),
            header: self.line(&message.header),
            body: self.line(&message.text),
            footer: self.line(&message.footer),
            taps: message.choices.iter().map(|it| self.tap(None, it, &message.next)).collect(),
            cards: message.cards.iter().zip(1..).map(|(it, n)| self.card(it, n, &message.next)).collect(),
            ..Bubble::default()
        };
        if !message.products.is_empty() {
            bubble.remark = self.w.counted(self.w.n_products, message.products.len());
        }
        view.bubbles.push(bubble);
        let then = message.then.iter().map(|it| Bubble { media: Some(self.media(it)), ..Bubble::default() });
        view.bubbles.extend(then);
        match message.waits() {
            true => {
                view.saves = message.slot.clone().unwrap_or_default();
                let label = self.w.other_answer.to_owned();
                view.ways.push(self.goals.way(WayKind::Answer, label, &message.next));
                silent::timeout(view, message.timeout.as_ref(), self.goals);
            }
            false => (view.next, view.to) = self.goals.of(&message.next),
        }
    }

    fn question(&self, view: &mut StepView, question: &Question) {
        view.bubbles.push(Bubble { body: self.line(&question.text), ..Bubble::default() });
        let label = match question.accepts {
            Accepts::Text => self.w.any_answer,
            Accepts::Location => self.w.sends_location,
            Accepts::Phone => self.w.sends_phone,
            Accepts::Media => self.w.sends_media,
        };
        view.ways.push(self.goals.way(WayKind::Answer, label.to_owned(), &question.next));
        silent::timeout(view, question.timeout.as_ref(), self.goals);
    }

    fn card(&self, card: &Card, n: usize, next: &Goal) -> CardView {
        CardView {
            label: fill(self.w.card, &[&n.to_string()]),
            media: card.media.as_ref().map(|it| self.media(it)),
            body: self.line(&card.body()),
            taps: card.choices.iter().map(|it| self.tap(Some(card), it, next)).collect(),
        }
    }

    fn media(&self, media: &Media) -> MediaView {
        super::media(media.kind, self.filled(&media.url), self.w)
    }

    /// A choice without a goal of its own leads where the message does.
    fn tap(&self, card: Option<&Card>, choice: &Choice, next: &Goal) -> Tap {
        let title = choice.title();
        let value = match choice {
            Choice::Reply { value: Some(value), .. } => value.clone(),
            _ => card.map_or_else(|| title.to_owned(), |it| it.answer(title)),
        };
        let mut tap = Tap { label: title.to_owned(), value, ..Tap::default() };
        if let Some(own) = choice.next() {
            let (next, to) = self.goals.of(if own.is_some() { own } else { next });
            (tap.next, tap.to) = (Some(next), to);
        }
        match choice {
            Choice::Reply { description, .. } => tap.description = description.clone().unwrap_or_default(),
            Choice::Link { url, .. } => {
                tap.note = fill(self.w.opens, &[&url.fill(|it| self.values.slot(it).into())]);
                (tap.icon, tap.target) = ("link", self.filled(url));
            }
            Choice::Phone { number, .. } => {
                tap.note = fill(self.w.dials, &[number]);
                (tap.icon, tap.target) = ("phone", plain(number));
            }
            Choice::CopyCode { code, .. } => {
                tap.note = fill(self.w.copies, &[&code.fill(|it| self.values.slot(it).into())]);
                (tap.icon, tap.target) = ("copy", self.filled(code));
            }
            Choice::Form { .. } => (tap.icon, tap.note) = ("form", self.w.opens_form.to_owned()),
            Choice::ShareLocation { .. } => tap.icon = "location",
            Choice::SharePhone { .. } => tap.icon = "phone",
        }
        tap
    }
}
