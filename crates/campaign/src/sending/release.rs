//! Releases waves: the first of a step is small, and the next comes once it was judged.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use plan::PlanStep;

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
    /// When the first of those can be released who wait for the hours of the day.
    pub(crate) opens_at: Option<Timestamp>,
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
                let progress = self.crm.wave_progress((&self.plan.name, &step.name, test.number)).await?;
                let last = progress.last_intent_at.unwrap_or(test.released_at).max(test.released_at);
                let judged_from = last.saturating_add(OLD).unwrap_or(now);
                release.is_stuck |= now > judged_from.saturating_add(STUCK).unwrap_or(now);
                let is_told = progress.n_coming == 0;
                release.due_at = earliest(release.due_at, Some(judged_from).filter(|_| is_told));
                continue;
            }
            if room == 0 {
                release.is_exhausted = false;
                break;
            }
            let Choice { at, is_noted, chosen } = self.choice(step, now).await?;
            tracing::debug!(step = step.name, n = chosen.messages.len(), due_at = ?chosen.due_at, "people were chosen");
            let next_look = now.saturating_add(self.least_between_looks(chosen.n_members)).unwrap_or(now);
            release.due_at = earliest(release.due_at, chosen.due_at.map(|it| it.max(next_look)));
            release.is_exhausted &= chosen.is_exhausted();
            let (mut chosen, is_first) = (chosen, !waves.iter().any(|it| it.step == step.name));
            let (n_open, opens_at) = chosen.order_by_hours(&self.plan.limits.hours, now);
            let (size, is_test) = size_of(self.plan.gates.test_wave, is_first, (chosen.messages.len(), n_open), room);
            if size == 0 {
                if !is_noted {
                    self.crm.note_excluded((&self.plan.name, &step.name), &chosen.excluded, now).await?;
                }
                release.due_at = earliest(release.due_at, opens_at);
                release.opens_at = earliest(release.opens_at, opens_at);
                if opens_at.is_some() {
                    self.keep(step, Choice { at, is_noted: true, chosen }).await;
                }
                continue;
            }
            let prices: Vec<_> =
                chosen.countries.iter().zip(&chosen.messages).take(size).map(|(it, of)| (*it, of.purpose)).collect();
            let affordable = self.within_spend(&prices).await?;
            if affordable == 0 {
                release.is_over_spend = true;
                return Ok(release);
            }
            let size = affordable.min(size);
            let rest = chosen.split_off(size);
            release.released = self.release_some(step, chosen, (is_test, is_noted), now).await?;
            if !rest.messages.is_empty() {
                self.keep(step, Choice { at, is_noted: true, chosen: rest }).await;
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
            self.keep(step, Choice { at, is_noted: false, chosen }).await;
        }
    }

    /// How long it takes at the least until it is looked again who is due, with so many people in the segment.
    fn least_between_looks(&self, n_members: u64) -> SignedDuration {
        match (n_members > MANY, self.clock.is_rehearsal()) {
            (false, _) => SignedDuration::ZERO,
            (true, false) => BETWEEN_LOOKS,
            (true, true) => BETWEEN_LOOKS_IN_A_REHEARSAL,
        }
    }

    async fn keep(&self, step: &PlanStep, choice: Choice) {
        self.choices.lock().await.insert(step.name.clone(), choice);
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

/// A look reads the whole segment: of more people than this it takes some tenths of a second, and of 100,000 some seconds. People
/// become due one by one, as the step before went to them, so each look waits until it is worth it.
const MANY: u64 = 1_000;
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_secs(60);
const BETWEEN_LOOKS_IN_A_REHEARSAL: SignedDuration = SignedDuration::from_mins(10);

/// A test wave that is not judged so long after it could be waits for somebody.
const STUCK: SignedDuration = SignedDuration::from_mins(10);

/// The people of a step who wait for their wave.
pub(crate) struct Choice {
    at: Timestamp,
    /// Whether the database knows who is left out.
    is_noted: bool,
    chosen: ChosenAudience,
}

/// The size of the next wave for `n` people, of whom `n_open` can be written to now, and whether it is a test. A step for few
/// people needs none. A test has its whole size at any hour: fewer messages would say nothing.
fn size_of(test: u32, is_first: bool, (n, n_open): (usize, usize), room: u64) -> (usize, bool) {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(MOST_IN_A_WAVE);
    let test = test as usize;
    let is_test = is_first && test > 0 && n > test;
    (if is_test { test.min(room) } else { n_open.min(room) }, is_test)
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_for_those_who_can_get_it_now_and_takes_no_more_than_the_room() {
        let next = |of, room| size_of(150, false, of, room);
        assert_eq!(next((90_000, 60_000), 10_000), (500, false));
        assert_eq!(next((90_000, 60_000), 120), (120, false));
        assert_eq!((next((90_000, 30), 10_000), next((90_000, 0), 10_000)), ((30, false), (0, false)));
    }

    #[test]
    fn a_test_wave_has_its_size_at_any_hour() {
        let first = |of| size_of(150, true, of, 10_000);
        assert_eq!((first((9_000, 8_000)), first((9_000, 0))), ((150, true), (150, true)));
        assert_eq!((first((150, 150)), first((150, 20))), ((150, false), (20, false)));
    }
}
