//! Stores groups of bodies.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use model::{ConsentState, ContactId, Event, EventChannel, EventContent, Hasher, Personal, Statement};

use crate::LoadError;
use crate::forward::Queued;
use crate::inbox::person::Person;
use crate::inbox::said::{Origin, said};
use crate::inbox::tables::{DEAD_LETTER, EVENT, EVENT_KEY, WEBHOOK_BODY, column_text};
use crate::inbox::{Inbox, Reading, ReceivedBody, StoredBody};
use crate::sql::{Row, Rows, Tx, Wanted};

const STORE: &str = "store what a webhook has brought";
const LAST: &str = "select coalesce((select max(body_id) from webhook_body), 0), \
    coalesce((select max(number) from event), 0), coalesce((select max(number) from dead_letter), 0)";
const KNOWN: &str = "select digest from event_key";
const KNOWN_BROKEN: &str = "select digest, is_signed from webhook_body";
/// The last number of each table.
pub(super) struct Last {
    pub(super) body: i64,
    pub(super) event: i64,
    pub(super) letter: i64,
}

/// The events of a body.
pub(super) struct Incoming<'a> {
    pub(super) body_id: i64,
    pub(super) webhook: &'a str,
    pub(super) is_signed: bool,
    pub(super) received_at: Timestamp,
    pub(super) events: &'a [Event],
}

/// An event that no body has brought before.
struct NewEvent<'a> {
    body: usize,
    place: usize,
    number: i64,
    digest: [u8; 32],
    event: &'a Event,
}

/// What became of the events of a body.
#[derive(Clone, Copy, Default)]
pub(super) struct Added {
    pub(super) n_new: u64,
    pub(super) n_withdrawals: u64,
    /// Whether somebody may not be written to any more by what the body says.
    pub(super) may_withdraw: bool,
}

impl Inbox {
    /// Stores bodies in one transaction, in their order, and gives what became of each. When it returns, all is on the disk;
    /// if it fails, nothing is stored. Events that are known already add nothing. Messages that wait are cancelled if somebody
    /// has withdrawn.
    pub async fn store(&self, bodies: Vec<ReceivedBody>) -> Result<Vec<StoredBody>, LoadError> {
        if bodies.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.crm.begin_durable(STORE).await?;
        let (mut stored, withdrawn) = self.store_in(&mut tx, &bodies).await?;
        tx.commit().await?;
        self.wait_for_leaving(&mut stored, &bodies, &withdrawn).await?;
        Ok(stored)
    }

    /// Says of each body how long its answer waits for what may be about to leave. A body that comes again may be the first that is
    /// answered: whoever stored it before may wait still, or may have crashed. It waits for messages to anybody, because it is not
    /// read again whom it speaks of.
    async fn wait_for_leaving(
        &self,
        stored: &mut [StoredBody],
        bodies: &[ReceivedBody],
        withdrawn: &[ContactId],
    ) -> Result<(), LoadError> {
        let of_withdrawn = self.crm.leaving_for(withdrawn).await?;
        let comes_again = |it: &StoredBody, body: &ReceivedBody| it.n_new < it.n_events && can_withdraw(body);
        let of_anyone = match stored.iter().zip(bodies).any(|(it, body)| comes_again(it, body)) {
            true => self.crm.leaving_to_anyone_for().await?,
            false => Duration::ZERO,
        };
        for (it, body) in stored.iter_mut().zip(bodies) {
            let new = if it.may_withdraw { of_withdrawn } else { Duration::ZERO };
            let again = if comes_again(it, body) { of_anyone } else { Duration::ZERO };
            it.leaving_for = new.max(again);
        }
        Ok(())
    }

    /// Fails if nothing can be stored now.
    pub async fn probe(&self) -> Result<(), LoadError> {
        self.crm.begin_durable(STORE).await?.last_numbers().await.map(drop)
    }

    /// Stores bodies, and gives what became of each, and who must not be written to any more by what they say.
    async fn store_in(
        &self,
        tx: &mut Tx,
        bodies: &[ReceivedBody],
    ) -> Result<(Vec<StoredBody>, Vec<ContactId>), LoadError> {
        let last = tx.last_numbers().await?;
        let incoming: Vec<Incoming> = (last.body + 1..)
            .zip(bodies)
            .map(|(body_id, it)| Incoming {
                body_id,
                webhook: &it.webhook,
                is_signed: it.is_signed,
                received_at: it.received_at,
                events: &it.read.events,
            })
            .collect();
        let (added, withdrawn) = self.add_events(tx, last.event, &incoming).await?;
        let digests: Vec<[u8; 32]> = bodies.iter().map(|it| sha256(&it.raw)).collect();
        let letters = tx.dead_letters_of(last.letter, &incoming, bodies, &digests).await?;
        let mut rows = Rows::new(&WEBHOOK_BODY);
        let mut stored = Vec::with_capacity(bodies.len());
        for ((incoming, body), (added, digest)) in incoming.iter().zip(bodies).zip(added.into_iter().zip(&digests)) {
            let of_body = StoredBody {
                body_id: incoming.body_id,
                n_events: body.read.events.len() as u64,
                n_new: added.n_new,
                n_broken: body.read.broken.len() as u64,
                n_withdrawals: added.n_withdrawals,
                may_withdraw: added.may_withdraw,
                leaving_for: Duration::ZERO,
            };
            push_body(&mut rows, body, digest, &of_body);
            stored.push(of_body);
        }
        tx.write_rows([rows, letters]).await?;
        tx.queue_to_hand_on(&to_hand_on(&incoming, bodies)).await?;
        Ok((stored, withdrawn))
    }

    /// Adds the events that are new, with what people say in them about being written to. Gives who refuses, beside what became
    /// of the bodies.
    pub(super) async fn add_events(
        &self,
        tx: &mut Tx,
        last_event: i64,
        incoming: &[Incoming<'_>],
    ) -> Result<(Vec<Added>, Vec<ContactId>), LoadError> {
        let mut added = vec![Added::default(); incoming.len()];
        let new = self.new_events(tx, last_event, incoming).await?;
        if new.is_empty() {
            return Ok((added, Vec::new()));
        }
        let merges = tx.survivors_since(self.known_merges()).await?;
        let origins: Vec<Origin> = new.iter().map(|it| origin(&incoming[it.body], it)).collect();
        let mut people = tx.people_of(&self.key, &merges, new.iter().map(|it| it.event).zip(&origins)).await?;
        let (mut keys, mut events) = (Rows::new(&EVENT_KEY), Rows::new(&EVENT));
        let mut statements: Vec<(ContactId, Statement)> = Vec::new();
        for (it, origin) in new.iter().zip(&origins) {
            let of = &incoming[it.body];
            let person = people.meet(it.event, origin);
            let said = said(&self.words, it.event, origin);
            keys.push([it.digest.as_slice().into(), it.number.into()]);
            push_event(&mut events, of, it, person.as_ref(), said.reading)?;
            added[it.body].n_new += 1;
            added[it.body].n_withdrawals += u64::from(said.reading == Some(Reading::Stop));
            added[it.body].may_withdraw |= said.statements.iter().any(|it| it.state != ConsentState::Yes)
                || matches!(it.event.content, EventContent::Identity(_));
            if let Some(person) = &person {
                statements.extend(said.statements.iter().flat_map(|it| spread(person, it)));
            }
        }
        let learned = people.learned();
        tx.write_rows([keys, events]).await?;
        tx.record_identity_events(&learned.told).await?;
        let statements = tx.with_all_numbers(&self.key, statements).await?;
        if !statements.is_empty() {
            tx.record_statements(&merges, &statements).await?;
        }
        tx.join_people(&learned).await?;
        self.keep_merges(merges);
        let refusing = statements.iter().filter(|it| it.1.state != ConsentState::Yes).map(|it| it.0);
        let withdrawn: BTreeSet<ContactId> = refusing.chain(learned.together.iter().flatten().copied()).collect();
        Ok((added, withdrawn.into_iter().collect()))
    }

    /// The events whose keys are not there yet, numbered in their order. Of equal ones the first counts.
    async fn new_events<'a>(
        &self,
        tx: &mut Tx,
        last_event: i64,
        incoming: &[Incoming<'a>],
    ) -> Result<Vec<NewEvent<'a>>, LoadError> {
        let mut new: Vec<NewEvent> = Vec::new();
        let mut seen: HashSet<[u8; 32]> = HashSet::new();
        for (body, of) in incoming.iter().enumerate() {
            for (place, event) in of.events.iter().enumerate() {
                let digest = self.key.event_key(&event.key.0, of.is_signed);
                if seen.insert(digest) {
                    new.push(NewEvent { body, place, number: 0, digest, event });
                }
            }
        }
        let wanted = Wanted::Bytes(new.iter().map(|it| it.digest.to_vec()).collect());
        let known = tx.select_by(KNOWN, "digest", wanted, |it| it.digest(0)).await?;
        let known: HashSet<[u8; 32]> = known.into_iter().collect();
        new.retain(|it| !known.contains(&it.digest));
        for (it, number) in new.iter_mut().zip(last_event + 1..) {
            it.number = number;
        }
        Ok(new)
    }
}

impl Tx {
    pub(super) async fn last_numbers(&mut self) -> Result<Last, LoadError> {
        let last = |it: &dyn Row| Ok(Last { body: it.int(0)?, event: it.int(1)?, letter: it.int(2)? });
        Ok(self.select(LAST, &[], last).await?.pop().unwrap_or(Last { body: 0, event: 0, letter: 0 }))
    }

    /// The rows of parts that could not be read. A body that comes again has its dead letters already.
    async fn dead_letters_of(
        &mut self,
        last_letter: i64,
        incoming: &[Incoming<'_>],
        bodies: &[ReceivedBody],
        digests: &[[u8; 32]],
    ) -> Result<Rows, LoadError> {
        let is_broken = |it: &(&ReceivedBody, &[u8; 32])| !it.0.read.broken.is_empty();
        let broken: Vec<Vec<u8>> = bodies.iter().zip(digests).filter(is_broken).map(|it| it.1.to_vec()).collect();
        let known = "n_broken > 0 and digest";
        let read = |it: &dyn Row| Ok((it.digest(0)?, it.int(1)? == 1));
        let mut known: HashSet<([u8; 32], bool)> =
            self.select_by(KNOWN_BROKEN, known, Wanted::Bytes(broken), read).await?.into_iter().collect();
        let mut rows = Rows::new(&DEAD_LETTER);
        let mut numbers = last_letter + 1..;
        for ((of, body), digest) in incoming.iter().zip(bodies).zip(digests) {
            if body.read.broken.is_empty() || !known.insert((*digest, body.is_signed)) {
                continue;
            }
            let mut places: HashMap<String, String> = HashMap::new();
            for it in &body.read.broken {
                places.entry(column_text(&it.place)).or_insert_with(|| column_text(&it.reason));
            }
            let mut places: Vec<(String, String)> = places.into_iter().collect();
            places.sort_unstable();
            for ((place, reason), number) in places.into_iter().zip(&mut numbers) {
                let (body_id, at) = (of.body_id.into(), body.received_at.into());
                rows.push([number.into(), body_id, place.into(), reason.into(), at, "open".into()]);
            }
        }
        Ok(rows)
    }
}

/// Whether a body holds an event by which somebody may withdraw. Most bodies hold statuses, which are never waited for.
fn can_withdraw(body: &ReceivedBody) -> bool {
    body.read.events.iter().any(|it| {
        matches!(it.content, EventContent::Message(_) | EventContent::Preference(_) | EventContent::Identity(_))
    })
}

fn to_hand_on<'a>(incoming: &[Incoming<'a>], bodies: &'a [ReceivedBody]) -> Vec<Queued<'a>> {
    let queued = |(of, body): (&Incoming<'a>, &'a ReceivedBody)| {
        let (webhook, received_at) = (of.webhook, of.received_at);
        body.hand_on.as_ref().map(|with| Queued { body_id: of.body_id, webhook, received_at, with })
    };
    incoming.iter().zip(bodies).filter_map(queued).collect()
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    *hasher.finish().bytes()
}

fn origin<'a>(of: &Incoming<'a>, it: &NewEvent) -> Origin<'a> {
    Origin {
        webhook: of.webhook,
        is_signed: of.is_signed,
        received_at: of.received_at,
        number: it.number,
        digest: it.digest,
    }
}

/// A statement with each contact that it counts for, and with who spoke.
fn spread(person: &Person, statement: &Statement) -> Vec<(ContactId, Statement)> {
    let is_yes = statement.state == ConsentState::Yes;
    let others = person.others.iter().filter(|_| !is_yes);
    let said_of = |contact: &ContactId| {
        let mut statement = statement.clone();
        statement.record.get_or_insert_default().identity = person.speaker_for(*contact).map(Personal);
        (*contact, statement)
    };
    person.contacts.iter().chain(others).map(said_of).collect()
}

fn push_body(rows: &mut Rows, body: &ReceivedBody, digest: &[u8; 32], stored: &StoredBody) {
    rows.push([
        stored.body_id.into(),
        column_text(&body.webhook).into(),
        body.received_at.into(),
        digest.as_slice().into(),
        body.raw.as_ref().into(),
        stored.n_events.into(),
        stored.n_new.into(),
        stored.n_broken.into(),
        i64::from(body.is_signed).into(),
    ]);
}

fn push_event(
    rows: &mut Rows,
    of: &Incoming,
    new: &NewEvent,
    person: Option<&Person>,
    reading: Option<Reading>,
) -> Result<(), LoadError> {
    let event = new.event;
    let fact = serde_json::to_string(event).map_err(|_| LoadError::Value { column: "event.fact".to_owned() })?;
    rows.push([
        new.number.into(),
        new.digest.as_slice().into(),
        of.body_id.into(),
        (new.place as u64).into(),
        column_text(of.webhook).into(),
        kind(&event.content).into(),
        column_text(&event.account).into(),
        column_text(&event.sender).into(),
        event.channel.map(EventChannel::name).into(),
        event.at.into(),
        of.received_at.into(),
        i64::from(of.is_signed).into(),
        person.and_then(Person::contact).as_ref().into(),
        reading.map(Reading::name).into(),
        fact.into(),
    ]);
    Ok(())
}

/// The word for the content in [`model::EventContent`]'s JSON.
fn kind(content: &EventContent) -> &'static str {
    match content {
        EventContent::Status(_) => "status",
        EventContent::Message(_) => "message",
        EventContent::Preference(_) => "preference",
        EventContent::Identity(_) => "identity",
        EventContent::Call(_) => "call",
        EventContent::Template(_) => "template",
        EventContent::Number(_) => "number",
        EventContent::Account(_) => "account",
        EventContent::Other(_) => "other",
    }
}
