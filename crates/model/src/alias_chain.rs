//! Replays what happened to identities: which ones a person had, from when until when.
//!
//! The result depends on what happened and when, never on the order in which it was heard of.
//!
//! A person is a contact with all contacts that were merged into it or that have one business-scoped id with it: WhatsApp
//! gives such an id to one account only. A number or a user name that two contacts have had makes no one of the two the
//! other, because both can be given to somebody else. People who swap their numbers stay two.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::{ContactId, Identity, IdentityChange, IdentityEvent, IdentityKind, ImportedIdentity};

/// All identities that one person has had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasChain {
    /// The contacts that are this person, in the order of their ids.
    pub contacts: Vec<ContactId>,
    /// In the order in which the person got them.
    pub identities: Vec<HeldIdentity>,
}

/// An identity, and the time in which a person had it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldIdentity {
    /// The earliest moment at which it is known; none if it is known only that the person had it before.
    pub since: Option<Timestamp>,
    pub identity: Identity,
    /// None if the person has it now.
    pub until: Option<Timestamp>,
}

impl AliasChain {
    /// Whether the person has the identity, or had it once.
    pub fn has(&self, identity: &Identity) -> bool {
        self.identities.iter().any(|it| it.identity == *identity)
    }
}

/// Replays events and imports. `merges` are pairs of contacts that a decision has made one. Gives a chain for each person,
/// in the order of their contacts.
pub fn alias_chains(
    events: &[IdentityEvent],
    imported: &[ImportedIdentity],
    merges: &[(ContactId, ContactId)],
) -> Vec<AliasChain> {
    let mut people = People::default();
    for contact in events.iter().map(|it| it.contact).chain(imported.iter().map(|it| it.contact)) {
        people.find(contact);
    }
    merges.iter().for_each(|it| people.join(it.0, it.1));
    let mut owners: HashMap<Identity, ContactId> = HashMap::new();
    for (contact, identity) in lasting(events, imported) {
        let owner = *owners.entry(identity).or_insert(contact);
        people.join(owner, contact);
    }
    let mut histories: BTreeMap<ContactId, History> = BTreeMap::new();
    for event in events {
        histories.entry(people.find(event.contact)).or_default().add(event, is_taken_back(event, events));
    }
    for it in imported {
        histories.entry(people.find(it.contact)).or_default().identity(it.identity.clone()).imported.push(it.at);
    }
    let members = people.members();
    let chain = |(person, history): (ContactId, History)| AliasChain {
        contacts: members.get(&person).cloned().unwrap_or_default(),
        identities: history.held(),
    };
    let mut chains: Vec<AliasChain> = histories.into_iter().map(chain).collect();
    chains.sort_by(|a, b| a.contacts.cmp(&b.contacts));
    chains
}

/// The business-scoped ids, each with the contact that has or had it.
fn lasting(events: &[IdentityEvent], imported: &[ImportedIdentity]) -> Vec<(ContactId, Identity)> {
    let of_event = |it: &IdentityEvent| {
        let named = it.change.identity().cloned().into_iter().chain(it.change.from());
        named.map(|identity| (it.contact, identity)).collect::<Vec<_>>()
    };
    let named = events.iter().flat_map(of_event);
    let named = named.chain(imported.iter().map(|it| (it.contact, it.identity.clone())));
    named.filter(|it| it.1.kind == IdentityKind::Bsuid).collect()
}

/// Whether an identity that was said to be another person's was acknowledged as the contact's own since.
fn is_taken_back(event: &IdentityEvent, events: &[IdentityEvent]) -> bool {
    matches!(event.change, IdentityChange::Reassigned(_))
        && events
            .iter()
            .any(|it| it.change == IdentityChange::Acknowledged && it.contact == event.contact && it.at >= event.at)
}

/// What is known of each identity of one person.
#[derive(Default)]
struct History(BTreeMap<Identity, Words>);

/// The moments at which the person had an identity, and those at which it was gone.
#[derive(Default)]
struct Words {
    had: Vec<Timestamp>,
    gone: Vec<Timestamp>,
    imported: Vec<Timestamp>,
}

impl History {
    fn identity(&mut self, identity: Identity) -> &mut Words {
        self.0.entry(identity).or_default()
    }

    fn add(&mut self, event: &IdentityEvent, is_taken_back: bool) {
        let at = event.at;
        match &event.change {
            IdentityChange::Observed(it) => self.identity(it.clone()).had.push(at),
            IdentityChange::Linked { identity, with } => {
                self.identity(identity.clone()).had.push(at);
                self.identity(with.clone()).had.push(at);
            }
            IdentityChange::Changed { to, .. } => {
                if let Some(from) = event.change.from() {
                    self.identity(from).gone.push(at);
                }
                self.identity(to.clone()).had.push(at);
            }
            IdentityChange::Ended(it) => self.identity(it.clone()).gone.push(at),
            IdentityChange::Reassigned(it) if !is_taken_back => self.identity(it.clone()).gone.push(at),
            IdentityChange::Reassigned(_) | IdentityChange::Questioned(_) | IdentityChange::Acknowledged => {}
        }
    }

    fn held(self) -> Vec<HeldIdentity> {
        let of_identity = |(identity, words): (Identity, Words)| {
            let spells = words.spells().into_iter();
            spells
                .map(move |(since, until)| HeldIdentity { since, identity: identity.clone(), until })
                .collect::<Vec<_>>()
        };
        let mut held: Vec<HeldIdentity> = self.0.into_iter().flat_map(of_identity).collect();
        held.sort();
        held
    }
}

impl Words {
    /// The times in which the person had the identity. Of two words of one moment, the one that ends it comes last. An
    /// import never brings back an identity that was ended before it: the export may be old.
    fn spells(self) -> Vec<(Option<Timestamp>, Option<Timestamp>)> {
        let first_gone = self.gone.iter().min().copied();
        let imported = self.imported.into_iter().filter(|at| first_gone.is_none_or(|gone| *at < gone));
        let had = self.had.into_iter().chain(imported).map(|it| (it, false));
        let mut words: Vec<(Timestamp, bool)> = had.chain(self.gone.into_iter().map(|it| (it, true))).collect();
        words.sort_unstable();
        let mut spells = Vec::new();
        let mut open: Option<Timestamp> = None;
        for (at, is_gone) in words {
            match (is_gone, open) {
                (false, None) => open = Some(at),
                (true, Some(since)) => {
                    spells.push((Some(since), Some(at)));
                    open = None;
                }
                (true, None) if spells.is_empty() => spells.push((None, Some(at))),
                (false, Some(_)) | (true, None) => {}
            }
        }
        spells.extend(open.map(|since| (Some(since), None)));
        spells
    }
}

/// Contacts, put together into people.
#[derive(Default)]
struct People(HashMap<ContactId, ContactId>);

impl People {
    /// The least contact of the person.
    fn find(&mut self, contact: ContactId) -> ContactId {
        let mut root = contact;
        while let Some(parent) = self.0.get(&root).filter(|it| **it != root) {
            root = *parent;
        }
        let mut next = contact;
        while let Some(parent) = self.0.insert(next, root).filter(|it| *it != root && *it != next) {
            next = parent;
        }
        root
    }

    fn join(&mut self, one: ContactId, other: ContactId) {
        let (one, other) = (self.find(one), self.find(other));
        self.0.insert(one.max(other), one.min(other));
    }

    fn members(mut self) -> HashMap<ContactId, Vec<ContactId>> {
        let contacts: BTreeSet<ContactId> = self.0.keys().copied().collect();
        let mut members: HashMap<ContactId, Vec<ContactId>> = HashMap::new();
        for contact in contacts {
            members.entry(self.find(contact)).or_default().push(contact);
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;
    use crate::Personal;

    const KINDS: [(&str, IdentityKind); 4] = [
        ("p", IdentityKind::Phone),
        ("b", IdentityKind::Bsuid),
        ("v", IdentityKind::Viber),
        ("u", IdentityKind::Username),
    ];

    /// `p1` is a phone, `b1` a business-scoped id, `v1` a Viber id, `u1` a user name.
    fn identity(text: &str) -> Identity {
        let kind = KINDS.iter().find(|it| text.starts_with(it.0)).unwrap().1;
        Identity { kind, scope: String::new(), value: Personal(text.to_owned()) }
    }

    fn contact(text: &str) -> ContactId {
        ContactId([text.as_bytes()[0]; 16])
    }

    /// `10 a changed p1 p2`: at second 10, contact a, what happened, and the identities.
    fn event(line: &str) -> IdentityEvent {
        let words: Vec<&str> = line.split_whitespace().collect();
        let named = |n: usize| words.get(n).map(|it| identity(it));
        let (of, from) = if words.len() == 5 { (named(4), named(3)) } else { (named(3), None) };
        IdentityEvent {
            id: line.to_owned(),
            contact: contact(words[1]),
            change: IdentityChange::from_parts(words[2], of, from).unwrap(),
            at: second(words[0]),
            source: String::new(),
            note: String::new(),
        }
    }

    fn second(text: &str) -> Timestamp {
        Timestamp::from_second(text.parse().unwrap()).unwrap()
    }

    fn shown(chains: &[AliasChain]) -> String {
        let second = |it: Option<Timestamp>| it.map_or(String::new(), |it| it.as_second().to_string());
        let held = |it: &HeldIdentity| format!("{} {}..{}", it.identity.value.0, second(it.since), second(it.until));
        let chain = |it: &AliasChain| {
            let contacts: String = it.contacts.iter().map(|it| char::from(it.0[0])).collect();
            format!("{contacts}: {}", it.identities.iter().map(held).collect::<Vec<_>>().join(", "))
        };
        chains.iter().map(chain).collect::<Vec<_>>().join("\n")
    }

    /// One event a line. `10 a imported p1` is an import, `a merged b` a decision.
    fn check(text: &str, expected: Expect) {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
        let (imports, lines): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|it| it.contains("imported"));
        let (merges, lines): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|it| it.contains("merged"));
        let events: Vec<IdentityEvent> = lines.into_iter().map(event).collect();
        let import = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (contact, identity) = (contact(words[1]), identity(words[3]));
            ImportedIdentity { contact, identity, at: second(words[0]), source: String::new() }
        };
        let imported: Vec<ImportedIdentity> = imports.into_iter().map(import).collect();
        let merges: Vec<_> = merges.iter().map(|it| (contact(&it[..1]), contact(&it[it.len() - 1..]))).collect();
        expected.assert_eq(&shown(&alias_chains(&events, &imported, &merges)));
    }

    #[test]
    fn a_changed_number_ends_the_old_one_and_keeps_the_person() {
        check(
            "5 a imported p1
             10 a changed p1 p2
             10 a changed b1 b2",
            expect!["a: b1 ..10, p1 5..10, p2 10.., b2 10.."],
        );
    }

    #[test]
    fn people_who_swap_their_numbers_stay_two() {
        check(
            "5 a imported p1
             5 b imported p2
             10 a changed p1 p2
             11 b changed p2 p1",
            expect![[r#"
                a: p1 5..10, p2 10..
                b: p2 5..11, p1 11.."#]],
        );
    }

    #[test]
    fn a_circle_of_numbers_ends() {
        check(
            "10 a changed p1 p2
             20 a changed p2 p3
             30 a changed p3 p1",
            expect!["a: p1 ..10, p2 10..20, p3 20..30, p1 30.."],
        );
    }

    #[test]
    fn an_old_export_does_not_bring_a_number_back_and_a_message_does() {
        check("10 a changed p1 p2\n20 a imported p1", expect!["a: p1 ..10, p2 10.."]);
        check("10 a changed p1 p2\n20 a observed p1", expect!["a: p1 ..10, p2 10.., p1 20.."]);
    }

    #[test]
    fn a_reassigned_number_is_lost_until_a_person_says_that_it_is_not() {
        check("5 a imported p1\n10 a reassigned p1", expect!["a: p1 5..10"]);
        check("5 a imported p1\n10 a reassigned p1\n20 a acknowledged", expect!["a: p1 5.."]);
        check("5 a imported p1\n10 a questioned p1", expect!["a: p1 5.."]);
        check("5 a imported p1\n10 a ended p1\n20 a acknowledged", expect!["a: p1 5..10"]);
        check(
            "5 a imported p1\n10 b reassigned p1\n20 b acknowledged",
            expect![[r#"
            a: p1 5..
            b: "#]],
        );
    }

    #[test]
    fn contacts_with_one_scoped_id_are_one_person_and_those_with_one_user_name_are_not() {
        check(
            "5 a linked p1 b1
             10 a changed b1 b2
             12 b observed b2",
            expect!["ab: p1 5.., b1 5..10, b2 10.."],
        );
        check(
            "5 a observed u1\n10 b observed u1",
            expect![[r#"
            a: u1 5..
            b: u1 10.."#]],
        );
    }

    #[test]
    fn a_merged_contact_brings_its_identities() {
        check(
            "5 a imported p1\n6 b imported v1\n10 b changed p1 p3\na merged b",
            expect!["ab: p1 5..10, v1 6.., p3 10.."],
        );
    }

    prop_compose! {
        fn any_event()(
            at in 0..12_i64, contact in 0..4_usize, what in 0..7_usize, value in 0..5_u8, other in 0..5_u8, kind in 0..4_usize,
        ) -> IdentityEvent {
            let contact = ["a", "b", "c", "d"][contact];
            let name = ["observed", "linked", "changed", "ended", "questioned", "reassigned", "acknowledged"][what];
            let kind = KINDS[kind].0;
            match what {
                1 => event(&format!("{at} {contact} {name} p{other} {kind}{value}")),
                2 => event(&format!("{at} {contact} {name} {kind}{other} {kind}{}", if value == other { 9 } else { value })),
                6 => event(&format!("{at} {contact} {name}")),
                _ => event(&format!("{at} {contact} {name} {kind}{value}")),
            }
        }
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_changes_nothing(
            (events, shuffled) in proptest::collection::vec(any_event(), 0..24)
                .prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
            merged in proptest::bool::ANY,
        ) {
            let merges = if merged { vec![(contact("a"), contact("b"))] } else { Vec::new() };
            let mut in_order = events;
            in_order.sort_by_key(|it| it.at);
            let chains = alias_chains(&in_order, &[], &merges);
            prop_assert_eq!(shown(&chains), shown(&alias_chains(&shuffled, &[], &merges)));
            // Each contact is in one chain, and no one has an identity twice at a time.
            let mut contacts: Vec<ContactId> = chains.iter().flat_map(|it| it.contacts.clone()).collect();
            let n_contacts = contacts.len();
            contacts.sort();
            contacts.dedup();
            prop_assert_eq!(contacts.len(), n_contacts);
            for chain in &chains {
                for pair in chain.identities.windows(2) {
                    prop_assert!(pair[0] < pair[1]);
                }
                for held in &chain.identities {
                    prop_assert!(held.since.is_none_or(|since| held.until.is_none_or(|until| since <= until)));
                }
            }
        }

        #[test]
        fn events_of_one_contact_say_nothing_of_another_without_a_scoped_id(
            events in proptest::collection::vec(any_event(), 0..24),
        ) {
            let without: Vec<IdentityEvent> =
                events.into_iter().filter(|it| lasting(std::slice::from_ref(it), &[]).is_empty()).collect();
            let all = alias_chains(&without, &[], &[]);
            for chain in &all {
                prop_assert_eq!(chain.contacts.len(), 1);
                let own: Vec<IdentityEvent> = without.iter().filter(|it| it.contact == chain.contacts[0]).cloned().collect();
                prop_assert_eq!(std::slice::from_ref(chain), &*alias_chains(&own, &[], &[]));
            }
        }
    }
}
