mod statements;

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use crm::{Crm, IdentityHistory};
use jiff::Timestamp;
use model::{
    Contact, ContactId, Evidence, IdentityDecision, KeptOut, Reason, Registration, SHOWN_FIELDS, Segment, ShownField,
    WaId, printable,
};
use serde_json::{Value, json};

use crate::cli::TraceArgs;
use crate::commands::trace::statements::{in_order, statement_json, statement_text};
use crate::exit::Exit;
use crate::output::Output;
use crate::text;
use crossing::{EarlierRows, FoundRun, TracedRow, earlier_rows, find_run, row_name, traced_rows};
use plan::MergeSection;
use results::HappenedToIdentity;
use run_text::identity;

/// Traces a person to source rows, or a row to its contact.
pub(crate) async fn trace(args: &TraceArgs, output: Output) -> Result<Exit> {
    let looked = find_run(&args.place.place())?;
    let crm = Crm::look(&looked.plan.crm_url()?).await?;
    let query = args.query.trim();

    let ids = match row_name(&looked, query) {
        Some((source, record)) => {
            let rows = traced_rows(&looked, |it| it.source == source && it.record == record)?;
            let row = rows.first().with_context(|| format!("source {source} has no row {record}"))?;
            match row.contact_id {
                Some(id) => vec![id],
                None => {
                    output.print(&json!({ "contacts": [], "rows": [row.json()] }), || row.text())?;
                    return Ok(Exit::Done);
                }
            }
        }
        None => ids_of(&looked, crm.as_ref(), query).await?,
    };
    if ids.is_empty() {
        bail!("no contact has that phone number or id; find rejected rows by SOURCE:ROW");
    }
    let (mut values, mut text) = (Vec::new(), String::new());
    for id in ids {
        let person = Person::find(&looked, crm.as_ref(), id).await?;
        text += &person.text();
        values.push(person.json());
    }
    output.print(&json!({ "contacts": values }), || text)?;
    Ok(Exit::Done)
}

/// All that is known of a contact.
struct Person {
    id: ContactId,
    contact: Option<Contact>,
    evidence: Vec<Evidence>,
    rows: Vec<TracedRow>,
    earlier: EarlierRows,
    rules: MergeSection,
    is_suppressed: bool,
    decisions: Vec<IdentityDecision>,
    /// What happened to its identities.
    history: IdentityHistory,
    /// The fields that people have edited in the CRM.
    edited: Vec<&'static str>,
    /// The currency of the plan, for prices of checks.
    currency: String,
}

impl Person {
    async fn find(looked: &FoundRun, crm: Option<&Crm>, id: ContactId) -> Result<Self> {
        let mut person = Self {
            id,
            contact: None,
            evidence: Vec::new(),
            rows: traced_rows(looked, |it| it.contact_id == Some(id))?,
            earlier: EarlierRows::default(),
            rules: looked.plan.merge,
            is_suppressed: false,
            decisions: Vec::new(),
            history: IdentityHistory::default(),
            edited: Vec::new(),
            currency: looked.plan.verify.as_ref().map_or_else(String::new, |it| it.currency.clone()),
        };
        if let Some(crm) = crm {
            person.contact = crm.held(&[id]).await?.remove(&id);
            person.evidence = crm.evidence_of(id).await?;
            person.is_suppressed = crm.suppressed().await?.contains(&id);
            let is_about = |it: &IdentityDecision| [it.contacts().0, it.contacts().1].contains(&id);
            person.decisions = crm.decisions().await?.into_iter().filter(is_about).collect();
            person.history = crm.identity_history(id).await?;
            person.edited = crm.edited_fields(id).await?;
            let names = person.contact.as_ref().map_or("", |it| &it.rows);
            person.earlier = earlier_rows(looked, names)?;
        }
        Ok(person)
    }

    fn segment(&self, contact: &Contact) -> Segment {
        let answer = Registration::of(&self.evidence, Timestamp::now()).map(|it| it.answer);
        let kept_out = KeptOut { is_suppressed: self.is_suppressed, is_held: self.history.hold.is_some() };
        Segment::of(contact.consent.as_ref().map(|it| it.value), kept_out, answer)
    }

    fn decision_text(&self, decision: IdentityDecision) -> String {
        let id = self.id;
        match decision {
            IdentityDecision::SamePerson { survivor, absorbed } if survivor == id => {
                format!("merged with {absorbed}; `ferry unmerge {id} {absorbed}` undoes this")
            }
            IdentityDecision::SamePerson { survivor, .. } => format!("merged into {survivor}"),
            IdentityDecision::DifferentPeople(one, other) => {
                format!("never merged with {}", if one == id { other } else { one })
            }
            IdentityDecision::SharedPhone(_) => "the phone is used by several people and links no contacts".to_owned(),
        }
    }
}

async fn ids_of(looked: &FoundRun, crm: Option<&Crm>, query: &str) -> Result<Vec<ContactId>> {
    if let Some(id) = ContactId::from_hex(query) {
        let decisions = match crm {
            Some(crm) => crm.decisions().await?,
            None => Vec::new(),
        };
        return Ok(vec![decisions.into_iter().collect::<clean::Decisions>().survivor(id)]);
    }
    let Some(crm) = crm else { bail!("there is no CRM database yet, so only rows can be traced, as SOURCE:ROW") };
    let phone = clean::phone(query, looked.plan.default_region()).map(|it| it.0.number.to_string());
    Ok(crm.find(phone.as_deref().unwrap_or(query)).await?)
}

trait Shown {
    fn json(&self) -> Value;
    fn text(&self) -> String;
}

impl Shown for TracedRow {
    fn json(&self) -> Value {
        let cells: serde_json::Map<String, Value> =
            self.cells.iter().map(|it| (it.0.clone(), it.1.clone().into())).collect();
        json!({
            "row": format!("{}:{}", self.source, self.record), "run": self.run, "file": self.file, "line": self.line, "corrected": self.is_corrected, "outcome": self.outcome,
            "reason": self.reason.map(Reason::code), "contact_id": self.contact_id.map(|it| it.to_string()),
            "findings": self.findings, "cells": cells,
        })
    }

    fn text(&self) -> String {
        let file = if self.file.is_empty() { String::new() } else { format!("{}, ", printable(&self.file)) };
        let Self { source, record, run, line, outcome, .. } = self;
        let mut text = format!("row {source}:{record} ({file}line {line}): {outcome}");
        if let Some(reason) = self.reason {
            let _ = write!(text, ", {}: {}", reason.code(), reason.describe());
        }
        if !self.findings.is_empty() {
            let _ = write!(text, ", {}", self.findings);
        }
        if self.is_corrected {
            text.push_str(", as corrected");
        }
        let _ = writeln!(text, ", in run {run}");
        for (name, cell) in &self.cells {
            let _ = writeln!(text, "    {:20} {}", printable(name), printable(cell));
        }
        text
    }
}

/// The merge rule of a field; none for fields without a rule.
fn rule_of(field: &str, rules: MergeSection) -> Option<&'static str> {
    let rule = match field {
        "name" => rules.name,
        "email" => rules.email,
        "language" => rules.language,
        "consent" => return Some(rules.consent.name()),
        _ => return None,
    };
    Some(rule.name())
}

/// Other values of a field, each with the first row that has it.
fn lost(field: &str, kept: &str, rows: &[TracedRow]) -> Vec<(String, String)> {
    let mut lost: Vec<(String, String)> = Vec::new();
    for row in rows {
        for (_, value) in row.said.iter().filter(|it| it.0 == field && it.1 != kept) {
            if !lost.iter().any(|it| it.0 == *value) {
                lost.push((value.clone(), format!("{}:{}", row.source, row.record)));
            }
        }
    }
    lost
}

impl Person {
    fn text(&self) -> String {
        let id = self.id;
        let mut text = format!("contact {id}\n");
        let contact = self.contact.as_ref();
        match contact {
            None => text += "  not in the CRM database\n",
            Some(contact) => {
                for (name, value, row) in fields(contact) {
                    let source = self.source_text(name, &value, &row);
                    let _ = writeln!(text, "  {name:16} {}{source}", printable(&value));
                }
            }
        }
        for decision in &self.decisions {
            let _ = writeln!(text, "  {:16} {}", "decision", self.decision_text(*decision));
        }
        if self.is_suppressed {
            let _ = writeln!(text, "  {:16} yes, by `ferry suppress`", "suppressed");
        }
        if let Some(hold) = &self.history.hold {
            let _ = writeln!(text, "  {:16} {}", "held", identity::hold(hold));
        }
        for it in &self.history.events {
            let _ = writeln!(text, "  {:16} {}", "identity event", identity::event(it));
        }
        for said in in_order(contact) {
            let _ = writeln!(text, "  {:16} {}", "statement", statement_text(said, contact));
        }
        if let Some(contact) = contact {
            let segment = self.segment(contact);
            let _ = writeln!(text, "  {:16} {}", "segment", segment.name());
        }
        if let Some(registration) = Registration::of(&self.evidence, Timestamp::now()) {
            let _ = writeln!(text, "  {:16} {}", "WhatsApp", registration_text(&registration));
        }
        for it in &self.evidence {
            let _ = writeln!(text, "  {:16} {}", "evidence", evidence_text(it, &self.currency));
        }
        for row in self.rows.iter().chain(&self.earlier.rows) {
            text += &row.text();
        }
        for run in &self.earlier.gone {
            let _ = writeln!(text, "rows of {run} are not shown: the folder of that run is not in `ferry runs`");
        }
        text
    }

    /// Where a value came from, such as `  from crm:1, latest; not Ana (sms:7)`.
    fn source_text(&self, field: &str, value: &str, row: &str) -> String {
        if self.edited.contains(&field) {
            return "  edited in the CRM".to_owned();
        }
        let from = if row.is_empty() { String::new() } else { format!("  from {row}") };
        let over: Vec<String> =
            lost(field, value, &self.rows).iter().map(|(value, row)| format!("{} ({row})", printable(value))).collect();
        match rule_of(field, self.rules) {
            Some(rule) if !over.is_empty() => format!("{from}, {rule}; not {}", over.join(", ")),
            _ => from,
        }
    }

    fn json(&self) -> Value {
        let contact = self.contact.as_ref();
        let fields: serde_json::Map<String, Value> = contact
            .map(fields)
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value, row)| {
                let lost = lost(name, &value, &self.rows);
                let rule = rule_of(name, self.rules);
                let is_edited = self.edited.contains(&name);
                (
                    name.to_owned(),
                    json!({ "value": value, "row": row, "rule": rule, "lost": lost, "edited": is_edited }),
                )
            })
            .collect();
        let merged = self.decisions.iter().filter_map(|it| match it {
            IdentityDecision::SamePerson { survivor, absorbed } if *survivor == self.id => Some(absorbed.to_string()),
            _ => None,
        });
        let decisions = self.decisions.iter().map(|it| {
            let (one, other) = it.contacts();
            json!({ "decision": it.name(), "contacts": [one.to_string(), other.to_string()] })
        });
        let evidence: Vec<Value> = self.evidence.iter().map(evidence_json).collect();
        let registration = Registration::of(&self.evidence, Timestamp::now()).map(|it| {
            json!({
                "answer": it.answer, "method": it.method, "checked_at": it.checked_at, "expires_at": it.expires_at,
                "expired": it.expired, "wa_id": it.wa_id.as_ref().map(WaId::as_str),
            })
        });
        json!({
            "contact_id": self.id.to_string(), "loaded": contact.is_some(), "fields": fields,
            "registration": registration, "evidence": evidence, "suppressed": self.is_suppressed,
            "segment": contact.map(|it| self.segment(it).name()),
            "statements": in_order(contact).into_iter().map(|it| statement_json(it, contact)).collect::<Vec<_>>(),
            "rows": self.rows.iter().chain(&self.earlier.rows).map(TracedRow::json).collect::<Vec<_>>(),
            "runs_gone": self.earlier.gone,
            "merged": merged.collect::<Vec<_>>(), "decisions": decisions.collect::<Vec<_>>(),
            "hold": self.history.hold.map(|it| json!({ "reason": it.reason.name(), "since": it.since })),
            "identity_events": self.history.events.iter().map(HappenedToIdentity::of).collect::<Vec<_>>(),
        })
    }
}

fn evidence_text(it: &Evidence, currency: &str) -> String {
    let status = printable(it.raw_status.as_deref().unwrap_or("nothing"));
    let variant = it.variant.map_or(String::new(), |it| format!(" as {it}"));
    let until = it.expires_at.map_or(String::new(), |it| format!(", until {it}"));
    let price = match it.price_micros {
        0 => String::new(),
        micros => format!(", for {} {currency}", text::verify::exact_amount(micros)),
    };
    format!("{} by {}{variant} at {}{until}{price} (status: {status})", it.answer.name(), it.method, it.checked_at)
}

fn evidence_json(it: &Evidence) -> Value {
    json!({
        "method": it.method, "answer": it.answer, "variant": it.variant.map(|it| it.to_string()),
        "checked_at": it.checked_at, "expires_at": it.expires_at, "price_micros": it.price_micros,
        "wa_id": it.wa_id.as_ref().map(WaId::as_str), "raw_status": it.raw_status,
    })
}

/// `registered, by contacts at … until …`
fn registration_text(registration: &Registration) -> String {
    let Registration { answer, method, checked_at, expires_at, expired, .. } = registration;
    let until = expires_at.map_or(String::new(), |it| format!(", until {it}"));
    let wa_id =
        registration.wa_id.as_ref().map(WaId::as_str).map_or(String::new(), |it| format!(", as {}", printable(it)));
    match expired {
        None => format!("{}, by {method} at {checked_at}{until}{wa_id}", answer.name()),
        Some(was) => format!("{}: was {} by {method} at {checked_at}, which has expired", answer.name(), was.name()),
    }
}

/// The fields of a contact: name, value, and the row that each came from.
fn fields(contact: &Contact) -> Vec<(&'static str, String, String)> {
    let values = |(name, field): (&'static str, &ShownField)| {
        let row = (field.row)(contact).map_or_else(String::new, ToString::to_string);
        (field.values)(contact).into_iter().map(move |value| (name, value, row.clone()))
    };
    SHOWN_FIELDS.iter().filter_map(|it| Some((it.trace?, it))).flat_map(values).collect()
}
