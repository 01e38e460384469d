//! Proves what became of a campaign: from the database, the log of sends, and in rehearsals the log of the sandbox.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use crm::{ConfirmationCounts, ProofCounts, SentId};
use model::CONFIRM_STOP;

use super::journal::CampaignJournal;
use super::log::LoggedSend;
use super::sandbox_log::SandboxLog;

/// The proof of a campaign. The part of the sandbox is there only if its log was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    pub database: ProofCounts,
    /// People whom the steps leave out, at the last look.
    pub n_excluded: u64,
    /// Intents of the log of sends that the database does not know.
    pub n_forgotten: u64,
    /// Unknown messages that this log does not have. If no other machine sends, nothing of them left: their sender was stopped
    /// between the database and the log.
    pub n_not_logged: u64,
    /// Messages that are known to have left, and that this log does not have: another machine sent them, or the log was lost.
    pub n_sent_not_logged: u64,
    /// The confirmations of stops, of all campaigns: the only messages that may go to somebody after a stop.
    pub confirmations: ConfirmationCounts,
    pub sandbox: Option<SandboxProof>,
}

/// What the log of a sandbox proves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxProof {
    pub n_requests: u64,
    /// Messages of the campaign that the sandbox took.
    pub n_taken: u64,
    /// Messages that it took more than once.
    pub n_doubled: u64,
    /// Messages that the database holds for accepted and the sandbox never took.
    pub n_lost: u64,
    /// Messages that the sandbox took and the database does not hold for sent.
    pub n_unnoticed: u64,
    /// Messages of which the database does not know whether they left, and that did.
    pub n_unknown_taken: u64,
    /// Messages that reached a person after their stop had been acknowledged.
    pub n_after_stop: u64,
    /// People whose stop was acknowledged.
    pub n_stops: u64,
    /// Confirmations that it took.
    pub n_confirmations: u64,
    /// Those of them that were not the first after a stop of the person.
    pub n_confirmations_wrong: u64,
    /// Windows of a limit of the platform that were exceeded.
    pub n_over_limits: u64,
}

impl Proof {
    /// How many messages went out more than once.
    pub fn n_doubled(&self) -> u64 {
        let of_database = self.database.n_doubled + self.database.n_two_ids;
        self.sandbox.as_ref().map_or(of_database, |it| of_database.max(it.n_doubled))
    }

    /// How many messages went to people after they had said stop.
    pub fn n_after_stop(&self) -> u64 {
        self.sandbox.as_ref().map_or(self.database.n_after_stop, |it| self.database.n_after_stop.max(it.n_after_stop))
    }

    /// How many confirmations went to somebody without a stop of their own, or beside the one of a stop.
    pub fn n_confirmations_wrong(&self) -> u64 {
        let of_sandbox = self.sandbox.as_ref().map_or(0, |it| it.n_confirmations_wrong);
        self.confirmations.n_wrong.max(of_sandbox)
    }

    /// Whether nobody got a message twice, none was lost, and none went out after a stop or by mistake.
    pub fn is_good(&self) -> bool {
        let of_sandbox = self
            .sandbox
            .as_ref()
            .is_none_or(|it| it.n_lost == 0 && it.n_unnoticed == 0 && it.n_after_stop == 0 && it.n_over_limits == 0);
        self.n_doubled() == 0
            && self.n_after_stop() == 0
            && self.n_confirmations_wrong() == 0
            && self.n_forgotten == 0
            && self.database.n_contradicted == 0
            && of_sandbox
    }
}

impl CampaignJournal {
    /// Proves what became of the campaign.
    pub async fn prove(&self, sandbox: Option<&SandboxLog>) -> Result<Proof> {
        let name = &self.plan.name;
        let database = self.crm.proof_counts(name).await?;
        let n_excluded = self.crm.excluded(name).await?.iter().map(|it| it.n).sum();
        let logged = self.logged()?;
        let n_forgotten = self.forgotten(&logged).await?.len() as u64;
        let sent = self.crm.sent_ids(name).await?;
        let is_logged = |it: &&SentId| logged.get(&it.id.to_string()).is_some_and(|line| is_of(line, it));
        let (unknown, others): (Vec<&SentId>, Vec<&SentId>) = sent.iter().partition(|it| it.state == "unknown");
        let n_not_logged = unknown.iter().filter(|it| !is_logged(it)).count() as u64;
        let n_sent_not_logged = others.iter().filter(|it| !logged.contains_key(&it.id.to_string())).count() as u64;
        let states: HashMap<String, String> = sent.into_iter().map(|it| (it.id.to_string(), it.state)).collect();
        let confirmations = self.crm.confirmation_counts().await?;
        let confirmed: Vec<String> = self.open_log()?.read(CONFIRM_STOP, self.plan.mode.name())?.into_keys().collect();
        // The log of another machine has what this one has not, and a log that is lost has nothing.
        let known: BTreeSet<&str> = logged.keys().chain(states.keys()).map(String::as_str).collect();
        let sandbox = sandbox.map(|log| sandbox_proof(log, &states, (&known, &confirmed)));
        Ok(Proof { database, n_excluded, n_forgotten, n_not_logged, n_sent_not_logged, confirmations, sandbox })
    }
}

/// Whether a line of the log is that of the last intent of a message. A message that was added from the log has another number
/// here than there, and the moment of the line.
fn is_of(line: &LoggedSend, it: &SentId) -> bool {
    line.n >= it.intent_number || line.at.as_microsecond() == it.intent_at.as_microsecond()
}

/// Compares the states of the messages with what the sandbox took. `known` are the ids of the campaign, `confirmed` those of
/// confirmations.
fn sandbox_proof(
    log: &SandboxLog,
    states: &HashMap<String, String>,
    (known, confirmed): (&BTreeSet<&str>, &[String]),
) -> SandboxProof {
    let mut proof = SandboxProof { n_requests: log.n_requests, n_over_limits: log.n_over, ..SandboxProof::default() };
    let mut first_stop: BTreeMap<&str, i64> = BTreeMap::new();
    for (from, at) in &log.stops {
        let known = first_stop.entry(from).or_insert(*at);
        *known = (*known).min(*at);
    }
    proof.n_stops = first_stop.len() as u64;
    for id in known {
        let Some(taken) = log.accepted.get(*id) else { continue };
        proof.n_taken += 1;
        proof.n_doubled += taken.n - 1;
        match states.get(*id).map(String::as_str) {
            Some("unknown") => proof.n_unknown_taken += 1,
            Some(_) => {}
            None => proof.n_unnoticed += 1,
        }
        proof.n_after_stop += u64::from(first_stop.get(taken.to.as_str()).is_some_and(|at| taken.real_at_us > *at));
    }
    let is_lost = |it: &(&String, &String)| it.1 == "accepted" && !log.accepted.contains_key(it.0);
    proof.n_lost = states.iter().filter(is_lost).count() as u64;
    (proof.n_confirmations, proof.n_confirmations_wrong) = confirmations_of(log, confirmed);
    proof
}

/// How many confirmations the sandbox took, and how many of them are more than the person has stops.
fn confirmations_of(log: &SandboxLog, confirmed: &[String]) -> (u64, u64) {
    let mut of_people: BTreeMap<&str, u64> = BTreeMap::new();
    for taken in confirmed.iter().filter_map(|it| log.accepted.get(it)) {
        *of_people.entry(&taken.to).or_default() += taken.n;
    }
    let n_stops = |person: &str| log.stops.iter().filter(|it| it.0 == person).count() as u64;
    let n_wrong = of_people.iter().map(|(person, n)| n.saturating_sub(n_stops(person))).sum();
    (of_people.values().sum(), n_wrong)
}

#[cfg(test)]
mod tests {
    use super::super::sandbox_log::Accepted;
    use super::*;

    fn taken(n: u64, to: &str, at: i64) -> Accepted {
        Accepted { n, to: to.into(), real_at_us: at }
    }

    #[test]
    fn what_the_sandbox_took_is_compared_with_what_the_database_holds() {
        let accepted = [
            ("a", taken(1, "331", 5)),
            ("b", taken(2, "332", 5)),
            ("c", taken(1, "333", 9)),
            ("e", taken(1, "335", 5)),
            // Confirmations: of a stop, of none, and one that left twice.
            ("f", taken(1, "333", 9)),
            ("g", taken(1, "335", 9)),
            ("h", taken(2, "331", 9)),
        ];
        let log = SandboxLog {
            accepted: accepted.into_iter().map(|it| (it.0.to_owned(), it.1)).collect(),
            stops: vec![("333".into(), 8), ("331".into(), 8)],
            n_requests: 6,
            ..SandboxLog::default()
        };
        let states = [("a", "accepted"), ("b", "accepted"), ("c", "unknown"), ("d", "accepted")];
        let states = states.map(|it| (it.0.to_owned(), it.1.to_owned())).into_iter().collect();
        let known = ["a", "b", "c", "d", "e"].into();
        let proof = sandbox_proof(&log, &states, (&known, &["f", "g", "h"].map(str::to_owned)));
        let expected = SandboxProof {
            n_requests: 6,
            n_taken: 4,
            n_doubled: 1,
            n_lost: 1,
            n_unnoticed: 1,
            n_unknown_taken: 1,
            n_after_stop: 1,
            n_stops: 2,
            n_confirmations: 4,
            n_confirmations_wrong: 2,
            n_over_limits: 0,
        };
        assert_eq!(proof, expected);
    }
}
