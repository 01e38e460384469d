//! A campaign as the sender works with it.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use model::{CONFIRM_STOP, Condition};
use plan::{Plan, PlanSending, PlanStep, Risk, SendingGates, SendingMode, Spend};
use rollout::{Hours, Limits};

use super::send::LATE;
use super::told_limits::LimitsOfPlan;

/// A campaign of the plan, with how it is sent.
#[derive(Clone, Debug)]
pub struct CampaignPlan {
    pub name: String,
    /// The name of the segment, for messages.
    pub segment: String,
    pub condition: Condition,
    pub steps: Vec<PlanStep>,
    pub mode: SendingMode,
    pub not_before: Option<Timestamp>,
    /// No message goes at this moment or after.
    pub not_after: Timestamp,
    pub max_people: Option<u64>,
    pub max_spend: Option<Spend>,
    /// As the plan has them. What the platform says may lower them.
    pub limits: Limits,
    pub gates: SendingGates,
    pub leave_out: Vec<Risk>,
    pub allows_us_marketing: bool,
    pub of_plan: LimitsOfPlan,
}

impl CampaignPlan {
    /// Reads a campaign of a plan.
    pub fn of(plan: &Plan, name: &str) -> Result<Self> {
        let campaign = plan.campaign(name)?;
        let sending = plan.sending()?;
        let segment = plan.segment(&campaign.segment).context("the segment of the campaign is not in the plan")?;
        Ok(Self {
            name: campaign.name.clone(),
            segment: campaign.segment.clone(),
            condition: segment.condition.clone(),
            steps: campaign.steps.clone(),
            mode: sending.mode,
            not_before: campaign.not_before,
            not_after: campaign.not_after,
            max_people: campaign.max_people,
            max_spend: campaign.max_spend.clone(),
            limits: limits(sending, campaign.hours),
            gates: sending.gates,
            leave_out: sending.leave_out.clone(),
            allows_us_marketing: sending.allows_us_marketing,
            of_plan: of_plan(sending),
        })
    }

    /// The confirmations of stops, which go to people who have just written and to no segment.
    pub(super) fn of_confirmations(plan: &Plan) -> Result<Self> {
        let sending = plan.sending()?;
        Ok(Self {
            name: CONFIRM_STOP.to_owned(),
            segment: String::new(),
            condition: Condition::parse("messages < 0")?,
            steps: Vec::new(),
            mode: sending.mode,
            not_before: None,
            not_after: Timestamp::MAX,
            max_people: None,
            max_spend: None,
            limits: limits(sending, sending.hours),
            gates: sending.gates,
            leave_out: Vec::new(),
            allows_us_marketing: false,
            of_plan: of_plan(sending),
        })
    }
}

fn of_plan(sending: &PlanSending) -> LimitsOfPlan {
    LimitsOfPlan { per_second: sending.per_second, people_per_day: sending.people_per_day }
}

fn limits(sending: &PlanSending, window: rollout::Window) -> Limits {
    let usual = Limits::default();
    Limits {
        jitter: SignedDuration::try_from(LATE).unwrap_or(usual.jitter),
        number_rate: sending.per_second.unwrap_or(usual.number_rate),
        people_per_day: sending.people_per_day.or(usual.people_per_day),
        messages_per_hour: sending.messages_per_hour,
        hours: Hours { window, unknown_zone: sending.zone.clone() },
        ..usual
    }
}
