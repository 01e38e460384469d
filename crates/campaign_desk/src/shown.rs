//! `ferry campaign status`.

use std::collections::BTreeMap;

use anyhow::Result;
use campaign::sending::{CampaignJournal, CampaignStatus};
use plan::Plan;
use results::{CampaignShown, ShownOrder, ShownStep, ShownWait, ShownWave};

use crate::shown_time;

/// Shows how far a campaign has come. Only the database is asked. A rehearsal asks the sandbox for the time.
pub async fn status(plan: &Plan, campaign: &str, is_rehearsal: bool) -> Result<(CampaignShown, String)> {
    let journal = CampaignJournal::open(plan, campaign, is_rehearsal, "").await?;
    let status = journal.status().await?;
    let steps = journal.plan.steps.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    journal.close().await;
    let value = shown(campaign, &steps, &status);
    let text = text(&value);
    Ok((value, text))
}

fn shown(campaign: &str, steps: &[String], status: &CampaignStatus) -> CampaignShown {
    let step = |name: &String| ShownStep {
        step: name.clone(),
        messages: status
            .counts
            .of_steps
            .iter()
            .filter(|it| &it.step == name)
            .map(|it| (it.state.clone(), it.n))
            .collect(),
        excluded: status.excluded.iter().filter(|it| &it.step == name).map(|it| (it.reason.clone(), it.n)).collect(),
    };
    let refused: BTreeMap<String, u64> = status
        .counts
        .refused
        .iter()
        .map(|(code, n)| (code.map_or("none".to_owned(), |it| it.to_string()), *n))
        .collect();
    let order = |it: &crm::CampaignOrder| ShownOrder {
        order: it.word.name(),
        reason: it.reason.clone(),
        by: it.by_whom.clone(),
        at: shown_time(it.at),
        last_intent_after_ms: it.last_intent_at.map(|last| last.duration_since(it.at).as_micros() as f64 / 1000.0),
    };
    let mut waves: Vec<&crm::WaveRow> = status.waves.iter().collect();
    waves.sort_by_key(|it| (steps.iter().position(|step| step == &it.step), it.number));
    let waits = status.counts.of_steps.iter().any(|it| it.state == "planned");
    let binding = status.binding.as_ref().filter(|_| waits && status.state == crm::CampaignState::Running);
    CampaignShown {
        campaign: campaign.to_owned(),
        state: status.state.name(),
        reason: status.orders.last().map(|it| it.reason.clone()).unwrap_or_default(),
        steps: steps.iter().map(step).collect(),
        waves: waves.iter().map(|it| wave(it, status)).collect(),
        waiting_for: status
            .counts
            .waiting_for
            .iter()
            .map(|(reason, n, until)| ShownWait { reason: reason.clone(), messages: *n, until: until.map(shown_time) })
            .collect(),
        refused,
        stops: status.counts.n_stops,
        limit: binding.map(|it| it.0.clone()),
        limit_until: binding.and_then(|it| it.1).map(shown_time),
        people_in_24_hours: status.people_used,
        orders: status.orders.iter().map(order).collect(),
    }
}

fn wave(it: &crm::WaveRow, status: &CampaignStatus) -> ShownWave {
    let of = status.watch.iter().find(|w| w.step == it.step && w.wave == it.number).cloned().unwrap_or_default();
    ShownWave {
        step: it.step.clone(),
        wave: it.number,
        is_test: it.is_test,
        released_at: shown_time(it.released_at),
        judged_at: it.judged_at.map(shown_time),
        size: it.size,
        sent: of.n_sent,
        delivered: of.n_delivered,
        read: of.n_read,
        failed: of.n_failed,
        held: of.n_held,
    }
}

fn text(value: &CampaignShown) -> String {
    let reason = if value.reason.is_empty() { String::new() } else { format!(": {}", value.reason) };
    let mut text = format!("{} is {}{reason}\n", value.campaign, value.state);
    for step in &value.steps {
        let listed = |them: &BTreeMap<String, u64>| {
            them.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
        };
        if step.messages.is_empty() && step.excluded.is_empty() {
            text += &format!("\nstep {}: nothing is released yet\n", step.step);
            continue;
        }
        let messages = if step.messages.is_empty() { "no message".to_owned() } else { listed(&step.messages) };
        text += &format!("\nstep {}: {messages}\n", step.step);
        if !step.excluded.is_empty() {
            text += &format!("  left out: {}\n", listed(&step.excluded));
        }
    }
    if !value.waves.is_empty() {
        text += "\nstep          wave    size    sent  delivered    read  failed    held\n";
        for it in &value.waves {
            let name = format!("{}{}", it.wave, if it.is_test { " test" } else { "" });
            text += &format!(
                "{:13} {:7} {:5} {:7} {:10} {:7} {:7} {:7}\n",
                it.step, name, it.size, it.sent, it.delivered, it.read, it.failed, it.held
            );
        }
    }
    for it in &value.waiting_for {
        let until = it.until.as_ref().map_or(String::new(), |it| format!(", the first until {it}"));
        text += &format!("waiting for {}: {}{until}\n", it.reason, it.messages);
    }
    for (code, n) in &value.refused {
        let meaning = code.parse().map_or("", |it| whatsapp::error_of_status(Some(it)).rule.text);
        text += &format!("refused with {code}: {n}. {meaning}\n");
    }
    let n_unknown: u64 = value.steps.iter().filter_map(|it| it.messages.get("unknown")).sum();
    if n_unknown > 0 {
        text += &format!(
            "{n_unknown} unknown: nobody knows whether they left; a status settles them, or you: `ferry campaign settle {}`\n",
            value.campaign
        );
    }
    if value.stops > 0 {
        let people = crate::counted(value.stops, "person has", "people have");
        text += &format!("{people} said stop after a message of the campaign\n");
    }
    if let Some(limit) = &value.limit {
        let until = value.limit_until.as_ref().map_or("until it is lifted".to_owned(), |it| format!("until {it}"));
        text += &format!("the next message waits for {limit} {until}\n");
    }
    text
}
