//! What the APIs of SMS and Viber providers hold, read into pages.
//!
//! A provider has a folder here, with its streams. A [`Stream`] is pure: it says which call comes next and what a page
//! says. [`pull`](pull()) is the one driver for all of them: it calls, keeps pages in a [`pages::PageStore`], resumes, and
//! guards against pages that repeat, links that loop or leave the host, and rows that move while they are read. `extract`
//! reads the pages as it reads files that people saved, so a provider is understood in one place.
//!
//! [`TwilioRequest`] reads what Twilio calls back, and checks its signature.
//!
//! To add a provider: a folder with its streams, and an entry in [`PROVIDERS`]. Limits, windows and prices stand there with
//! their date and source.

mod aws;
mod bird;
mod call;
mod catalog;
mod connection;
mod infobip;
mod json;
mod messagebird;
mod plivo;
mod pull;
#[cfg(test)]
mod served;
mod sinch;
mod stream;
mod telnyx;
#[cfg(test)]
mod test_server;
mod twilio;
mod viber;
mod vonage;

pub use call::{Call, Method, Then};
pub use catalog::{
    Auth, Limit, PROVIDERS, Paging, ProviderSpec, Retention, StreamSpec, WindowSpec, Windows, provider, stream_of,
};
pub use connection::{Account, Connection};
pub use pull::{DurablePage, PullError, PullOptions, Pulled, pull};
pub use stream::{PageRead, Row, Stream};
pub use twilio::callback::{TWILIO_OPAQUE_ID, TwilioRequest};
