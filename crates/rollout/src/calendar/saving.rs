//! What lifting a limit saves.

use jiff::{SignedDuration, Timestamp};

use super::growth::next_tier;
use super::{Calendar, CalendarPlan, calendar};
use crate::hours::{Hours, Window};
use crate::limit_table::LimitName;
use crate::limits::Limits;

/// What a plan gains if one limit is wider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    pub limit: LimitName,
    /// When the plan is done then; `None` if it still does not end.
    pub finish: Option<Timestamp>,
    /// How much earlier that is; `None` if the plan does not end either way, or only then.
    pub saved: Option<SignedDuration>,
}

/// What lifting each limit saves that decides on some day: the next tier of `people-per-day`, the next rate of the number, no
/// limit of messages in an hour, all hours of the day that the country allows, no distance between messages to one person.
pub fn savings(plan: &CalendarPlan, planned: &Calendar) -> Vec<Saving> {
    let binding = |limit: &LimitName| planned.days.iter().any(|it| it.binding == Some(*limit));
    let lifted = LimitName::all().filter(binding).filter_map(|limit| Some((limit, lifted(&plan.limits, limit)?)));
    let saving = |(limit, limits)| {
        let finish = calendar(&CalendarPlan { limits, ..plan.clone() }).finish;
        let saved = planned.finish.zip(finish).map(|(before, after)| before.duration_since(after));
        Saving { limit, finish, saved }
    };
    lifted.map(saving).collect()
}

/// The limits with one of them wider.
fn lifted(limits: &Limits, limit: LimitName) -> Option<Limits> {
    let limits = limits.clone();
    match limit {
        LimitName::PeoplePerDay => Some(Limits { people_per_day: next_tier(limits.people_per_day), ..limits }),
        LimitName::NumberRate => {
            let upgraded = Limits::rate_of_number("upgraded").filter(|it| *it > limits.number_rate)?;
            Some(Limits { number_rate: upgraded, ..limits })
        }
        LimitName::MessagesPerHour => Some(Limits { messages_per_hour: None, ..limits }),
        LimitName::Hours => Some(Limits { hours: Hours { window: Window::ALL_DAY, ..limits.hours }, ..limits }),
        LimitName::PersonSpacing => Some(Limits { person_spacing: SignedDuration::ZERO, ..limits }),
        LimitName::PersonPerDay => Some(Limits { person_per_day: None, ..limits }),
        LimitName::PairRate | LimitName::AccountCalls | LimitName::ReleasedRows | LimitName::Hold => None,
    }
}
