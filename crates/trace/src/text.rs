//! A person as text.

use std::fmt::Write;

use model::{Evidence, IdentityDecision, Registration, WaId, printable};
use run_text::{identity, verify};

use crate::fields::{fields, lost, rule_of};
use crate::person::Person;
use crate::row;
use crate::statements::{in_order, statement_text};

impl Person {
    /// All that is known of the contact, a line for each fact, then its rows.
    pub(crate) fn text(&self) -> String {
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
        if let Some(registration) = self.registration() {
            let _ = writeln!(text, "  {:16} {}", "WhatsApp", registration_text(&registration));
        }
        for it in &self.evidence {
            let _ = writeln!(text, "  {:16} {}", "evidence", evidence_text(it, &self.currency));
        }
        for row in self.rows.iter().chain(&self.earlier.rows) {
            text += &row::text(row);
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

fn evidence_text(it: &Evidence, currency: &str) -> String {
    let status = printable(it.raw_status.as_deref().unwrap_or("nothing"));
    let variant = it.variant.map_or(String::new(), |it| format!(" as {it}"));
    let until = it.expires_at.map_or(String::new(), |it| format!(", until {it}"));
    let price = match it.price_micros {
        0 => String::new(),
        micros => format!(", for {} {currency}", verify::exact_amount(micros)),
    };
    format!("{} by {}{variant} at {}{until}{price} (status: {status})", it.answer.name(), it.method, it.checked_at)
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
