//! The formats of files, and how they are detected.

use serde_json::Value;

use crate::viber_messages::lower_keys;
use crate::{File, rapidpro, table, viber_archive, viber_messages};

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

    /// Detects the format from the content of the files.
    pub(crate) fn of(files: &[File]) -> Option<Self> {
        let has = |name: &str| files.iter().any(|it| it.path.rsplit('/').next() == Some(name));
        if has("agent.json") {
            return Some(Self::Dialogflow);
        }
        if files.iter().any(|it| it.path.ends_with(".yml") || it.path.ends_with(".yaml")) {
            return Some(Self::Rasa);
        }
        files.iter().find_map(Self::of_one)
    }

    fn of_one(file: &File) -> Option<Self> {
        let start = file.bytes.iter().find(|it| !it.is_ascii_whitespace())?;
        if matches!(start, b'{' | b'[') {
            return match serde_json::from_slice::<Value>(&file.bytes) {
                Ok(value) => Self::of_json(&value),
                // Several JSON values, one per line.
                Err(_) => viber_archive::is_one(&file.bytes).then_some(Self::ViberArchive),
            };
        }
        match file.path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "txt" => Some(Self::SmsList),
            "csv" | "tsv" => table::is_log(&file.bytes).map(|it| if it { Self::MessageLog } else { Self::SmsList }),
            _ => None,
        }
    }

    fn of_json(value: &Value) -> Option<Self> {
        let has = |key: &str| value.get(key).is_some();
        let first = |key: &str| value.get(key).and_then(|it| it.get(0)).unwrap_or(&Value::Null).clone();
        match value {
            _ if has("states") && has("initial_state") || has("definition") => Some(Self::TwilioStudio),
            _ if has("contents") || has("types") => Some(Self::TwilioContent),
            _ if rapidpro::is_export(value) => Some(Self::RapidPro),
            _ if has("scenarios") || has("steps") || has("response") => Some(Self::Scenario),
            _ if has("templates") || has("results") && first("results").get("templateId").is_some() => {
                Some(Self::InfobipTemplates)
            }
            Value::Array(values) if values.iter().any(viber_archive::is_event) => Some(Self::ViberArchive),
            Value::Array(values) => Self::of_json(values.first()?),
            _ if has("templateId") => Some(Self::InfobipTemplates),
            _ if viber_archive::is_event(value) => Some(Self::ViberArchive),
            Value::Object(_) => {
                let messages = viber_messages::list(&lower_keys(value));
                messages.iter().any(viber_messages::is_one).then_some(Self::ViberMessages)
            }
            _ => None,
        }
    }
}
