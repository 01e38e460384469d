//! `[merge]` and `[clean.consent_words]`: the rules for choosing values, and the meaning of consent words.

use clean::{FieldRule, Survivorship};
use consent::Meaning;
use model::ConsentState;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::sections::value_schemas;

/// Consent words that a plan adds.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WordsSection {
    /// Words that mean yes, in cells only: a message such as "ok" can answer anything.
    yes: Vec<String>,
    /// Words that mean no to messages on the channel of the row.
    no: Vec<String>,
    /// Words that mean an opt-out from messages on the channel of the row.
    stop: Vec<String>,
}

impl WordsSection {
    pub(crate) fn words(&self) -> consent::Words {
        let mut words = consent::Words::default();
        for (meaning, list) in [(Meaning::Yes, &self.yes), (Meaning::No, &self.no), (Meaning::Stop, &self.stop)] {
            words.add(meaning, list);
        }
        words
    }

    /// Returns the first contradiction among the words, as a message; none if they agree.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let lists = [("yes", &self.yes), ("no", &self.no), ("stop", &self.stop)];
        let all = || lists.into_iter().flat_map(|(name, list)| list.iter().map(move |it| (name, it)));
        for (n, (list, word)) in all().enumerate() {
            if word.trim().is_empty() {
                return Some(format!("[clean.consent_words]: {list} has an empty word"));
            }
            if let Some((other, _)) = all().take(n).find(|it| it.0 != list && consent::Words::is_same(it.1, word)) {
                return Some(format!(
                    "[clean.consent_words]: \"{word}\" is in {other} and in {list}: say which it means"
                ));
            }
        }
        let known = consent::Words::default();
        let is_refusal = |it: &&String| known.cell(it).is_refusal() || known.message(it).is_refusal();
        self.yes.iter().find(is_refusal).map(|word| {
            format!(
                "[clean.consent_words]: \"{word}\" is a refusal and cannot mean yes. If a column asks whether somebody \
                 does not want messages, map it: opt_out = \"…\" in [source.columns]"
            )
        })
    }
}

/// The consent that membership in a list implies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListConsent {
    /// Not decided yet: `ferry init` writes it where a file looks like an opt-out list, and a run ends with exit code
    /// 2.
    #[serde(rename = "?")]
    Ask,
    /// Being in the list says nothing about consent.
    None,
    /// Everyone in the list has agreed.
    Yes,
    /// Everyone in the list has declined.
    No,
    /// Everyone in the list has opted out.
    Stop,
}

impl ListConsent {
    /// Returns the consent state of everyone in the list.
    pub(crate) fn state(self) -> Option<ConsentState> {
        match self {
            Self::Ask | Self::None => None,
            Self::Yes => Some(ConsentState::Yes),
            Self::No => Some(ConsentState::No),
            Self::Stop => Some(ConsentState::Stop),
        }
    }
}

/// The rules for choosing among several values of a field, and among statements about consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MergeSection {
    /// Which name a contact keeps: that of the latest row that has one, of the earliest dated row, of the source with
    /// the lowest `priority`, or the longest. Where a rule finds two values equal, the latest is kept.
    #[schemars(schema_with = "value_schemas::field_rule")]
    pub name: FieldRule,
    /// Which e-mail address a contact keeps, by the same rules as `name`.
    #[schemars(schema_with = "value_schemas::field_rule")]
    pub email: FieldRule,
    /// Which language a contact keeps, by the same rules as `name`.
    #[schemars(schema_with = "value_schemas::field_rule")]
    pub language: FieldRule,
    /// Which statement about consent counts: the latest, or the strictest whatever its date (stop, no, unclear, yes).
    /// Other rules are refused, because they could let a yes undo a later refusal.
    #[serde(deserialize_with = "consent_rule")]
    #[schemars(schema_with = "value_schemas::consent_rule")]
    pub consent: consent::Rule,
}

impl MergeSection {
    /// Returns the rules for the fields that cleaning merges.
    pub fn survivorship(&self) -> Survivorship {
        Survivorship { name: self.name, email: self.email, language: self.language }
    }
}

fn consent_rule<'a, D: Deserializer<'a>>(text: D) -> Result<consent::Rule, D::Error> {
    let name = String::deserialize(text)?;
    consent::Rule::from_name(&name).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "consent = \"{name}\": the rule is latest-statement or strictest. Any other could let a yes undo a refusal \
             that came after it"
        ))
    })
}
