//! The WhatsApp side: templates and session messages as they are submitted, with their examples.

use template::SessionMessage;
use translate::{FlowAct, FlowStep, Outgoing, Sends};

use super::answers::{Answers, WhatsApp};
use super::templates::template_bubble;
use super::{message_of, silent, status};
use crate::markup::{exact, formatted, plain};
use crate::view::{Bubble, Line, MediaView, Sheet, StepView, Tap, WayKind};
use crate::words::fill;

impl WhatsApp<'_> {
    pub(super) fn step(&self, step: &FlowStep) -> StepView {
        let mut view = StepView { id: step.id.clone(), number: self.goals.number(&step.id), ..StepView::default() };
        match &step.act {
            FlowAct::Send(sends) => self.sends(&mut view, step, sends),
            FlowAct::Other(act) => silent::fill_in(&mut view, act, self.goals),
        }
        view
    }

    fn sends(&self, view: &mut StepView, step: &FlowStep, sends: &Sends) {
        let mut answers = Answers::new(self.goals, sends.awaits.as_ref());
        for (part, outgoing) in sends.sends.iter().enumerate() {
            match outgoing {
                Outgoing::Template { name, parameters, header, cards, .. } => {
                    let known = self.reviewed.templates.iter().find(|it| it.current.name == *name);
                    let filled_by = (parameters.as_slice(), header.as_deref(), cards.as_slice());
                    view.bubbles.extend(known.map(|it| template_bubble(self, it, filled_by, &mut answers)));
                }
                Outgoing::Message(message) => view.bubbles.push(self.message(step, part, message, &mut answers)),
            }
        }
        let Some(awaits) = &sends.awaits else {
            (view.next, view.to) = self.goals.of(&sends.next);
            return;
        };
        view.saves = awaits.slot.clone().unwrap_or_default();
        if sends.sends.is_empty() {
            view.notes.push(self.w.listens.to_owned());
        }
        for route in answers.unused() {
            let label = fill(self.w.answers_so, &[&route.title]);
            view.ways.push(self.goals.way(WayKind::Answer, label, &route.next));
        }
        let label = if awaits.ways.is_empty() { self.w.any_answer } else { self.w.other_answer };
        view.ways.push(self.goals.way(WayKind::Answer, label.to_owned(), &awaits.other));
        silent::timeout(view, awaits.timeout.as_ref(), self.goals);
    }

    /// A header takes no formatting (Meta, interactive messages).
    fn header(&self, text: &str) -> Option<Line> {
        (!text.is_empty()).then(|| Line { shown: self.filled(text), exact: exact(text) })
    }

    fn line(&self, text: &str) -> Option<Line> {
        let shown = formatted(text, &|it| self.values.in_text(it));
        (!text.is_empty()).then(|| Line { shown, exact: exact(text) })
    }

    fn message(&self, step: &FlowStep, part: usize, message: &SessionMessage, answers: &mut Answers<'_>) -> Bubble {
        let reviewed = message_of(self.reviewed, &step.id, part);
        let frame = message.frame();
        let mut bubble = Bubble {
            label: self.w.session_message.to_owned(),
            badges: reviewed.map_or_else(|| status::undecided(self.w), |it| status::of_message(it, self.w)),
            header: frame.and_then(|it| self.header(it.header.as_deref()?)),
            body: self.line(reviewed.map_or(message.body(), |it| it.text)),
            footer: frame.and_then(|it| self.line(it.footer.as_deref()?)),
            is_submitted: true,
            ..Bubble::default()
        };
        match message {
            SessionMessage::Media { media, link, .. }
            | SessionMessage::Buttons { media: Some((media, link)), .. }
            | SessionMessage::Link { media: Some((media, link)), .. } => {
                bubble.media = Some(super::media(*media, self.filled(link), self.w));
            }
            SessionMessage::Location { location } => bubble.media = Some(super::location(location, self.w)),
            SessionMessage::Products { products, title, .. } => {
                let label = self.w.counted(self.w.n_products, products.len());
                bubble.media = Some(MediaView { icon: "product", label, target: plain(title) });
            }
            _ => {}
        }
        self.message_taps(&mut bubble, message, answers);
        bubble
    }

    fn message_taps(&self, bubble: &mut Bubble, message: &SessionMessage, answers: &mut Answers<'_>) {
        let w = self.w;
        match message {
            SessionMessage::Buttons { replies, .. } => {
                bubble.taps = replies.iter().map(|it| answers.tap(&it.id, &it.title, None)).collect();
            }
            SessionMessage::List { rows, button, .. } => {
                let rows = rows.iter().map(|it| answers.tap(&it.id, &it.title, it.description.as_deref())).collect();
                bubble.sheet = Some(Sheet { button: button.clone(), rows });
            }
            SessionMessage::Link { label, url, .. } => {
                let opened = scenario::Text::parse(url).fill(|it| self.values.slot(it).into());
                let (label, note) = (label.clone(), fill(w.opens, &[&opened]));
                bubble.taps.push(Tap { icon: "link", label, note, target: self.filled(url), ..Tap::default() });
            }
            SessionMessage::Form { label, .. } => {
                let (label, note) = (label.clone(), w.opens_form.to_owned());
                bubble.taps.push(Tap { icon: "form", label, note, ..Tap::default() });
            }
            SessionMessage::LocationRequest { .. } => {
                bubble.taps.push(answers.location(w.send_location));
            }
            SessionMessage::Products { .. } => {
                let (label, note) = (w.view_items.to_owned(), w.opens_items.to_owned());
                bubble.taps.push(Tap { icon: "product", label, note, ..Tap::default() });
            }
            _ => {}
        }
    }
}
