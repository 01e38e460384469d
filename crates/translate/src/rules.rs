//! The rules for scenarios, and the notes of the compiler.

use model::Severity::{Error, Note, Warning};

model::rules! {
    /// Every rule for scenarios (`S…`) and every note of the compiler (`C…`), in the order of their codes.
    STEP_ID "S101" "step-id" Error "the neutral form":
        "the id of a step is unique in its scenario, and not `end`";
    START "S102" "start" Error "the neutral form":
        "a scenario starts with one of its steps";
    GOAL "S103" "goal" Error "the neutral form":
        "every route leads to a step of the scenario or ends the scenario";
    UNREACHABLE "S104" "unreachable" Warning "the neutral form":
        "every step can be reached from the start";
    SLOT "S105" "slot" Warning "the neutral form":
        "every slot of a text is declared, or set before";
    NO_TEXT "S106" "no-text" Error "WhatsApp sends no empty messages":
        "every message says or shows something";
    ENDLESS "S107" "endless" Error "the neutral form":
        "no loop runs without end: it waits for the customer or for time, or something in it can change";
    ESCALATION "S108" "escalation" Warning "WhatsApp Business messaging policy; design text S3-16":
        "a conversation has a way to a person: an agent, a phone, an e-mail address, a web form or a store";
    ESCALATION_KIND "S109" "escalation-kind" Warning "WhatsApp Business messaging policy; design text S3-16":
        "social media, a help page or an app does not count as a way to a person";
    LANGUAGE "S110" "scenario-language" Error "Meta, supported languages":
        "the language is one that WhatsApp supports";
    SCENARIO_ID "S111" "scenario-id" Error "the neutral form":
        "the id of a scenario is unique in its language, with small letters, digits and _";
    SECTOR "S112" "scenario-sector" Warning "WhatsApp Business messaging policy; design text S2-8":
        "some goods and services may not be sold, or not everywhere";
    DEEP "S113" "deep-choices" Note "design text S1-9":
        "few choices follow each other: after more than four, people get lost";

    LANGUAGE_GUESSED "S114" "language-guessed" Note "the source declares no language":
        "the language was found out from the texts, or taken from the others: --language names it";
    LANGUAGE_UNKNOWN "S115" "language-unknown" Error "the source declares no language":
        "the language of the texts is declared, found out, or named with --language";
    LANGUAGE_DOUBTED "S116" "language-doubted" Warning "Meta reads a template in the language that it declares":
        "the texts are written in the language that the source declares";
    LANGUAGE_IMPOSSIBLE "S117" "language-impossible" Error "Meta reads a template in the language that it declares":
        "the texts are in a script of the language that the source declares";
    LOOP "S118" "loop" Warning "the neutral form":
        "a loop that does not wait for the customer ends when a value changes";
    SILENT_END "S119" "silent-end" Warning "our caution: the customer waits":
        "a customer who wrote, tapped or waited gets an answer";
    LONG_MENU "S120" "long-menu" Warning "Meta, interactive messages; design text S1-9":
        "a menu has at most ten answers: lists have no more rows, and people read no more";

    CATEGORY "C101" "proposed-category" Note "Meta, template categorization":
        "the category is proposed, with its reason";
    TEXT_ADDED "C102" "text-changed" Note "the rules of the linter":
        "a text was corrected or added where that is safe";
    LINK_BUTTON "C103" "link-to-button" Note "Meta, template components":
        "a link at the end of a text becomes a button";
    MENU "C104" "menu-to-choices" Note "Meta, interactive messages":
        "a menu that is written in a text becomes choices";
    OPT_OUT_ADDED "C105" "opt-out-added" Note "Meta, marketing templates":
        "marketing gets a button that stops it, and a footer that names it";
    LOCATION_LATER "C106" "location-asked" Note "Meta, interactive messages":
        "the location of the customer is asked for in a separate message";
    LINK_IN_TEXT "C107" "link-in-text" Note "Meta, interactive messages":
        "a link or a phone number cannot be a button next to choices, so it is in the text";
    EXAMPLE_MADE_UP "C108" "example-made-up" Note "Meta, templates overview":
        "no example came with the data, so one was made up from the name";
    OUTSIDE_WINDOW "C109" "template-outside-window" Note "design text S4-39":
        "the message can be due when the 24-hour window is closed, so it is a template";
    BUTTON_ORDER "C110" "buttons-in-order" Note "Meta, template components":
        "quick replies come together, before links and phone numbers";
    EXAMPLE_NEEDED "C111" "example-needed" Warning "Meta, templates overview":
        "reviewers see an example of each value: it is given where nothing says what the value is";
}
