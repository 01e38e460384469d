//! A person in JSON.

use model::{Evidence, IdentityDecision, WaId};
use results::HappenedToIdentity;
use serde_json::{Value, json};

use crate::fields::{fields, lost, rule_of};
use crate::person::Person;
use crate::row;
use crate::statements::{in_order, statement_json};

impl Person {
    /// All that is known of the contact.
    pub(crate) fn json(&self) -> Value {
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
        let registration = self.registration().map(|it| {
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
            "rows": self.rows.iter().chain(&self.earlier.rows).map(row::json).collect::<Vec<_>>(),
            "runs_gone": self.earlier.gone,
            "merged": merged.collect::<Vec<_>>(), "decisions": decisions.collect::<Vec<_>>(),
            "hold": self.history.hold.map(|it| json!({ "reason": it.reason.name(), "since": it.since })),
            "identity_events": self.history.events.iter().map(HappenedToIdentity::of).collect::<Vec<_>>(),
        })
    }
}

fn evidence_json(it: &Evidence) -> Value {
    json!({
        "method": it.method, "answer": it.answer, "variant": it.variant.map(|it| it.to_string()),
        "checked_at": it.checked_at, "expires_at": it.expires_at, "price_micros": it.price_micros,
        "wa_id": it.wa_id.as_ref().map(WaId::as_str), "raw_status": it.raw_status,
    })
}
