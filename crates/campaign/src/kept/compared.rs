//! What differs between the templates of the database and those that were submitted.

use std::collections::BTreeMap;

use anyhow::Result;
use crm::{AccountTemplate, Crm, KeptTemplate};
use model::Digest;
use template::{PartDiff, Template, diff};

use super::template_of;
use crate::templates::account::TemplateKey;
use crate::templates::status::{GONE, NOT_SENT};

/// The templates of the database and of an account.
#[derive(Debug)]
pub struct ComparedTemplates {
    /// The templates that the database keeps, by name and language.
    pub kept: Vec<ComparedTemplate>,
    /// Submitted templates that no kept template has the name of.
    pub not_kept: Vec<AccountTemplate>,
}

/// A template of the database, beside what was submitted of it.
#[derive(Debug)]
pub struct ComparedTemplate {
    pub kept: KeptTemplate,
    /// The text that would be submitted; the reason if it is not a template.
    pub current: Result<Template, String>,
    /// The row of the account; none if nothing of this name was submitted, or if the plan has no account.
    pub submitted: Option<AccountTemplate>,
    pub comparison: Comparison,
}

/// How the text that would be submitted relates to the one that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    NotSubmitted,
    Same,
    /// The parts that differ, from what was submitted to what is kept.
    Differs(Vec<PartDiff>),
    /// The template is no longer in the account.
    Gone,
    /// It is not known what was submitted, only that it was another text, or the same with another sample.
    Unknown,
    /// The kept text is not a template.
    Unreadable,
}

impl Comparison {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotSubmitted => "not_submitted",
            Self::Same => "same",
            Self::Differs(_) => "differs",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether a submission would change something.
    pub fn is_difference(&self) -> bool {
        *self != Self::Same
    }
}

/// Compares the templates of the database with those of an account, if the plan names one. Sends no request.
pub async fn compare_templates(crm: &Crm, account: Option<&str>) -> Result<ComparedTemplates> {
    let kept = crm.kept_templates().await?;
    let rows = match account {
        Some(account) => crm.account_templates(account).await?,
        None => Vec::new(),
    };
    Ok(compared(kept, rows))
}

fn compared(kept: Vec<KeptTemplate>, rows: Vec<AccountTemplate>) -> ComparedTemplates {
    let mut rows: BTreeMap<TemplateKey, (AccountTemplate, bool)> =
        rows.into_iter().map(|it| ((it.name.clone(), it.language.clone()), (it, false))).collect();
    let mut compare = |kept: KeptTemplate| {
        let current = template_of(&kept.current.body);
        let key = match &current {
            Ok(template) => (template.name.clone(), template.language.clone()),
            Err(_) => (kept.name.clone(), kept.language.clone()),
        };
        let submitted = rows.get_mut(&key).map(|(row, is_kept)| {
            *is_kept = true;
            row.clone()
        });
        let comparison = comparison(&current, submitted.as_ref());
        ComparedTemplate { kept, current, submitted, comparison }
    };
    let kept = kept.into_iter().map(&mut compare).collect();
    let not_kept = rows.into_values().filter(|it| !it.1).map(|it| it.0).collect();
    ComparedTemplates { kept, not_kept }
}

fn comparison(current: &Result<Template, String>, submitted: Option<&AccountTemplate>) -> Comparison {
    let Ok(current) = current else { return Comparison::Unreadable };
    let Some(row) = submitted else { return Comparison::NotSubmitted };
    match row.status.as_str() {
        GONE => return Comparison::Gone,
        NOT_SENT => return Comparison::NotSubmitted,
        _ => {}
    }
    let sent = row.sent_body.as_deref().map(template_of);
    match sent {
        Some(Ok(sent)) => match diff(&sent, current) {
            parts if parts.is_empty() => Comparison::Same,
            parts => Comparison::Differs(parts),
        },
        // A row of an earlier version of Ferry, or one that somebody changed.
        Some(Err(_)) | None if is_digest_of(&row.digest, current) => Comparison::Same,
        Some(Err(_)) | None => Comparison::Unknown,
    }
}

/// Whether a digest is that of a template without a sample.
fn is_digest_of(digest: &str, template: &Template) -> bool {
    let value = serde_json::to_value(template).map(|it| it.to_string());
    value.is_ok_and(|it| Digest::of_parts([it.as_bytes()]).to_string() == digest)
}

#[cfg(test)]
mod tests {
    use crm::{ObservedTemplate, TemplateVersion, Verdict, VersionOrigin};
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn body(name: &str, text: &str) -> String {
        let body = json!({ "type": "BODY", "text": text });
        json!({ "name": name, "language": "en", "category": "UTILITY", "components": [body] }).to_string()
    }

    fn kept(name: &str, body: String) -> KeptTemplate {
        let version = TemplateVersion {
            version: 1,
            origin: VersionOrigin::Source,
            digest: Digest::of_parts([body.as_bytes()]),
            body,
            category: "UTILITY".into(),
            run_id: "run".into(),
            made_by: "ferry".into(),
            made_at: Timestamp::UNIX_EPOCH,
        };
        KeptTemplate {
            name: name.into(),
            language: "en".into(),
            scenario: "s".into(),
            scenario_language: "en".into(),
            current: version.clone(),
            proposed: None,
            source: version,
            verdict: Verdict::default(),
            is_missing: false,
        }
    }

    fn row(name: &str, status: &str, sent_body: Option<String>) -> AccountTemplate {
        AccountTemplate {
            account: "42".into(),
            name: name.into(),
            language: "en".into(),
            template_id: None,
            digest: String::new(),
            category: "UTILITY".into(),
            status: status.into(),
            reason: None,
            scenario: String::new(),
            changed_at: 0,
            claim: None,
            sent_body,
            observed: ObservedTemplate::default(),
            untold: String::new(),
        }
    }

    #[test]
    fn each_kept_text_is_compared_with_what_was_sent_under_its_name() {
        let names = ["same", "other", "new", "gone", "lost", "old", "bad", "renamed"];
        let kept_templates = names.map(|name| match name {
            "bad" => kept(name, "no template".into()),
            "renamed" => kept(name, body("called_so", "Hello.")),
            name => kept(name, body(name, "Hello.")),
        });
        let old = AccountTemplate {
            digest: Digest::of_parts([body("old", "Hello.").as_bytes()]).to_string(),
            ..row("old", "APPROVED", None)
        };
        let rows = vec![
            row("same", "APPROVED", Some(body("same", "Hello."))),
            row("other", "APPROVED", Some(body("other", "Good morning."))),
            row("gone", "GONE", Some(body("gone", "Hello."))),
            row("lost", "PENDING", None),
            row("called_so", "PENDING", Some(body("called_so", "Hello."))),
            row("renamed", "APPROVED", Some(body("renamed", "Hello."))),
            old,
        ];
        let compared = compared(kept_templates.into(), rows);
        let told: Vec<String> =
            compared.kept.iter().map(|it| format!("{} {}", it.kept.name, it.comparison.name())).collect();
        assert_eq!(
            told,
            [
                "same same",
                "other differs",
                "new not_submitted",
                "gone gone",
                "lost unknown",
                "old same",
                "bad unreadable",
                "renamed same"
            ]
        );
        assert_eq!(compared.not_kept.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["renamed"]);
        let Comparison::Differs(parts) = &compared.kept[1].comparison else { panic!() };
        assert_eq!((parts[0].before(), parts[0].after()), ("Good morning.".to_owned(), "Hello.".to_owned()));
    }
}
