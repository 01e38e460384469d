//! What a row says, by the profile of its source.

use std::borrow::Cow;
use std::path::Path;

use model::{Basis, Channel, ConsentChannel, ConsentEvent, ConsentState, Direction, Prompt, RawContact, Reason};

use crate::error::ExtractError;
use crate::header::Header;
use crate::profile::{FIELDS, Profile, Words};
use crate::row::is_blank;

/// What an answer to a request for the phone number comes from, in Viber's keyboards.
const SHARE_PHONE: &str = "share-phone";

/// Which columns of a source hold what, and what their words mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Per field of [`FIELDS`], the places of its columns.
    places: [Vec<usize>; FIELDS.len()],
    words: Words,
    consent: Option<ConsentState>,
    direction: Option<Direction>,
    is_international: bool,
    /// What the words of consent speak of, where that is not the channel of the row.
    consent_channel: Option<ConsentChannel>,
    /// The date of a row is also that of what it says about consent.
    dates_consent: bool,
}

/// The fields as places in [`FIELDS`].
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
    /// Finds the columns of a source; `path` is for the error if one is missing.
    ///
    /// A profile with a signature is told by that: other columns of its mapping may be missing.
    pub fn layout(&self, path: &Path, columns: &[String]) -> Result<Layout, ExtractError> {
        let header = Header::new(columns);
        let mut places: [Vec<usize>; FIELDS.len()] = Default::default();
        // A file without a single line has no rows to lay out.
        if columns.is_empty() {
            return Ok(self.laid_out(places));
        }
        if let Some(missing) = self.signature.iter().find(|it| !header.has_any(it)) {
            return Err(header.missing(path, missing.split('|').next().unwrap_or_default()));
        }
        for (field, names) in &self.columns {
            let Some(place) = FIELDS.iter().position(|it| it == field) else { continue };
            for name in names.iter() {
                places[place].extend(header.found(path, name)?);
                if [Field::Consent, Field::OptOut].iter().any(|it| *it as usize == place) {
                    // A record may say one thing, and another a list or an object of several.
                    let more = header.within(name).into_iter().filter(|it| !places[place].contains(it));
                    let more: Vec<usize> = more.collect();
                    places[place].extend(more);
                }
            }
            if let (true, true, Some(name)) = (places[place].is_empty(), self.is_exact, names.iter().next()) {
                return Err(header.missing(path, name));
            }
        }
        let is_anybody = [Field::Phone, Field::ViberId, Field::ExternalId, Field::From, Field::To];
        if is_anybody.into_iter().all(|it| places[it as usize].is_empty()) {
            let name = self.columns.get("phone").and_then(|it| it.iter().next()).unwrap_or("phone");
            return Err(header.missing(path, name));
        }
        Ok(self.laid_out(places))
    }

    fn laid_out(&self, places: [Vec<usize>; FIELDS.len()]) -> Layout {
        let is_there = |field: Field| !places[field as usize].is_empty();
        let is_log = self.direction.is_some() || [Field::From, Field::To, Field::Direction].into_iter().any(is_there);
        Layout {
            places,
            words: self.words.clone(),
            consent: self.consent,
            direction: self.direction,
            is_international: self.is_international,
            consent_channel: self.consent_channel,
            dates_consent: is_log || self.dates_consent || self.consent.is_some_and(ConsentState::is_refusal),
        }
    }
}

impl Layout {
    /// Whether rows are messages that somebody sent to somebody.
    pub fn has_messages(&self) -> bool {
        self.has_column(Field::From) || self.has_column(Field::To)
    }

    /// The columns of a field of [`FIELDS`].
    pub fn columns_of(&self, field: &str) -> &[usize] {
        FIELDS.iter().position(|it| *it == field).map_or(&[], |it| &self.places[it])
    }

    /// The columns that hold phone numbers, of contacts or of both sides of a message.
    pub fn phone_columns(&self) -> impl Iterator<Item = usize> {
        [Field::Phone, Field::From, Field::To].into_iter().flat_map(|it| &self.places[it as usize]).copied()
    }

    /// The cells of a row by what they say. `cell` gives the text of a column.
    pub fn contact<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Result<RawContact<'a>, Reason> {
        let get = |field: Field| -> &'a str {
            let cells = self.places[field as usize].iter().map(|it| cell(*it));
            cells.into_iter().find(|it| !is_blank(it)).unwrap_or("")
        };
        let event = get(Field::Direction).trim();
        if Words::has(&self.words.ignored, event) {
            return Err(Reason::NotAContact);
        }
        let direction = self.direction_of(event)?;
        let channel = self.channel_of(get(Field::Channel).trim())?;
        let phone = self.counterparty(direction, &get)?;
        if is_float(phone) {
            return Err(Reason::Float);
        }
        Ok(RawContact {
            phone,
            is_international: self.is_international,
            region: get(Field::Region),
            name: name(get(Field::Name), get(Field::FirstName), get(Field::LastName)),
            email: get(Field::Email),
            language: get(Field::Language),
            last_at: get(Field::LastAt),
            first_at: get(Field::FirstAt),
            consents: self.filled(Field::Consent, &cell),
            opt_outs: self.filled(Field::OptOut, &cell),
            consent_at: get(Field::ConsentAt),
            consent_at_dates_opt_outs: !self.has_column(Field::Consent),
            consent_channel: self.consent_channel,
            message: if direction == Some(Direction::Inbound) { get(Field::Body) } else { "" },
            event: self.consent_event(direction, event, &get),
            dates_consent: self.dates_consent,
            external_id: get(Field::ExternalId),
            viber_id: get(Field::ViberId),
            tags: get(Field::Tags),
            message_id: get(Field::MessageId),
            direction,
            channel,
            is_reachable: self.is_reachable(event, &get),
            shared_phone: get(Field::SharedPhone),
            prompt: self.prompt(&get),
        })
    }

    /// All cells of a field that hold something.
    fn filled<'a>(&self, field: Field, cell: &impl Fn(usize) -> &'a str) -> Vec<&'a str> {
        self.places[field as usize].iter().map(|it| cell(*it)).filter(|it| !is_blank(it)).collect()
    }

    fn direction_of(&self, event: &str) -> Result<Option<Direction>, Reason> {
        match () {
            () if Words::has(&self.words.inbound, event) => Ok(Some(Direction::Inbound)),
            () if Words::has(&self.words.outbound, event) => Ok(Some(Direction::Outbound)),
            () if Words::has(&self.words.neutral, event) => Ok(None),
            () if event.is_empty() && self.direction.is_some() => Ok(self.direction),
            () if self.has_column(Field::Direction) => Err(Reason::Direction),
            () => Ok(self.direction),
        }
    }

    /// None where the row is of the channel of its source.
    fn channel_of(&self, word: &str) -> Result<Option<Channel>, Reason> {
        match () {
            () if Words::has(&self.words.sms, word) => Ok(Some(Channel::Sms)),
            () if Words::has(&self.words.viber, word) => Ok(Some(Channel::Viber)),
            // Whoever has left one channel of a list of those who left has left.
            () if Words::has(&self.words.other_channels, word) && self.consent.is_none() => Err(Reason::OtherChannel),
            () => Ok(None),
        }
    }

    /// The contact of a message is whoever is on the other side: who wrote it, or who was written to.
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

    /// What the kind of a row says about consent: an entry of a list, an event, or an error that only people get who
    /// have opted out.
    fn consent_event<'a>(
        &self,
        direction: Option<Direction>,
        event: &'a str,
        get: &impl Fn(Field) -> &'a str,
    ) -> Option<ConsentEvent<'a>> {
        let said = |basis, state, words| Some(ConsentEvent { basis, state, words, is_implied: false });
        if let Some(state) = self.consent {
            return said(Basis::List, state, "");
        }
        if Words::has(&self.words.unsubscribed, event) {
            return said(Basis::Event, ConsentState::Stop, event);
        }
        let error = get(Field::Error).trim();
        if direction != Some(Direction::Inbound) && Words::has(&self.words.opted_out_errors, error) {
            return said(Basis::Event, ConsentState::Stop, error);
        }
        if Words::has(&self.words.subscribed, event) {
            return said(Basis::Event, ConsentState::Yes, event);
        }
        let implied = ConsentEvent { basis: Basis::Event, state: ConsentState::Yes, words: event, is_implied: true };
        Words::has(&self.words.implied, event).then_some(implied)
    }

    /// What the end of a message says of the person's line; none where it says nothing for certain.
    fn is_reachable<'a>(&self, event: &str, get: &impl Fn(Field) -> &'a str) -> Option<bool> {
        let status = get(Field::Status).trim();
        let is = |list: &[String]| Words::has(list, status) || Words::has(list, event);
        match () {
            () if Words::has(&self.words.unreachable_errors, get(Field::Error).trim()) => Some(false),
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
        !self.places[field as usize].is_empty()
    }
}

fn name<'a>(whole: &'a str, first: &'a str, last: &'a str) -> Cow<'a, str> {
    match (whole.trim(), first.trim(), last.trim()) {
        ("", first, "") => first.into(),
        ("", "", last) => last.into(),
        ("", first, last) => format!("{first} {last}").into(),
        _ => whole.into(),
    }
}

/// JSON writes a number with a fraction or an exponent when somebody kept a phone number as a float.
/// A plain `.0` may come from a spreadsheet too and loses nothing.
fn is_float(phone: &str) -> bool {
    let Some((whole, fraction)) = phone.trim().split_once('.') else { return false };
    let are_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    are_digits(whole) && whole.len() > 6 && are_digits(fraction) && fraction.bytes().any(|it| it != b'0')
}
