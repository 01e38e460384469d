//! `ferry consent show`: the statements of a person, what counts, and why.

use std::fmt::Write;

use anyhow::Result;
use crm::{ConsentBlock, ConsentNow, LedgerEntry};
use crossing::{is_ledger_read_by, look_at_ledger, who};
use model::{ConsentRecord, ContactId, WordingName};
use plan::Plan;
use results::{ConsentShown, CountsNow, ShownBlock, ShownStatement};

use crate::kept_out::KeptOut;
use crate::{safe, shown_id, source_row, when};

/// Shows one person, as `who` names it.
pub async fn show(plan: &Plan, who: &str) -> Result<(ConsentShown, String)> {
    let (crm, key) = look_at_ledger(plan).await?;
    let contact = who::found(plan, &crm, &key, who).await?;
    let is_in_database = crm.known_statements(&[contact]).await?.is_contact(contact);
    let person = Person {
        contact,
        is_in_database,
        kept_out: KeptOut::of(&crm, contact, who::phone(plan, who)).await?,
        ledger: crm.ledger_of(contact).await?,
        now: crm.consent_now(contact).await?,
        blocks: crm.consent_blocks(contact).await?,
        is_read_by_plan: is_ledger_read_by(plan, &crm).await?,
        wordings: crm.wordings().await?.into_iter().map(|it| it.name).collect(),
    };
    crm.close().await;
    Ok((person.shown(), person.text()))
}

struct Person {
    contact: ContactId,
    is_in_database: bool,
    kept_out: KeptOut,
    ledger: Vec<LedgerEntry>,
    now: Vec<ConsentNow>,
    blocks: Vec<ConsentBlock>,
    /// Whether the statements were read by the words and the rule of the plan.
    is_read_by_plan: bool,
    /// The wordings that the database has.
    wordings: Vec<WordingName>,
}

impl Person {
    fn text(&self) -> String {
        let there = if self.is_in_database { "" } else { ", not in the database" };
        let mut text = format!("contact {}{there}\n", self.contact);
        if self.ledger.is_empty() {
            text += "  nothing was said\n";
        }
        for (number, entry) in (1..).zip(&self.ledger) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {number:>3}  {}", self.statement(entry));
        }
        if !self.now.is_empty() {
            text += "counts now\n";
        }
        if !self.is_read_by_plan {
            text +=
                "  read by other words or another rule than those of the plan: `ferry run` reads all statements anew\n";
        }
        for it in &self.now {
            let number = self.number(it.statement_id);
            let _ = writeln!(
                text,
                "  {:9} {:15} {:8} by statement {number}",
                it.channel.name(),
                it.purpose.name(),
                it.state.name()
            );
        }
        for it in &self.blocks {
            let number = self.number(it.statement_id);
            let (channel, purpose) = (it.channel.name(), it.purpose.name());
            let _ = writeln!(text, "blocked by the platform: {purpose} by {channel}, by statement {number}");
        }
        text + &self.kept_out.text()
    }

    /// The place of a statement in the list, from 1.
    fn number(&self, id: i64) -> String {
        self.ledger.iter().position(|it| it.id == id).map_or_else(|| shown_id(id), |it| (it + 1).to_string())
    }

    fn statement(&self, entry: &LedgerEntry) -> String {
        let said = &entry.statement;
        let none = ConsentRecord::default();
        let record = said.record.as_deref().unwrap_or(&none);
        let mut parts = vec![said.basis.name().to_owned()];
        if !said.words.0.is_empty() {
            parts.push(format!("\"{}\"", safe(&said.words.0)));
        }
        if let Some(wording) = &record.wording {
            let is_known = self.wordings.contains(wording);
            parts.push(format!("wording {}{}", safe(&wording.to_string()), if is_known { "" } else { " (unknown)" }));
        }
        parts.extend(record.identity.as_ref().map(|it| format!("said by {}", safe(&it.0))));
        parts.extend(record.place.as_ref().map(|it| format!("at {}", safe(it))));
        if let Some(proof) = &record.proof {
            let digest = proof.digest.as_ref().map_or(String::new(), |it| format!(" sha256 {it}"));
            parts.push(format!("proof {}{digest}", safe(&proof.to_string())));
        }
        parts.push(format!("from {}", safe(&source_row(said))));
        let retracted = if entry.is_retracted { ": retracted" } else { "" };
        let [channel, purpose, state] = [said.channel.name(), said.purpose.name(), said.state.name()];
        format!("{} {state} for {purpose} by {channel}: {}{retracted}", when(said), parts.join(", "))
    }

    fn shown(&self) -> ConsentShown {
        ConsentShown {
            contact_id: self.contact.to_string(),
            in_database: self.is_in_database,
            suppressed: self.kept_out.is_suppressed == Some(true),
            read_by_plan: self.is_read_by_plan,
            held: self.kept_out.is_held(),
            statements: self.ledger.iter().map(shown_statement).collect(),
            now: self
                .now
                .iter()
                .map(|it| CountsNow {
                    channel: it.channel.name(),
                    purpose: it.purpose.name(),
                    state: it.state.name(),
                    statement_id: shown_id(it.statement_id),
                })
                .collect(),
            blocks: self
                .blocks
                .iter()
                .map(|it| ShownBlock {
                    channel: it.channel.name(),
                    purpose: it.purpose.name(),
                    statement_id: shown_id(it.statement_id),
                })
                .collect(),
        }
    }
}

fn shown_statement(entry: &LedgerEntry) -> ShownStatement {
    let said = &entry.statement;
    let none = ConsentRecord::default();
    let record = said.record.as_deref().unwrap_or(&none);
    ShownStatement {
        statement_id: shown_id(entry.id),
        channel: said.channel.name(),
        purpose: said.purpose.name(),
        state: said.state.name(),
        said_at: said.at.map(consent_ledger::export::said_at),
        basis: said.basis.name(),
        words: said.words.0.clone(),
        identity: record.identity.as_ref().map(|it| it.0.clone()),
        place: record.place.clone(),
        wording: record.wording.as_ref().map(ToString::to_string),
        proof: record.proof.as_ref().map(ToString::to_string),
        proof_digest: record.proof.as_ref().and_then(|it| it.digest.clone()),
        source_row: source_row(said),
        recorded_at: said.first_run.started_at.to_string(),
        retracted: entry.is_retracted,
    }
}
