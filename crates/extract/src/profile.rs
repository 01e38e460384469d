//! Profiles: what an export is, by its columns, and what they say. One small TOML file per shape.

use std::collections::BTreeMap;

use model::{Channel, ConsentChannel, ConsentState, Direction};
use serde::{Deserialize, Serialize};

use crate::error::ExtractError;

/// What a column of an export can hold.
///
/// `phone` to `tags` describe a person. A cell of `consent_at` says when the consent was given; a filled
/// cell of `opt_out` is a refusal: a flag, a date or a word.
/// The others are of message logs: who wrote to whom, which way,
/// when, and how it ended; `shared_phone` is a phone number in a contact card that a Viber user sent.
pub const FIELDS: [&str; 26] = [
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

/// From a field of [`FIELDS`] to the names that its column may have; of several that are there,
/// the first that is not empty in a row counts. A name may end in `*`.
pub type Mapping = BTreeMap<String, Names>;

/// A kind of export.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// As a plan writes it.
    #[serde(default)]
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Where the shape is described.
    #[serde(default)]
    pub documented: String,
    /// The channel that a plan is given for it.
    pub channel: Option<Channel>,
    /// Columns that make the export recognisable: all of them have to be there. `a|b` is either.
    #[serde(default)]
    pub signature: Vec<String>,
    /// Columns by which it is told from a similar one: none of them may be there.
    #[serde(default)]
    pub without: Vec<String>,
    /// Keys under which pages of JSON hold their records.
    #[serde(default)]
    pub records: Vec<String>,
    /// Without such a key it is something else.
    #[serde(default)]
    pub only_pages: bool,
    /// Whether a file with the signature is this export beyond doubt. By default it is, from four columns on.
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
    /// How far back the provider lets anybody read, in days.
    pub window_days: Option<u32>,
    /// What this export cannot show, and why.
    #[serde(default)]
    pub gaps: Vec<String>,
    /// What every row says of consent: `stop` for a list of people who have left.
    pub consent: Option<ConsentState>,
    /// What its words of consent speak of, where that is not the channel of a row.
    pub consent_channel: Option<ConsentChannel>,
    /// The date of a row is the date of what it says about consent. So it is in every log, and in lists of people who
    /// have opted out.
    #[serde(default)]
    pub dates_consent: bool,
    /// Phone numbers have their country code and no plus sign before it.
    #[serde(default)]
    pub is_international: bool,
    /// Which way every message went, where no column says so.
    pub direction: Option<Direction>,
    #[serde(default)]
    pub columns: Mapping,
    /// Names that only a guess uses, because the cells have to be looked at first, or because the column
    /// is about another channel.
    #[serde(default)]
    pub guess: Mapping,
    #[serde(default)]
    pub words: Words,
    /// Every column of the mapping has to be there: somebody has named just these.
    #[serde(skip)]
    pub is_exact: bool,
}

/// One name or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Names {
    One(String),
    Several(Vec<String>),
}

/// What the words of an export mean, in any case. A word that ends in `*` means all that begin so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// In the column of direction, or of the kind of event.
    pub inbound: Vec<String>,
    pub outbound: Vec<String>,
    /// Events of a person that are no message.
    pub neutral: Vec<String>,
    /// Events of nobody.
    pub ignored: Vec<String>,
    /// Events with which a person comes or leaves.
    pub subscribed: Vec<String>,
    pub unsubscribed: Vec<String>,
    /// Events by which a person subscribes without saying so.
    pub implied: Vec<String>,
    /// In the column of status, or of the kind of event.
    pub delivered: Vec<String>,
    pub unreachable: Vec<String>,
    /// In the column of errors: the person has left, or can never be reached.
    pub opted_out_errors: Vec<String>,
    pub unreachable_errors: Vec<String>,
    /// In the column of channels.
    pub sms: Vec<String>,
    pub viber: Vec<String>,
    pub other_channels: Vec<String>,
    /// In the tracking data of a reply to a request for the phone number.
    pub share_phone: Vec<String>,
}

/// Profiles that come with Ferry, as name and text.
const BUILT_IN: [(&str, &str); 28] = [
    ("twilio-messages", include_str!("../profiles/twilio-messages.toml")),
    ("twilio-messages-api", include_str!("../profiles/twilio-messages-api.toml")),
    ("twilio-bulk-export", include_str!("../profiles/twilio-bulk-export.toml")),
    ("vonage-sms", include_str!("../profiles/vonage-sms.toml")),
    ("vonage-messages", include_str!("../profiles/vonage-messages.toml")),
    ("plivo-messages", include_str!("../profiles/plivo-messages.toml")),
    ("plivo-messages-mail", include_str!("../profiles/plivo-messages-mail.toml")),
    ("plivo-messages-api", include_str!("../profiles/plivo-messages-api.toml")),
    ("infobip-people", include_str!("../profiles/infobip-people.toml")),
    ("infobip-people-api", include_str!("../profiles/infobip-people-api.toml")),
    ("infobip-logs", include_str!("../profiles/infobip-logs.toml")),
    ("infobip-viber-logs", include_str!("../profiles/infobip-viber-logs.toml")),
    ("infobip-blocklist", include_str!("../profiles/infobip-blocklist.toml")),
    ("messagebird-contacts", include_str!("../profiles/messagebird-contacts.toml")),
    ("messagebird-messages", include_str!("../profiles/messagebird-messages.toml")),
    ("bird-contacts", include_str!("../profiles/bird-contacts.toml")),
    ("sinch-opt-outs", include_str!("../profiles/sinch-opt-outs.toml")),
    ("telnyx-opt-outs", include_str!("../profiles/telnyx-opt-outs.toml")),
    ("aws-opt-outs", include_str!("../profiles/aws-opt-outs.toml")),
    ("aws-sns-opt-outs", include_str!("../profiles/aws-sns-opt-outs.toml")),
    ("viber-webhooks", include_str!("../profiles/viber-webhooks.toml")),
    ("viber-bot-builder", include_str!("../profiles/viber-bot-builder.toml")),
    ("viber-delivery-report", include_str!("../profiles/viber-delivery-report.toml")),
    ("viber-suppression", include_str!("../profiles/viber-suppression.toml")),
    ("viber-links", include_str!("../profiles/viber-links.toml")),
    ("viber-subscribers", include_str!("../profiles/viber-subscribers.toml")),
    ("opt-outs", include_str!("../profiles/opt-outs.toml")),
    ("contacts", include_str!("../profiles/contacts.toml")),
];

impl Names {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
        .iter()
        .map(String::as_str)
    }
}

impl From<&str> for Names {
    fn from(name: &str) -> Self {
        Self::One(name.to_owned())
    }
}

impl Profile {
    /// The text of a profile that comes with Ferry.
    pub fn text(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    /// All profiles that come with Ferry.
    pub fn built_in() -> Result<Vec<Self>, ExtractError> {
        BUILT_IN.iter().map(|(name, text)| Self::read(name, text, &[])).collect()
    }

    /// Any table, by a mapping alone.
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
            guess: Mapping::new(),
            words: Words::default(),
            is_exact: true,
        }
    }

    /// Reads a profile. It may say `extends = "NAME"` of one of `others` or of one that comes with
    /// Ferry, and then has what that one has, but for what it says itself.
    pub fn read(name: &str, text: &str, others: &[(String, toml::Table)]) -> Result<Self, ExtractError> {
        let table = text.parse::<toml::Table>().map_err(|error| wrong(name, &error))?;
        Self::from_table(name, table, others)
    }

    /// Reads a profile from a table that is parsed already.
    pub fn from_table(name: &str, table: toml::Table, others: &[(String, toml::Table)]) -> Result<Self, ExtractError> {
        let whole = extended(name, table, others, 0)?;
        let profile: Self = whole.try_into().map_err(|error| wrong(name, &error))?;
        if let Some(field) =
            profile.columns.keys().chain(profile.guess.keys()).find(|it| !FIELDS.contains(&it.as_str()))
        {
            let known = FIELDS.join(", ");
            return Err(wrong(name, &format!("[columns] has no field `{field}`; it can have {known}")));
        }
        Ok(Self { name: name.to_owned(), ..profile })
    }
}

fn wrong(name: &str, what: &impl ToString) -> ExtractError {
    ExtractError::Profile { name: name.to_owned(), what: what.to_string() }
}

/// The table of a profile with what it extends filled in.
fn extended(
    name: &str,
    mut table: toml::Table,
    others: &[(String, toml::Table)],
    depth: usize,
) -> Result<toml::Table, ExtractError> {
    let Some(base) = table.remove("extends") else { return Ok(table) };
    let base_name = base.as_str().unwrap_or_default().to_owned();
    if depth > 8 {
        return Err(wrong(name, &"it extends itself"));
    }
    let base = match others.iter().find(|it| it.0 == base_name && it.0 != name) {
        Some((_, table)) => table.clone(),
        None => match BUILT_IN.iter().find(|it| it.0 == base_name) {
            Some((name, text)) => text.parse::<toml::Table>().map_err(|error| wrong(name, &error))?,
            None => return Err(wrong(name, &format!("it extends \"{base_name}\", which there is not"))),
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

impl Words {
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
    fn every_profile_that_comes_with_ferry_can_be_read_and_says_where_its_shape_is_described() {
        for profile in Profile::built_in().unwrap() {
            assert!(!profile.title.is_empty() && !profile.documented.is_empty(), "{}", profile.name);
            assert!(profile.channel.is_some(), "{}", profile.name);
        }
    }

    #[test]
    fn a_profile_extends_another_and_says_what_is_different() {
        let text = "extends = \"plivo-messages\"\ntitle = \"ours\"\n[columns]\nbody = \"Texte\"\n";
        let profile = Profile::read("ours", text, &[]).unwrap();
        let base = Profile::read("plivo-messages", BUILT_IN[5].1, &[]).unwrap();
        assert_eq!(profile.title, "ours");
        assert_eq!(profile.columns["body"], Names::from("Texte"));
        assert_eq!(profile.columns["from"], base.columns["from"]);
        assert_eq!(profile.words, base.words);
    }

    #[test]
    fn a_wrong_profile_says_what_is_wrong() {
        let error = |text: &str| Profile::read("mine", text, &[]).unwrap_err().to_string();
        assert!(error("title = 1").contains("the profile mine is wrong: "));
        assert!(error("title = \"x\"\n[columns]\nphon = \"p\"").contains("[columns] has no field `phon`"));
        assert!(error("extends = \"nobody\"").contains("it extends \"nobody\", which there is not"));
    }
}
