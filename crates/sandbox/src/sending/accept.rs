//! Takes a request: refuses it, or accepts the message and decides what becomes of it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::sending::accepted::{Accepted, Category};
use crate::sending::body::{Content, Message, Recipient, Template};
use crate::sending::chance::Chances;
use crate::sending::incoming::Call;
use crate::sending::limits::{Exceeded, Pair};
use crate::sending::log::Over;
use crate::sending::pacing::Paced;
use crate::sending::parameters;
use crate::sending::person::recipient;
use crate::sending::refusal::Refusal;
use crate::sending::schedule::Event;
use crate::sending::settings::{AccountSettings, NumberSettings, Pace, ToldBy};
use crate::sending::state::{State, Synced, World};
use crate::wires::templates::lookup::Found;

/// How long a template can rest before `/marketing_messages` has to learn it anew.
const DORMANT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where a message goes from and to.
pub(super) struct Route {
    pub(super) number: NumberSettings,
    pub(super) account: AccountSettings,
    pub(super) sought: Sought,
}

/// What the ids of a message stand for.
pub(super) struct Sought {
    /// The digits of the person. A user id that nobody was shown has none.
    pub(super) person: Option<u64>,
    /// The template, if the account has it.
    pub(super) found: Option<Found>,
}

impl State {
    /// Finds the number, which must be able to send, and has room in this second.
    pub(super) fn sender(&mut self, call: &Call<'_>) -> Result<(NumberSettings, AccountSettings), Refusal> {
        let found = self.settings.numbers.get(call.number);
        let found = found.and_then(|it| Some((it.clone(), self.settings.accounts.get(&it.account)?.clone())));
        let Some((number, account)) = found else {
            return Err(Refusal::new(33, format!("The business phone number {} does not exist.", call.number)));
        };
        if number.status != "CONNECTED" {
            return Err(Refusal::new(133_010, format!("The number is {} and not CONNECTED.", number.status)));
        }
        if account.is_locked {
            return Err(Refusal::new(131_031, "The account is locked."));
        }
        let throughput = self.throughput.entry(call.number.to_owned()).or_default();
        if let Err(exceeded) = throughput.check(call.at, number.messages_a_second) {
            self.over("number", call.at, exceeded);
            return Err(Refusal::new(130_429, "Cloud API message throughput has been reached."));
        }
        Ok((number, account))
    }

    fn over(&mut self, over: &'static str, at: Timestamp, Exceeded { count, limit }: Exceeded) {
        self.note_over(Over { over, at, count, limit });
    }

    /// Finds the person that a message is for.
    pub(super) fn person_of(&self, to: &Recipient, sender: &str) -> Option<u64> {
        match to {
            Recipient::Number(text) => recipient(text, sender),
            Recipient::User(id) => self.by_user_id.get(id).copied(),
        }
    }

    /// Accepts a message, or refuses it. Returns the message, and whether it is held.
    pub(super) fn accept(
        &mut self,
        world: World<'_>,
        call: &Call<'_>,
        mut route: Route,
        message: &Message,
        chances: Chances,
    ) -> Result<(Arc<Accepted>, bool), Refusal> {
        let person = self.check_person(&route, message)?;
        let limits = self.settings.limits.clone();
        if let Err(exceeded) = self.pair(call, person).check(call.at, &limits) {
            self.over("pair", call.at, exceeded);
            return Err(Refusal::new(131_056, "Too many messages to this person in a short time."));
        }
        let found = match &message.content {
            Content::Free if call.endpoint.is_marketing() => {
                return Err(Refusal::new(134_100, "Only marketing templates are sent here."));
            }
            Content::Free => None,
            Content::Template(template) => Some((self.template(call, &mut route, template)?, template.name.as_str())),
        };
        let is_open = self.person(person, world).is_open(call.number, call.at);
        if found.is_none() && !is_open && limits.closed_window_by == ToldBy::Answer {
            return Err(Refusal::new(131_047, "More than 24 hours have passed since the person last wrote."));
        }
        let category = found.as_ref().map_or(Category::Service, |it| Category::of_template(&it.0.category));
        let portfolio = route.account.portfolio.clone();
        let user_id = self.person(person, world).user_id(world.population.seed, &portfolio, person);
        self.by_user_id.insert(user_id.clone(), person);
        let accepted = Arc::new(Accepted {
            wamid: wamid(world.population.seed, self.counts.accepted),
            number: call.number.to_owned(),
            portfolio,
            person,
            wa_id: person.to_string(),
            user_id,
            is_to_phone: matches!(message.to, Recipient::Number(_)),
            opaque: message.opaque.clone(),
            template: found.as_ref().map(|it| it.1.to_owned()),
            category,
            is_marketing_api: call.endpoint.is_marketing(),
            is_open,
            at: call.at,
            chances,
        });
        self.throughput.entry(call.number.to_owned()).or_default().add(call.at);
        self.pair(call, person).add(call.at, &limits);
        let is_held = self.hold_or_send(world, &accepted, found.map(|it| it.0));
        Ok((accepted, is_held))
    }

    fn pair(&mut self, call: &Call<'_>, person: u64) -> &mut Pair {
        self.pairs.entry((call.number.to_owned(), person)).or_default()
    }

    fn check_person(&self, route: &Route, message: &Message) -> Result<u64, Refusal> {
        let Some(person) = route.sought.person else {
            return Err(match message.to {
                Recipient::Number(_) => Refusal::new(131_009, "to is not a phone number."),
                Recipient::User(_) => Refusal::new(131_009, "recipient is not a user id of this portfolio."),
            });
        };
        if route.number.digits() == person.to_string() {
            return Err(Refusal::new(131_021, "The recipient is the sender."));
        }
        let is_allowed = |list: &Vec<String>| list.iter().any(|it| recipient(it, "1") == Some(person));
        match self.settings.limits.allowed.as_ref().is_some_and(|it| !is_allowed(it)) {
            true => Err(Refusal::new(131_030, "The number is not in the list of allowed numbers.")),
            false => Ok(person),
        }
    }

    /// Finds a template that can be sent as it was asked for.
    fn template(&mut self, call: &Call<'_>, route: &mut Route, template: &Template) -> Result<Found, Refusal> {
        let missing = || {
            let details = format!("template name ({}) does not exist in {}", template.name, template.language);
            Refusal::new(132_001, details)
        };
        let found = route.sought.found.take().ok_or_else(missing)?;
        match found.status.as_str() {
            "APPROVED" => {}
            "PAUSED" => return Err(Refusal::new(132_015, "The template is paused.")),
            "DISABLED" => return Err(Refusal::new(132_016, "The template is disabled.")),
            _ => return Err(missing()),
        }
        let portfolio = &route.account.portfolio;
        if self.portfolios.get(portfolio).is_some_and(|it| it.is_blocked) {
            return Err(Refusal::new(368, "The portfolio can send no templates."));
        }
        if self.pacing.has_failed(&Paced::Template(found.id.clone())) {
            return Err(Refusal::new(132_015, "The template is paused because of low quality."));
        }
        self.check_endpoint(call, route, &found)?;
        if !route.account.has_payment {
            return Err(Refusal::new(131_042, "The account has no way to pay."));
        }
        parameters::check(&found.components, found.is_named, &template.components)?;
        Ok(found)
    }

    /// Marketing has an endpoint of its own, which takes nothing else.
    fn check_endpoint(&mut self, call: &Call<'_>, route: &Route, found: &Found) -> Result<(), Refusal> {
        let is_marketing = Category::of_template(&found.category) == Category::Marketing;
        if !call.endpoint.is_marketing() {
            return match is_marketing && route.account.disable_marketing_on_messages {
                true => Err(Refusal::new(131_063, "Send marketing by /marketing_messages.")),
                false => Ok(()),
            };
        }
        if !is_marketing {
            return Err(Refusal::new(134_100, "Only marketing templates are sent here."));
        }
        if route.account.marketing_messages_onboarding_status != "ONBOARDED" {
            return Err(Refusal::new(134_102, "The account is not onboarded."));
        }
        let sync = SignedDuration::from_secs(self.settings.limits.marketing_sync_seconds);
        let after = |it: Timestamp| it.saturating_add(sync).unwrap_or(Timestamp::MAX);
        let new = Synced { from: after(found.approved_at), last_used: found.approved_at };
        let synced = self.synced.entry(found.id.clone()).or_insert(new);
        if call.at.duration_since(synced.last_used) > DORMANT {
            synced.from = after(call.at);
        }
        synced.last_used = call.at;
        match call.at < synced.from {
            true => Err(Refusal::new(134_101, "The template is syncing: try again in ten minutes.")),
            false => Ok(()),
        }
    }

    /// Sends a message on its way, unless it is held for a judgement. Returns whether it is.
    fn hold_or_send(&mut self, world: World<'_>, message: &Arc<Accepted>, found: Option<Found>) -> bool {
        let Some(found) = found else {
            self.dispatch(world, message, message.at);
            return false;
        };
        let pacing = self.settings.pacing.clone();
        let template = pacing.template.filter(|_| found.quality != "GREEN");
        let paces: [(Paced, Option<Pace>); 2] =
            [(Paced::Template(found.id), template), (Paced::Portfolio(message.portfolio.clone()), pacing.portfolio)];
        for (paced, pace) in &paces {
            if let Some(pace) = pace.as_ref().filter(|it| self.pacing.holds(paced, Some(it))) {
                if let Some(due) = self.pacing.hold(paced, pace, Arc::clone(message)) {
                    self.schedule.add(due, Event::Judgement(paced.clone()));
                }
                return true;
            }
        }
        paces.iter().filter(|it| it.1.is_some()).for_each(|it| self.pacing.add_sent(&it.0));
        self.dispatch(world, message, message.at);
        false
    }
}

/// The id of the n-th message, in the form that Meta's have.
fn wamid(seed: u64, n: u64) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let bytes = crate::providers::draw::Draw::new(seed, &["wamid"], n).bytes();
    format!("wamid.{}", BASE64_STANDARD.encode(&bytes[..24]))
}

/// The body of the answer to a message that was accepted.
pub(super) fn answer(message: &Accepted, input: &str, is_held: bool) -> Value {
    let mut contact = serde_json::Map::new();
    contact.insert("input".to_owned(), input.into());
    match message.is_to_phone {
        true => contact.insert("wa_id".to_owned(), message.wa_id.clone().into()),
        false => contact.insert("user_id".to_owned(), message.user_id.clone().into()),
    };
    let mut sent = serde_json::Map::new();
    sent.insert("id".to_owned(), message.wamid.clone().into());
    if message.template.is_some() {
        let status = if is_held { "held_for_quality_assessment" } else { "accepted" };
        sent.insert("message_status".to_owned(), status.into());
    }
    serde_json::json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [sent] })
}
