//! Between the row of a template and what the crate `sync` knows of it.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sync::{Alert, Announcement, Known};

use crate::LoadError;
use crate::account_templates::{AccountTemplate, ObservedTemplate};

impl AccountTemplate {
    /// What is known of the template. A listing has confirmed all of it. A moment that is still to come was written by a clock
    /// that was wrong, and does not count.
    pub fn known(&self, now: Timestamp) -> Result<Known, LoadError> {
        let seen = &self.observed;
        let at = |it: Option<Timestamp>| it.max(seen.observed_at).filter(|it| *it <= now).unwrap_or(Timestamp::MIN);
        let category = seen.announced_category.clone();
        Ok(Known {
            status: self.status.clone(),
            status_at: at(seen.status_at),
            status_since: seen.status_since.unwrap_or(Timestamp::MIN),
            reason: self.reason.clone(),
            disable_at: seen.disable_at,
            pause: Some(seen.pause.clone()).filter(|it| !it.is_empty()),
            quality: seen.quality.clone(),
            quality_at: at(seen.quality_at),
            category: self.category.clone(),
            category_at: at(seen.category_at),
            previous_category: seen.previous_category.clone(),
            announced: (!category.is_empty()).then_some(Announcement { category, at: seen.announced_for }),
            content: seen.differs.as_ref().map(|it| self.json("differs", it)).transpose()?,
            content_at: at(None),
        })
    }

    /// The alerts that nobody was told of.
    pub fn untold_alerts(&self) -> Result<Vec<Alert>, LoadError> {
        if self.untold.is_empty() { Ok(Vec::new()) } else { self.json("untold", &self.untold) }
    }

    /// The row with what is known now, and with more alerts to tell.
    pub fn with_known(&self, now: Known, alerts: Vec<Alert>) -> Result<Self, LoadError> {
        let mut untold = self.untold_alerts()?;
        untold.extend(alerts);
        let once = |it: Timestamp| Some(it).filter(|it| *it > Timestamp::UNIX_EPOCH);
        let (announced_category, announced_for) =
            now.announced.map_or_else(Default::default, |it| (it.category, it.at));
        let observed = ObservedTemplate {
            observed_at: self.observed.observed_at,
            status_at: once(now.status_at),
            status_since: once(now.status_since),
            disable_at: now.disable_at,
            pause: now.pause.unwrap_or_default(),
            quality: now.quality,
            quality_at: once(now.quality_at),
            category_at: once(now.category_at),
            previous_category: now.previous_category,
            announced_category,
            announced_for,
            differs: now.content.map(|it| self.text("differs", &it)).transpose()?,
        };
        Ok(Self {
            status: now.status,
            category: now.category,
            reason: now.reason,
            observed,
            untold: if untold.is_empty() { String::new() } else { self.text("untold", &untold)? },
            ..self.clone()
        })
    }

    fn json<T: DeserializeOwned>(&self, column: &str, text: &str) -> Result<T, LoadError> {
        serde_json::from_str(text).map_err(|_| self.unreadable(column))
    }

    fn text<T: serde::Serialize>(&self, column: &str, value: &T) -> Result<String, LoadError> {
        serde_json::to_string(value).map_err(|_| self.unreadable(column))
    }

    fn unreadable(&self, column: &str) -> LoadError {
        LoadError::Value { column: format!("account_template.{column} of {} ({})", self.name, self.language) }
    }
}
