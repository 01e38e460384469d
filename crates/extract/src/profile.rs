//! Which cell of a row says what, by kind of export.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Direction, RawContact, Reason};

use crate::ExtractError;

/// What a column of an export can hold.
pub const FIELDS: [&str; 9] =
    ["phone", "region", "name", "email", "language", "last_at", "consent", "external_id", "tags"];

/// From a field of [`FIELDS`] to the name of its column.
pub type Mapping = BTreeMap<String, String>;

/// A kind of export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Any CSV, by a mapping of the plan.
    Columns(Mapping),
    /// The message log of Twilio's console: each row is a message to or from a contact.
    TwilioMessages,
    /// A list of Viber subscribers by user id, with or without a phone.
    ViberSubscribers,
}

/// Which column of a file holds what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    Contacts(Columns),
    Messages(MessageColumns),
}

/// The place of each field's column; none where the file has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    fields: [Option<usize>; FIELDS.len()],
}

/// The columns of a message log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageColumns {
    from: usize,
    to: usize,
    body: usize,
    sent_at: usize,
    direction: usize,
    error_code: Option<usize>,
}

/// Names under which exports of Viber subscribers have been seen, per field.
const VIBER_COLUMNS: [(&str, &[&str]); 7] = [
    ("external_id", &["user_id", "viber_id", "subscriber_id", "platform_id", "id"]),
    ("phone", &["phone", "phone_number", "msisdn"]),
    ("name", &["name", "full_name", "user_name"]),
    ("language", &["language", "lang"]),
    ("region", &["country", "country_code"]),
    ("last_at", &["last_message_at", "last_seen", "subscription_date", "subscribed_at", "date"]),
    ("consent", &["consent", "status", "subscribed"]),
];

/// Replies with which a person leaves or comes back, by the keywords that SMS carriers and Twilio
/// honour. Others that a business uses are the plan's to add, as consent words.
const STOP_REPLIES: [&str; 8] = ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "arret", "arrêt"];
const START_REPLIES: [&str; 2] = ["start", "unstop"];
/// Twilio refuses a message to somebody who has replied STOP with this code.
const OPTED_OUT_ERROR: &str = "21610";

impl Profile {
    /// The name as a plan writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Columns(_) => "columns",
            Self::TwilioMessages => "twilio-messages",
            Self::ViberSubscribers => "viber-subscribers",
        }
    }

    /// Finds the columns in the header of a file; `path` is for the error if one is missing.
    pub fn layout(&self, path: &Path, header: &[String]) -> Result<Layout, ExtractError> {
        let file = Header { path, names: header };
        let column = |name: &str| file.required(name);
        // A file without a single line has no rows to lay out.
        if header.is_empty() {
            return Ok(Layout::Contacts(Columns::default()));
        }
        Ok(match self {
            Self::Columns(mapping) => {
                let mut columns = Columns::default();
                for (field, name) in mapping {
                    columns.set(field, column(name)?);
                }
                Layout::Contacts(columns)
            }
            Self::TwilioMessages => Layout::Messages(MessageColumns {
                from: column("From")?,
                to: column("To")?,
                body: column("Body")?,
                sent_at: column("SentDate")?,
                direction: column("Direction")?,
                error_code: file.found("ErrorCode")?,
            }),
            Self::ViberSubscribers => Layout::Contacts(viber_columns(&file)?),
        })
    }
}

impl Columns {
    fn set(&mut self, field: &str, column: usize) {
        if let Some(place) = FIELDS.iter().position(|it| *it == field) {
            self.fields[place] = Some(column);
        }
    }
}

impl Layout {
    /// The cells of a row by what they say. `cell` gives the text of a column.
    pub fn contact<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Result<RawContact<'a>, Reason> {
        match self {
            Self::Contacts(columns) => {
                let [phone, region, name, email, language, last_at, consent, external_id, tags] =
                    columns.fields.map(|it| it.map_or("", &cell));
                Ok(RawContact {
                    phone,
                    region,
                    name,
                    email,
                    language,
                    last_at,
                    consent,
                    external_id,
                    tags,
                    direction: None,
                })
            }
            Self::Messages(columns) => message(columns, cell),
        }
    }
}

/// The contact of a message is whoever is on the other side: who wrote it, or who was written to.
fn message<'a>(columns: &MessageColumns, cell: impl Fn(usize) -> &'a str) -> Result<RawContact<'a>, Reason> {
    let direction = match cell(columns.direction).trim() {
        it if it.eq_ignore_ascii_case("inbound") => Direction::Inbound,
        it if it.to_ascii_lowercase().starts_with("outbound") => Direction::Outbound,
        _ => return Err(Reason::Direction),
    };
    let (phone, consent) = match direction {
        Direction::Inbound => (cell(columns.from), reply(cell(columns.body))),
        Direction::Outbound => {
            let error = columns.error_code.map_or("", &cell).trim();
            (cell(columns.to), if error == OPTED_OUT_ERROR { "stop" } else { "" })
        }
    };
    Ok(RawContact {
        phone,
        consent,
        last_at: cell(columns.sent_at),
        direction: Some(direction),
        ..RawContact::default()
    })
}

fn reply(body: &str) -> &'static str {
    let word = body.trim().trim_end_matches(['.', '!']).to_lowercase();
    match word.as_str() {
        it if STOP_REPLIES.contains(&it) => "stop",
        it if START_REPLIES.contains(&it) => "yes",
        _ => "",
    }
}

fn viber_columns(file: &Header) -> Result<Columns, ExtractError> {
    let mut columns = Columns::default();
    for (field, names) in VIBER_COLUMNS {
        for name in names {
            if let Some(column) = file.found(name)? {
                columns.set(field, column);
                break;
            }
        }
        if field == "external_id" && columns == Columns::default() {
            return Err(file.missing(names[0]));
        }
    }
    Ok(columns)
}

/// The header of a file.
struct Header<'a> {
    path: &'a Path,
    names: &'a [String],
}

impl Header<'_> {
    fn required(&self, name: &str) -> Result<usize, ExtractError> {
        self.found(name)?.ok_or_else(|| self.missing(name))
    }

    /// A column by its name, exactly as written or else in any case, spaces and underscores alike.
    fn found(&self, name: &str) -> Result<Option<usize>, ExtractError> {
        let folded = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
        let places = |is_it: &dyn Fn(&String) -> bool| -> Vec<usize> {
            self.names.iter().enumerate().filter(|it| is_it(it.1)).map(|it| it.0).collect()
        };
        let mut matching = places(&|it| it == name);
        if matching.is_empty() {
            matching = places(&|it| folded(it) == folded(name));
        }
        match matching.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(ExtractError::AmbiguousColumn {
                path: self.path.to_owned(),
                column: name.to_owned(),
                n_columns: several.len(),
            }),
        }
    }

    fn missing(&self, column: &str) -> ExtractError {
        ExtractError::MissingColumn {
            path: self.path.to_owned(),
            column: column.to_owned(),
            header: self.names.to_vec(),
        }
    }
}
