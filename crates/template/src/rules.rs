//! Every rule, with its code, its severity and its source.
//!
//! The hundreds group the codes: T1 fields, T2 lengths and signs of texts, T3 variables, T4 buttons, T5 headers and
//! authentication, T6 what reviewers and policies say, T7 cards. The description says what is right. Its source is the document of
//! the rule's author with the number of the error where there is one, or "our caution".

use model::Severity::{Error, Note, Warning};

model::rules! {
    /// Every rule for templates (`T…`) and session messages (`M…`), in the order of their codes.
    SHAPE "T001" "shape" Error "Meta, template components":
        "a template is an object with name, language, category and components";
    NAME "T101" "name" Error "Meta, templates overview":
        "a name has 1 to 512 small letters, digits and _";
    LANGUAGE "T102" "language" Error "Meta, supported languages":
        "the language is one of WhatsApp's codes, such as fr or pt_BR";
    CATEGORY "T103" "category" Error "Meta, templates overview":
        "the category is MARKETING, UTILITY or AUTHENTICATION";
    BODY_ONCE "T104" "body-once" Error "Meta, template components":
        "there is exactly one body";
    COMPONENT_ONCE "T105" "component-once" Error "Meta, template components":
        "there is at most one header, one footer and one group of buttons";
    NAME_TAKEN "T106" "name-taken" Error "Meta, templates overview":
        "name and language together are unique";
    DUPLICATE "T107" "duplicate" Error "Meta, template review":
        "two templates do not have the same body and footer";
    TTL "T108" "time-to-live" Error "Meta, time to live":
        "the time to live is 30–900 s (authentication), 30–43,200 s (utility) or 43,200–2,592,000 s (marketing); -1 is 30 days";
    PARAMETER_FORMAT "T109" "parameter-format" Error "Meta, templates overview":
        "named variables need parameter_format NAMED, numbered ones POSITIONAL";
    TOO_MANY "T110" "template-count" Warning "Meta, templates overview; error 2388019":
        "an account has 250 templates, or 6,000 once the business is verified and a name approved; each language counts";

    BODY_LENGTH "T201" "body-length" Error "Meta, template components":
        "a body has at most 1024 characters";
    HEADER_LENGTH "T202" "header-length" Error "Meta, template components; error 2388047":
        "a header has at most 60 characters";
    FOOTER_LENGTH "T203" "footer-length" Error "Meta, template components; error 2388073":
        "a footer has at most 60 characters";
    LINE_BREAK "T204" "line-break" Error "Meta, template management":
        "headers and footers have no line break";
    HEADER_MARKS "T205" "header-marks" Error "Meta, error 2388072":
        "a header has no asterisk, and no bold, italic, struck or code marks";
    HEADER_VARIABLES "T206" "header-variables" Error "Meta, template components":
        "a header has at most one variable";
    FOOTER_VARIABLE "T207" "footer-variable" Error "Meta, template components":
        "a footer has no variable";
    FILLED_LENGTH "T208" "filled-length" Error "Meta, error 132005":
        "length limits apply to the text with its values filled in";
    EMPTY "T209" "empty-text" Error "Meta, template components":
        "a text is not empty";

    SOURCE_MARK "T210" "source-mark" Error "our caution: customers would read it":
        "no placeholder, expression or tag of another system is left in a text";
    LONE_SIGN "T211" "lone-sign" Warning "our caution: it may be the rest of a placeholder":
        "a brace, a bracket or an @ belongs to the text";
    INTERNAL_WORD "T212" "internal-word" Error "our caution: customers would read it":
        "a text is written for customers: no name of a step, type or template, and more than an ellipsis";

    EMOJI "T213" "emoji" Error "Meta, error 2388072; Twilio, error 63040 (2026-11-28)":
        "headers, footers and buttons have no emoji";
    LINE_BREAK_RUN "T214" "line-break-run" Warning "guidelines of providers (easysocial.io, 2026-11-29)":
        "a body has at most one empty line in a row";
    INTERNAL_NAME "T215" "internal-name" Warning "our caution: customers would read it":
        "a text has no names of a program, such as order_status";

    VARIABLE_AT_START "T301" "variable-at-start" Error "Meta, error 2388299":
        "a text does not begin with a variable";
    VARIABLE_AT_END "T302" "variable-at-end" Error "Meta, error 2388299; that a sign after it is not enough is our caution":
        "a text does not end with a variable: a word comes after it";
    VARIABLES_ADJACENT "T303" "variables-adjacent" Error "Meta, template status webhooks (INVALID_FORMAT)":
        "two variables are not next to each other";
    VARIABLE_RATIO "T304" "variable-ratio" Error "Meta, error 2388293; the number is measured by Syniverse and Mercuri":
        "a text with n variables has at least 2n + 1 other words";
    VARIABLE_ORDER "T305" "variable-order" Error "Meta, templates overview":
        "numbered variables are 1, 2, 3 … without gaps";
    VARIABLE_MIXED "T306" "variables-mixed" Error "Meta, templates overview":
        "variables are all numbered or all named";
    VARIABLE_NAME "T307" "variable-name" Error "Meta, templates overview and template review":
        "the name of a variable has small letters, digits and _";
    VARIABLE_BROKEN "T308" "variable-broken" Error "Meta, template review":
        "a variable is a name between {{ and }}";
    EXAMPLE_MISSING "T309" "example" Error "Meta, templates overview":
        "every variable has an example, and every example belongs to a variable";
    VALUE_CHARACTERS "T310" "value-characters" Error "Meta, error 132018":
        "a value has no line break, no tab and no more than four spaces in a row";
    VARIABLE_TWICE "T311" "variable-twice" Error "Meta, templates overview":
        "a named variable is used once";

    BUTTON_COUNT "T401" "button-count" Error "Meta, template components":
        "there are 1 to 10 buttons, and no more of each type than WhatsApp allows";
    BUTTON_ORDER "T402" "button-order" Error "Meta, template components":
        "quick replies are next to each other";
    BUTTON_TEXT "T403" "button-text" Error "Meta, template components":
        "the text of a button has 1 to 25 characters and no line break or variable";
    BUTTON_TWICE "T404" "button-twice" Error "Meta, template components":
        "no two buttons have the same text";
    BUTTON_URL "T405" "button-url" Error "Meta, template components":
        "an address is http or https, has at most 2000 characters and at most one variable, at its end";
    BUTTON_PHONE "T406" "button-phone" Error "Meta, template components":
        "a phone number has at most 20 characters: +, digits, spaces";
    COPY_CODE "T407" "copy-code" Error "Meta, template components":
        "the example of a code to copy has 1 to 15 characters";
    BUTTON_TYPE "T408" "button-type" Error "Meta, template components":
        "the type of a button is one that WhatsApp knows";
    BUTTONS_HIDDEN "T409" "buttons-hidden" Note "Meta, template components":
        "with more than three buttons, two and “See all options” are shown; more than three buttons, or quick replies with other buttons, cannot be seen on a desktop";
    BUTTON_CATEGORY "T410" "button-category" Error "Meta, template categorization":
        "OTP buttons belong to authentication, and no other button does";
    BUTTON_MARKS "T411" "button-marks" Error "Meta, as quoted in glific/glific#4383 (2026-11-28)":
        "the text of a button has no formatting marks";

    HEADER_FORMAT "T501" "header-format" Error "Meta, template components":
        "a header is TEXT, IMAGE, VIDEO, DOCUMENT or LOCATION; LOCATION not for authentication";
    HEADER_HANDLE "T502" "header-handle" Error "Meta, template components":
        "a header with media has an example from a resumable upload";
    AUTHENTICATION "T503" "authentication" Error "Meta, template categorization":
        "an authentication template has no text of its own, no address, media or emoji, and its values at most 15 characters";

    PROMOTIONAL "T601" "promotional" Warning "Meta, template categorization":
        "promotional words make a utility template a marketing one, and repeated cases cost the account";
    SECTOR "T602" "restricted-sector" Warning "WhatsApp Business messaging policy; design text S2-8":
        "some goods and services may not be sold, or not everywhere";
    SHORTENED "T603" "shortened-link" Warning "Meta, template review":
        "links show where they lead";
    OPT_OUT "T604" "opt-out" Warning "Meta, marketing templates":
        "a marketing message says how to stop such messages";
    MANY_VARIABLES "T605" "many-variables" Note "design text S1-17":
        "a text has few variables: reviewers doubt texts that say little on their own";

    DEAD_LINK "T606" "dead-link" Error "our caution: customers would tap it":
        "links lead to public http or https addresses, not to another app or a private network";
    CARD_COUNT "T701" "card-count" Error "Meta, media card carousel templates (2026-06-24)":
        "a carousel has 2 to 10 cards";
    CARDS_ALIKE "T702" "cards-alike" Error "Meta, media card carousel templates (2026-06-24)":
        "all cards have the same components: the same kind of header, a body or none, the same kinds of buttons in one order";
    CARD_HEADER "T703" "card-header" Error "Meta, media and product card carousel templates (2026-06-24)":
        "the header of a card is IMAGE or VIDEO, or PRODUCT";
    CARD_BODY "T704" "card-body" Error "Meta, media card carousel templates":
        "the body of a card has at most 160 characters";
    CARD_BUTTONS "T705" "card-buttons" Error "Meta, media card carousel templates (2026-06-24)":
        "a card has at most two buttons: quick replies, addresses, phone numbers; that of a product may open it";
    CAROUSEL_CATEGORY "T706" "carousel-category" Error "Meta, media card carousel templates (2026-06-24)":
        "a template with cards is MARKETING";
    CAROUSEL_ALONE "T707" "carousel-alone" Error "Meta, media card carousel templates (2026-06-24)":
        "a template with cards has a body beside them, and no header, footer or buttons of its own";

    MESSAGE_LENGTH "M101" "message-length" Error "Meta, send messages":
        "a text has at most 4096 characters, the body of buttons, links and requests 1024, of a list 4096";
    MESSAGE_CHOICES "M102" "message-choices" Error "Meta, interactive messages":
        "there are 1 to 3 reply buttons, or 1 to 10 rows";
    MESSAGE_TITLE "M103" "message-title" Error "Meta, interactive messages":
        "titles: 20 characters for buttons, 24 for rows, 72 for their descriptions; no two buttons have the same title";
    MESSAGE_ID "M104" "message-id" Error "Meta, interactive messages":
        "ids: 256 characters for buttons, 200 for rows; no two are the same";
    MESSAGE_LINK "M105" "message-link" Error "Meta, send messages":
        "links and media are at http or https addresses";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_no_name_stands_twice() {
        assert!(RULES.windows(2).all(|it| it[0].code[..1] > it[1].code[..1] || it[0].code < it[1].code));
        let mut names: Vec<&str> = RULES.iter().map(|it| it.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
