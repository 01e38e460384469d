//! The limits by the plan and by what the platform says of the number that sends.

use rollout::Limits;
use whatsapp::{PeopleLimit, SendingNumber};

/// What the plan says of limits that the platform tells too.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitsOfPlan {
    /// Counts instead of the rate of the number.
    pub per_second: Option<u32>,
    /// Counts if the platform allows more.
    pub people_per_day: Option<u32>,
}

impl LimitsOfPlan {
    /// `held`, but for what the platform tells now. A tier that is not known changes nothing.
    pub(super) fn with(&self, number: &SendingNumber, held: &Limits) -> Limits {
        let mut limits = held.clone();
        let case = number.throughput.as_deref().map(|it| if it == "HIGH" { "upgraded" } else { "default" });
        if let (None, Some(rate)) = (self.per_second, case.and_then(Limits::rate_of_number)) {
            limits.number_rate = rate;
        }
        match number.people_a_day {
            Some(PeopleLimit::Unlimited) => limits.people_per_day = self.people(None),
            Some(PeopleLimit::Most(most)) => limits.people_per_day = self.people(Some(most)),
            Some(PeopleLimit::Other(_)) | None => {}
        }
        limits
    }

    /// The people a day by the plan, if the platform allows `told`.
    pub(super) fn people(&self, told: Option<u32>) -> Option<u32> {
        [told, self.people_per_day].into_iter().flatten().min()
    }
}

/// How many messages of a rehearsal may share a moment: the largest part of the rate that divides it and is at most half of it.
pub(super) fn rehearsal_burst(rate: u32) -> u32 {
    let most = (rate / 2).clamp(1, 64);
    (1..=most).rev().find(|it| rate.is_multiple_of(*it)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(people_a_day: Option<PeopleLimit>, throughput: &str) -> SendingNumber {
        SendingNumber { people_a_day, throughput: Some(throughput.to_owned()), ..SendingNumber::default() }
    }

    #[test]
    fn the_tier_holds_as_it_is_told_now_and_one_that_is_not_known_changes_nothing() {
        let plan = LimitsOfPlan::default();
        let held = Limits { people_per_day: Some(2_000), ..Limits::default() };
        let people = |limit| plan.with(&told(limit, "STANDARD"), &held).people_per_day;
        assert_eq!(people(Some(PeopleLimit::Most(10_000))), Some(10_000));
        assert_eq!(people(Some(PeopleLimit::Most(250))), Some(250));
        assert_eq!(people(Some(PeopleLimit::Unlimited)), None);
        assert_eq!((people(Some(PeopleLimit::Other("TIER_5K".into()))), people(None)), (Some(2_000), Some(2_000)));
        assert_eq!(plan.with(&told(None, "HIGH"), &held).number_rate, 1_000);
    }

    #[test]
    fn the_plan_lowers_the_people_and_sets_the_rate() {
        let plan = LimitsOfPlan { per_second: Some(40), people_per_day: Some(500) };
        let held = Limits { number_rate: 40, ..Limits::default() };
        let limits = |limit| plan.with(&told(limit, "HIGH"), &held);
        let people = |limit| limits(Some(limit)).people_per_day;
        assert_eq!(people(PeopleLimit::Most(250)), Some(250));
        assert_eq!((people(PeopleLimit::Most(10_000)), people(PeopleLimit::Unlimited)), (Some(500), Some(500)));
        assert_eq!(limits(None).number_rate, 40);
    }

    #[test]
    fn a_burst_of_a_rehearsal_divides_the_rate() {
        assert_eq!([80, 1000, 20, 7, 1].map(rehearsal_burst), [40, 50, 10, 1, 1]);
    }
}
