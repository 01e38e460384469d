//! When templates are submitted, and when they can be counted on.

use std::collections::HashSet;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use scenario::Criticality;
use serde::Serialize;

use super::account::TemplateAccount;
use super::limits::{EXPECTED_APPROVAL_HOURS, MAX_SUBMISSIONS_PER_HOUR};
use super::sample::Sample;
use super::submit::in_order;
use super::upload::UploadState;
use super::wanted::WantedTemplate;

/// What a submission would do.
#[derive(Clone, Debug)]
pub struct SubmissionSchedule {
    pub waves: Vec<Wave>,
    /// Templates that are in the account already and have not changed.
    pub n_unchanged: usize,
    /// The samples that the templates of the waves need, each file once.
    pub uploads: Vec<PlannedUpload>,
}

/// A sample, and what there is to do for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedUpload {
    pub file: String,
    pub media_type: &'static str,
    pub n_bytes: u64,
    pub state: UploadState,
}

/// Templates of one criticality. Those that are not critical go first, so that the critical ones profit from what the
/// first reviews teach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wave {
    pub criticality: Criticality,
    pub n_templates: usize,
    /// The first and the last submission.
    pub from: Timestamp,
    pub to: Timestamp,
    /// When the last template should be approved, and the scenarios can go live.
    pub ready: Timestamp,
}

impl TemplateAccount {
    /// What [`TemplateAccount::submit`] would do from `now` on. Nothing is sent.
    pub async fn schedule(&self, wanted: &[WantedTemplate], now: Timestamp) -> Result<SubmissionSchedule> {
        let rows = self.templates().await?;
        let is_new = |it: &&WantedTemplate| rows.get(&it.key()).is_none_or(|row| row.digest != it.digest);
        let waiting: Vec<&WantedTemplate> = in_order(wanted).into_iter().filter(is_new).collect();
        let uploads = self.planned_uploads(&waiting, now).await?;
        Ok(SubmissionSchedule { n_unchanged: wanted.len() - waiting.len(), waves: waves(&waiting, now), uploads })
    }

    async fn planned_uploads(&self, waiting: &[&WantedTemplate], now: Timestamp) -> Result<Vec<PlannedUpload>> {
        let (mut uploads, mut seen) = (Vec::new(), HashSet::new());
        for sample in waiting.iter().filter_map(|it| it.sample.as_ref()).filter(|it| seen.insert(&it.digest)) {
            let state = self.upload_state(sample, now).await?;
            let Sample { path, media_type, n_bytes, .. } = sample;
            let file = path.display().to_string();
            uploads.push(PlannedUpload { file, media_type, n_bytes: *n_bytes, state });
        }
        Ok(uploads)
    }
}

/// The waves of templates that are in the order of their submission.
fn waves(wanted: &[&WantedTemplate], now: Timestamp) -> Vec<Wave> {
    let at = |n: usize| now + SignedDuration::from_hours((n / MAX_SUBMISSIONS_PER_HOUR) as i64);
    let mut waves: Vec<Wave> = Vec::new();
    for (n, it) in wanted.iter().enumerate() {
        let ready = at(n) + SignedDuration::from_hours(EXPECTED_APPROVAL_HOURS);
        match waves.last_mut().filter(|wave| wave.criticality == it.criticality) {
            Some(wave) => {
                wave.n_templates += 1;
                wave.to = at(n);
                wave.ready = ready;
            }
            None => waves.push(Wave { criticality: it.criticality, n_templates: 1, from: at(n), to: at(n), ready }),
        }
    }
    waves
}

#[cfg(test)]
mod tests {
    use template::Template;

    use super::*;

    #[test]
    fn a_hundred_templates_go_an_hour_and_the_critical_ones_last() {
        let template = |n: usize, criticality| {
            let template = Template { name: format!("t{n:03}"), language: "en".into(), ..Template::default() };
            WantedTemplate::new(template, None, criticality, String::new()).unwrap()
        };
        let wanted: Vec<WantedTemplate> =
            (0..150).map(|n| template(n, if n < 20 { Criticality::High } else { Criticality::Low })).collect();
        let waves = waves(&in_order(&wanted), Timestamp::UNIX_EPOCH);
        let hours = |at: Timestamp| at.as_second() / 3600;
        let shown: Vec<_> = waves
            .iter()
            .map(|it| (it.criticality, it.n_templates, hours(it.from), hours(it.to), hours(it.ready)))
            .collect();
        assert_eq!(shown, [(Criticality::Low, 130, 0, 1, 49), (Criticality::High, 20, 1, 1, 49)]);
    }
}
