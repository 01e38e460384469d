use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use model::{Rule, Severity};

/// Something that the source has and the neutral form or WhatsApp cannot carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
}

/// A loss and where in the source it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    pub loss: Loss,
    /// The step, or the place in the source.
    pub place: String,
    pub what: String,
}

const fn loss(code: &'static str, name: &'static str, about: &'static str) -> Rule {
    Rule { code, name, severity: Severity::Loss, about, source: "the platforms differ" }
}

/// Every loss, in the order of [`Loss`].
pub static LOSSES: [Rule; 24] = [
    loss("L101", "button-colour", "WhatsApp draws all buttons alike: colours, sizes of letters and frames are gone"),
    loss("L102", "button-image", "buttons have no pictures"),
    loss("L103", "button-layout", "buttons stand under each other: rows, columns and heights are gone"),
    loss("L104", "silent-button", "a tapped button always shows as an answer in the chat"),
    loss("L105", "button-action", "a button does nothing that WhatsApp knows"),
    loss("L106", "user-name", "WhatsApp fills in no names: the placeholder becomes a parameter that the sender fills"),
    loss("L107", "html", "HTML becomes WhatsApp's marks where there is one, and plain text elsewhere"),
    loss("L108", "input-field", "the field to type in cannot be hidden or made small: any text can come back"),
    loss("L109", "too-many-choices", "more than ten choices come in pages"),
    loss(
        "L110",
        "long-title",
        "a title that is too long for its place is cut; the whole of it stands in the description or the text",
    ),
    loss("L111", "share-phone", "nobody is asked for a phone number: WhatsApp has it"),
    loss("L112", "media-kind", "a kind of media that WhatsApp does not show there"),
    loss(
        "L113",
        "media-variable",
        "the file of a template's header is uploaded once as an example: its address is a parameter of each message",
    ),
    loss("L114", "timeout", "WhatsApp tells nobody that an answer did not come: the business's own clock must"),
    loss("L115", "text-split", "a text that is too long becomes several messages"),
    loss("L116", "choices-later", "outside the 24-hour window choices wait until the customer has answered"),
    loss("L117", "link-variable", "only the end of a link can vary"),
    loss("L118", "expression-dropped", "a computed value becomes a slot: what computes it must be written anew"),
    loss("L119", "step-dropped", "a step that the neutral form does not know is passed over"),
    loss("L120", "form-dropped", "a form becomes a row of questions; what checks the answers must be written anew"),
    loss("L121", "route-dropped", "a way out of a step cannot be expressed"),
    loss("L122", "carousel", "cards beside each other become choices"),
    loss("L123", "button-dropped", "a button has no place beside the others in one message"),
    loss("L124", "code-text", "WhatsApp writes the text of messages with codes"),
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
