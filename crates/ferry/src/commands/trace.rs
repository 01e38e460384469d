mod statements;

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use crm::Crm;
use jiff::Timestamp;
use model::{
    Contact, ContactId, Evidence, IdentityDecision, Reason, Registration, SHOWN_FIELDS, Segment, ShownField, WaId,
    printable,
};
use serde_json::{Value, json};

use crate::cli::TraceArgs;
use crate::commands::trace::statements::{in_order, statement_json, statement_text};
use crate::exit::Exit;
use crate::output::Output;
use crossing::{FoundRun, TracedRow, find_run, row_name, traced_rows};
use plan::MergeSection;

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
    let suppressed = match &crm {
        Some(crm) => crm.suppressed().await?,
        None => Default::default(),
    };
    let decisions = match &crm {
        Some(crm) => crm.decisions().await?,
        None => Vec::new(),
    };
    let (mut values, mut text) = (Vec::new(), String::new());
    for id in ids {
        let merged = decisions.iter().filter_map(|it| match it {
            IdentityDecision::SamePerson { survivor, absorbed } if *survivor == id => Some(absorbed.to_string()),
            _ => None,
        });
        let merged: Vec<String> = merged.collect();
        let contact = match &crm {
            Some(crm) => crm.held(&[id]).await?.remove(&id),
            None => None,
        };
        let evidence = match &crm {
            Some(crm) => crm.evidence_of(id).await?,
            None => Vec::new(),
        };
        let rows = traced_rows(&looked, |it| it.contact_id == Some(id))?;
        let rules = looked.plan.merge;
        text += &person_text(id, contact.as_ref(), &evidence, &rows, rules, suppressed.contains(&id));
        for other in &merged {
            let _ = writeln!(text, "merged with {other}; `ferry unmerge {id} {other}` undoes this");
        }
        let mut value = person_json(id, contact.as_ref(), &evidence, &rows, rules, suppressed.contains(&id));
        value["merged"] = json!(merged);
        values.push(value);
    }
    output.print(&json!({ "contacts": values }), || text)?;
    Ok(Exit::Done)
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
            "row": format!("{}:{}", self.source, self.record), "file": self.file, "line": self.line, "corrected": self.is_corrected, "outcome": self.outcome,
            "reason": self.reason.map(Reason::code), "contact_id": self.contact_id.map(|it| it.to_string()),
            "findings": self.findings, "cells": cells,
        })
    }

    fn text(&self) -> String {
        let file = if self.file.is_empty() { String::new() } else { format!("{}, ", printable(&self.file)) };
        let mut text = format!("row {}:{} ({file}line {}): {}", self.source, self.record, self.line, self.outcome);
        if let Some(reason) = self.reason {
            let _ = write!(text, ", {}: {}", reason.code(), reason.describe());
        }
        if !self.findings.is_empty() {
            let _ = write!(text, ", {}", self.findings);
        }
        if self.is_corrected {
            text.push_str(", as corrected");
        }
        text.push('\n');
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

fn person_text(
    id: ContactId,
    contact: Option<&Contact>,
    evidence: &[Evidence],
    rows: &[TracedRow],
    rules: MergeSection,
    is_suppressed: bool,
) -> String {
    let mut text = format!("contact {id}\n");
    match contact {
        None => text += "  not in the CRM database\n",
        Some(contact) => {
            for (name, value, row) in fields(contact) {
                let from = if row.is_empty() { String::new() } else { format!("  from {row}") };
                let lost = lost(name, &value, rows);
                let over: Vec<String> =
                    lost.iter().map(|(value, row)| format!("{} ({row})", printable(value))).collect();
                let why = match rule_of(name, rules) {
                    Some(rule) if !over.is_empty() => format!(", {rule}; not {}", over.join(", ")),
                    _ => String::new(),
                };
                let _ = writeln!(text, "  {name:16} {}{from}{why}", printable(&value));
            }
        }
    }
    if is_suppressed {
        let _ = writeln!(text, "  {:16} yes, by `ferry suppress`", "suppressed");
    }
    for said in in_order(contact) {
        let _ = writeln!(text, "  {:16} {}", "statement", statement_text(said, contact));
    }
    if let Some(contact) = contact {
        let _ = writeln!(text, "  {:16} {}", "segment", segment(contact, evidence, is_suppressed).name());
    }
    if let Some(registration) = Registration::of(evidence, Timestamp::now()) {
        let _ = writeln!(text, "  {:16} {}", "WhatsApp", registration_text(&registration));
    }
    for it in evidence {
        let status = printable(it.raw_status.as_deref().unwrap_or("nothing"));
        let variant = it.variant.map_or(String::new(), |it| format!(" as {it}"));
        let until = it.expires_at.map_or(String::new(), |it| format!(", until {it}"));
        let price = if it.price_micros == 0 { String::new() } else { format!(", for {} millionths", it.price_micros) };
        let _ = writeln!(
            text,
            "  {:16} {} by {}{variant} at {}{until}{price} (status: {status})",
            "evidence",
            it.answer.name(),
            it.method,
            it.checked_at
        );
    }
    for row in rows {
        text += &row.text();
    }
    text
}

fn segment(contact: &Contact, evidence: &[Evidence], is_suppressed: bool) -> Segment {
    let answer = Registration::of(evidence, Timestamp::now()).map(|it| it.answer);
    Segment::of(contact.consent.as_ref().map(|it| it.value), is_suppressed, answer)
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

fn person_json(
    id: ContactId,
    contact: Option<&Contact>,
    all_evidence: &[Evidence],
    rows: &[TracedRow],
    rules: MergeSection,
    is_suppressed: bool,
) -> Value {
    let fields: serde_json::Map<String, Value> = contact
        .map(fields)
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value, row)| {
            let lost = lost(name, &value, rows);
            let rule = rule_of(name, rules);
            (name.to_owned(), json!({ "value": value, "row": row, "rule": rule, "lost": lost }))
        })
        .collect();
    let evidence: Vec<Value> = all_evidence.iter()
        .map(|it| json!({
            "method": it.method, "answer": it.answer, "variant": it.variant.map(|it| it.to_string()), "checked_at": it.checked_at,
            "expires_at": it.expires_at, "price_micros": it.price_micros, "wa_id": it.wa_id.as_ref().map(WaId::as_str),
            "raw_status": it.raw_status,
        })).collect();
    let registration = Registration::of(all_evidence, Timestamp::now()).map(|it| {
        json!({
            "answer": it.answer, "method": it.method, "checked_at": it.checked_at, "expires_at": it.expires_at,
            "expired": it.expired, "wa_id": it.wa_id.as_ref().map(WaId::as_str),
        })
    });
    json!({
        "contact_id": id.to_string(), "loaded": contact.is_some(), "fields": fields, "registration": registration, "evidence": evidence,
        "suppressed": is_suppressed,
        "segment": contact.map(|it| segment(it, all_evidence, is_suppressed).name()),
        "statements": in_order(contact).into_iter().map(|it| statement_json(it, contact)).collect::<Vec<_>>(),
        "rows": rows.iter().map(TracedRow::json).collect::<Vec<_>>(),
    })
}

/// The fields of a contact: name, value, and the row that each came from.
fn fields(contact: &Contact) -> Vec<(&'static str, String, String)> {
    let values = |(name, field): (&'static str, &ShownField)| {
        let row = (field.row)(contact).map_or_else(String::new, ToString::to_string);
        (field.values)(contact).into_iter().map(move |value| (name, value, row.clone()))
    };
    SHOWN_FIELDS.iter().filter_map(|it| Some((it.trace?, it))).flat_map(values).collect()
}
