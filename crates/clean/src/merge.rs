//! Merges all rows of one person.

mod row_names;
mod row_ranges;
pub(crate) mod survivorship;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{
    Basis, Channel, ConsentPurpose, ConsentRecord, ConsentState, Contact, Direction, EarlierRows, Field, Identity,
    IdentityKind, NAME_PARTS, Personal, RowFinding, RowFindings, RowId, RowName, SaidAt, Statement, WordingName,
    identity_name,
};
use phone::Region;
use smallvec::SmallVec;

use crate::merge::row_names::RowNames;
use crate::merge::row_ranges::{RowRange, RowRanges};
use crate::merge::survivorship::{FieldRule, Survivorship};
use crate::row::{CleanRow, ParsedNumber};
use crate::rules::Rules;
use crate::rules::consent::RowStatement;
use crate::rules::name::name;
use crate::rules::tags::tags;

/// Orders the rows of a contact; the greatest is the latest.
///
/// Rows are ordered by date with undated rows first, then by source priority, then by row, where the earlier row is the
/// later one. Two rows never have the same rank.
type Rank = (Option<i64>, Reverse<(i32, RowId)>);

/// The weight of a value by the rule of its field, then the rank of its row.
type Claim = (i64, Rank);

/// A value with its claim to be kept.
type Ranked<T> = Option<(Claim, T)>;

/// Limits the entries that lists have before they are condensed. Few people have more; with fewer, lists would be sorted
/// more often.
const LEAST_CONDENSED: usize = 1024;

/// The rows of one contact, added in any order.
///
/// The order of [`MergedRows::add`] and [`MergedRows::merge`] does not change the result of [`MergedRows::finish`]: each
/// field keeps its greatest value, and lists are sorted at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct MergedRows<'a> {
    phone: Option<ParsedNumber>,
    /// Phones of people who were merged into the contact.
    other_phones: Vec<ParsedNumber>,
    name: Ranked<Cow<'a, str>>,
    email: Ranked<Cow<'a, str>>,
    language: Ranked<Cow<'a, str>>,
    first_at: Option<i64>,
    last_at: Ranked<i64>,
    last_inbound_at: Option<i64>,
    last_outbound_at: Option<i64>,
    messages: Vec<u64>,
    is_reachable: Ranked<bool>,
    /// Statements about consent, each with its row.
    statements: SmallVec<[(RowStatement<'a>, RowId); 1]>,
    /// Rows with statements of people who were merged into the contact, and the identity that spoke.
    spoken_by: BTreeMap<RowId, String>,
    /// Ids as the sources gave them: source, kind, id.
    identities: Vec<(u16, IdentityKind, Cow<'a, str>)>,
    channels: [bool; Channel::ALL.len()],
    tags: Vec<Cow<'a, str>>,
    /// The latest value of each attribute, by the place of its name in the rules.
    attributes: Vec<(u16, (Rank, Cow<'a, str>))>,
    rows: RowRanges,
    latest: Option<Rank>,
    /// Entries of all lists when [`MergedRows::condense`] was last done.
    n_condensed: usize,
}

impl<'a> MergedRows<'a> {
    /// Adds one row.
    pub(crate) fn add(&mut self, rules: &Rules, row: CleanRow<'a>) {
        let source = &rules.sources[usize::from(row.row_id.source)];
        let rank: Rank = (row.at, Reverse((source.priority, row.row_id)));
        let Survivorship { name, email, language } = rules.survivorship;
        let weight = |rule: FieldRule, measure| rule.weight(row.at, source.priority, measure);
        let claim = |rule: FieldRule, text: &str| match rule {
            FieldRule::Longest => (weight(rule, text.chars().count()), rank),
            _ => (weight(rule, 0), rank),
        };
        let at_if = |direction| row.at.filter(|_| row.direction == Some(direction));

        match row.is_absorbed {
            true => self.other_phones.extend(row.phone),
            false => self.phone = self.phone.or(row.phone),
        }
        stronger(&mut self.name, row.name.map(|it| (claim(name, &it), it)));
        stronger(&mut self.email, row.email.map(|it| (claim(email, &it), it)));
        stronger(&mut self.language, row.language.map(|it| (claim(language, &it), it)));
        self.first_at = [self.first_at, row.first_at, row.at].into_iter().flatten().min();
        stronger(&mut self.last_at, row.at.map(|it| ((0, rank), it)));
        stronger(&mut self.is_reachable, row.is_reachable.map(|it| ((0, rank), it)));
        self.messages.extend(row.message);
        self.last_inbound_at = self.last_inbound_at.max(at_if(Direction::Inbound));
        self.last_outbound_at = self.last_outbound_at.max(at_if(Direction::Outbound));
        let is_held = source.held.0 & row.findings.0 != 0;
        let held = is_held.then(|| held_back(row.channel, RowFindings(source.held.0 & row.findings.0)));
        let n_said = self.statements.len();
        self.statements.extend(row.statements.into_iter().chain(held).map(|it| (it, row.row_id)));
        if row.is_absorbed && self.statements.len() > n_said {
            let viber = || identity_name(IdentityKind::Viber.name(), &source.scope, row.viber_id);
            let phone = |it: ParsedNumber| identity_name(IdentityKind::Phone.name(), "", &it.number.to_string());
            self.spoken_by.insert(row.row_id, row.phone.map_or_else(viber, phone));
        }
        self.channels[row.channel as usize] = true;
        for (kind, id) in [(IdentityKind::External, row.external_id), (IdentityKind::Viber, row.viber_id)] {
            if !id.is_empty() {
                self.identities.push((row.row_id.source, kind, Cow::Borrowed(id)));
            }
        }
        self.tags.extend(tags(row.tags).map(Cow::Borrowed));
        for (attribute, value) in row.attributes {
            self.add_attribute(attribute, (rank, Cow::Borrowed(value)));
        }
        self.rows.add(RowRange::of(row.row_id));
        self.latest = self.latest.max(Some(rank));
        self.condense_if_grown();
    }

    /// Adds the rows that another one has taken in.
    pub(crate) fn merge(&mut self, other: Self) {
        self.phone = self.phone.or(other.phone);
        self.other_phones.extend(other.other_phones);
        stronger(&mut self.name, other.name);
        stronger(&mut self.email, other.email);
        stronger(&mut self.language, other.language);
        self.first_at = [self.first_at, other.first_at].into_iter().flatten().min();
        stronger(&mut self.last_at, other.last_at);
        self.last_inbound_at = self.last_inbound_at.max(other.last_inbound_at);
        self.last_outbound_at = self.last_outbound_at.max(other.last_outbound_at);
        self.messages.extend(other.messages);
        stronger(&mut self.is_reachable, other.is_reachable);
        self.statements.extend(other.statements);
        self.spoken_by.extend(other.spoken_by);
        self.identities.extend(other.identities);
        self.channels.iter_mut().zip(other.channels).for_each(|(it, other)| *it |= other);
        self.tags.extend(other.tags);
        for (attribute, value) in other.attributes {
            self.add_attribute(attribute, value);
        }
        self.rows.append(other.rows);
        self.latest = self.latest.max(other.latest);
        self.condense_if_grown();
    }

    fn add_attribute(&mut self, attribute: u16, value: (Rank, Cow<'a, str>)) {
        match self.attributes.iter_mut().find(|it| it.0 == attribute) {
            Some((_, kept)) if kept.0 < value.0 => *kept = value,
            Some(_) => {}
            None => self.attributes.push((attribute, value)),
        }
    }

    /// The same rows with texts of their own.
    pub(crate) fn into_owned(mut self) -> MergedRows<'static> {
        self.condense();
        let text = |(claim, text): (Claim, Cow<str>)| (claim, Cow::Owned(text.into_owned()));
        MergedRows {
            phone: self.phone,
            other_phones: self.other_phones,
            name: self.name.map(text),
            email: self.email.map(text),
            language: self.language.map(text),
            first_at: self.first_at,
            last_at: self.last_at,
            last_inbound_at: self.last_inbound_at,
            last_outbound_at: self.last_outbound_at,
            messages: self.messages,
            is_reachable: self.is_reachable,
            statements: self.statements.into_iter().map(|(said, row)| (said.into_owned(), row)).collect(),
            spoken_by: self.spoken_by,
            identities: self
                .identities
                .into_iter()
                .map(|(source, kind, id)| (source, kind, Cow::Owned(id.into_owned())))
                .collect(),
            channels: self.channels,
            tags: self.tags.into_iter().map(|it| Cow::Owned(it.into_owned())).collect(),
            attributes: self
                .attributes
                .into_iter()
                .map(|(place, (rank, value))| (place, (rank, Cow::Owned(value.into_owned()))))
                .collect(),
            rows: self.rows,
            latest: self.latest,
            n_condensed: self.n_condensed,
        }
    }

    fn condense_if_grown(&mut self) {
        if self.n_listed() > LEAST_CONDENSED.max(2 * self.n_condensed) {
            self.condense();
        }
    }

    /// Keeps what several rows say only once.
    fn condense(&mut self) {
        self.other_phones.sort_unstable_by_key(|it| it.number);
        self.other_phones.dedup_by_key(|it| it.number);
        self.messages.sort_unstable();
        self.messages.dedup();
        condense_statements(&mut self.statements);
        self.identities.sort_unstable();
        self.identities.dedup();
        self.tags.sort_unstable();
        self.tags.dedup();
        self.n_condensed = self.n_listed();
    }

    /// The entries of all lists that rows can fill with the same values.
    fn n_listed(&self) -> usize {
        self.other_phones.len() + self.messages.len() + self.statements.len() + self.identities.len() + self.tags.len()
    }

    /// The row that counts as kept; the others are merged into it.
    pub(crate) fn latest_row(&self) -> Option<RowId> {
        self.latest.map(row_of)
    }

    /// The contact.
    pub(crate) fn finish(mut self, rules: &Rules, id: model::ContactId) -> Contact {
        self.condense();
        // A contact known only to Viber takes the phone of a person who was merged into it.
        if self.phone.is_none() && !self.other_phones.is_empty() {
            self.phone = Some(self.other_phones.remove(0));
        }
        let mut names = RowNames::new(rules, self.rows.sorted());
        let statements = statements(rules, &mut names, self.statements, &self.spoken_by);
        let mut text = |it: (Claim, Cow<str>)| Field { value: it.1.into_owned(), row: names.of(row_of(it.0.1)) };
        let personal = |it: Field<String>| Field { value: Personal(it.value), row: it.row };
        let counts = consent::for_messages(rules.consent, &statements).map(|it| &statements[it]);
        let channels = Channel::ALL.into_iter().filter(|it| self.channels[*it as usize]).collect();

        Contact {
            id,
            phone: self.phone.map(|it| it.number),
            region: self
                .phone
                .and_then(|it| it.region)
                .and_then(|it| Region::from_code(std::str::from_utf8(&it).ok()?)),
            line_type: self.phone.map(|it| it.line_type),
            name: self.name.map(&mut text).map(personal),
            email: self.email.map(&mut text).map(personal),
            language: self.language.map(text),
            first_at: self.first_at.and_then(timestamp),
            last_at: self.last_at.and_then(|it| Some(Field { value: timestamp(it.1)?, row: names.of(row_of(it.0.1)) })),
            last_inbound_at: self.last_inbound_at.and_then(timestamp),
            last_outbound_at: self.last_outbound_at.and_then(timestamp),
            n_messages: self.messages.len() as u64,
            is_reachable: self.is_reachable.map(|it| Field { value: it.1, row: names.of(row_of(it.0.1)) }),
            consent: counts.map(|it| Field { value: it.state, row: RowName::clone(&it.row) }),
            consent_at: counts.and_then(|it| it.at).map(|it| it.from),
            consent_channel: counts.map(|it| it.channel),
            whatsapp_consent: consent::for_whatsapp(rules.consent, &rules.wordings, &statements)
                .map(|it| statements[it].state),
            statements,
            identities: identities(rules, self.identities, &self.other_phones),
            tags: self.tags.into_iter().map(Cow::into_owned).collect(),
            attributes: attributes(rules, self.attributes),
            channels,
            n_rows: self.rows.n_rows(),
            rows: names.rows,
            earlier_rows: EarlierRows::default(),
        }
    }
}

fn stronger<T>(kept: &mut Ranked<T>, other: Ranked<T>) {
    if other.as_ref().map(|it| it.0) > kept.as_ref().map(|it| it.0) {
        *kept = other;
    }
}

/// The attributes by name. Parts of the name are spelled as the name is.
fn attributes(rules: &Rules, given: Vec<(u16, (Rank, Cow<str>))>) -> BTreeMap<String, Personal<String>> {
    let attribute = |(place, (_, value)): (u16, (Rank, Cow<str>))| {
        let attribute = rules.attributes[usize::from(place)].clone();
        let value = match attribute.as_str() {
            it if NAME_PARTS.contains(&it) => name(&value).0.unwrap_or_default().into_owned(),
            _ => value.into_owned(),
        };
        (attribute, Personal(value))
    };
    given.into_iter().map(attribute).collect()
}

fn identities(rules: &Rules, given: Vec<(u16, IdentityKind, Cow<str>)>, phones: &[ParsedNumber]) -> Vec<Identity> {
    let identity = |(source, kind, id): (u16, IdentityKind, Cow<str>)| {
        let scope = rules.sources[usize::from(source)].scope.clone();
        Identity { kind, scope, value: Personal(id.into_owned()) }
    };
    let phone = |it: &ParsedNumber| Identity {
        kind: IdentityKind::Phone,
        scope: String::new(),
        value: Personal(it.number.to_string()),
    };
    let mut identities: Vec<Identity> = given.into_iter().map(identity).chain(phones.iter().map(phone)).collect();
    identities.sort_unstable();
    identities.dedup();
    identities
}

/// The statement of a row with unreadable values, in a source with too many of them: it holds the person back.
fn held_back(channel: Channel, findings: RowFindings) -> RowStatement<'static> {
    let words = match findings {
        it if it.has(RowFinding::Date) => "unreadable date",
        it if it.has(RowFinding::Region) => "unreadable country",
        it if it.has(RowFinding::Email) => "unreadable e-mail address",
        it if it.has(RowFinding::Garbled) => "garbled name",
        _ => "unreadable language",
    };
    let words = Cow::Borrowed(words);
    RowStatement { channel: channel.into(), basis: Basis::Unreadable, words, at: None, state: ConsentState::Unclear }
}

/// Keeps each statement of a source once, with the first row that shows it.
fn condense_statements(said: &mut SmallVec<[(RowStatement, RowId); 1]>) {
    said.sort_unstable_by(|(one, row), (other, other_row)| {
        (row.source, one, row).cmp(&(other_row.source, other, other_row))
    });
    said.dedup_by(|(next, row), (last, last_row)| row.source == last_row.source && next == last);
}

/// The statements, of which each must come once.
fn statements(
    rules: &Rules,
    names: &mut RowNames,
    said: SmallVec<[(RowStatement, RowId); 1]>,
    spoken_by: &BTreeMap<RowId, String>,
) -> Vec<Statement> {
    let moment = |(from, until)| Some(SaidAt { from: timestamp(from)?, until: timestamp(until)? });
    let statement = |(said, row): (RowStatement, RowId)| Statement {
        channel: said.channel,
        at: said.at.and_then(moment),
        state: said.state,
        basis: said.basis,
        words: Personal(said.words.into_owned()),
        purpose: ConsentPurpose::Messages,
        row: names.of(row),
        first_run: rules.run.clone(),
        record: record(wording(rules, row, said.state, said.basis), spoken_by.get(&row)),
    };
    let mut statements: Vec<Statement> = said.into_iter().map(statement).collect();
    statements.sort_unstable();
    statements
}

/// The wording of a consent, if its source has one. A message was not given to a wording.
fn wording(rules: &Rules, row: RowId, state: ConsentState, basis: Basis) -> Option<&WordingName> {
    let is_consent = state == ConsentState::Yes && matches!(basis, Basis::Cell | Basis::Event);
    rules.sources[usize::from(row.source)].wording.as_ref().filter(|_| is_consent)
}

fn record(wording: Option<&WordingName>, identity: Option<&String>) -> Option<Box<ConsentRecord>> {
    let (wording, identity) = (wording.cloned(), identity.cloned().map(Personal));
    let record = ConsentRecord { wording, identity, ..ConsentRecord::default() };
    (record != ConsentRecord::default()).then(|| Box::new(record))
}

fn timestamp(microseconds: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(microseconds).ok()
}

fn row_of((_, Reverse((_, row))): Rank) -> RowId {
    row
}

#[cfg(test)]
mod tests {
    use model::{ConsentChannel, ContactId, RowFindings};
    use proptest::prelude::*;

    use super::*;
    use crate::testing::rules;

    fn entry(
        source: u16,
        record: u64,
        at: Option<i64>,
        name: Option<&'static str>,
        consent: Option<ConsentState>,
    ) -> CleanRow<'static> {
        CleanRow {
            contact_id: ContactId([7; 16]),
            row_id: RowId { source, record },
            phone: None,
            is_absorbed: false,
            shared: None,
            prompt: Default::default(),
            at,
            first_at: None,
            channel: if source == 1 { Channel::Viber } else { Channel::Sms },
            message: (!record.is_multiple_of(3)).then_some(record / 2),
            is_reachable: at.map(|it| it == 1),
            direction: [None, Some(Direction::Inbound), Some(Direction::Outbound)][record as usize % 3],
            statements: consent.into_iter().map(|it| statement(it, at)).collect(),
            name: name.map(Cow::Borrowed),
            email: None,
            language: None,
            external_id: if record.is_multiple_of(2) { "QUJD" } else { "" },
            viber_id: "",
            tags: if record.is_multiple_of(3) { "vip;b2b" } else { "b2b" },
            attributes: if record.is_multiple_of(2) { vec![(0, "ANA"), (2, "Lyon")] } else { vec![(2, "Nice")] },
            findings: RowFindings::default(),
        }
    }

    fn statement(state: ConsentState, at: Option<i64>) -> RowStatement<'static> {
        let words = state.name().into();
        RowStatement { channel: ConsentChannel::Sms, basis: Basis::Cell, words, at: at.map(|it| (it, it)), state }
    }

    fn merged(entries: &[CleanRow<'static>]) -> Contact {
        merged_by(entries, Survivorship::default())
    }

    fn merged_by(entries: &[CleanRow<'static>], survivorship: Survivorship) -> Contact {
        let rules = Rules { survivorship, ..rules("") };
        let mut merged = MergedRows::default();
        entries.iter().for_each(|it| merged.add(&rules, it.clone()));
        merged.finish(&rules, ContactId([7; 16]))
    }

    fn merged_in_parts(entries: &[CleanRow<'static>], survivorship: Survivorship, n_rows: usize) -> Contact {
        let rules = Rules { survivorship, ..rules("") };
        let mut all = MergedRows::default();
        for part in entries.chunks(n_rows) {
            let mut merged = MergedRows::default();
            part.iter().for_each(|it| merged.add(&rules, it.clone()));
            all.merge(merged.into_owned());
        }
        all.finish(&rules, ContactId([7; 16]))
    }

    const RULES: [FieldRule; 4] = [FieldRule::Latest, FieldRule::First, FieldRule::SourcePriority, FieldRule::Longest];

    proptest! {
        #[test]
        fn the_order_in_which_rows_are_added_does_not_matter(
            (entries, shuffled) in prop::collection::vec(
                (0..2_u16, prop::option::of(0..3_i64), prop::option::of(prop::sample::select(&["Ana", "Ben"][..])),
                    prop::option::of(prop::sample::select(&[ConsentState::Yes, ConsentState::No, ConsentState::Stop][..]))),
                1..8,
            ).prop_flat_map(|rows| {
                let entries: Vec<_> = (1..).zip(rows).map(|(n, (source, at, name, consent))| entry(source, n, at, name, consent)).collect();
                (Just(entries.clone()), Just(entries).prop_shuffle())
            })
        ) {
            for rule in RULES {
                let rules = Survivorship { name: rule, email: rule, language: rule };
                prop_assert_eq!(merged_by(&shuffled, rules), merged_by(&entries, rules));
                for n_rows in 1..4 {
                    prop_assert_eq!(merged_in_parts(&shuffled, rules, n_rows), merged_by(&entries, rules));
                }
            }
        }
    }

    #[test]
    fn rows_that_say_the_same_do_not_add_up() {
        let rules = rules("");
        let mut all = MergedRows::default();
        for part in 0..1000 {
            let mut some = MergedRows::default();
            for record in part * 10..(part + 1) * 10 {
                let row =
                    CleanRow { message: Some(7), ..entry(0, record, Some(1), Some("Ana"), Some(ConsentState::Yes)) };
                some.add(&rules, row);
            }
            all.merge(some.into_owned());
            assert!(
                all.n_listed() <= LEAST_CONDENSED,
                "{} entries of {record} rows",
                all.n_listed(),
                record = part * 10
            );
        }
        let said = all.finish(&rules, ContactId([7; 16]));
        assert_eq!((said.statements.len(), said.n_messages, said.tags.len(), said.n_rows), (1, 1, 2, 10_000));
    }

    #[test]
    fn each_field_is_kept_by_the_rule_that_the_plan_gives_it() {
        let rows = [
            entry(1, 1, Some(1), Some("Annabelle"), None),
            entry(0, 2, Some(2), Some("Ana"), None),
            entry(1, 3, Some(3), Some("Anna"), None),
            entry(1, 4, None, Some("A."), None),
        ];
        for (rule, name) in [
            (FieldRule::Latest, "Anna viber:3"),
            (FieldRule::First, "Annabelle viber:1"),
            (FieldRule::SourcePriority, "Ana sms:2"),
            (FieldRule::Longest, "Annabelle viber:1"),
        ] {
            let kept = merged_by(&rows, Survivorship { name: rule, ..Survivorship::default() }).name.unwrap();
            assert_eq!(format!("{} {}", kept.value.0, kept.row), name);
        }
    }

    #[test]
    fn an_attribute_is_that_of_the_latest_row_that_has_one() {
        let rows = [entry(0, 2, Some(1), None, None), entry(0, 3, Some(2), None, None)];
        let kept: Vec<_> = merged(&rows).attributes.into_iter().map(|it| (it.0, it.1.0)).collect();
        assert_eq!(kept, [("city".to_owned(), "Nice".to_owned()), ("first_name".to_owned(), "Ana".to_owned())]);
    }

    #[test]
    fn every_statement_is_kept_once_and_the_one_that_counts_is_in_the_contact() {
        use ConsentState::{Stop, Yes};
        let rows = [
            entry(0, 1, Some(1), None, Some(Stop)),
            entry(0, 2, Some(1), None, Some(Stop)),
            entry(2, 3, Some(2), None, Some(Yes)),
        ];
        let person = merged(&rows);
        let said: Vec<String> = person.statements.iter().map(|it| format!("{} {}", it.state.name(), it.row)).collect();
        assert_eq!(said, ["stop sms:1", "yes old:3"]);
        assert_eq!(person.consent.map(|it| (it.value, it.row.to_string())), Some((Yes, "old:3".to_owned())));
        assert_eq!(person.consent_at.map(|it| it.as_microsecond()), Some(2));
    }

    #[test]
    fn an_undated_stop_beats_every_yes_of_its_run() {
        use ConsentState::{Stop, Yes};
        let person = merged(&[entry(0, 1, None, None, Some(Stop)), entry(0, 2, Some(5), None, Some(Yes))]);
        assert_eq!((person.consent.unwrap().value, person.consent_at), (Stop, None));
    }

    #[test]
    fn a_row_with_unreadable_values_holds_its_person_back() {
        let mut rules = rules("");
        rules.sources[0].held.add(RowFinding::Date);
        let mut row = entry(0, 1, None, None, Some(ConsentState::Yes));
        row.findings.add(RowFinding::Date);
        let mut merged = MergedRows::default();
        merged.add(&rules, row);
        assert_eq!(merged.finish(&rules, ContactId([7; 16])).consent.unwrap().value, ConsentState::Unclear);
    }

    #[test]
    fn a_statement_of_somebody_who_was_merged_names_who_spoke() {
        let said = |record, words: &'static str| RowStatement {
            words: words.into(),
            ..statement(ConsentState::Yes, Some(record))
        };
        let mut own = entry(0, 1, None, None, None);
        own.statements = vec![said(1, "Oui")];
        let mut of_other = CleanRow { is_absorbed: true, viber_id: "b1", ..entry(1, 2, None, None, None) };
        of_other.statements = vec![said(2, "Yes")];
        let person = merged(&[own, of_other]);
        let told = |it: &Statement| {
            let identity = it.record.as_ref().and_then(|it| it.identity.clone()).map(|it| it.0);
            format!("{} {}", it.words.0, identity.unwrap_or_default())
        };
        let mut told: Vec<String> = person.statements.iter().map(told).collect();
        told.sort();
        assert_eq!(told, ["Oui ", "Yes viber:viber:b1"]);
    }

    #[test]
    fn several_rows_of_one_message_are_one_message() {
        let row = |record, message| CleanRow { message, ..entry(0, record, None, None, None) };
        assert_eq!(merged(&[row(1, Some(7)), row(2, Some(7)), row(3, Some(8)), row(4, None)]).n_messages, 2);
    }

    #[test]
    fn rows_are_named_by_source_in_ranges() {
        let rows: Vec<CleanRow> = [1, 2, 3, 9]
            .map(|it| entry(0, it, None, None, None))
            .into_iter()
            .chain([entry(1, 7, None, None, None)])
            .collect();
        assert_eq!(&*merged(&rows).rows, "sms:1-3,9 viber:7");
    }
}
