//! The three numbers that a run is for.

use model::{Answer, Segment};
use schemars::JsonSchema;
use serde::Serialize;

use crate::run_report::RunReport;

/// How many people can be invited, have consented, and said no. They are of the whole database, and none after a dry run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MainNumbers {
    /// People on WhatsApp who refused nothing and have not consented to WhatsApp: they can be invited on their old
    /// channel. None if nobody is verified.
    pub can_be_invited: Option<u64>,
    /// People on WhatsApp who have consented to WhatsApp and refused nothing. None if nobody is verified.
    pub have_consented: Option<u64>,
    /// Those of them to whom marketing may not be sent for it: their consent has no wording that names it, or no date.
    pub without_proof: Option<u64>,
    /// People who refused on at least one channel.
    pub said_no: Option<u64>,
}

impl RunReport {
    /// The numbers of this report.
    pub fn main_numbers(&self) -> MainNumbers {
        let Some(database) = &self.database else { return MainNumbers::default() };
        let registrations = &database.registrations;
        let is_known = |answer: Option<Answer>| {
            matches!(answer, Some(Answer::Registered | Answer::NotRegistered | Answer::Contradictory))
        };
        let is_verified = registrations.countries.keys().any(|it| is_known(it.1));
        MainNumbers {
            can_be_invited: is_verified.then(|| registrations.can_be_invited()),
            have_consented: is_verified.then_some(registrations.ready_with_consent),
            without_proof: is_verified.then_some(registrations.ready_without_proof),
            said_no: Some(registrations.people_in(Segment::OptedOut)),
        }
    }
}
