//! What an export loses.

use model::Severity::Loss;

model::rules! {
    /// Every loss of an export to a bot platform.
    LINK_BUTTON "L201" "export-link-button" Loss "the formats differ": "a button with a link, a phone number or a code becomes a line of the text";
    ROW_TEXT "L202" "export-row-text" Loss "the formats differ": "rows have no descriptions: they are lines of the text";
    LIST_BUTTON "L203" "export-list-button" Loss "the formats differ": "the platform writes the button that opens a list";
    FRAME "L204" "export-frame" Loss "the formats differ": "header and footer are lines of the text";
    LOCATION "L205" "export-location" Loss "the formats differ": "a place on the map becomes an address and a link";
    LOCATION_REQUEST "L206" "export-location-request" Loss "the formats differ": "the button that sends a location becomes words: any message without a text counts as the location";
    MEDIA_KIND "L207" "export-media-kind" Loss "the formats differ": "a sticker is sent as a picture";
    FORM "L208" "export-form" Loss "the formats differ": "the button that opens a form is left out";
    PRODUCTS "L209" "export-products" Loss "the formats differ": "products of the catalogue are left out";
    TEMPLATE_VALUES "L210" "export-template-values" Loss "the formats differ": "only the variables of a template's body are filled: those of its header, its buttons and its cards are not";
    CALL "L211" "export-call" Loss "the formats differ": "a call without a web address is left out, and the way of success follows";
    CALL_VALUES "L212" "export-call-values" Loss "the formats differ": "what a call brings must be saved in the fields that the flow reads";
    PAUSE "L213" "export-pause" Loss "the formats differ": "a message of the customer ends a pause";
    HANDOVER "L214" "export-handover" Loss "the formats differ": "a handover other than to an agent is only what the text says";
    CONDITION "L215" "export-condition" Loss "the formats differ": "a test that only the source can decide never passes";
    NUMBER "L216" "export-number" Loss "the formats differ": "a number is also found between words";
    TRIGGER "L217" "export-trigger" Loss "the formats differ": "a sentence does not start a flow: keywords are single words, and each starts one flow";
    PATTERN "L218" "export-pattern" Loss "the formats differ": "a part of an answer is found by the rules of the platform";
}
