//! What a sender has to know of a template.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Templates, alter, text};

/// A template of an account in one language, as it is now.
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) status: String,
    /// The latest category, which need not be the one that was asked for.
    pub(crate) category: String,
    pub(crate) quality: String,
    pub(crate) components: Vec<Value>,
    pub(crate) is_named: bool,
    /// When its review ended.
    pub(crate) approved_at: Timestamp,
}

impl Templates {
    pub(crate) fn find(&self, account: &str, name: &str, language: &str, now: Timestamp) -> Option<Found> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let template = store.templates.iter().find(|it| {
            it.account == account && text(&it.body, "name") == name && text(&it.body, "language") == language
        })?;
        let (status, _, category) = store.state(template, now);
        let moderation = store.moderation_of(name);
        let mut components = template.body.get("components").cloned().unwrap_or_default();
        if let Some(moderation) = moderation {
            alter(&mut components, moderation);
        }
        let reviewed_after = SignedDuration::from_secs(moderation.map_or(0, |it| it.after_seconds));
        Some(Found {
            id: template.id.clone(),
            status,
            category,
            quality: moderation.and_then(|it| it.quality.clone()).unwrap_or_else(|| "UNKNOWN".to_owned()),
            components: match components {
                Value::Array(components) => components,
                _ => Vec::new(),
            },
            is_named: text(&template.body, "parameter_format").eq_ignore_ascii_case("named"),
            approved_at: template.submitted_at.saturating_add(reviewed_after).unwrap_or(template.submitted_at),
        })
    }
}
