//! Releases waves: the first of a step is small, and the next comes once it was judged.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use plan::{PlanStep, SendingGates};

use super::audience::ChosenAudience;
use super::open::SendingAccount;

use super::watch::OLD;

/// What came of a look at what can be released.
#[derive(Debug, Default)]
pub(crate) struct Release {
    /// Step, number, size, and whether it is a test wave.
    pub(crate) released: Option<(String, i64, u64, bool)>,
    /// When it is worth to look again, if nobody else can be released now.
    pub(crate) due_at: Option<Timestamp>,
    /// Whether a test wave should have been judged by now.
    pub(crate) is_stuck: bool,
    /// Whether one more message would cost more than the plan allows.
    pub(crate) is_over_spend: bool,
    /// Whether every step has gone to everybody it is for.
    pub(crate) is_exhausted: bool,
}

impl SendingAccount {
    /// Releases the next wave, if there is room for it. `n_planned` messages are released and not yet sent.
    pub(crate) async fn release(&self, n_planned: u64) -> Result<Release> {
        let room = u64::from(self.plan.limits.released_rows).saturating_sub(n_planned);
        let mut release = Release { is_exhausted: true, ..Release::default() };
        let waves = self.crm.waves(&self.plan.name).await?;
        let now = self.clock.now();
        for step in &self.plan.steps {
            let test = waves.iter().find(|it| it.step == step.name && it.is_test && it.judged_at.is_none());
            if let Some(test) = test {
                release.is_exhausted = false;
                let judged_from = test.released_at.saturating_add(OLD).unwrap_or(now);
                release.is_stuck |= now > judged_from.saturating_add(STUCK).unwrap_or(now);
                release.due_at = earliest(release.due_at, Some(judged_from.max(now)));
                continue;
            }
            if room == 0 {
                release.is_exhausted = false;
                break;
            }
            let Choice { at, is_noted, chosen } = self.choice(step, now).await?;
            tracing::debug!(step = step.name, n = chosen.messages.len(), due_at = ?chosen.due_at, "people were chosen");
            release.due_at = earliest(release.due_at, chosen.due_at);
            release.is_exhausted &= chosen.is_exhausted();
            if chosen.messages.is_empty() {
                self.crm.note_excluded((&self.plan.name, &step.name), &chosen.excluded, now).await?;
                continue;
            }
            let is_first = !waves.iter().any(|it| it.step == step.name);
            let (size, is_test) = size_of(&self.plan.gates, is_first, chosen.messages.len(), room);
            let prices: Vec<_> =
                chosen.countries.iter().zip(&chosen.messages).take(size).map(|(it, of)| (*it, of.purpose)).collect();
            let affordable = self.within_spend(&prices).await?;
            if affordable == 0 {
                release.is_over_spend = true;
                return Ok(release);
            }
            let (mut chosen, size) = (chosen, affordable.min(size));
            let rest = chosen.messages.split_off(size);
            let countries = chosen.countries.split_off(size);
            let (templates, due_at) = (chosen.templates.clone(), chosen.due_at);
            release.released = self.release_some(step, chosen, (is_test, is_noted), now).await?;
            if !rest.is_empty() {
                let chosen =
                    ChosenAudience { messages: rest, countries, templates, due_at, ..ChosenAudience::default() };
                let choice = Choice { at, is_noted: true, chosen };
                self.choices.lock().await.insert(step.name.clone(), choice);
            }
            if release.released.is_some() {
                release.is_exhausted = false;
                break;
            }
        }
        Ok(release)
    }

    /// The people of a step, as they were chosen some minutes ago, or now. Whether each may be written to is asked again when the
    /// wave is written, and when the message leaves.
    async fn choice(&self, step: &PlanStep, now: Timestamp) -> Result<Choice> {
        let known = self.choices.lock().await.remove(&step.name);
        let is_new = |it: &Choice| now.duration_since(it.at) < CHOSEN_FOR;
        match known.filter(is_new) {
            Some(choice) => Ok(choice),
            None => Ok(Choice { at: now, is_noted: false, chosen: self.choose(step).await? }),
        }
    }

    /// Keeps the people of the first step for the first wave, so that the segment is not read again. That there is nobody is not
    /// kept: there may be somebody by then.
    pub async fn keep_choice(&self, chosen: ChosenAudience, at: Timestamp) {
        if let Some(step) = self.plan.steps.first().filter(|_| !chosen.messages.is_empty()) {
            let choice = Choice { at, is_noted: false, chosen };
            self.choices.lock().await.insert(step.name.clone(), choice);
        }
    }

    async fn release_some(
        &self,
        step: &PlanStep,
        chosen: ChosenAudience,
        (is_test, is_noted): (bool, bool),
        now: Timestamp,
    ) -> Result<Option<(String, i64, u64, bool)>> {
        let ChosenAudience { messages, templates, excluded, .. } = chosen;
        let name = (self.plan.name.as_str(), step.name.as_str());
        let excluded = (!is_noted).then_some(excluded.as_slice());
        let released = self.crm.release_wave(name, messages, &templates, excluded, (is_test, now)).await?;
        let n = released.planned.len() as u64;
        Ok((n > 0).then(|| (step.name.clone(), released.number, n, is_test)))
    }
}

/// A wave is written in one transaction, during which nothing else is: this many take some tenths of a second.
const MOST_IN_A_WAVE: usize = 500;
/// For how long people who were chosen are released without reading the whole segment again.
const CHOSEN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// A test wave that is not judged so long after it could be waits for somebody.
const STUCK: SignedDuration = SignedDuration::from_mins(10);

/// The people of a step who wait for their wave.
pub(crate) struct Choice {
    at: Timestamp,
    /// Whether the database knows who is left out.
    is_noted: bool,
    chosen: ChosenAudience,
}

/// The size of the next wave, and whether it is a test. A step for few people needs none.
fn size_of(gates: &SendingGates, is_first: bool, n: usize, room: u64) -> (usize, bool) {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(MOST_IN_A_WAVE);
    let test = gates.test_wave as usize;
    let is_test = is_first && test > 0 && n > test;
    (if is_test { test.min(room) } else { n.min(room) }, is_test)
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}
