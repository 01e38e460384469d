//! Lets happen what is due, and tells of it.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::Sandbox;
use crate::sending::Sending;
use crate::sending::courier::Courier;
use crate::sending::log;
use crate::sending::schedule::{Event, State as Told};
use crate::sending::settings::Answer;
use crate::sending::state::{State, World};
use crate::sending::told::{Item, body};
use crate::webhooks::{Settled, in_ascii};

/// The most events that happen before their webhooks are sent.
const AT_ONCE: usize = 1_000;

/// Webhooks that were not answered with 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotTold(pub(crate) u64);

/// An event with what is to be logged about it once its webhook is answered.
struct Due {
    item: Item,
    inbound: Option<Wrote>,
}

/// What a person wrote or did.
struct Wrote {
    what: String,
    from: String,
    at: Timestamp,
}

impl State {
    /// Lets the next events happen that are due by then, at most so many. Returns them with the moment of the last.
    fn happen(&mut self, world: World<'_>, until: Timestamp, most: usize) -> Option<(Vec<Due>, Timestamp)> {
        let (mut happened, mut last) = (Vec::new(), None);
        while happened.len() < most
            && let Some((due, event)) = self.schedule.take(until)
        {
            last = Some(due);
            match event {
                Event::Status(status) => {
                    let code = if let Told::Failed(code) = status.state { Some(code) } else { None };
                    let name = status.state.name();
                    *self.counts.statuses.entry(name).or_default() += 1;
                    if let Some(code) = code {
                        *self.counts.failed.entry(code).or_default() += 1;
                    }
                    let message = &status.message;
                    self.write(&log::Status {
                        status: name,
                        wamid: &message.wamid,
                        opaque: message.opaque.as_deref(),
                        to: &message.wa_id,
                        at: due,
                        code,
                    });
                    happened.push(Due { item: self.status_item(&status), inbound: None });
                }
                Event::Inbound(inbound) => {
                    self.hear(world, &inbound, due);
                    let item = self.inbound_item(world, &inbound, due);
                    let wrote = Wrote { what: words(&inbound.does), from: inbound.from.to_string(), at: due };
                    happened.push(Due { item, inbound: Some(wrote) });
                }
                Event::Judgement(paced) => self.judge(world, &paced, due),
                Event::Growth(reached) => {
                    self.portfolios.entry(reached.portfolio.clone()).or_default().grow(reached.tier);
                    let items = self.growth_items(&reached.portfolio, reached.tier, due);
                    happened.extend(items.into_iter().map(|item| Due { item, inbound: None }));
                }
            }
        }
        last.map(|it| (happened, it))
    }

    /// Notes what became of a webhook.
    fn settle(&mut self, wrote: &[Wrote], told: Option<i64>, has_target: bool) {
        self.counts.given_up += u64::from(has_target && told.is_none());
        for it in wrote {
            self.write(&log::Inbound { inbound: &it.what, from: &it.from, at: it.at, acknowledged_real_at_us: told });
        }
    }
}

/// What the log says of an answer.
fn words(does: &Answer) -> String {
    match does {
        Answer::Writes(text) => text.clone(),
        Answer::Presses(button) => format!("button {button}"),
        Answer::Stops => "preference stop".to_owned(),
        Answer::Resumes => "preference resume".to_owned(),
    }
}

impl Sending {
    /// Lets everything happen that is due by then, in its order, and tells of it. If it waits, all webhooks have been
    /// answered or given up when it returns. A frozen clock shows the moment of what was told last. Returns the number of
    /// webhooks.
    pub(crate) async fn deliver(&self, sandbox: &Arc<Sandbox>, until: Timestamp, waits: bool) -> Result<u64, NotTold> {
        let _only_one = self.delivering.lock().await;
        let courier = self.courier(sandbox);
        let (mut n_webhooks, mut n_failed) = (0, 0);
        // What happens later has not happened when a webhook is sent, as far as there are connections for that.
        let most = courier.as_ref().filter(|_| waits).map_or(AT_ONCE, |it| it.at_once());
        loop {
            let happened = self.state().happen(sandbox.world(), until, most);
            let Some((due, last)) = happened else { break };
            if sandbox.clock.is_frozen() {
                sandbox.clock.move_to(last);
            }
            let Some(courier) = &courier else {
                let wrote: Vec<Wrote> = due.into_iter().filter_map(|it| it.inbound).collect();
                self.state().settle(&wrote, None, false);
                continue;
            };
            let mut receipts = Vec::new();
            for (text, wrote) in bodies(due, courier.settings.events_in_a_body) {
                receipts.push((courier.send(text).await, wrote));
                n_webhooks += 1;
            }
            for (receipt, wrote) in receipts {
                if waits {
                    n_failed += u64::from(!settle(sandbox, receipt, wrote).await);
                } else {
                    let sandbox = Arc::clone(sandbox);
                    tokio::spawn(async move { settle(&sandbox, receipt, wrote).await });
                }
            }
        }
        if n_failed == 0 { Ok(n_webhooks) } else { Err(NotTold(n_failed)) }
    }

    /// The courier to the address of the settings; none if they have none.
    fn courier(&self, sandbox: &Sandbox) -> Option<Arc<Courier>> {
        let wanted = self.state().settings.webhooks.clone();
        let mut courier = self.courier.lock().unwrap_or_else(PoisonError::into_inner);
        if courier.as_ref().map(|it| &it.settings) != wanted.as_ref() {
            let new = wanted.zip(self.secret.as_ref());
            let new = new.and_then(|(it, secret)| Courier::new(&it, secret, sandbox.clock.is_frozen()));
            *courier = new.map(Arc::new);
        }
        courier.clone()
    }

    /// Lets things happen when they are due, for a clock that runs. Does not end.
    pub(crate) async fn run(sandbox: Arc<Sandbox>) {
        if sandbox.clock.is_frozen() {
            return std::future::pending().await;
        }
        loop {
            let changed = sandbox.sending.changed.notified();
            let (now, next) = (sandbox.clock.now(), sandbox.sending.next_due());
            match next {
                Some(due) if due <= now => {
                    // What is given up is counted.
                    let _ = sandbox.sending.deliver(&sandbox, now, false).await;
                }
                Some(due) => {
                    let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
                    tokio::select! { () = tokio::time::sleep(wait) => {}, () = changed => {} }
                }
                None => changed.await,
            }
        }
    }
}

/// Puts events into bodies of at most so many.
fn bodies(due: Vec<Due>, most: usize) -> Vec<(String, Vec<Wrote>)> {
    let mut bodies = Vec::new();
    let mut due = due.into_iter().peekable();
    while due.peek().is_some() {
        let (items, wrote): (Vec<Item>, Vec<Option<Wrote>>) =
            due.by_ref().take(most.max(1)).map(|it| (it.item, it.inbound)).unzip();
        bodies.push((in_ascii(&body(&items)), wrote.into_iter().flatten().collect()));
    }
    bodies
}

/// Waits for the answer to a webhook, and notes it. Returns whether it was 200.
async fn settle(sandbox: &Sandbox, receipt: oneshot::Receiver<Settled>, wrote: Vec<Wrote>) -> bool {
    let settled = receipt.await.ok();
    let told = settled.filter(|it| it.is_accepted).map(|it| it.real_at_us);
    sandbox.sending.state().settle(&wrote, told, true);
    told.is_some()
}
