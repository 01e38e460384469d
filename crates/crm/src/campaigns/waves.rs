//! Waves: what is released together, and frozen from then on.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{ConsentPurpose, ContactId};

use crate::campaigns::tables::{EXCLUSION, WAVE, WAVE_TEMPLATE};
use crate::outbox::{MessageId, NewMessage, NotPlanned, WaitsFor};
use crate::sql::{Row, Rows, Tx};
use crate::{Crm, LoadError};

const WAVES: &str = "select step, number, size, is_test, released_at, judged_at from wave where campaign = $1 \
    order by step, number";
const TEMPLATES: &str = "select step, wave, template, language, digest, category, differs from wave_template where campaign = $1 \
    order by step, wave, language";
const NEXT: &str = "select coalesce(max(number), 0) + 1 from wave where campaign = $1 and step = $2";
const EXCLUDED: &str = "select contact_id, reason from campaign_exclusion where campaign = $1 and step = $2";
const FORGET_EXCLUDED: &str = "delete from campaign_exclusion where campaign = $1 and step = $2";
const JUDGED: &str =
    "update wave set judged_at = $1 where campaign = $2 and step = $3 and number = $4 and judged_at is null";
const REFREEZE: &str = "update wave_template set digest = $1, category = $2, differs = $3 where campaign = $4 and template = $5 \
    and language = $6";
const REPURPOSE: &str = "update outbox set purpose = $1, not_before = 0, waits_for = null where campaign = $2 and state = 'planned' \
    and message_id in (select message_id from outbox_content where template = $3 and language = $4)";
const PROGRESS: &str = "select state, coalesce(waits_for, ''), count(*), max(intent_at) from outbox where campaign = $1 and step = $2 \
    and wave = $3 group by state, coalesce(waits_for, '')";
const WHAT: &str = "release a wave";

/// A wave as it was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveRow {
    pub step: String,
    pub number: i64,
    pub size: u64,
    /// The first of a step, which is judged before others are released.
    pub is_test: bool,
    pub released_at: Timestamp,
    pub judged_at: Option<Timestamp>,
}

/// A template as it was when a wave was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenTemplate {
    pub step: String,
    pub wave: i64,
    pub template: String,
    pub language: String,
    pub digest: String,
    pub category: String,
    /// See [`crate::TemplateNow::differs`].
    pub differs: String,
}

/// How far the messages of a wave have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaveProgress {
    /// Messages that still go by themselves: what waits for a person's decision is not counted.
    pub n_coming: u64,
    pub last_intent_at: Option<Timestamp>,
}

/// What became of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleasedWave {
    pub number: i64,
    pub planned: Vec<MessageId>,
    /// Whoever could not be planned at the last moment.
    pub not_planned: Vec<(ContactId, NotPlanned)>,
}

impl Crm {
    /// The waves of a campaign.
    pub async fn waves(&self, campaign: &str) -> Result<Vec<WaveRow>, LoadError> {
        let read = |it: &dyn Row| {
            Ok(WaveRow {
                step: it.text(0)?,
                number: it.int(1)?,
                size: it.count(2)?,
                is_test: it.int(3)? == 1,
                released_at: it.time(4)?,
                judged_at: it.opt_time(5)?,
            })
        };
        self.select("read the waves of a campaign", WAVES, &[campaign.into()], read).await
    }

    /// How far a wave has come, by campaign, step and number.
    pub async fn wave_progress(&self, wave: (&str, &str, i64)) -> Result<WaveProgress, LoadError> {
        let read = |it: &dyn Row| Ok((it.text(0)?, it.text(1)?, it.count(2)?, it.opt_time(3)?));
        let values = [wave.0.into(), wave.1.into(), wave.2.into()];
        let mut progress = WaveProgress::default();
        for (state, waits_for, n, last) in self.select("see how far a wave is", PROGRESS, &values, read).await? {
            if state == "planned" && !WaitsFor::needs_a_person(&waits_for) {
                progress.n_coming += n;
            }
            progress.last_intent_at = progress.last_intent_at.max(last);
        }
        Ok(progress)
    }

    /// The templates of the waves of a campaign, as they were frozen.
    pub async fn frozen_templates(&self, campaign: &str) -> Result<Vec<FrozenTemplate>, LoadError> {
        let read = |it: &dyn Row| {
            Ok(FrozenTemplate {
                step: it.text(0)?,
                wave: it.int(1)?,
                template: it.text(2)?,
                language: it.text(3)?,
                digest: it.text(4)?,
                category: it.text(5)?,
                differs: it.text(6)?,
            })
        };
        self.select("read the templates of a campaign", TEMPLATES, &[campaign.into()], read).await
    }

    /// Releases a wave in one transaction: its messages, its templates, and who is left out of the step now, unless that was
    /// noted before. `messages` are of one campaign and step.
    pub async fn release_wave(
        &self,
        (campaign, step): (&str, &str),
        messages: Vec<NewMessage>,
        templates: &[FrozenTemplate],
        excluded: Option<&[(ContactId, &'static str)]>,
        (is_test, at): (bool, Timestamp),
    ) -> Result<ReleasedWave, LoadError> {
        let mut tx = self.begin_durable(WHAT).await?;
        let number = tx.next_wave(campaign, step).await?;
        let messages: Vec<NewMessage> = messages.into_iter().map(|it| NewMessage { wave: number, ..it }).collect();
        let mut released = ReleasedWave { number, ..ReleasedWave::default() };
        for chunk in messages.chunks(model::MAX_BATCH) {
            for (message, planned) in chunk.iter().zip(tx.plan_messages(chunk, at).await?) {
                match planned {
                    Ok(id) => released.planned.push(id),
                    Err(why) => released.not_planned.push((message.contact, why)),
                }
            }
        }
        if let Some(excluded) = excluded {
            tx.note_excluded(campaign, step, excluded, at).await?;
        }
        if released.planned.is_empty() {
            tx.commit().await?;
            return Ok(released);
        }
        let (mut waves, mut frozen) = (Rows::new(&WAVE), Rows::new(&WAVE_TEMPLATE));
        let size = released.planned.len() as u64;
        let none = crate::sql::Cell::None;
        waves.push([
            campaign.into(),
            step.into(),
            number.into(),
            size.into(),
            i64::from(is_test).into(),
            at.into(),
            none,
        ]);
        for it in templates {
            let FrozenTemplate { template, language, digest, category, differs, .. } = it;
            frozen.push([
                campaign.into(),
                step.into(),
                number.into(),
                template.into(),
                language.into(),
                digest.into(),
                category.into(),
                differs.into(),
            ]);
        }
        tx.write_rows([waves, frozen]).await?;
        tx.commit().await?;
        Ok(released)
    }

    /// Notes whom a step leaves out now, if that has changed.
    pub async fn note_excluded(
        &self,
        (campaign, step): (&str, &str),
        excluded: &[(ContactId, &'static str)],
        at: Timestamp,
    ) -> Result<(), LoadError> {
        let mut tx = self.begin("note whom a campaign leaves out").await?;
        let read = |it: &dyn Row| Ok((it.contact_id(0)?, it.text(1)?));
        let known = tx.select(EXCLUDED, &[campaign.into(), step.into()], read).await?;
        let known: HashMap<ContactId, String> = known.into_iter().collect();
        let is_known = |it: &(ContactId, &'static str)| known.get(&it.0).is_some_and(|reason| reason == it.1);
        if known.len() != excluded.len() || !excluded.iter().all(is_known) {
            tx.note_excluded(campaign, step, excluded, at).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Notes that a wave was judged.
    pub async fn note_judged(&self, (campaign, step, wave): (&str, &str, i64), at: Timestamp) -> Result<(), LoadError> {
        let mut tx = self.begin("note that a wave was judged").await?;
        tx.execute(JUDGED, &[at.into(), campaign.into(), step.into(), wave.into()]).await?;
        tx.commit().await
    }

    /// Freezes a template anew for what is still planned, because a person has looked at what changed. People without consent
    /// for the new purpose stay held.
    pub async fn accept_template(
        &self,
        campaign: &str,
        now: &FrozenTemplate,
        purpose: ConsentPurpose,
    ) -> Result<(), LoadError> {
        let mut tx = self.begin_durable("take a template as it is now").await?;
        let FrozenTemplate { template, language, digest, category, differs, .. } = now;
        let key = [digest.into(), category.into(), differs.into(), campaign.into(), template.into(), language.into()];
        tx.execute(REFREEZE, &key).await?;
        tx.execute(REPURPOSE, &[purpose.name().into(), campaign.into(), template.into(), language.into()]).await?;
        tx.commit().await
    }
}

impl Tx {
    async fn next_wave(&mut self, campaign: &str, step: &str) -> Result<i64, LoadError> {
        Ok(self.select(NEXT, &[campaign.into(), step.into()], |it| it.int(0)).await?.pop().unwrap_or(1))
    }

    async fn note_excluded(
        &mut self,
        campaign: &str,
        step: &str,
        excluded: &[(ContactId, &'static str)],
        at: Timestamp,
    ) -> Result<(), LoadError> {
        self.execute(FORGET_EXCLUDED, &[campaign.into(), step.into()]).await?;
        let mut rows = Rows::new(&EXCLUSION);
        for (contact, reason) in excluded {
            rows.push([campaign.into(), step.into(), contact.into(), (*reason).into(), at.into()]);
        }
        self.write_rows([rows]).await
    }
}
