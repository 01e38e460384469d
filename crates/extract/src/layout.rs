//! Reads the cells of a row by the profile of its source.

use std::borrow::Cow;
use std::path::Path;

use model::{
    Basis, Channel, ConsentChannel, ConsentEvent, ConsentState, Direction, Prompt, RawContact, Reason, is_nothing,
};

use crate::detect::names_date;
use crate::error::ExtractError;
use crate::header::Header;
use crate::profile::{FIELDS, Profile, ProfileWords};
use crate::row::is_blank;

/// The action of the button that asks for the phone number, in Viber's keyboards.
const SHARE_PHONE: &str = "share-phone";

/// The fields of the columns of a source, and the meanings of their words.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The columns of each field of [`FIELDS`].
    columns: [Vec<usize>; FIELDS.len()],
    /// The columns of each attribute, by its place in [`Profile::attribute_names`].
    attributes: Vec<(u16, Vec<usize>)>,
    words: ProfileWords,
    consent: Option<ConsentState>,
    direction: Option<Direction>,
    is_international: bool,
    /// The channel of the consents, if it is not the channel of the row.
    consent_channel: Option<ConsentChannel>,
    /// Whether the date of a row is also the date of its consent.
    dates_consent: bool,
    /// Whether all columns of refusals are named like dates.
    opt_outs_are_dates: bool,
}

/// The indexes of the fields in [`FIELDS`].
#[derive(Clone, Copy)]
enum Field {
    Phone,
    Region,
    Name,
    FirstName,
    LastName,
    Email,
    Language,
    LastAt,
    FirstAt,
    Consent,
    ConsentAt,
    ConsentChannel,
    OptOut,
    ExternalId,
    ViberId,
    Tags,
    MessageId,
    From,
    To,
    Direction,
    Body,
    Status,
    Error,
    Channel,
    SharedPhone,
    Tracking,
    Prompt,
}

impl Profile {
    /// Finds the columns of a source. `path` is for the error if one is missing.
    ///
    /// If the profile has a signature, only the columns of the signature have to exist.
    pub fn layout(&self, path: &Path, columns: &[String]) -> Result<Layout, ExtractError> {
        let header = Header::new(columns);
        let mut found: [Vec<usize>; FIELDS.len()] = Default::default();
        // An empty file has no columns and no rows.
        if columns.is_empty() {
            return Ok(self.with_columns(found, Vec::new(), columns));
        }
        if let Some(missing) = self.signature.iter().find(|it| !header.has_any(it)) {
            return Err(header.missing(path, missing.split('|').next().unwrap_or_default()));
        }
        for (field, names) in &self.columns {
            let Some(index) = FIELDS.iter().position(|it| it == field) else { continue };
            for name in names.iter() {
                found[index].extend(header.find(path, name)?);
                if [Field::Consent, Field::OptOut].iter().any(|it| *it as usize == index) {
                    // In JSON, some records have one consent here, and others a list or an object of several.
                    let more = header.within(name).into_iter().filter(|it| !found[index].contains(it));
                    let more: Vec<usize> = more.collect();
                    found[index].extend(more);
                }
            }
            if let (true, true, Some(name)) = (found[index].is_empty(), self.is_exact, names.iter().next()) {
                return Err(header.missing(path, name));
            }
        }
        let identities = [Field::Phone, Field::ViberId, Field::ExternalId, Field::From, Field::To];
        if identities.into_iter().all(|it| found[it as usize].is_empty()) {
            let name = self.columns.get("phone").and_then(|it| it.iter().next()).unwrap_or("phone");
            return Err(header.missing(path, name));
        }
        let mut attributes: Vec<Vec<usize>> = Vec::new();
        for names in self.attributes.values() {
            let mut places = Vec::new();
            for name in names.iter() {
                places.extend(header.find(path, name)?);
            }
            if let (true, Some(name)) = (places.is_empty(), names.iter().next()) {
                return Err(header.missing(path, name));
            }
            attributes.push(places);
        }
        Ok(self.with_columns(found, attributes, columns))
    }

    /// `attributes` are the columns of those in [`Profile::attributes`], in order.
    fn with_columns(
        &self,
        columns: [Vec<usize>; FIELDS.len()],
        attributes: Vec<Vec<usize>>,
        names: &[String],
    ) -> Layout {
        let parts = [Field::FirstName, Field::LastName].map(|it| columns[it as usize].clone());
        let attributes = (0..).zip(parts.into_iter().chain(attributes)).filter(|it| !it.1.is_empty()).collect();
        let has = |field: Field| !columns[field as usize].is_empty();
        let is_log = self.direction.is_some() || [Field::From, Field::To, Field::Direction].into_iter().any(has);
        let opt_outs_are_dates = columns[Field::OptOut as usize].iter().all(|it| names_date(&names[*it]));
        Layout {
            columns,
            attributes,
            words: self.words.clone(),
            consent: self.consent,
            direction: self.direction,
            is_international: self.is_international,
            consent_channel: self.consent_channel,
            opt_outs_are_dates,
            dates_consent: is_log || self.dates_consent || self.consent.is_some_and(ConsentState::is_refusal),
        }
    }
}

impl Layout {
    /// Whether the rows are messages, with a sender and a recipient.
    pub fn has_messages(&self) -> bool {
        self.has_column(Field::From) || self.has_column(Field::To)
    }

    /// The columns of a field of [`FIELDS`].
    pub fn columns_of(&self, field: &str) -> &[usize] {
        FIELDS.iter().position(|it| *it == field).map_or(&[], |it| &self.columns[it])
    }

    /// The columns of each attribute that `profile` names, with its name. The layout has to be that of the profile.
    pub fn attribute_columns<'a>(&'a self, profile: &'a Profile) -> impl Iterator<Item = (&'a str, &'a [usize])> {
        let named = |place: u16| profile.attribute_names().nth(place.into()).unwrap_or_default();
        self.attributes.iter().map(move |(place, columns)| (named(*place), columns.as_slice()))
    }

    /// The columns of phone numbers: of contacts, or of both sides of a message.
    pub fn phone_columns(&self) -> impl Iterator<Item = usize> {
        [Field::Phone, Field::From, Field::To].into_iter().flat_map(|it| &self.columns[it as usize]).copied()
    }

    /// The cells of a row by their fields. `cell` gives the text of a column.
    ///
    /// # Errors
    ///
    /// The reason why the row is rejected, such as an event that is not about a person.
    pub fn contact<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Result<RawContact<'a>, Reason> {
        let get = |field: Field| -> &'a str {
            let cells = self.columns[field as usize].iter().map(|it| cell(*it));
            cells.into_iter().find(|it| !is_blank(it)).unwrap_or("")
        };
        let event = get(Field::Direction).trim();
        if ProfileWords::has(&self.words.ignored, event) {
            return Err(Reason::NotAContact);
        }
        let direction = self.direction_of(event)?;
        let channel = self.channel_of(get(Field::Channel).trim())?;
        let phone = self.counterparty(direction, &get)?;
        if is_float(phone) {
            return Err(Reason::Float);
        }
        let (consent_channel, consents) = self.consents(&cell);
        Ok(RawContact {
            phone,
            is_international: self.is_international,
            region: get(Field::Region),
            name: full_name(get(Field::Name), get(Field::FirstName), get(Field::LastName)),
            email: get(Field::Email),
            language: get(Field::Language),
            last_at: get(Field::LastAt),
            first_at: get(Field::FirstAt),
            consents,
            opt_outs: self.filled(Field::OptOut, &cell),
            consent_at: get(Field::ConsentAt),
            consent_at_dates_opt_outs: !self.has_column(Field::Consent),
            opt_outs_are_dates: self.opt_outs_are_dates,
            consent_channel,
            message: if direction == Some(Direction::Inbound) { get(Field::Body) } else { "" },
            event: self.consent_event(direction, event, &get),
            dates_consent: self.dates_consent,
            external_id: get(Field::ExternalId),
            viber_id: get(Field::ViberId),
            tags: get(Field::Tags),
            attributes: self.attributes(&cell),
            message_id: get(Field::MessageId),
            direction,
            channel,
            is_reachable: self.is_reachable(event, &get),
            shared_phone: get(Field::SharedPhone),
            prompt: self.prompt(&get),
        })
    }

    /// The channel of the consents, and their words. The name of an unknown channel is one of the words: it makes them
    /// unclear, on all channels.
    fn consents<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> (Option<ConsentChannel>, Vec<&'a str>) {
        let mut consents = self.filled(Field::Consent, cell);
        let Some(named) = self.filled(Field::ConsentChannel, cell).first().copied() else {
            return (self.consent_channel, consents);
        };
        let channel = ConsentChannel::from_name(&named.trim().to_ascii_lowercase());
        if channel.is_none() {
            consents.push(named);
        }
        (Some(channel.unwrap_or(ConsentChannel::All)), consents)
    }

    /// The filled cells of attributes, each with the place of its attribute.
    fn attributes<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> Vec<(u16, &'a str)> {
        let filled = |columns: &[usize]| columns.iter().map(|it| cell(*it)).find(|it| !is_blank(it));
        self.attributes.iter().filter_map(|(place, columns)| Some((*place, filled(columns)?))).collect()
    }

    /// All cells of a field that are not blank.
    fn filled<'a>(&self, field: Field, cell: &impl Fn(usize) -> &'a str) -> Vec<&'a str> {
        self.columns[field as usize].iter().map(|it| cell(*it)).filter(|it| !is_blank(it)).collect()
    }

    fn direction_of(&self, event: &str) -> Result<Option<Direction>, Reason> {
        match () {
            () if ProfileWords::has(&self.words.inbound, event) => Ok(Some(Direction::Inbound)),
            () if ProfileWords::has(&self.words.outbound, event) => Ok(Some(Direction::Outbound)),
            () if ProfileWords::has(&self.words.neutral, event) => Ok(None),
            () if event.is_empty() && self.direction.is_some() => Ok(self.direction),
            () if self.has_column(Field::Direction) => Err(Reason::Direction),
            () => Ok(self.direction),
        }
    }

    /// None if the row has the channel of its source.
    fn channel_of(&self, word: &str) -> Result<Option<Channel>, Reason> {
        match () {
            () if ProfileWords::has(&self.words.sms, word) => Ok(Some(Channel::Sms)),
            () if ProfileWords::has(&self.words.viber, word) => Ok(Some(Channel::Viber)),
            // An opt-out list may name another channel: the person has opted out all the same.
            () if ProfileWords::has(&self.words.other_channels, word) && self.consent.is_none() => {
                Err(Reason::OtherChannel)
            }
            () => Ok(None),
        }
    }

    /// The phone number of the person on the other side: the sender of an inbound message, the recipient of an outbound one.
    fn counterparty<'a>(
        &self,
        direction: Option<Direction>,
        get: &impl Fn(Field) -> &'a str,
    ) -> Result<&'a str, Reason> {
        if !self.has_column(Field::From) && !self.has_column(Field::To) {
            return Ok(get(Field::Phone));
        }
        match direction {
            Some(Direction::Inbound) => Ok(get(Field::From)),
            Some(Direction::Outbound) => Ok(get(Field::To)),
            None => Err(Reason::Direction),
        }
    }

    /// The consent in the kind of the row: an entry of an opt-out list, an event, or an error that messages to people who
    /// have opted out get.
    fn consent_event<'a>(
        &self,
        direction: Option<Direction>,
        event: &'a str,
        get: &impl Fn(Field) -> &'a str,
    ) -> Option<ConsentEvent<'a>> {
        let event_of = |basis, state, words| Some(ConsentEvent { basis, state, words, is_implied: false });
        if let Some(state) = self.consent {
            return event_of(Basis::List, state, "");
        }
        if ProfileWords::has(&self.words.unsubscribed, event) {
            return event_of(Basis::Event, ConsentState::Stop, event);
        }
        let error = get(Field::Error).trim();
        if direction != Some(Direction::Inbound) && ProfileWords::has(&self.words.opted_out_errors, error) {
            return event_of(Basis::Event, ConsentState::Stop, error);
        }
        if ProfileWords::has(&self.words.subscribed, event) {
            return event_of(Basis::Event, ConsentState::Yes, event);
        }
        let implied = ConsentEvent { basis: Basis::Event, state: ConsentState::Yes, words: event, is_implied: true };
        ProfileWords::has(&self.words.implied, event).then_some(implied)
    }

    /// Whether the person can be reached, by the result of a message; none if the result does not tell.
    fn is_reachable<'a>(&self, event: &str, get: &impl Fn(Field) -> &'a str) -> Option<bool> {
        let status = get(Field::Status).trim();
        let is = |list: &[String]| ProfileWords::has(list, status) || ProfileWords::has(list, event);
        match () {
            () if ProfileWords::has(&self.words.unreachable_errors, get(Field::Error).trim()) => Some(false),
            () if is(&self.words.unreachable) => Some(false),
            () if is(&self.words.delivered) => Some(true),
            () => None,
        }
    }

    fn prompt<'a>(&self, get: &impl Fn(Field) -> &'a str) -> Prompt {
        let tracking = get(Field::Tracking).to_lowercase();
        let asks = |list: &[String]| list.iter().any(|it| tracking.contains(it.as_str()));
        match () {
            () if get(Field::Prompt).contains(SHARE_PHONE) => Prompt::Asks,
            () if !tracking.is_empty() && asks(&self.words.share_phone) => Prompt::Answers,
            () => Prompt::None,
        }
    }

    fn has_column(&self, field: Field) -> bool {
        !self.columns[field as usize].is_empty()
    }
}

/// The name of a row: the cell of the whole name, else its parts. A cell such as `-` or `n/a` says nothing.
fn full_name<'a>(whole: &'a str, first: &'a str, last: &'a str) -> Cow<'a, str> {
    let said = |cell: &'a str| Some(cell.trim()).filter(|it| !is_nothing(it));
    match (said(whole), said(first), said(last)) {
        (Some(_), _, _) => whole.into(),
        (None, Some(first), Some(last)) => format!("{first} {last}").into(),
        (None, first, last) => first.or(last).unwrap_or_default().into(),
    }
}

/// Whether a phone number has passed through a float and lost digits: then JSON has it with a fraction. A plain `.0` also
/// comes from spreadsheets and is harmless.
fn is_float(phone: &str) -> bool {
    let Some((whole, fraction)) = phone.trim().split_once('.') else { return false };
    let are_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    are_digits(whole) && whole.len() > 6 && are_digits(fraction) && fraction.bytes().any(|it| it != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_that_says_nothing_is_no_part_of_it() {
        for (whole, first, last, name) in [
            ("", "Ana", "Roux", "Ana Roux"),
            ("", "-", "Roux", "Roux"),
            ("", "Ana", " N/A ", "Ana"),
            ("", "unknown", "null", ""),
            ("", "Ana", "", "Ana"),
            ("-", "Ana", "Roux", "Ana Roux"),
            ("A. Roux", "Ana", "-", "A. Roux"),
            ("", "Ana", "Null-Roux", "Ana Null-Roux"),
        ] {
            assert_eq!(full_name(whole, first, last), name, "{whole} | {first} | {last}");
        }
    }
}
