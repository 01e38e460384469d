//! What WhatsApp is sent: templates and session messages, in the shapes of the Cloud API, and the rules for them.
//!
//! [`lint()`] finds what breaks a rule of a template, [`fix()`] mends what is safe to mend, [`check_message`] looks at
//! session messages. Every rule is in [`RULES`], with its code and who says so. Lengths are counted in Unicode characters.

mod api;
mod fix;
mod language;
mod lint;
mod phrases;
mod rules;
mod session;
mod variable;
mod words;

pub use api::{
    Body, BodyExample, BodyValues, Button, Buttons, Component, Footer, Header, HeaderExample, NamedExample, Template,
};
pub use fix::fix;
pub use language::{LANGUAGES, language_code};
pub use lint::{lint, lint_set};
pub use phrases::Phrases;
pub use rules::RULES;
pub use session::{
    MAX_BODY, MAX_BUTTON, MAX_BUTTONS, MAX_DESCRIPTION, MAX_LIST_BODY, MAX_ROW, MAX_ROWS, MAX_TEXT, Row,
    SessionMessage, check_message,
};
pub use variable::{ValueLengths, Variable, variables};
pub use words::{is_shortened, promotional_word, says_how_to_stop, sectors};

/// Most characters of a body, once its variables are filled in.
pub const MAX_TEMPLATE_BODY: usize = 1024;
/// Most characters of a header, of a footer.
pub const MAX_LINE: usize = 60;
/// Most buttons of a template.
pub const MAX_TEMPLATE_BUTTONS: usize = 10;
/// Most characters of the text of a template's button.
pub const MAX_TEMPLATE_BUTTON: usize = 25;
/// Most characters of the address of a button.
pub const MAX_URL: usize = 2000;
/// Most characters of a name.
pub const MAX_NAME: usize = 512;
