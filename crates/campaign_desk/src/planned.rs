//! `ferry campaign plan` and `ferry campaign dry-run`.

use std::collections::BTreeMap;

use anyhow::Result;
use campaign::sending::{ChosenAudience, Preflight, SendingAccount};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use phone::Region;
use plan::Plan;
use results::{CampaignPlanned, LimitSaving, PlannedCheck, PlannedCost, PlannedDay, PlannedStep};
use rollout::{CalendarPlan, Group, calendar, savings};

use crate::samples::samples;
use crate::{counted, shown_time};

/// How far ahead a calendar looks.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 365);
/// The calendar is careful: it counts as if everything arrived, so that nobody is given back.
const DELIVERED: f64 = 1.0;

/// Says whom a campaign would go to and when. With `dry_run` also what would be sent. Nothing is sent or changed.
pub async fn planned(
    plan: &Plan,
    campaign: &str,
    is_rehearsal: bool,
    dry_run: bool,
) -> Result<(CampaignPlanned, String)> {
    let mut account = SendingAccount::open(plan, campaign, is_rehearsal, "").await?;
    let look = Look::at(&account).await?;
    account.take(&look.preflight);
    let samples = if dry_run { samples(&account).await? } else { Vec::new() };
    account.close().await;
    let value = CampaignPlanned { samples, ..look.planned };
    let text = text(&value);
    Ok((value, text))
}

/// The findings before a campaign begins: its preflight, and its plan.
pub(crate) struct Look {
    pub(crate) planned: CampaignPlanned,
    pub(crate) preflight: Preflight,
}

impl Look {
    pub(crate) async fn at(account: &SendingAccount) -> Result<Self> {
        let mut steps = Vec::new();
        let mut first: Option<ChosenAudience> = None;
        for step in &account.plan.steps {
            let chosen = account.choose(step).await?;
            steps.push(planned_step(&step.name, &chosen));
            first.get_or_insert(chosen);
        }
        let first = first.unwrap_or_default();
        let preflight = account.preflight(&first).await?;
        let calendar_plan = calendar_plan(account, &preflight, &first);
        let made = calendar(&calendar_plan);
        let saving = |it: rollout::Saving| {
            let hours = it.saved.map_or(0.0, |it| it.as_secs_f64() / 3600.0);
            LimitSaving { limit: it.limit.as_str().to_owned(), hours: (hours * 10.0).round() / 10.0 }
        };
        let check = |it: &campaign::sending::Check| PlannedCheck {
            about: it.about,
            state: it.state.name(),
            text: it.text.clone(),
        };
        let days = made.days.iter().map(|it| PlannedDay {
            day: it.date.to_string(),
            messages: it.n_sent,
            limit: it.binding.map(|it| it.as_str().to_owned()),
        });
        let planned = CampaignPlanned {
            campaign: account.plan.name.clone(),
            mode: account.plan.mode.name(),
            segment: account.plan.segment.clone(),
            members: first.n_members,
            waiting: account.crm.n_planned(&account.plan.name).await?,
            checks: preflight.checks.iter().map(check).collect(),
            days: days.collect(),
            finishes_at: made.finish.map(shown_time),
            savings: savings(&calendar_plan, &made).into_iter().map(saving).filter(|it| it.hours > 0.0).collect(),
            cost: cost(account, &first),
            steps,
            samples: Vec::new(),
        };
        Ok(Self { planned, preflight })
    }
}

fn planned_step(name: &str, chosen: &ChosenAudience) -> PlannedStep {
    PlannedStep {
        step: name.to_owned(),
        people: chosen.messages.len() as u64,
        excluded: chosen.counts().iter().map(|it| (it.reason.to_owned(), it.n)).collect(),
        next_at: chosen.due_at.map(shown_time),
    }
}

/// The first step as the calendar takes it: people by country.
fn calendar_plan(account: &SendingAccount, preflight: &Preflight, first: &ChosenAudience) -> CalendarPlan {
    let mut by_country: BTreeMap<Option<Region>, u32> = BTreeMap::new();
    first.countries.iter().for_each(|it| *by_country.entry(*it).or_default() += 1);
    let is_marketing = first.messages.first().is_some_and(|it| it.purpose == model::ConsentPurpose::Marketing);
    let group = |(place, (country, n)): (u32, (Option<Region>, u32))| Group {
        audience: place,
        step: 0,
        n_people: n,
        country,
        is_marketing,
        is_spaced: is_marketing,
        opens: true,
    };
    let start = account.plan.not_before.unwrap_or(Timestamp::MIN).max(account.clock.now());
    CalendarPlan {
        groups: (0..).zip(by_country).map(group).collect(),
        start,
        zone: TimeZone::UTC,
        limits: preflight.limits.clone(),
        delivered_share: DELIVERED,
        // The lowest tier grows only when the business is verified, or after 2,000 messages (Meta, messaging limits, 2026-05-08).
        tier_grows: preflight.limits.people_per_day > rollout::Limits::default().people_per_day,
        end: account.plan.not_after.min(start.saturating_add(LONGEST).unwrap_or(start)),
    }
}

/// What the first step costs if all of it is delivered.
fn cost(account: &SendingAccount, first: &ChosenAudience) -> Option<PlannedCost> {
    let messages = first.messages.iter().zip(&first.countries).map(|(it, country)| (*country, it.purpose, 1));
    let spend = account.spend(messages)?;
    let currency = account.currency()?.to_owned();
    Some(PlannedCost { amount: spend.amount.to_string(), currency, people_without_rate: spend.n_without_rate })
}

pub(crate) fn text(value: &CampaignPlanned) -> String {
    let people = counted(value.members, "person", "people");
    let mut text = format!("{} ({}): {people} in the segment {}\n", value.campaign, value.mode, value.segment);
    for step in &value.steps {
        text += &format!("\nstep {}: {} now\n", step.step, counted(step.people, "person", "people"));
        for (reason, n) in &step.excluded {
            let sentence = rollout::Reason::from_name(reason).map_or("", rollout::Reason::text);
            text += &format!("  {n:7} left out: {reason:24} {sentence}\n");
        }
        if let Some(next) = &step.next_at {
            text += &format!("  the next ones from {next}\n");
        }
    }
    text += "\n";
    for check in &value.checks {
        let mark = match check.state {
            "good" => "ok  ",
            "doubtful" => "look",
            _ => "BAD ",
        };
        text += &format!("{mark} {:15} {}\n", check.about, check.text);
    }
    let has_people = value.steps.first().is_some_and(|it| it.people > 0);
    if value.waiting > 0 {
        text +=
            &format!("\n{} released already and not sent yet\n", counted(value.waiting, "message is", "messages are"));
    }
    if !has_people {
        text += "nobody else would get the first step now\n";
    }
    if has_people {
        text += "\nday         messages  limit\n";
    }
    for day in value.days.iter().take(31).filter(|_| has_people) {
        text += &format!("{}  {:8}  {}\n", day.day, day.messages, day.limit.as_deref().unwrap_or(""));
    }
    match &value.finishes_at {
        Some(at) if has_people => text += &format!("the last message of the first step goes at {at}\n"),
        _ if value.steps.first().is_none_or(|it| it.people == 0) => {}
        _ => text += "not everybody can be written to before not_after\n",
    }
    for saving in &value.savings {
        text += &format!("lifting {} would save {:.1} hours\n", saving.limit, saving.hours);
    }
    if let Some(cost) = &value.cost {
        text += &format!("if all of the first step is delivered, it costs {} {}\n", cost.amount, cost.currency);
        if cost.people_without_rate > 0 {
            text += &format!(
                "{} live where the rate card has no rate\n",
                counted(cost.people_without_rate, "person", "people")
            );
        }
    }
    for sample in &value.samples {
        text += &format!("\n{} ({}): POST {}\n{:#}\n", sample.step, sample.language, sample.path, sample.body);
    }
    text
}
