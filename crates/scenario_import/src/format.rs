//! The formats of files, and how they are detected.

use serde_json::Value;

use crate::table::{self, Columns, Table, is_workbook, log_lines};
use crate::viber_messages::lower_keys;
use crate::{
    File, Options, dialogflow, infobip, message_log, other_products, rapidpro, twilio_content, viber_archive,
    viber_messages,
};

/// A kind of file that scenarios come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The neutral form itself.
    Scenario,
    /// SMS templates, one per line or row.
    SmsList,
    /// Messages that were sent.
    MessageLog,
    /// Viber messages with keyboards and rich media.
    ViberMessages,
    /// What a Viber bot received and sent, one JSON object per line.
    ViberArchive,
    InfobipTemplates,
    TwilioStudio,
    TwilioContent,
    /// An agent of Dialogflow ES, as a zip or a folder.
    Dialogflow,
    /// A bot of Rasa: domain, nlu, rules, stories.
    Rasa,
    /// Flows of RapidPro or TextIt, specification 13 or 14.
    RapidPro,
}

impl Format {
    pub const ALL: [Self; 11] = [
        Self::Scenario,
        Self::SmsList,
        Self::MessageLog,
        Self::ViberMessages,
        Self::ViberArchive,
        Self::InfobipTemplates,
        Self::TwilioStudio,
        Self::TwilioContent,
        Self::Dialogflow,
        Self::Rasa,
        Self::RapidPro,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::SmsList => "sms-list",
            Self::MessageLog => "message-log",
            Self::ViberMessages => "viber-messages",
            Self::ViberArchive => "viber-archive",
            Self::InfobipTemplates => "infobip-templates",
            Self::TwilioStudio => "twilio-studio",
            Self::TwilioContent => "twilio-content",
            Self::Dialogflow => "dialogflow",
            Self::Rasa => "rasa",
            Self::RapidPro => "rapidpro",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether a file that looks like `other` by itself is read with files of this format: a short log looks like a list.
    pub(crate) fn takes(self, other: Self) -> bool {
        self == other
            || self == Self::MessageLog && other == Self::SmsList
            || self == Self::ViberArchive && other == Self::ViberMessages
    }

    /// Whether the files are parts of one bot, of which one alone may look like nothing.
    pub(crate) fn is_one_set(self) -> bool {
        matches!(self, Self::Dialogflow | Self::Rasa)
    }

    /// Detects the format from the content of the files.
    pub(crate) fn of(files: &[File], options: &Options) -> Option<Self> {
        let has = |name: &str| files.iter().any(|it| it.path.rsplit('/').next() == Some(name));
        if has("agent.json") || files.iter().any(dialogflow::is_intent) {
            return Some(Self::Dialogflow);
        }
        let is_yaml = |it: &File| it.path.ends_with(".yml") || it.path.ends_with(".yaml");
        if files.iter().any(|it| is_yaml(it) && other_products::kind_of(it).is_none()) {
            return Some(Self::Rasa);
        }
        files.iter().find_map(|it| Self::of_one(it, options))
    }

    /// Detects the format of one file; none if Ferry reads no such file.
    pub(crate) fn of_one(file: &File, options: &Options) -> Option<Self> {
        if is_workbook(&file.bytes) {
            return Self::of_table(file, options);
        }
        let start = file.bytes.iter().find(|it| !it.is_ascii_whitespace())?;
        if matches!(start, b'{' | b'[') {
            match serde_json::from_slice::<Value>(&file.bytes) {
                Ok(value) => return Self::of_json_or_table(file, &value, options),
                // Several JSON values, one per line.
                Err(_) if viber_archive::is_one(&file.bytes) => return Some(Self::ViberArchive),
                Err(_) if other_products::is_damaged_json(file) => return None,
                // A text can begin with a bracket.
                Err(_) => {}
            }
        }
        if other_products::kind_of_other_text(file).is_some() {
            return None;
        }
        match file.path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "txt" | "text" | "log" => Self::of_text(file, options),
            "csv" | "tsv" | "tab" => Self::of_table(file, options),
            // Prose of any kind has commas.
            _ if options.text_column.is_none() && !table::is_table(file) => None,
            _ => Self::of_table(file, options),
        }
    }

    /// A file of JSON: a list of messages that were sent can look like messages of Viber.
    fn of_json_or_table(file: &File, value: &Value, options: &Options) -> Option<Self> {
        if other_products::kind_of_json(value).is_some() {
            return None;
        }
        match Self::of_json(value) {
            found @ (None | Some(Self::ViberMessages)) => {
                let table = Self::of_table(file, options).filter(|it| found.is_none() || *it == Self::MessageLog);
                table.or(found)
            }
            found => found,
        }
    }

    fn of_text(file: &File, options: &Options) -> Option<Self> {
        let text = String::from_utf8_lossy(&file.bytes);
        match () {
            () if log_lines(&text).is_some() => Some(Self::MessageLog),
            () if table::is_table(file) => Self::of_table(file, options),
            () if message_log::are_alike(text.lines()) => Some(Self::MessageLog),
            () => Some(Self::SmsList),
        }
    }

    /// A table is a log if it says to whom and when, or if most of its texts are alike; else it is a list of templates.
    fn of_table(file: &File, options: &Options) -> Option<Self> {
        let table = Table::open(file, "a table").ok()?;
        let columns = Columns::find(&table, options).ok()?;
        let sample = table.sample();
        if columns.is_log(&sample) && (columns.date.is_some() || !table.is_json()) {
            return Some(Self::MessageLog);
        }
        let text = columns.text?;
        // Any JSON may have sentences in it.
        if table.is_json() && options.text_column.is_none() && !columns.is_list_of_texts(&table, &sample) {
            return None;
        }
        // Reviews, addresses and answers of surveys are sentences too.
        if options.text_column.is_none() && !columns.are_texts_for_customers(&table, &sample) {
            return None;
        }
        let texts = sample.iter().filter_map(|it| it.get(text)).map(String::as_str);
        let is_log = columns.translations.is_empty() && message_log::are_alike(texts);
        Some(if is_log { Self::MessageLog } else { Self::SmsList })
    }

    fn of_json(value: &Value) -> Option<Self> {
        let has = |key: &str| value.get(key).is_some();
        let first = |key: &str| value.get(key).and_then(|it| it.get(0)).unwrap_or(&Value::Null).clone();
        match value {
            _ if has("states") && has("initial_state") || value.pointer("/definition/states").is_some() => {
                Some(Self::TwilioStudio)
            }
            _ if twilio_content::is_content(value) || twilio_content::is_content(&first("contents")) => {
                Some(Self::TwilioContent)
            }
            _ if rapidpro::is_export(value) => Some(Self::RapidPro),
            _ if has("scenarios") || has("intent") && (has("steps") || has("response")) => Some(Self::Scenario),
            _ if ["templates", "results"].iter().any(|it| infobip::is_template(&first(it))) => {
                Some(Self::InfobipTemplates)
            }
            Value::Array(values) if values.iter().any(viber_archive::is_event) => Some(Self::ViberArchive),
            Value::Array(values) => Self::of_json(values.first()?),
            _ if infobip::is_template(value) => Some(Self::InfobipTemplates),
            _ if viber_archive::is_event(value) => Some(Self::ViberArchive),
            Value::Object(_) => {
                let messages = viber_messages::list(&lower_keys(value));
                messages.iter().any(viber_messages::is_one).then_some(Self::ViberMessages)
            }
            _ => None,
        }
    }
}
