//! `ferry campaign start`.

use std::sync::Arc;

use anyhow::{Result, bail};
use campaign::sending::{
    CheckState, SendEvent, SendReport, SendStop, Sender, SendingAccount, TroubleNews, TroubleSign,
};
use crm::OrderWord;
use plan::{Plan, SendingMode};
use results::CampaignSent;
use tokio::sync::watch;

use crate::counted;
use crate::planned::{Look, text};

/// A campaign that is about to begin, or to go on.
pub struct Starting {
    account: SendingAccount,
    look: Look,
}

impl Starting {
    /// Looks at what must be in order. Nothing is sent yet.
    pub async fn prepare(plan: &Plan, campaign: &str, is_rehearsal: bool, by_whom: &str) -> Result<Self> {
        let mut account = SendingAccount::open(plan, campaign, is_rehearsal, by_whom).await?;
        let look = Look::at(&account).await?;
        account.take(&look.preflight);
        Ok(Self { account, look })
    }

    /// What was found, for people.
    pub fn text(&self) -> String {
        text(&self.look.planned)
    }

    /// Whether the campaign may begin.
    pub fn is_good(&self) -> bool {
        self.look.preflight.is_good()
    }

    /// Whether a person has to type what begins.
    pub fn needs_confirmation(&self) -> bool {
        self.account.plan.mode == SendingMode::Live
    }

    /// What a person types to begin: the name of the campaign and the number of people.
    pub fn words_to_type(&self) -> String {
        format!("{} {}", self.account.plan.name, self.n_people())
    }

    /// The people who would get the first step.
    pub fn n_people(&self) -> u64 {
        self.look.planned.steps.first().map_or(0, |it| it.people)
    }

    /// Fails if the number that was typed is not that of the people. It may have changed since.
    pub fn check_number(&self, n: u64) -> Result<()> {
        let now = self.n_people();
        if n != now {
            bail!(
                "--yes-send says {n}, and {} would get the first step now: look at `ferry campaign plan`",
                counted(now, "person", "people")
            );
        }
        Ok(())
    }

    /// Sends until the campaign is finished, paused or stopped, or `interrupted` says so.
    pub async fn carry_out(
        self,
        interrupted: watch::Receiver<bool>,
        on: &mut (dyn FnMut(SendEvent) + Send),
    ) -> Result<(CampaignSent, String)> {
        let account = Arc::new(self.account);
        let sender = Sender::new(Arc::clone(&account)).await?;
        account.crm.order_campaign(&account.row(), OrderWord::Start, ("started", &account.by_whom)).await?;
        let report = sender.run(interrupted, on).await?;
        let name = account.plan.name.clone();
        let reason = account.crm.campaign_orders(&name).await?.pop().map(|it| it.reason).unwrap_or_default();
        if let Some(account) = Arc::into_inner(account) {
            account.close().await;
        }
        let value = sent(&name, reason, &report);
        let text = sent_text(&value);
        Ok((value, text))
    }

    /// Closes the database without sending anything. Gives what is told instead of a result.
    pub async fn close(self) -> CampaignSent {
        let bad = self.look.preflight.checks.iter().filter(|it| it.state == CheckState::Bad);
        let reasons: Vec<String> = bad.map(|it| format!("{}: {}", it.about, it.text)).collect();
        let campaign = self.account.plan.name.clone();
        self.account.close().await;
        CampaignSent {
            campaign,
            ended: "not_started",
            reason: reasons.join("; "),
            accepted: 0,
            refused: 0,
            unknown: 0,
            not_sent: 0,
        }
    }
}

fn sent(campaign: &str, reason: String, report: &SendReport) -> CampaignSent {
    let ended = match report.stop {
        SendStop::Finished => "finished",
        SendStop::Paused => "paused",
        SendStop::Stopped => "stopped",
        SendStop::Interrupted => "interrupted",
    };
    CampaignSent {
        campaign: campaign.to_owned(),
        ended,
        reason,
        accepted: report.n_accepted,
        refused: report.n_refused,
        unknown: report.n_unknown,
        not_sent: report.n_not_sent,
    }
}

fn sent_text(value: &CampaignSent) -> String {
    let CampaignSent { campaign, ended, reason, accepted, refused, unknown, .. } = value;
    let mut text = format!("{campaign} {ended}: {accepted} accepted, {refused} refused, {unknown} unknown\n");
    match *ended {
        "paused" if reason.starts_with("template-status") => {
            text +=
                &format!("{reason}\nonce it is approved, `ferry campaign resume {campaign}` and then `start` go on\n");
        }
        "paused" if reason.starts_with("template-gone") => {
            text += &format!(
                "{reason}\n`ferry campaign stop {campaign}` ends it: a new campaign can have another template\n"
            );
        }
        "paused" if reason.starts_with("template-") => {
            text += &format!(
                "{reason}\n`ferry campaign resume {campaign} --accept-templates` and then `start` go on with the template as it is now; \
                 whoever has not consented to its purpose stays held\n"
            );
        }
        "paused" => {
            text +=
                &format!("{reason}\n`ferry campaign resume {campaign}` and then `start` go on, once that is settled\n")
        }
        "interrupted" => text += &format!("`ferry campaign start {campaign}` goes on\n"),
        _ => {}
    }
    text
}

/// A line about what a sender does.
pub fn event_line(event: &SendEvent) -> Option<String> {
    Some(match event {
        SendEvent::Released { step, wave, n, is_test } => {
            let kind = if *is_test { "test wave" } else { "wave" };
            format!("{step}: {kind} {wave} with {} was released", counted(*n, "message", "messages"))
        }
        SendEvent::Judged { step, wave } => format!("{step}: test wave {wave} is well"),
        SendEvent::Progress { .. } => return None,
        SendEvent::Waiting { limit, until: Some(until) } => {
            format!("waits for {limit} until {}", until.strftime("%Y-%m-%d %H:%M:%S UTC"))
        }
        SendEvent::Waiting { limit, until: None } => format!("waits for {limit} until somebody lifts it"),
        SendEvent::DatabaseAway => "the database does not answer: waiting".to_owned(),
        SendEvent::UnknownCode(code) => format!("the platform gave the code {code}, which our table does not have"),
        SendEvent::PeoplePerDay { before, now } => {
            format!("the platform now allows {} in 24 hours; before it was {}", people(*now), people(*before))
        }
        SendEvent::NumberRate { before, now } => {
            format!("the platform now allows {now} messages a second; before it was {before}")
        }
        SendEvent::Trouble(TroubleNews::Began { n, signs, next_at }) => {
            let signs: Vec<String> = signs.iter().map(|(sign, n)| format!("{n} {}", met_with(*sign))).collect();
            format!(
                "the platform does not answer as it should: of the last {n} messages {}; trying one message at a time, the first at {}",
                signs.join(", "),
                next_at.strftime("%Y-%m-%d %H:%M:%S UTC")
            )
        }
        SendEvent::Trouble(TroubleNews::Over { lasted }) => {
            format!("the platform answers again after {} s", lasted.as_secs())
        }
    })
}

fn people(most: Option<u32>) -> String {
    most.map_or("any number of people".to_owned(), |it| counted(it.into(), "person", "people"))
}

/// What messages met with in a trouble, after their number.
fn met_with(sign: TroubleSign) -> String {
    match sign {
        TroubleSign::Lost => "got no whole answer".to_owned(),
        TroubleSign::Answer { status, code: Some(code) } => format!("got HTTP {status} with code {code}"),
        TroubleSign::Answer { status: status @ 200..300, code: None } => {
            format!("got HTTP {status} without the id of a message")
        }
        TroubleSign::Answer { status, code: None } => format!("got HTTP {status}"),
        TroubleSign::SlowDown => "were refused with the request to slow down".to_owned(),
        TroubleSign::Unreachable => "found no connection".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_trouble_is_told_by_what_messages_met_with_and_by_how_long_it_lasted() {
        let answer = |status, code| TroubleSign::Answer { status, code };
        let signs = [
            (TroubleSign::Lost, 3),
            (answer(500, None), 2),
            (answer(500, Some(131000)), 1),
            (answer(200, None), 1),
            (TroubleSign::SlowDown, 2),
            (TroubleSign::Unreachable, 1),
        ];
        let next_at = "2026-10-06T08:00:05Z".parse().unwrap_or_default();
        let began = TroubleNews::Began { n: 20, signs: BTreeMap::from(signs), next_at };
        let over = TroubleNews::Over { lasted: SignedDuration::from_millis(14_040) };
        let lines: Vec<_> = [began, over].into_iter().filter_map(|it| event_line(&SendEvent::Trouble(it))).collect();
        let expected = [
            "the platform does not answer as it should: of the last 20 messages 3 got no whole answer, \
             1 got HTTP 200 without the id of a message, 2 got HTTP 500, 1 got HTTP 500 with code 131000, \
             2 were refused with the request to slow down, 1 found no connection; \
             trying one message at a time, the first at 2026-10-06 08:00:05 UTC",
            "the platform answers again after 14 s",
        ];
        assert_eq!(lines, expected);
    }
}
