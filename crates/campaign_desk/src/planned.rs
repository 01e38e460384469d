//! `ferry campaign plan` and `ferry campaign dry-run`.

use std::collections::BTreeMap;

use anyhow::Result;
use campaign::sending::{ChosenAudience, Preflight, SendingAccount};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use plan::{Plan, PlanStep};
use rates::Money;
use results::{CampaignPlanned, LimitSaving, PlannedCheck, PlannedCost, PlannedDay, PlannedStep};
use rollout::{CalendarPlan, Group, Sent, calendar, savings};

use crate::planned_groups::groups;

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
        let began_at = account.clock.now();
        let mut chosen = Vec::new();
        for step in &account.plan.steps {
            chosen.push(account.choose(step).await?);
        }
        let groups = groups(&account.plan.steps, &chosen);
        let step =
            |(place, (step, chosen)): (u32, (&PlanStep, &ChosenAudience))| planned_step(step, chosen, place, &groups);
        let steps = (0..).zip(account.plan.steps.iter().zip(&chosen)).map(step).collect();
        let none = ChosenAudience::default();
        let first = chosen.first().unwrap_or(&none);
        let preflight = account.preflight(first).await?;
        let mut calendar_plan = calendar_plan(account, &preflight, groups, account.sent_lately().await?);
        let waves = account.crm.waves(&account.plan.name).await?;
        let has_begun = |step: &PlanStep| waves.iter().any(|it| it.step == step.name);
        calendar_plan.test_waves = test_waves(account.plan.gates.test_wave, &calendar_plan.groups)
            .filter(|it| account.plan.steps.get(it.0 as usize).is_some_and(|step| !has_begun(step)))
            .collect();
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
        let name = |it: &u32| account.plan.steps.get(*it as usize).map(|it| it.name.clone());
        let days = made.days.iter().map(|it| PlannedDay {
            day: it.date.to_string(),
            messages: it.n_sent,
            steps: it.by_step.iter().filter_map(|(step, n)| Some((name(step)?, *n))).collect(),
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
            cost: cost(account, first),
            steps,
            samples: Vec::new(),
        };
        if let Some(first) = chosen.into_iter().next() {
            account.keep_choice(first, began_at).await;
        }
        Ok(Self { planned, preflight })
    }
}

/// The step at a place of the plan, with the groups of all steps.
fn planned_step(step: &PlanStep, chosen: &ChosenAudience, place: u32, groups: &[Group]) -> PlannedStep {
    let people = chosen.messages.len() as u64;
    let all: u64 = groups.iter().filter(|it| it.step == place).map(|it| u64::from(it.n_people)).sum();
    PlannedStep {
        step: step.name.clone(),
        people,
        excluded: chosen.counts().iter().map(|it| (it.reason.to_owned(), it.n)).collect(),
        next_at: chosen.due_at.map(shown_time),
        later: all.saturating_sub(people),
        only: step.only.as_ref().map(|it| it.words()),
    }
}

fn calendar_plan(account: &SendingAccount, preflight: &Preflight, groups: Vec<Group>, sent: Vec<Sent>) -> CalendarPlan {
    let (tier, people_at_most) = (preflight.limits.people_per_day, account.plan.of_plan.people_per_day);
    // The lowest tier grows only when the business is verified, or after 2,000 messages (Meta, messaging limits, 2026-05-08).
    let is_verified = tier > rollout::Limits::default().people_per_day;
    let start = account.plan.not_before.unwrap_or(Timestamp::MIN).max(account.clock.now());
    CalendarPlan {
        groups,
        test_waves: Vec::new(),
        start,
        zone: TimeZone::UTC,
        limits: preflight.limits.clone(),
        delivered_share: DELIVERED,
        sent,
        tier_grows: is_verified && (people_at_most.is_none() || tier < people_at_most),
        people_at_most,
        end: account.plan.not_after.min(start.saturating_add(LONGEST).unwrap_or(start)),
    }
}

/// The steps that need a test wave of this size, because they are for more people.
fn test_waves(size: u32, groups: &[Group]) -> impl Iterator<Item = (u32, u32)> {
    let mut people: BTreeMap<u32, u64> = BTreeMap::new();
    groups.iter().for_each(|it| *people.entry(it.step).or_default() += u64::from(it.n_people));
    people.into_iter().filter(move |it| size > 0 && it.1 > u64::from(size)).map(move |it| (it.0, size))
}

/// What the first step costs if all of it is delivered.
fn cost(account: &SendingAccount, first: &ChosenAudience) -> Option<PlannedCost> {
    let messages = first.messages.iter().zip(&first.countries).map(|(it, country)| (*country, it.purpose, 1));
    let spend = account.spend(messages)?;
    let currency = account.currency()?.to_owned();
    let people_without_rate = spend.n_without_rate;
    Some(PlannedCost { amount_micros: spend.amount.micros(), currency, people_without_rate })
}

/// The most rows of a calendar that are printed.
const MOST_ROWS: usize = 40;

/// The calendar: a row for each day and step.
fn calendar_text(value: &CampaignPlanned) -> String {
    if value.steps.iter().all(|it| it.people + it.later == 0) {
        return String::new();
    }
    let width = value.steps.iter().map(|it| it.step.chars().count()).max().unwrap_or(0).max(4);
    let mut rows = vec![format!("\nday         {:width$}  messages  limit", "step")];
    // A day on which nothing goes, and nothing is kept back, is between two steps.
    for day in value.days.iter().filter(|it| it.messages > 0 || it.limit.is_some()) {
        let limit = day.limit.as_deref().unwrap_or("");
        let row = |step: &str, n: u64| format!("{}  {step:width$}  {n:8}  {limit}", day.day);
        // In the order of the plan.
        let of_steps = value.steps.iter().filter_map(|it| Some(row(&it.step, *day.steps.get(&it.step)?)));
        rows.extend(of_steps);
        if day.messages == 0 {
            rows.push(row("", 0));
        }
    }
    if rows.len() > MOST_ROWS + 1 {
        let n_more = rows.split_off(MOST_ROWS + 1).len();
        rows.push(format!("and {} more: see --format json", counted(n_more as u64, "row", "rows")));
    }
    for step in value.steps.iter().filter(|it| it.later > 0) {
        if let Some(only) = &step.only {
            let most = counted(step.people + step.later, "person", "people");
            rows.push(format!("{}: {most} at most, as nobody knows yet {}", step.step, who(only)));
        }
    }
    rows.push(match &value.finishes_at {
        Some(at) => format!("the last message goes at {at}"),
        None => "not everybody can be written to before not_after".to_owned(),
    });
    rows.iter().map(|it| format!("{}\n", it.trim_end())).collect()
}

/// The people of a condition of the plan, such as `consented in invite`.
fn who(only: &str) -> String {
    match only.split_once(" in ") {
        Some(("consented", step)) => format!("who consents in {step}"),
        Some(("not consented", step)) => format!("who does not consent in {step}"),
        Some(("delivered", step)) => format!("whom {step} reaches"),
        Some(("not delivered", step)) => format!("whom {step} does not reach"),
        _ => only.to_owned(),
    }
}

pub(crate) fn text(value: &CampaignPlanned) -> String {
    let people = counted(value.members, "person", "people");
    let mut text = format!("{} ({}): {people} in the segment {}\n", value.campaign, value.mode, value.segment);
    for step in &value.steps {
        let later = match (step.later, &step.only) {
            (0, _) => String::new(),
            (n, None) => format!(", {n} later"),
            (n, Some(_)) => format!(", {n} later at most"),
        };
        text += &format!("\nstep {}: {} now{later}\n", step.step, counted(step.people, "person", "people"));
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
    if value.waiting > 0 {
        let waiting = counted(value.waiting, "message is", "messages are");
        text += &format!("\n{waiting} released already and not sent yet; the calendar does not have them\n");
    }
    if value.steps.first().is_none_or(|it| it.people == 0) {
        text += "nobody else would get the first step now\n";
    }
    text += &calendar_text(value);
    for saving in &value.savings {
        text += &format!("lifting {} would save {:.1} hours\n", saving.limit, saving.hours);
    }
    if let Some(cost) = &value.cost {
        let amount = Money::of_micros(cost.amount_micros);
        text += &format!("if all of the first step is delivered, it costs {amount} {}\n", cost.currency);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, people: u64, later: u64, only: Option<&str>) -> PlannedStep {
        let only = only.map(str::to_owned);
        PlannedStep { step: name.to_owned(), people, excluded: Default::default(), next_at: None, later, only }
    }

    fn day(day: &str, steps: &[(&str, u64)], limit: Option<&str>) -> PlannedDay {
        let messages = steps.iter().map(|it| it.1).sum();
        let steps = steps.iter().map(|it| (it.0.to_owned(), it.1)).collect();
        PlannedDay { day: day.to_owned(), messages, steps, limit: limit.map(str::to_owned) }
    }

    #[test]
    fn the_calendar_has_a_row_for_each_day_and_step_and_says_which_step_is_planned_for_the_most() {
        let value = CampaignPlanned {
            campaign: "spring".to_owned(),
            mode: "sandbox",
            segment: "all".to_owned(),
            members: 2_500,
            waiting: 0,
            steps: vec![
                step("invite", 2_500, 0, None),
                step("offer", 0, 2_500, Some("consented in invite")),
                step("reminder", 0, 2_500, Some("not delivered in invite")),
            ],
            checks: Vec::new(),
            days: vec![
                day("2026-10-30", &[("invite", 2_000)], Some("people-per-day")),
                day("2026-10-31", &[("invite", 500), ("offer", 1_500)], Some("people-per-day")),
                day("2026-11-01", &[], Some("hours")),
                day("2026-11-02", &[], None),
                day("2026-11-03", &[("reminder", 2_500)], None),
            ],
            finishes_at: Some("2026-11-03T08:00:31Z".to_owned()),
            savings: Vec::new(),
            cost: None,
            samples: Vec::new(),
        };
        let shown = calendar_text(&value);
        let expected = "
day         step      messages  limit
2026-10-30  invite        2000  people-per-day
2026-10-31  invite         500  people-per-day
2026-10-31  offer         1500  people-per-day
2026-11-01                   0  hours
2026-11-03  reminder      2500
offer: 2500 people at most, as nobody knows yet who consents in invite
reminder: 2500 people at most, as nobody knows yet whom invite does not reach
the last message goes at 2026-11-03T08:00:31Z
";
        assert_eq!(shown, expected);
    }
}
