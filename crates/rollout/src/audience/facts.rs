//! What is known of a person, and the rules of a step.

use jiff::{SignedDuration, Timestamp};
use phone::{LineType, Region};

/// What is known of a person when a step is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    pub country: Option<Region>,
    pub line_type: Option<LineType>,
    /// Whether a consent to the step's purpose on WhatsApp counts now.
    pub has_consent: bool,
    pub has_refused: bool,
    pub is_suppressed: bool,
    /// Whether an identity of the person waits for a decision.
    pub is_held: bool,
    /// What the last conclusive evidence says; `None` if there is none.
    pub is_registered: Option<bool>,
    /// Whether an earlier refusal of the platform leaves the person out.
    pub is_excluded_by_code: bool,
    /// Messages to the person whose outcome is known.
    pub n_tries: u32,
    pub was_ever_delivered: bool,
    /// When the person last wrote, or a message last reached them, on any channel; `None` if it is not known.
    pub last_contact: Option<Timestamp>,
    pub is_shared_or_reassigned: bool,
    /// Whether the step was sent to the person already.
    pub is_taken: bool,
    pub is_in_allow_list: bool,
    /// Whether a template is approved in a language of the person.
    pub has_template: bool,
    /// Whether all values that the template needs are known.
    pub has_parameters: bool,
}

/// The rules of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub now: Timestamp,
    pub is_marketing: bool,
    /// Whether only people of a list may be written to.
    pub has_allow_list: bool,
    /// Whether fixed lines and other lines that are not mobile are written to.
    pub allows_any_line: bool,
    /// How many people the step may still take; `None` is any number.
    pub people_left: Option<u32>,
    /// After so many tries without a delivery the person is left out.
    pub tries_without_delivery: Option<u32>,
    /// Who has been silent for longer is left out. Of whom nothing is known, nothing is assumed.
    pub longest_silence: Option<SignedDuration>,
}

impl Rules {
    /// The rules with our own thresholds.
    ///
    /// No source says which numbers are risky. We leave out people to whom 3 messages were sent and none delivered, and
    /// people who were silent for 2 years. A design text says 30 days, which would leave out most people of a list that
    /// moves from another channel; the plan can ask for it.
    pub fn new(now: Timestamp, is_marketing: bool) -> Self {
        Self {
            now,
            is_marketing,
            has_allow_list: false,
            allows_any_line: false,
            people_left: None,
            tries_without_delivery: Some(3),
            longest_silence: Some(SignedDuration::from_hours(24 * 730)),
        }
    }
}
