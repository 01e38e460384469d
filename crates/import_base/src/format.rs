//! The formats of files.

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
    pub fn takes(self, other: Self) -> bool {
        self == other
            || self == Self::MessageLog && other == Self::SmsList
            || self == Self::ViberArchive && other == Self::ViberMessages
    }

    /// Whether the files are parts of one bot, of which one alone may look like nothing.
    pub fn is_one_set(self) -> bool {
        matches!(self, Self::Dialogflow | Self::Rasa)
    }
}
