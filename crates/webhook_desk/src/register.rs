//! `ferry webhook register`: says what an address replaces, and puts it there.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use plan::{Plan, WebhookKind, WebhookSection};
use results::WebhookRegistered;
use whatsapp::{MOST_CALLBACK_CHARS, PostOutcome};

use crate::found::{Found, Messages, Place};
use crate::show::{by_hand, visible};
use crate::{chosen, dialog360, find, meta};

/// What is wanted beside the webhook.
#[derive(Clone, Debug, Default)]
pub struct RegisterOptions {
    /// The id of the number at Meta; none for the whole account.
    pub number: Option<String>,
    /// Whether today's program may be cut off.
    pub may_replace: bool,
}

/// An address that is going to be registered.
pub struct Registering<'a> {
    plan: &'a Plan,
    webhook: &'a WebhookSection,
    place: Place,
    /// The id of the account or number at the platform; empty if it has none.
    id: String,
    url: &'a str,
    /// The address that the place has today.
    before: Option<String>,
    change: Change,
}

/// What a registration changes. Pure: it follows from what is registered today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) is_needed: bool,
    /// The addresses that get no messages any more.
    pub(crate) replaced: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl<'a> Registering<'a> {
    /// Asks the platform what is registered today. Nothing is changed.
    pub async fn prepare(plan: &'a Plan, name: Option<&str>, options: &RegisterOptions) -> Result<Self> {
        let [webhook] = chosen(plan, name)?[..] else {
            bail!("the plan has several webhooks: name the one to register, as `ferry webhook show` lists them");
        };
        if let Some(by_hand) = by_hand(webhook) {
            bail!("Ferry does not register addresses at Twilio: {by_hand}");
        }
        let Some(url) = webhook.public_url() else {
            bail!("the webhook has no public_url: add the address as the platform reaches it, with its path");
        };
        let (place, id) = place(plan, webhook, options)?;
        let found = find(plan, webhook).await?;
        let change = change(&found, place, &id, url, webhook.forward(), options.may_replace)?;
        let before = found.url_of(place, Some(&id)).map(str::to_owned);
        Ok(Self { plan, webhook, place, id, url, before, change })
    }

    /// Whether the address is not there yet.
    pub fn is_needed(&self) -> bool {
        self.change.is_needed
    }

    /// What is going to change, as lines of text.
    pub fn question(&self) -> String {
        let mut text = String::new();
        let place = format!("{} {}", self.place.name(), self.id);
        let before = self.before.as_deref().map_or("none".to_owned(), |it| visible(self.webhook, it));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "address of {}: {before} -> {}", place.trim_end(), visible(self.webhook, self.url));
        for url in &self.change.replaced {
            let _ = match self.webhook.forward() {
                Some(forward) if forward == url => {
                    writeln!(text, "{url} gets messages from Ferry from now on, as forward says")
                }
                _ => writeln!(text, "{url} gets no messages any more"),
            };
        }
        for note in &self.change.notes {
            let _ = writeln!(text, "note: {note}");
        }
        text
    }

    /// The result, before or instead of a change.
    pub fn result(&self, has_changed: bool) -> WebhookRegistered {
        WebhookRegistered {
            webhook: self.webhook.name().to_owned(),
            place: self.place.name(),
            id: self.id.clone(),
            before: self.before.as_deref().map(|it| visible(self.webhook, it)),
            address: visible(self.webhook, self.url),
            changed: has_changed,
            replaced: self.change.replaced.clone(),
            notes: self.change.notes.clone(),
        }
    }

    /// Puts the address there, and reads it back.
    pub async fn carry_out(self) -> Result<WebhookRegistered> {
        match self.place {
            Place::Channel => dialog360::set(self.plan, self.webhook, self.url).await?,
            _ => self.set_at_meta().await?,
        }
        let found = find(self.plan, self.webhook).await.context("the address was sent, and could not be read back")?;
        if found.url_of(self.place, Some(&self.id)) != Some(self.url) {
            bail!("the platform took the address and does not show it: run `ferry webhook show` in some minutes");
        }
        Ok(self.result(true))
    }

    async fn set_at_meta(&self) -> Result<()> {
        let token = self.webhook.verify_token(self.plan)?;
        let token = token.context("Meta calls the address with a token first: add verify_token_env to the webhook")?;
        let (client, _) = meta::account(self.plan)?;
        let outcome = match self.place {
            Place::Number => client.set_number_callback(&self.id, self.url, &token).await,
            _ => client.set_account_callback(&self.id, self.url, &token).await,
        };
        match outcome.context("Meta did not take the address")? {
            PostOutcome::Accepted(()) | PostOutcome::Unknown => Ok(()),
            PostOutcome::Refused { code, message, .. } => bail!(
                "Meta did not take the address (code {code}): {message}\nMeta calls it before it takes it: `ferry serve` must run, \
                 and be reached at {}",
                self.url
            ),
        }
    }
}

/// Where an address goes.
fn place(plan: &Plan, webhook: &WebhookSection, options: &RegisterOptions) -> Result<(Place, String)> {
    match (webhook.kind(), &options.number) {
        (WebhookKind::Meta, Some(number)) => Ok((Place::Number, number.clone())),
        (WebhookKind::Meta, None) => Ok((Place::Account, meta::account(plan)?.1.account.get_ref().clone())),
        (_, Some(_)) => bail!("--number is for kind = \"meta\": at 360dialog the API key names the number"),
        (_, None) => Ok((Place::Channel, String::new())),
    }
}

/// What follows if `url` is registered at a place. Fails if a program that gets messages today would get none any more.
pub(crate) fn change(
    found: &Found,
    place: Place,
    id: &str,
    url: &str,
    forward: Option<&str>,
    may_replace: bool,
) -> Result<Change> {
    check(found, place, id, url, forward)?;
    let is_reached = |it: &&Messages| match place {
        Place::Number => it.number == id,
        _ => it.by != Place::Number,
    };
    let reached: Vec<&Messages> = found.messages.iter().filter(is_reached).collect();
    let replaced: BTreeSet<&str> = reached.iter().filter_map(|it| it.url.as_deref()).filter(|it| *it != url).collect();
    if let (Some(today), None, false) = (replaced.first(), forward, may_replace) {
        bail!(
            "today {today} gets the messages, and would get nothing any more: add forward = \"{today}\" to the webhook, and Ferry \
             hands all on; or give --replace if nobody needs it"
        );
    }
    let is_there = match reached.is_empty() {
        true => found.url_of(place, Some(id)) == Some(url),
        false => reached.iter().all(|it| it.url.as_deref() == Some(url)),
    };
    let notes = notes(found, place, url, forward, &replaced);
    Ok(Change { is_needed: !is_there, replaced: replaced.into_iter().map(str::to_owned).collect(), notes })
}

/// Fails if the address cannot go there.
fn check(found: &Found, place: Place, id: &str, url: &str, forward: Option<&str>) -> Result<()> {
    if url.len() > MOST_CALLBACK_CHARS && place != Place::Channel {
        bail!(
            "public_url has more than {MOST_CALLBACK_CHARS} characters, which Meta does not take: choose a shorter path"
        );
    }
    if forward == Some(url) {
        bail!("forward is the address of Ferry itself: name the program that answers people");
    }
    if place == Place::Number && !found.messages.iter().any(|it| it.number == id) {
        let numbers: Vec<&str> = found.messages.iter().map(|it| it.number.as_str()).collect();
        bail!("the account has no number with the id {id}: it has {}", numbers.join(", "));
    }
    Ok(())
}

/// What to look at beside the change.
fn notes(found: &Found, place: Place, url: &str, forward: Option<&str>, replaced: &BTreeSet<&str>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(forward) = forward {
        let other = |it: &&&str| **it != forward;
        notes.extend(
            replaced.iter().filter(other).map(|it| format!("forward names {forward}, and {it} gets nothing any more")),
        );
    }
    if place == Place::Account {
        let of_number = |it: &&Messages| it.by == Place::Number && it.url.as_deref() != Some(url);
        let own = found.messages.iter().filter(of_number);
        notes.extend(
            own.map(|it| format!("number {0} keeps an address of its own: register it with --number {0}", it.number)),
        );
    }
    let of_app = found.url_of(Place::App, None).filter(|it| *it != url);
    if let (Some(of_app), true) = (of_app, place != Place::Channel) {
        notes.push(format!(
            "events of templates and of the account go to the address of the app, {of_app}: enter {url} in the App Dashboard at \
             WhatsApp > Configuration if Ferry is to get them too"
        ));
    }
    notes
}
