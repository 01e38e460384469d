//! Templates and session messages in the format of the Cloud API, and the rules for them.
//!
//! [`lint()`] finds broken rules in a template, [`fix()`] fixes what is safe to fix, [`check_message`] checks session
//! messages. Every rule is in [`RULES`], with its code and its source. Lengths are counted in Unicode characters.

mod api;
mod diff;
mod filled;
mod fix;
mod formatting;
mod language;
mod links;
mod lint;
mod marks;
mod phrases;
mod rules;
mod session;
mod signs;
mod variable;
mod words;

pub use api::{
    Body, BodyExample, BodyValues, Button, Buttons, Card, Carousel, Component, Footer, Header, HeaderExample,
    NamedExample, Template,
};
pub use diff::{DiffChange, DiffWords, PartDiff, diff, diff_words};
pub use fix::{fix, fix_without_words, plain_button};
pub use formatting::{FormattedPart, Formatting, formatted};
pub use language::{LANGUAGES, language_code};
pub use lint::{lint, lint_set};
pub use phrases::{ButtonWords, Phrases};
pub use rules::RULES;
pub use session::{
    Frame, MAX_BODY, MAX_BUTTON, MAX_BUTTONS, MAX_DESCRIPTION, MAX_LIST_BODY, MAX_ROW, MAX_ROWS, MAX_TEXT, Row,
    SessionMessage, check_message,
};
pub use variable::{ValueLengths, Variable, variables};
pub use words::{is_shortened, knows_utility_words, promotional_word, says_how_to_stop, sectors, utility_word};

/// The rule that a media header has a sample: a submission can upload one.
pub static HEADER_HANDLE: &model::Rule = &rules::HEADER_HANDLE;

/// Limits a body, in characters, with its variables filled in.
pub const MAX_TEMPLATE_BODY: usize = 1024;
/// Limits the body of a card, in characters, with its variables filled in.
pub const MAX_CARD_BODY: usize = 160;
/// Limits a header and a footer, in characters.
pub const MAX_LINE: usize = 60;
/// Limits the buttons of a template.
pub const MAX_TEMPLATE_BUTTONS: usize = 10;
/// Limits the text of a button of a template, in characters.
pub const MAX_TEMPLATE_BUTTON: usize = 25;
/// Limits the address of a button, in characters.
pub const MAX_URL: usize = 2000;
/// Limits the name of a template, in characters.
pub const MAX_NAME: usize = 512;
