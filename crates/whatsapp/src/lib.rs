//! The wire of WhatsApp. The only crate that knows its JSON.

mod call;
mod contacts;
mod url;

pub use call::{CallError, Client, Manners};
pub use contacts::{CheckAnswer, CheckStatus};
pub use url::{UrlError, base_url};
