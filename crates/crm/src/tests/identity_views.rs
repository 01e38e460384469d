//! The views of identities against the replay, and against the rules of holds in other words.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::{
    ContactId, HoldReason, Identity, IdentityChange, IdentityEvent, IdentityKind, ImportedIdentity, Personal,
    alias_chains,
};

use crate::check::{RUN, check, id_of};

const LATER_RUN: &str = "2026-12-10-winter";
const N_HISTORIES: u64 = 200;

/// Numbers that look random and are the same in every run of the tests.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// One history: three people with phones of their own, what imports say of them, and what happened.
struct History {
    people: Vec<ContactId>,
    /// The contacts that were merged: the one who stays, and the other.
    merged: Option<(ContactId, ContactId)>,
    imported: Vec<ImportedIdentity>,
    events: Vec<IdentityEvent>,
}

fn number(history: u64, person: u64) -> String {
    format!("+33199{history:04}{person:02}")
}

fn phone(history: u64, person: u64) -> Identity {
    Identity { kind: IdentityKind::Phone, scope: String::new(), value: Personal(number(history, person)) }
}

/// The WhatsApp id of a number: its digits.
fn wa_id(phone: &Identity) -> Identity {
    Identity { kind: IdentityKind::WaId, value: Personal(phone.value.0[1..].to_owned()), ..phone.clone() }
}

fn started_at(run: &str) -> Timestamp {
    format!("{}T00:00:00Z", &run[..10]).parse().unwrap()
}

fn any_history(history: u64, numbers: &mut Numbers) -> History {
    let people: Vec<ContactId> = (0..3).map(|it| id_of(&number(history, it))).collect();
    let merged = (numbers.below(3) == 0).then(|| (people[0], people[1]));
    let comes_again = numbers.below(2) == 0;
    let survivor = |n: u64| if merged.is_some() && n == 1 { people[0] } else { people[n as usize] };
    let imported = (0..3).map(|n| {
        // The contact that stays has the rows of both.
        let run = if comes_again && survivor(n) == people[0] { LATER_RUN } else { RUN };
        ImportedIdentity {
            contact: survivor(n),
            identity: phone(history, n),
            at: started_at(run),
            source: run.to_owned(),
        }
    });
    let imported = imported.collect();
    let events = (0..numbers.below(12)).map(|n| any_event(history, n, &people, numbers)).collect();
    History { people, merged, imported, events }
}

fn any_event(history: u64, n: u64, people: &[ContactId], numbers: &mut Numbers) -> IdentityEvent {
    let contact = numbers.below(3);
    let kind = [IdentityKind::Phone, IdentityKind::WaId, IdentityKind::Username, IdentityKind::Bsuid];
    let kind = kind[numbers.below(4) as usize];
    let mut any = || match kind {
        IdentityKind::Phone => phone(history, numbers.below(4)),
        IdentityKind::WaId => wa_id(&phone(history, numbers.below(4))),
        // A business-scoped id is of one contact.
        _ => {
            let value = format!("{history}-{contact}-{}", numbers.below(3));
            Identity { kind, scope: "shop".to_owned(), value: Personal(value) }
        }
    };
    let (one, other) = (any(), any());
    let change = match numbers.below(9) {
        0 => IdentityChange::Linked { identity: one, with: phone(history, contact) },
        1 | 2 if one != other => IdentityChange::Changed { from: one.value, to: other },
        3 => IdentityChange::Ended(one),
        4 => IdentityChange::Questioned(one),
        5 => IdentityChange::Reassigned(one),
        6 | 7 => IdentityChange::Acknowledged,
        _ => IdentityChange::Observed(one),
    };
    let day = 5 + numbers.below(9);
    let at = format!("2026-12-{day:02}T00:00:00Z").parse().unwrap();
    let (id, contact) = (format!("{history} {n}"), people[contact as usize]);
    IdentityEvent { id, contact, change, at, source: "test".to_owned(), note: String::new() }
}

impl History {
    fn merges(&self) -> Vec<(ContactId, ContactId)> {
        self.merged.into_iter().collect()
    }

    /// What each contact has now, by the replay.
    fn now(&self) -> BTreeSet<String> {
        let chains = alias_chains(&self.events, &self.imported, &self.merges());
        let of_chain = chains.iter().flat_map(|chain| {
            let stays = self.merged.filter(|it| chain.contacts.contains(&it.1)).map_or(chain.contacts[0], |it| it.0);
            let held = chain.identities.iter().filter(|it| it.until.is_none());
            held.map(move |it| {
                let Identity { kind, scope, value } = &it.identity;
                format!("{stays} {} {scope} {} {}", kind.name(), value.0, it.since.unwrap().as_microsecond())
            })
        });
        of_chain.collect()
    }

    /// The number that an event has given to its contact, as a phone, if no later event has taken it.
    fn gained(&self, event: &IdentityEvent) -> Option<Identity> {
        let now = match &event.change {
            IdentityChange::Observed(it)
            | IdentityChange::Linked { identity: it, .. }
            | IdentityChange::Changed { to: it, .. } => it,
            _ => return None,
        };
        let is_taken = self.events.iter().filter(|it| it.contact == event.contact && it.at >= event.at).any(|it| {
            match &it.change {
                IdentityChange::Changed { .. } => it.change.from().as_ref() == Some(now),
                IdentityChange::Ended(it) | IdentityChange::Reassigned(it) => it == now,
                _ => false,
            }
        });
        let number = match now.kind {
            IdentityKind::Phone => now.value.0.clone(),
            IdentityKind::WaId => format!("+{}", now.value.0),
            _ => return None,
        };
        let phone = Identity { kind: IdentityKind::Phone, scope: String::new(), value: Personal(number) };
        (!is_taken).then_some(phone)
    }

    /// The contacts that are held, by the rules in other words.
    fn held(&self) -> BTreeSet<String> {
        let present = self.people.iter().filter(|it| self.merged.is_none_or(|pair| pair.1 != **it));
        let hold = |contact: &ContactId| {
            let is_part = |it: ContactId| it == *contact || self.merged == Some((*contact, it));
            let is_acknowledged = |by: ContactId, since: Timestamp| {
                let is_later = |it: &&IdentityEvent| it.change == IdentityChange::Acknowledged && it.at >= since;
                self.events.iter().filter(is_later).any(|it| it.contact == by)
            };
            let import = self.imported.iter().find(|it| it.contact == *contact).unwrap();
            let own = self.events.iter().filter_map(|it| {
                let reason = it.change.hold().filter(|_| is_part(it.contact))?;
                (!is_acknowledged(it.contact, it.at)).then_some((it.at, reason))
            });
            let of_number = self.events.iter().filter_map(|it| {
                let lost = match &it.change {
                    IdentityChange::Changed { .. } => it.change.from()?,
                    IdentityChange::Ended(it) | IdentityChange::Reassigned(it) => it.clone(),
                    _ => return None,
                };
                let reason = it.change.hold()?;
                let (since, reason) = match import.at > it.at {
                    true => (import.at, HoldReason::NumberUsedAgain),
                    false => (it.at, reason),
                };
                let is_own = lost == import.identity || lost == wa_id(&import.identity);
                (is_own && !is_acknowledged(*contact, since)).then_some((since, reason))
            });
            let present = |it: ContactId| self.merged.is_none_or(|pair| pair.1 != it);
            let shared = self.events.iter().filter_map(|it| {
                let number = self.gained(it)?;
                let is_twin =
                    |of: &&ImportedIdentity| of.identity == number && present(of.contact) && !is_part(of.contact);
                let has_twin = is_part(it.contact) && self.imported.iter().any(|it| is_twin(&it));
                let is_own = self.imported.iter().any(|own| own.contact == *contact && own.identity == number);
                let is_of_twin = is_own && !is_part(it.contact) && present(it.contact);
                (has_twin || is_of_twin).then_some((it.at, HoldReason::NumberShared))
            });
            let (since, reason) = own.chain(of_number).chain(shared).min()?;
            Some(format!("{contact} {} {}", since.as_microsecond(), reason.name()))
        };
        present.filter_map(hold).collect()
    }
}

#[test]
fn the_views_say_what_the_replay_and_the_rules_say() {
    check(async |place| {
        let mut numbers = Numbers(20_261_130);
        let histories: Vec<History> = (0..N_HISTORIES).map(|it| any_history(it, &mut numbers)).collect();
        let crm = place.open().await;
        let lines = |run: &str, is_wanted: &dyn Fn(&History, u64) -> bool| {
            let mut lines = Vec::new();
            for (n, history) in (0..).zip(&histories) {
                let people = (0..3).filter(|it| is_wanted(history, *it));
                lines.extend(people.map(|it| format!("{} name={}", number(n, it), &run[11..])));
            }
            lines.join("\n")
        };
        crm.import(RUN, &lines(RUN, &|_, _| true)).await;
        for (survivor, absorbed) in histories.iter().filter_map(|it| it.merged) {
            crm.merge(survivor, absorbed).await.unwrap().unwrap();
        }
        let comes_again = |history: &History, n| n == 0 && history.imported[0].source == LATER_RUN;
        crm.import(LATER_RUN, &lines(LATER_RUN, &comes_again)).await;
        // What happened is heard of in another order, some of it twice.
        let mut events: Vec<IdentityEvent> = histories.iter().flat_map(|it| it.events.clone()).collect();
        for n in (1..events.len()).rev() {
            events.swap(n, numbers.below(n as u64 + 1) as usize);
        }
        let half = events.len() / 2;
        for part in [&events[..half], &events[half / 2..]] {
            crm.record_identity_events(part).await.unwrap();
        }
        let hex = if place.url.starts_with("sqlite") { "lower(hex(contact_id))" } else { "encode(contact_id, 'hex')" };
        let now =
            format!("select {hex} || ' ' || kind || ' ' || scope || ' ' || value || ' ' || since from identity_now");
        let now = crm.select("look", &now, &[], |it| it.text(0)).await.unwrap();
        assert_eq!(now.len(), now.iter().collect::<BTreeSet<_>>().len());
        let held = format!("select {hex} || ' ' || since || ' ' || reason from contact_hold");
        let held = crm.select("look", &held, &[], |it| it.text(0)).await.unwrap();
        assert_eq!(held.len(), held.iter().collect::<BTreeSet<_>>().len());
        let found = crm.contacts_on_hold().await.unwrap();
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
            held.iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect()
        );
        for (n, history) in (0..).zip(&histories) {
            let of_history = |it: &&String| history.people.iter().any(|id| it.starts_with(&id.to_string()));
            let of_view: BTreeSet<String> = now.iter().filter(of_history).cloned().collect();
            assert_eq!(of_view, history.now(), "history {n}: {:#?}", history.events);
            let of_view: BTreeSet<String> = held.iter().filter(of_history).cloned().collect();
            assert_eq!(of_view, history.held(), "history {n}: {:#?}", history.events);
            let hold = crm.identity_history(history.people[0]).await.unwrap().hold;
            assert_eq!(hold.is_some(), of_view.iter().any(|it| it.starts_with(&history.people[0].to_string())));
        }
        assert!(held.len() > 100, "{} are held", held.len());
    });
}
