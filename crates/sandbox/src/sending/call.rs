//! One request to send a message: from its bytes to its answer and its line in the log.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::sending::accept::{self, Route, Sought};
use crate::sending::body;
use crate::sending::body::{Message, Recipient};
use crate::sending::chance::Chances;
use crate::sending::chosen::Candidate;
use crate::sending::incoming::Call;
use crate::sending::log::{Answered, Outcome, Request};
use crate::sending::refusal::Refusal;
use crate::sending::settings::{FaultSettings, SendFault};
use crate::sending::state::{State, World};
use crate::wires::templates::lookup::Found;

/// What the caller is to see.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) http: u16,
    pub(super) body: String,
    /// What goes wrong on the way, with its seconds.
    pub(super) fault: Option<(SendFault, f64)>,
}

/// What a message is, as far as its body can be read.
struct Seen {
    json: Value,
    digest: String,
    message: Result<Message, Refusal>,
}

impl Seen {
    fn read(bytes: &[u8]) -> Self {
        let json: Result<Value, _> = serde_json::from_slice(bytes);
        let message = match &json {
            Ok(json) => body::read(json),
            Err(error) => Err(Refusal::new(100, format!("The body is not JSON: {error}."))),
        };
        Self { json: json.unwrap_or_default(), digest: hex::encode(Sha256::digest(bytes)), message }
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.json.pointer(path)?.as_str()
    }

    fn recipient(&self) -> Option<Recipient> {
        let number = self.text("/to").map(|it| Recipient::Number(it.to_owned()));
        number.or_else(|| self.text("/recipient").map(|it| Recipient::User(it.to_owned())))
    }
}

impl State {
    /// Answers a request, and writes it into the log.
    pub(super) fn take(&mut self, world: World<'_>, call: &Call<'_>) -> Reply {
        self.counts.requests += 1;
        let n = self.counts.requests;
        let seen = Seen::read(call.body);
        let digits = self.settings.numbers.get(call.number).map(|it| it.digits()).unwrap_or_default();
        let person = seen.recipient().and_then(|it| self.person_of(&it, &digits));
        let chances = self.chances(world, &seen);
        let template = seen.text("/template/name");
        let candidate = Candidate { n, at: call.at, to: person, number: call.number, template, chances: &chances };
        let fault = self.fault(&candidate, |it| it != SendFault::ResetUnread).filter(|_| call.token.is_ok());
        let is_open = person.is_some_and(|it| self.people.get(&it).is_some_and(|it| it.is_open(call.number, call.at)));
        let found = self.found(world, call, &seen);
        let category = found.as_ref().map(|it| it.category.clone());
        let sought = Sought { person, found };
        let (reply, outcome, code, wamid) = self.decide(world, call, &seen, sought, chances, fault.as_ref());
        let answer = answered(fault.as_ref().map(|it| it.kind), outcome);
        self.note_outcome(outcome, code, answer);
        self.write(&Request {
            n,
            at: call.at,
            real_at_us: call.real_at_us,
            path: call.endpoint.name(),
            number: call.number,
            to: person.map(|it| it.to_string()).or_else(|| seen.text("/recipient").map(str::to_owned)),
            r#type: seen.text("/type"),
            opaque: seen.text("/biz_opaque_callback_data"),
            template,
            language: seen.text("/template/language/code"),
            category,
            is_open,
            outcome,
            code,
            wamid,
            answer,
            sha256: Some(seen.digest.clone()),
        });
        reply
    }

    /// The chances of a message. Each time that it comes it has others.
    fn chances(&mut self, world: World<'_>, seen: &Seen) -> Chances {
        let key = seen.text("/biz_opaque_callback_data").unwrap_or(&seen.digest).to_owned();
        let attempts = self.attempts.entry(key.clone()).or_default();
        let attempt = *attempts;
        *attempts += 1;
        Chances { seed: world.population.seed, key, attempt }
    }

    /// The first fault that occurs.
    fn fault(&self, candidate: &Candidate<'_>, is_meant: impl Fn(SendFault) -> bool) -> Option<FaultSettings> {
        let mut faults = self.settings.faults.iter().enumerate().filter(|it| is_meant(it.1.kind));
        faults.find(|(n, it)| it.when.holds(&format!("fault {n}"), candidate)).map(|it| it.1.clone())
    }

    /// The template that was asked for, as it is now.
    fn found(&self, world: World<'_>, call: &Call<'_>, seen: &Seen) -> Option<Found> {
        let (name, language) = (seen.text("/template/name")?, seen.text("/template/language/code")?);
        let account = &self.settings.numbers.get(call.number)?.account;
        world.templates.find(account, name, language, call.at)
    }

    /// Refuses or accepts, and returns the reply, the outcome, the code of a refusal and the id of the message.
    fn decide(
        &mut self,
        world: World<'_>,
        call: &Call<'_>,
        seen: &Seen,
        sought: Sought,
        chances: Chances,
        fault: Option<&FaultSettings>,
    ) -> (Reply, Outcome, Option<u32>, Option<String>) {
        let n = self.counts.requests;
        let carried = fault.map(|it| (it.kind, it.seconds));
        if let Some(fault) = fault.filter(|it| it.kind.is_before()) {
            let reply = Reply { fault: carried, ..scripted(fault, n) };
            let code = fault.code.filter(|_| fault.kind == SendFault::Error);
            return (reply, Outcome::Refused, code, None);
        }
        let accepted = call.token.clone().and_then(|()| {
            let (number, account) = self.sender(call)?;
            let message = seen.message.as_ref().map_err(Clone::clone)?;
            let route = Route { number, account, sought };
            self.accept(world, call, route, message, chances).map(|it| (it, message.input.as_str()))
        });
        match accepted {
            Ok(((message, is_held), input)) => {
                let outcome = if is_held { Outcome::Held } else { Outcome::Accepted };
                let reply = match fault.filter(|it| it.kind == SendFault::ErrorAfter) {
                    Some(fault) => Reply { fault: carried, ..scripted(fault, n) },
                    None => {
                        let body = accept::answer(&message, input, is_held).to_string();
                        Reply { http: 200, body, fault: carried }
                    }
                };
                (reply, outcome, None, Some(message.wamid.clone()))
            }
            Err(refusal) => {
                let body = refusal.body(n).to_string();
                (Reply { http: refusal.http(), body, fault: carried }, Outcome::Refused, Some(refusal.code), None)
            }
        }
    }

    /// Whether the body of the next request is not even read. Then it is in the log already.
    pub(super) fn resets_unread(&mut self, world: World<'_>, call: &Call<'_>) -> bool {
        if !self.settings.faults.iter().any(|it| it.kind == SendFault::ResetUnread) {
            return false;
        }
        let n = self.counts.requests + 1;
        let chances = Chances { seed: world.population.seed, key: "unread".to_owned(), attempt: n };
        let candidate = Candidate { n, at: call.at, to: None, number: call.number, template: None, chances: &chances };
        if self.fault(&candidate, |it| it == SendFault::ResetUnread).is_none() {
            return false;
        }
        self.counts.requests = n;
        self.note_outcome(Outcome::Refused, None, Answered::Reset);
        self.write(&Request {
            n,
            at: call.at,
            real_at_us: call.real_at_us,
            path: call.endpoint.name(),
            number: call.number,
            to: None,
            r#type: None,
            opaque: None,
            template: None,
            language: None,
            category: None,
            is_open: false,
            outcome: Outcome::Refused,
            code: None,
            wamid: None,
            answer: Answered::Reset,
            sha256: None,
        });
        true
    }
}

/// The error that a fault answers with.
fn scripted(fault: &FaultSettings, trace: u64) -> Reply {
    let refusal = fault.code.map(|it| Refusal::new(it, "The sandbox was told to answer so."));
    let documented = refusal.as_ref().map_or(500, Refusal::http);
    let body = refusal.map(|it| it.body(trace).to_string()).unwrap_or_default();
    Reply { http: fault.http.unwrap_or(documented), body, fault: None }
}

/// What the caller sees of an outcome.
fn answered(fault: Option<SendFault>, outcome: Outcome) -> Answered {
    let whole = if outcome == Outcome::Refused { Answered::Error } else { Answered::Whole };
    match fault {
        None | Some(SendFault::Slow | SendFault::Error) => whole,
        Some(SendFault::ErrorAfter) if outcome != Outcome::Refused => Answered::None,
        Some(SendFault::ErrorAfter) => whole,
        Some(SendFault::Cut) => Answered::Cut,
        Some(SendFault::ResetUnread | SendFault::ResetBefore | SendFault::ResetAfter) => Answered::Reset,
        Some(SendFault::SilentBefore | SendFault::SilentAfter | SendFault::CloseBefore | SendFault::CloseAfter) => {
            Answered::Lost
        }
    }
}
