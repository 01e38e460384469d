//! Losses: what the source has and the neutral form or WhatsApp cannot express.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use model::{Rule, Severity};

/// A property of the source that the neutral form or WhatsApp cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    ButtonColour,
    ButtonImage,
    ButtonLayout,
    SilentButton,
    ButtonAction,
    UserName,
    Html,
    InputField,
    TooManyChoices,
    LongTitle,
    SharePhone,
    MediaKind,
    MediaVariable,
    Timeout,
    TextSplit,
    ChoicesLater,
    LinkVariable,
    ExpressionDropped,
    StepDropped,
    FormDropped,
    RouteDropped,
    Carousel,
    ButtonDropped,
    CodeText,
    FieldDropped,
    OtherPlatform,
    UnusedText,
    AlternativeText,
    ConditionDropped,
    SmsOptOut,
    Untranslated,
    MissingReference,
    BeginAssumed,
    OtherLanguage,
}

/// A loss, and its place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacedLoss {
    pub loss: Loss,
    /// The step, or the place in the source.
    pub place: String,
    pub what: String,
}

const fn loss(code: &'static str, name: &'static str, about: &'static str) -> Rule {
    Rule { code, name, severity: Severity::Loss, about, source: "the platforms differ" }
}

/// Every loss, in the order of [`Loss`].
pub static LOSSES: [Rule; 34] = [
    loss("L101", "button-colour", "WhatsApp draws all buttons alike: colours, font sizes and frames are lost"),
    loss("L102", "button-image", "buttons have no pictures"),
    loss("L103", "button-layout", "buttons are listed below each other: rows, columns and heights are lost"),
    loss("L104", "silent-button", "a tapped button always shows as an answer in the chat"),
    loss("L105", "button-action", "the action of a button does not exist in WhatsApp"),
    loss("L106", "user-name", "WhatsApp fills in no names: the placeholder becomes a parameter that the sender fills"),
    loss("L107", "html", "HTML becomes WhatsApp's formatting where it has one that fits, and plain text elsewhere"),
    loss("L108", "input-field", "the input field cannot be hidden or made smaller: customers can send any text"),
    loss("L109", "too-many-choices", "more than ten choices are split into pages"),
    loss(
        "L110",
        "long-title",
        "a title or a description that is too long, or a title that another button has, is changed; the full title is in the description or the text",
    ),
    loss("L111", "share-phone", "the customer is not asked for a phone number: WhatsApp knows it"),
    loss("L112", "media-kind", "WhatsApp does not show this kind of media there"),
    loss(
        "L113",
        "media-variable",
        "the file of a template's header is uploaded once as an example: its address is a parameter of each message",
    ),
    loss("L114", "timeout", "WhatsApp does not report a missing answer: the business needs a timer of its own"),
    loss("L115", "text-split", "a text that is too long becomes several messages"),
    loss("L116", "choices-later", "outside the 24-hour window choices wait until the customer has answered"),
    loss("L117", "link-variable", "only the end of a link can vary"),
    loss("L118", "expression-dropped", "a computed value becomes a slot: its computation must be written again"),
    loss("L119", "step-dropped", "a step that the neutral form does not know is skipped"),
    loss("L120", "form-dropped", "a form becomes a series of questions; the checks of answers must be written again"),
    loss("L121", "route-dropped", "a route out of a step cannot be expressed"),
    loss("L122", "carousel", "the cards of a carousel become choices"),
    loss("L123", "button-dropped", "a button does not fit into one message with the others"),
    loss("L124", "code-text", "WhatsApp writes the text of messages with codes"),
    loss("L125", "field-dropped", "a field of the source has no place in WhatsApp"),
    loss("L126", "other-platform", "an answer for another platform or channel is not sent"),
    loss("L127", "unused-text", "a text that only the source's own code sends belongs to no scenario"),
    loss("L128", "alternative-text", "the source chooses one of several texts at random: the first is always sent"),
    loss("L129", "condition-dropped", "a condition of the source cannot be decided outside of it"),
    loss(
        "L130",
        "sms-opt-out",
        "instructions to stop by SMS do not work in WhatsApp: the opt-out of the business replaces them",
    ),
    loss("L131", "untranslated", "a text without a translation into the language of the scenario is not sent in it"),
    Rule {
        code: "L132",
        name: "missing-reference",
        severity: Severity::Error,
        about: "the source shows the value of something that it does not have",
        source: "the format of the source",
    },
    Rule {
        code: "L133",
        name: "begin-assumed",
        severity: Severity::Warning,
        about: "who begins is assumed, because the source does not say: only a message that the business begins with is a template",
        source: "the format of the source",
    },
    Rule {
        code: "L134",
        name: "other-language",
        severity: Severity::Warning,
        about: "texts are in another language than the scenario: make a scenario for each language",
        source: "Meta reads a template in the language that it declares",
    },
];

impl Loss {
    pub fn rule(self) -> &'static Rule {
        &LOSSES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_losses_is_in_the_order_of_the_losses() {
        for (n, rule) in LOSSES.iter().enumerate() {
            let loss: Loss = serde_json::from_value(rule.name.into()).unwrap();
            assert_eq!(loss as usize, n, "{}", rule.name);
        }
    }
}
