//! Reads words of consent and refusal, and decides which of several statements counts.
//!
//! `words.tsv` lists the words: the word, its language (`*` is any), where it is understood, its state, and
//! the document that lists it.
//!
//! | where | |
//! |---|---|
//! | `cell` | a cell of a consent column |
//! | `message` | a message that a person sent |
//! | `both` | a cell and a message |
//! | `any` | a cell, a message, and a text that tells people how to stop |
//! | `text` | a text that tells people how to stop |
//!
//! | state | |
//! |---|---|
//! | `true`, `false` | a bare answer: in a column such as "Do not contact", `true` is a refusal |
//! | `yes`, `no`, `stop`, `unclear`, `none` | the same in every column |
//! | `courtesy` | does not change the meaning of a message: "please", "SMS" |
//! | `before digits` | the same, but only in front of a number: "STOP au 36180" |

mod counts;
mod derive;
mod fold;
mod kept;
mod meaning;
mod message;
mod table;
mod wordings;
mod words;

pub use counts::Rule;
pub use derive::{WHATSAPP_BEGAN, for_messages, for_purpose, for_whatsapp};
pub use fold::fold;
pub use kept::{kept_words, may_be_cut};
pub use meaning::{Meaning, strictest};
pub use wordings::Wordings;
pub use words::Words;
