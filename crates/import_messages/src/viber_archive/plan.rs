//! Decides where each message leads: to what followed it most often.

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Accepts, Choice};

use super::graph::{Followers, Way, sum, winner};
use super::steps::Writer;
use super::values::Part;

/// Where a message leads.
#[derive(Default)]
pub(super) struct Plan {
    /// By what the button stands for.
    pub(super) buttons: BTreeMap<String, usize>,
    /// By the type of what is shared.
    pub(super) shared: BTreeMap<String, usize>,
    /// By the text that is typed.
    pub(super) branches: Vec<(String, usize)>,
    /// After any other answer.
    pub(super) rest: Option<usize>,
    /// Without an answer, and after which pause in seconds.
    pub(super) silent: Option<(usize, u64)>,
    pub(super) asks: bool,
    pub(super) accepts: Accepts,
    /// What came less often: after what, how often, and which message.
    pub(super) dropped: Vec<(String, u64, usize)>,
}

impl Writer<'_> {
    pub(super) fn plan(&self, number: usize) -> Plan {
        let mut plan = Plan::default();
        let Some(ways) = self.graph.ways.get(&number) else { return plan };
        let choices = self.messages.all[number].shape.as_ref().map(|it| it.choices.as_slice()).unwrap_or_default();
        let shares = |kind: &str| {
            choices.iter().any(|it| match it {
                Choice::ShareLocation { .. } => kind == "location",
                Choice::SharePhone { .. } => kind == "contact",
                _ => false,
            })
        };
        let mut free: Vec<(&Way, &Followers)> = Vec::new();
        for (way, followers) in ways {
            match way {
                Way::Silent => {
                    let pause = followers.values().map(|it| it.pause).max().unwrap_or(0);
                    plan.silent = winner(followers).map(|it| (it, pause));
                }
                Way::Button(body) => plan.buttons.extend(winner(followers).map(|it| (body.clone(), it))),
                Way::Other(kind) if shares(kind) => plan.shared.extend(winner(followers).map(|it| (kind.clone(), it))),
                Way::Text(_) | Way::Other(_) => {
                    free.push((way, followers));
                    continue;
                }
            }
            plan.drop_others(&said(way), followers, winner(followers));
        }
        let waits = choices.iter().any(|it| it.next().is_some());
        self.free(number, &mut plan, &free, waits);
        let n_of = |it: &Followers| it.values().map(|it| it.n).sum::<u64>();
        let n_free: u64 = free.iter().map(|it| n_of(it.1)).sum();
        let n_silent = ways.get(&Way::Silent).map_or(0, n_of);
        plan.asks = !waits && n_free > 0 && n_free >= n_silent;
        plan.accepts = accepts(&free);
        plan
    }

    /// Decides where typed answers lead: those that people share may lead elsewhere than all others.
    fn free(&self, number: usize, plan: &mut Plan, free: &[(&Way, &Followers)], waits: bool) {
        let (shared, other): (Vec<_>, Vec<_>) =
            free.iter().copied().partition(|it| self.is_offered(number, it.0, it.1));
        let all = sum(free.iter().map(|it| it.1));
        let branches: Vec<(String, &Followers, usize)> = shared
            .iter()
            .filter_map(|(way, followers)| match way {
                Way::Text(text) => Some((text.clone(), *followers, winner(followers)?)),
                _ => None,
            })
            .collect();
        let decides = !waits && branches.iter().any(|it| Some(it.2) != winner(&all));
        if !decides {
            plan.rest = winner(&all);
            return plan.drop_others("other words", &all, plan.rest);
        }
        for (text, followers, to) in branches {
            plan.drop_others(&format!("“{text}”"), followers, Some(to));
            plan.branches.push((text, to));
        }
        let other = sum(other.iter().map(|it| it.1));
        plan.rest = winner(&other);
        plan.drop_others("other words", &other, plan.rest);
    }

    /// Whether an answer is no secret: several people gave it, or the message itself names it.
    fn is_offered(&self, number: usize, way: &Way, followers: &Followers) -> bool {
        let Way::Text(text) = way else { return false };
        let people: BTreeSet<usize> = followers.values().flat_map(|it| it.people.iter().copied()).collect();
        let names = self.messages.all[number].parts.iter().any(|it| match it {
            Part::Plain(plain) => plain.to_lowercase().split(|it: char| !it.is_alphanumeric()).any(|it| it == text),
            Part::Value(..) => false,
        });
        people.len() > 1 || names
    }
}

fn said(way: &Way) -> String {
    match way {
        Way::Silent => "no answer".to_owned(),
        Way::Button(body) => format!("the button “{body}”"),
        Way::Text(_) => "other words".to_owned(),
        Way::Other(kind) => format!("a {kind}"),
    }
}

fn accepts(free: &[(&Way, &Followers)]) -> Accepts {
    let are = |kinds: &[&str]| {
        !free.is_empty() && free.iter().all(|it| matches!(it.0, Way::Other(kind) if kinds.contains(&kind.as_str())))
    };
    match () {
        () if are(&["location"]) => Accepts::Location,
        () if are(&["contact"]) => Accepts::Phone,
        () if are(&["picture", "video", "file"]) => Accepts::Media,
        () => Accepts::Text,
    }
}

impl Plan {
    pub(super) fn goals(&self) -> impl Iterator<Item = usize> {
        let answered = self.buttons.values().chain(self.shared.values()).chain(self.branches.iter().map(|it| &it.1));
        let is_silent = self.rest.is_none() || !self.asks;
        let silent = self.silent.iter().map(|it| it.0).filter(move |_| is_silent && !self.asks);
        let goals: Vec<usize> = answered.copied().chain(self.rest).chain(silent).collect();
        goals.into_iter()
    }

    fn drop_others(&mut self, after: &str, followers: &Followers, winner: Option<usize>) {
        let others = followers.iter().filter(|it| Some(*it.0) != winner);
        self.dropped.extend(others.map(|it| (after.to_owned(), it.1.n, *it.0)));
    }
}
