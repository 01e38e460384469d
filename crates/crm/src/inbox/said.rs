//! What an event says about being written to. Pure: it reads an event, and gives the statements to record.
//!
//! | event | statement |
//! |---|---|
//! | message that is a word of refusal, or a button whose payload or title is one | refusal of all messages |
//! | the same with a word of consent, signed | yes, and yes to conversation |
//! | the same without a signature | unclear, for review |
//! | message that begins like a refusal and goes on | unclear, for review |
//! | the person stops messages in the app | block by the platform, for marketing |
//! | the person resumes them, signed | end of that block, and nothing else |
//! | other message or call of the person, signed | yes to conversation |
//!
//! A statement is about the channel of its event. A message to a group begins no conversation, and neither does a reaction.
//! Whether a platform blocks an unknown category of messages is read carefully: stopping it stops marketing, resuming it
//! resumes nothing.
//!
//! On WhatsApp a yes without a wording permits nothing, and a START has none. So after a STOP it lets the business answer,
//! which can then ask, and nothing more.

use consent::{Meaning, Words, kept_words};
use jiff::Timestamp;
use model::{
    Basis, ConsentChannel, ConsentPurpose, ConsentRecord, ConsentState, Event, EventContent, InboundMessage, Personal,
    PreferenceChoice, PreferenceEvent, Proof, ProofKind, RunMark, SaidAt, Statement,
};
use sync::is_written;

use crate::inbox::tables::column_text;

/// The run that statements name which came by a webhook. No run has this id.
pub const WEBHOOK_RUN: &str = "webhook";
/// The platform's word for marketing in [`PreferenceEvent::category`].
const MARKETING: &str = "marketing_messages";

/// How the words of a person, or the choice made in the app, were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    Stop,
    Start,
    /// It may be a refusal, and a person has to decide.
    Unclear,
}

impl Reading {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Unclear => "unclear",
        }
    }

    /// Reads back what [`Reading::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Stop, Self::Start, Self::Unclear].into_iter().find(|it| it.name() == name)
    }

    fn of(state: ConsentState) -> Self {
        match state {
            ConsentState::Yes => Self::Start,
            ConsentState::Unclear => Self::Unclear,
            ConsentState::No | ConsentState::Stop => Self::Stop,
        }
    }
}

/// Where an event came from.
pub(super) struct Origin<'a> {
    pub(super) webhook: &'a str,
    pub(super) is_signed: bool,
    pub(super) received_at: Timestamp,
    pub(super) number: i64,
    pub(super) digest: [u8; 32],
}

/// What an event says.
#[derive(Default)]
pub(super) struct Said {
    pub(super) reading: Option<Reading>,
    pub(super) statements: Vec<Statement>,
}

/// Reads an event. One that names no channel says nothing.
pub(super) fn said(words: &Words, event: &Event, origin: &Origin) -> Said {
    let Some(channel) = event.channel else { return Said::default() };
    let heard = Heard { event, origin, channel: channel.into() };
    match &event.content {
        EventContent::Message(message) => match answer(words, message) {
            Some((state, text)) => {
                let mut said = heard.in_words(state, &text);
                if state == ConsentState::Yes && message.group.is_none() {
                    said.statements.extend(heard.conversation(&message.kind).statements);
                }
                said
            }
            None if message.group.is_some() || !is_written(&message.kind) => Said::default(),
            None => heard.conversation(&message.kind),
        },
        EventContent::Call(call) if call.is_by_person => heard.conversation("call"),
        EventContent::Preference(preference) => heard.in_the_app(preference),
        _ => Said::default(),
    }
}

/// The stricter of what a text and a payload say, with the words that say so. A payload is written by the business, so it
/// counts only as a whole.
fn answer(words: &Words, message: &InboundMessage) -> Option<(ConsentState, String)> {
    let text = message.text.as_ref().map(|it| (words.message(&it.0), it.0.as_str()));
    let payload = message.payload.as_deref().map(|it| (words.message(it), it));
    let payload = payload.filter(|it| it.0 != Meaning::Unclear);
    let (meaning, said) = payload.into_iter().chain(text).max_by_key(|it| it.0)?;
    Some((meaning.state()?, said.to_owned()))
}

/// An event of a person, on a channel.
struct Heard<'a> {
    event: &'a Event,
    origin: &'a Origin<'a>,
    channel: ConsentChannel,
}

impl Heard<'_> {
    fn in_words(&self, state: ConsentState, text: &str) -> Said {
        // Words that came without a signature must not become a yes when words are read anew, so they are no message.
        let (state_now, basis) = match state {
            ConsentState::Yes if !self.origin.is_signed => (ConsentState::Unclear, Basis::Event),
            state => (state, Basis::Message),
        };
        let statement = self.statement((ConsentPurpose::Messages, basis), state_now, text);
        Said { reading: Some(Reading::of(state)), statements: vec![statement] }
    }

    fn conversation(&self, words: &str) -> Said {
        let about = (ConsentPurpose::Conversation, Basis::Inbound);
        let statement = self.origin.is_signed.then(|| self.statement(about, ConsentState::Yes, words));
        Said { reading: None, statements: statement.into_iter().collect() }
    }

    fn in_the_app(&self, preference: &PreferenceEvent) -> Said {
        let is_marketing = preference.category == MARKETING;
        let (reading, state, basis, word) = match preference.choice {
            PreferenceChoice::Stop => (Reading::Stop, ConsentState::Stop, Basis::Platform, "stop"),
            PreferenceChoice::Resume if !is_marketing => return Said::default(),
            // As a word of the platform it would end the block.
            PreferenceChoice::Resume if !self.origin.is_signed => {
                (Reading::Start, ConsentState::Unclear, Basis::Event, "resume")
            }
            PreferenceChoice::Resume => (Reading::Start, ConsentState::Yes, Basis::Platform, "resume"),
            PreferenceChoice::Signup(_) | PreferenceChoice::Other(_) => return Said::default(),
        };
        let words = format!("{word} {}", preference.category);
        let statement = self.statement((ConsentPurpose::Marketing, basis), state, &words);
        Said { reading: Some(reading), statements: vec![statement] }
    }

    fn statement(&self, (purpose, basis): (ConsentPurpose, Basis), state: ConsentState, words: &str) -> Statement {
        let Self { event, origin, channel } = self;
        // A moment that is still to come would count against all that is said before it.
        let at = event.at.map_or(origin.received_at, |it| it.min(origin.received_at));
        let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        let proof = Proof { kind: ProofKind::Message, reference: hex::encode(origin.digest), digest: None };
        let words = words.replace('\0', "\u{fffd}");
        Statement {
            channel: *channel,
            at: Some(SaidAt { from: at, until: at }),
            state,
            basis,
            words: Personal(kept_words(&words).to_owned()),
            purpose,
            row: format!("{WEBHOOK_RUN}:{}", origin.number).into(),
            first_run: RunMark { id: WEBHOOK_RUN.into(), started_at: origin.received_at },
            record: Some(Box::new(ConsentRecord {
                place: Some(column_text(origin.webhook)),
                proof: Some(proof),
                ..ConsentRecord::default()
            })),
        }
    }
}
