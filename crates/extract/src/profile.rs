//! Profiles of exports: how each is recognised by its columns, and what the columns mean. One TOML file per export.

use std::collections::BTreeMap;

use model::{Channel, ConsentChannel, ConsentState, Direction, NAME_PARTS};
use serde::{Deserialize, Serialize};

use crate::error::ExtractError;

/// The fields that a column of an export can have.
///
/// `phone` to `tags` describe a person. `consent_at` is the time of the consent; a filled cell of `opt_out` is a refusal,
/// whether it is a flag, a date or a word. The other fields are those of message logs: sender and recipient, direction,
/// time and result of a message. `shared_phone` is the phone number of a contact card that a Viber user sent.
pub const FIELDS: [&str; 27] = [
    "phone",
    "region",
    "name",
    "first_name",
    "last_name",
    "email",
    "language",
    "last_at",
    "first_at",
    "consent",
    "consent_at",
    "consent_channel",
    "opt_out",
    "external_id",
    "viber_id",
    "tags",
    "message_id",
    "from",
    "to",
    "direction",
    "body",
    "status",
    "error",
    "channel",
    "shared_phone",
    "tracking",
    "prompt",
];

/// The names that the column of each field of [`FIELDS`] may have. If several of these columns exist, the first that is not
/// empty in a row counts. A name may end in `*`.
pub type Mapping = BTreeMap<String, ColumnNames>;

/// A kind of export.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name that a plan writes.
    #[serde(default)]
    pub name: String,
    /// The name of the export for people.
    pub title: String,
    /// Where the shape is described.
    #[serde(default)]
    pub documented: String,
    /// The channel that `ferry inspect` writes into the plan.
    pub channel: Option<Channel>,
    /// Columns by which the export is recognised. All of them have to exist; `a|b` means either.
    #[serde(default)]
    pub signature: Vec<String>,
    /// Columns of a similar export. None of them may exist.
    #[serde(default)]
    pub without: Vec<String>,
    /// Keys under which pages of JSON hold their records.
    #[serde(default)]
    pub records: Vec<String>,
    /// Whether only pages of JSON with such a key are this export.
    #[serde(default)]
    pub only_pages: bool,
    /// Whether a file with the signature is certainly this export. By default it is if the signature has four columns or
    /// more.
    pub is_certain: Option<bool>,
    /// Lists in a record of which each element makes a row.
    #[serde(default)]
    pub each: Vec<String>,
    /// Lists of `{key, value}` in a record.
    #[serde(default)]
    pub pairs: Vec<String>,
    /// Where a page says how many records the provider holds.
    #[serde(default)]
    pub total: Vec<String>,
    /// Where a page names the next one.
    #[serde(default)]
    pub next: Vec<String>,
    /// How long the provider keeps records, in days.
    pub window_days: Option<u32>,
    /// What this export does not contain, and why; shown to users.
    #[serde(default)]
    pub gaps: Vec<String>,
    /// The consent of every row: `stop` for an opt-out list.
    pub consent: Option<ConsentState>,
    /// The channel of its consents, if it is not the channel of the row.
    pub consent_channel: Option<ConsentChannel>,
    /// Whether the date of a row is the date of its consent. Always so for logs and opt-out lists.
    #[serde(default)]
    pub dates_consent: bool,
    /// Whether phone numbers begin with their country code, without a plus sign.
    #[serde(default)]
    pub is_international: bool,
    /// The direction of every message, if no column has it.
    pub direction: Option<Direction>,
    #[serde(default)]
    pub columns: Mapping,
    /// Further columns that are carried to the contact, by the name of the attribute.
    #[serde(default)]
    pub attributes: Mapping,
    /// Names that only [`guess_columns`](crate::guess_columns) uses, because the cells have to be checked too, or because the
    /// column is about another channel.
    #[serde(default)]
    pub guess: Mapping,
    #[serde(default)]
    pub words: ProfileWords,
    /// Whether every column of the mapping has to exist, as when a plan names them.
    #[serde(skip)]
    pub is_exact: bool,
}

/// One name or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ColumnNames {
    One(String),
    Several(Vec<String>),
}

/// The words of an export by their meaning, in any case. A word that ends in `*` is the start of other words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileWords {
    /// In the column of the direction or of the event.
    pub inbound: Vec<String>,
    pub outbound: Vec<String>,
    /// Events of a person that are not messages.
    pub neutral: Vec<String>,
    /// Events that are not about a person.
    pub ignored: Vec<String>,
    /// Events of a person who subscribes or unsubscribes.
    pub subscribed: Vec<String>,
    pub unsubscribed: Vec<String>,
    /// Events that subscribe a person without a statement of theirs.
    pub implied: Vec<String>,
    /// In the column of the status or of the event.
    pub delivered: Vec<String>,
    pub unreachable: Vec<String>,
    /// In the column of errors: the person has opted out, or can never be reached.
    pub opted_out_errors: Vec<String>,
    pub unreachable_errors: Vec<String>,
    /// In the column of the channel.
    pub sms: Vec<String>,
    pub viber: Vec<String>,
    pub other_channels: Vec<String>,
    /// In the tracking data of replies to a request for the phone number.
    pub share_phone: Vec<String>,
}

/// The built-in profiles, as name and text.
const BUILT_IN: &[(&str, &str)] = &[
    ("twilio-messages", include_str!("../profiles/twilio-messages.toml")),
    ("twilio-messages-api", include_str!("../profiles/twilio-messages-api.toml")),
    ("twilio-bulk-export", include_str!("../profiles/twilio-bulk-export.toml")),
    ("twilio-participants", include_str!("../profiles/twilio-participants.toml")),
    ("vonage-sms", include_str!("../profiles/vonage-sms.toml")),
    ("vonage-messages", include_str!("../profiles/vonage-messages.toml")),
    ("plivo-messages", include_str!("../profiles/plivo-messages.toml")),
    ("plivo-messages-mail", include_str!("../profiles/plivo-messages-mail.toml")),
    ("plivo-messages-api", include_str!("../profiles/plivo-messages-api.toml")),
    ("infobip-people", include_str!("../profiles/infobip-people.toml")),
    ("infobip-people-api", include_str!("../profiles/infobip-people-api.toml")),
    ("infobip-logs", include_str!("../profiles/infobip-logs.toml")),
    ("infobip-viber-logs", include_str!("../profiles/infobip-viber-logs.toml")),
    ("infobip-inbox", include_str!("../profiles/infobip-inbox.toml")),
    ("infobip-blocklist", include_str!("../profiles/infobip-blocklist.toml")),
    ("messagebird-contacts", include_str!("../profiles/messagebird-contacts.toml")),
    ("messagebird-messages", include_str!("../profiles/messagebird-messages.toml")),
    ("bird-contacts", include_str!("../profiles/bird-contacts.toml")),
    ("sinch-contacts", include_str!("../profiles/sinch-contacts.toml")),
    ("sinch-consents", include_str!("../profiles/sinch-consents.toml")),
    ("sinch-opt-outs", include_str!("../profiles/sinch-opt-outs.toml")),
    ("telnyx-opt-outs", include_str!("../profiles/telnyx-opt-outs.toml")),
    ("telnyx-messages", include_str!("../profiles/telnyx-messages.toml")),
    ("aws-opt-outs", include_str!("../profiles/aws-opt-outs.toml")),
    ("aws-sns-opt-outs", include_str!("../profiles/aws-sns-opt-outs.toml")),
    ("viber-webhooks", include_str!("../profiles/viber-webhooks.toml")),
    ("viber-bot-builder", include_str!("../profiles/viber-bot-builder.toml")),
    ("viber-delivery-report", include_str!("../profiles/viber-delivery-report.toml")),
    ("viber-suppression", include_str!("../profiles/viber-suppression.toml")),
    ("viber-links", include_str!("../profiles/viber-links.toml")),
    ("viber-subscribers", include_str!("../profiles/viber-subscribers.toml")),
    ("viber-online", include_str!("../profiles/viber-online.toml")),
    ("viber-details", include_str!("../profiles/viber-details.toml")),
    ("ferry-contacts", include_str!("../profiles/ferry-contacts.toml")),
    ("opt-outs", include_str!("../profiles/opt-outs.toml")),
    ("contacts", include_str!("../profiles/contacts.toml")),
];

impl ColumnNames {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
        .iter()
        .map(String::as_str)
    }
}

impl From<&str> for ColumnNames {
    fn from(name: &str) -> Self {
        Self::One(name.to_owned())
    }
}

impl Profile {
    /// The text of a built-in profile.
    pub fn text(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    /// All built-in profiles.
    pub fn built_in() -> Result<Vec<Self>, ExtractError> {
        BUILT_IN.iter().map(|(name, text)| Self::read(name, text, &[])).collect()
    }

    /// The profile of lists of contacts, which knows how they name their columns.
    pub fn contacts() -> Result<Self, ExtractError> {
        let (name, text) = BUILT_IN.iter().find(|it| it.0 == "contacts").copied().unwrap_or_default();
        Self::read(name, text, &[])
    }

    /// A profile for any table, by a mapping of columns alone.
    pub fn of_columns(columns: Mapping) -> Self {
        Self {
            name: "columns".into(),
            title: "a table with columns that the plan names".into(),
            documented: String::new(),
            channel: None,
            signature: Vec::new(),
            without: Vec::new(),
            records: Vec::new(),
            only_pages: false,
            is_certain: None,
            each: Vec::new(),
            pairs: Vec::new(),
            total: Vec::new(),
            next: Vec::new(),
            window_days: None,
            gaps: Vec::new(),
            consent: None,
            consent_channel: None,
            dates_consent: false,
            is_international: false,
            direction: None,
            columns,
            attributes: Mapping::new(),
            guess: Mapping::new(),
            words: ProfileWords::default(),
            is_exact: true,
        }
    }

    /// The names of the attributes that rows of the export can have. [`model::RawContact::attributes`] refers to them by
    /// their places here.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        NAME_PARTS.into_iter().chain(self.attributes.keys().map(String::as_str))
    }

    /// Reads a profile. With `extends = "NAME"` it inherits every setting that it does not have itself from one of `others`
    /// or from a built-in profile.
    pub fn read(name: &str, text: &str, others: &[(String, toml::Table)]) -> Result<Self, ExtractError> {
        let table = text.parse::<toml::Table>().map_err(|error| invalid(name, &error))?;
        Self::from_table(name, table, others)
    }

    /// Reads a profile from a table that is parsed already.
    pub fn from_table(name: &str, table: toml::Table, others: &[(String, toml::Table)]) -> Result<Self, ExtractError> {
        let whole = extended(name, table, others, 0)?;
        let profile: Self = whole.try_into().map_err(|error| invalid(name, &error))?;
        if let Some(field) =
            profile.columns.keys().chain(profile.guess.keys()).find(|it| !FIELDS.contains(&it.as_str()))
        {
            let known = FIELDS.join(", ");
            return Err(invalid(name, &format!("[columns] has no field `{field}`; it can have {known}")));
        }
        if let Some(attribute) = profile.attributes.keys().find(|it| !is_attribute_name(it)) {
            return Err(invalid(name, &format!("[attributes] has \"{attribute}\": {ATTRIBUTE_NAMES}")));
        }
        Ok(Self { name: name.to_owned(), ..profile })
    }
}

/// The names that an attribute can have, for errors.
pub const ATTRIBUTE_NAMES: &str = "the name of an attribute has up to 40 small letters, digits and underscores, a letter \
    first, and is not that of a field";

/// Returns whether an attribute can have this name: it becomes a column of exports and a variable of templates.
pub fn is_attribute_name(name: &str) -> bool {
    let is_in = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    (1..=40).contains(&name.len())
        && name.starts_with(|it: char| it.is_ascii_lowercase())
        && name.bytes().all(is_in)
        && !FIELDS.contains(&name)
}

fn invalid(name: &str, what: &impl ToString) -> ExtractError {
    ExtractError::Profile { name: name.to_owned(), what: what.to_string() }
}

/// The table of a profile with the settings that it inherits.
fn extended(
    name: &str,
    mut table: toml::Table,
    others: &[(String, toml::Table)],
    depth: usize,
) -> Result<toml::Table, ExtractError> {
    let Some(base) = table.remove("extends") else { return Ok(table) };
    let base_name = base.as_str().unwrap_or_default().to_owned();
    if depth > 8 {
        return Err(invalid(name, &"it extends itself"));
    }
    let base = match others.iter().find(|it| it.0 == base_name && it.0 != name) {
        Some((_, table)) => table.clone(),
        None => match BUILT_IN.iter().find(|it| it.0 == base_name) {
            Some((name, text)) => text.parse::<toml::Table>().map_err(|error| invalid(name, &error))?,
            None => return Err(invalid(name, &format!("it extends \"{base_name}\", which does not exist"))),
        },
    };
    let mut whole = extended(&base_name, base, others, depth + 1)?;
    for (key, value) in table {
        match (whole.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => old.extend(new),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
    Ok(whole)
}

impl ProfileWords {
    /// Whether a word is one of a list.
    pub(crate) fn has(list: &[String], word: &str) -> bool {
        list.iter().any(|it| match it.strip_suffix('*') {
            Some(start) => word.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start)),
            None => it.eq_ignore_ascii_case(word),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_can_be_read_and_names_the_document_of_its_export() {
        for profile in Profile::built_in().unwrap() {
            assert!(!profile.title.is_empty() && !profile.documented.is_empty(), "{}", profile.name);
            assert!(profile.channel.is_some(), "{}", profile.name);
        }
    }

    #[test]
    fn a_profile_extends_another_and_says_what_is_different() {
        let text = "extends = \"plivo-messages\"\ntitle = \"ours\"\n[columns]\nbody = \"Texte\"\n";
        let profile = Profile::read("ours", text, &[]).unwrap();
        let base = Profile::read("plivo-messages", Profile::text("plivo-messages").unwrap(), &[]).unwrap();
        assert_eq!(profile.title, "ours");
        assert_eq!(profile.columns["body"], ColumnNames::from("Texte"));
        assert_eq!(profile.columns["from"], base.columns["from"]);
        assert_eq!(profile.words, base.words);
    }

    #[test]
    fn an_invalid_profile_says_what_is_wrong() {
        let error = |text: &str| Profile::read("mine", text, &[]).unwrap_err().to_string();
        assert!(error("title = 1").contains("the profile mine is invalid: "));
        assert!(error("title = \"x\"\n[columns]\nphon = \"p\"").contains("[columns] has no field `phon`"));
        assert!(error("extends = \"nobody\"").contains("it extends \"nobody\", which does not exist"));
    }
}
