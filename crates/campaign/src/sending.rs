//! Sends the messages of a campaign, each once, within the limits, until somebody says stop.
//!
//! [`Sender::run`] is the loop: it releases waves, claims what may go, notes it in the log of sends, sends it, and notes the
//! answers. [`confirm_stops`] sends what somebody gets who has said stop. The database says at every step what is done, so a sender can be stopped anywhere and started again, and several
//! can work at once. `docs/sending.md` says what each state of a message proves.

mod audience;
mod by_hours;
mod clock;
mod confirm;
mod content;
mod decide;
mod journal;
mod log;
mod offer;
mod open;
mod order;
mod outcome;
mod preflight;
mod prove;
mod release;
mod round_trip;
mod run;
mod sandbox_log;
mod send;
mod spend;
mod status;
mod told_limits;
mod trouble;
mod usage;
mod watch;

pub use audience::{AudienceCount, ChosenAudience};
pub use clock::{CampaignClock, ClockError};
pub use confirm::{ConfirmEvent, confirm_stops};
pub use journal::{CampaignJournal, SendingError};
pub use log::{SendsLog, SendsLogError};
pub use offer::SampleOf;
pub use open::SendingAccount;
pub use order::CampaignPlan;
pub use preflight::{Check, CheckState, Preflight};
pub use prove::{Proof, SandboxProof};
pub use run::{SendEvent, SendReport, SendStop, Sender};
pub use sandbox_log::SandboxLog;
pub use spend::Spend;
pub use status::CampaignStatus;
pub use told_limits::LimitsOfPlan;
pub use trouble::{TroubleNews, TroubleSign};
