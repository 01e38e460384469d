//! The providers, their streams, and their limits with date and source.

use std::time::Duration;

use http::{CallError, Credentials};
use model::Channel;

use crate::{Connection, Stream, aws, bird, infobip, messagebird, plivo, sinch, telnyx, twilio, viber, vonage};

/// All providers, in the order in which they are listed.
pub const PROVIDERS: &[ProviderSpec] = &[
    twilio::TWILIO,
    vonage::VONAGE,
    infobip::INFOBIP,
    plivo::PLIVO,
    messagebird::MESSAGEBIRD,
    bird::BIRD,
    sinch::SINCH,
    telnyx::TELNYX,
    aws::AWS,
    viber::VIBER,
];

/// A provider: its hosts, its credentials and its streams.
#[derive(Clone, Copy, Debug)]
pub struct ProviderSpec {
    /// The name in a plan.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// The addresses of its API. Calls name one by its number.
    pub hosts: &'static [&'static str],
    /// What the account id is called, such as `Account SID`; none if only a secret is needed.
    pub account: Option<&'static str>,
    /// What the secret is called.
    pub secret: &'static str,
    pub auth: Auth,
    /// How the provider reports that it refuses a call.
    pub read_error: fn(u16, &[u8]) -> CallError,
    pub streams: &'static [StreamSpec],
}

/// How an account becomes the credentials of a call.
pub type Auth = fn(&Connection) -> Credentials;

/// A stream of a provider: how it is read, and what its records become.
#[derive(Clone, Copy)]
pub struct StreamSpec {
    /// The name in a plan.
    pub name: &'static str,
    /// What it holds, for people.
    pub title: &'static str,
    /// The profile by which its rows are read; none if the pages hold scenarios.
    pub profile: Option<&'static str>,
    pub channel: Channel,
    /// Whether it can hold refusals: opt-outs, blocks, or messages that say STOP. Nothing may be sent to people while such
    /// a source is not read freshly.
    pub holds_refusals: bool,
    pub windows: Windows,
    pub paging: Paging,
    /// Records of a page, at most.
    pub page_rows: u32,
    pub limit: Limit,
    /// The price of a record that is returned, in millionths, with its currency; also of records that are read again.
    pub price: Option<(u64, &'static str)>,
    /// Whether a record is returned once only. Such a stream is read only if the plan says `consume = true`.
    pub consumes: bool,
    /// What the stream never shows.
    pub gaps: &'static [&'static str],
    /// Keys of a plan that this stream needs besides the account, such as `sender`.
    pub needs: &'static [&'static str],
    pub open: fn(&Connection) -> Box<dyn Stream>,
}

/// Whether a stream is read in closed windows of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// The list as it is now.
    None,
    /// Days of UTC. The provider's filters take days, so a day is read whole.
    Days { kept: Option<Retention>, lag: Duration, overlap: Duration },
    Of {
        /// The length of a window. Windows begin at multiples of it since 1970, so that a day is a day of UTC.
        length: Duration,
        /// How far back the provider keeps records; none if it does not say.
        kept: Option<Retention>,
        /// How long after a record's date the record can still appear or change. Reading goes up to now minus this.
        lag: Duration,
        /// What is read again by the next reading.
        overlap: Duration,
    },
}

/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The windows of time in which a stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSpec {
    pub length: Duration,
    pub kept: Option<Retention>,
    pub lag: Duration,
    pub overlap: Duration,
    /// Whether only whole days can be read.
    pub has_whole_days: bool,
}

impl Windows {
    /// Returns what is known of the windows; none for a list.
    pub fn spec(self) -> Option<WindowSpec> {
        match self {
            Self::None => None,
            Self::Days { kept, lag, overlap } => {
                Some(WindowSpec { length: DAY, kept, lag, overlap, has_whole_days: true })
            }
            Self::Of { length, kept, lag, overlap } => {
                Some(WindowSpec { length, kept, lag, overlap, has_whole_days: false })
            }
        }
    }
}

/// How far back a provider keeps records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub days: u32,
    /// Where that is written, and when it was read.
    pub source: &'static str,
}

/// How a stream pages, which decides how a row that disappears while it is read moves the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// The cursor names a record: nothing moves.
    Cursor,
    /// The cursor counts records. Pages overlap by a record, so that a move is seen.
    Offset,
    /// Pages are numbered. A list of several pages is read until a pass brings nothing new: a record that disappears moves
    /// those behind it, and no page shows that.
    Numbered,
}

/// How often a provider may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The shortest time between two calls of one account.
    pub interval: Duration,
    pub source: &'static str,
}

impl std::fmt::Debug for StreamSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Returns the provider of a name.
pub fn provider(name: &str) -> Option<&'static ProviderSpec> {
    PROVIDERS.iter().find(|it| it.name == name)
}

/// Returns a stream of a provider; the first one if none is named.
pub fn stream_of(provider: &'static ProviderSpec, name: Option<&str>) -> Option<&'static StreamSpec> {
    match name {
        None => provider.streams.first(),
        Some(name) => provider.streams.iter().find(|it| it.name == name),
    }
}
