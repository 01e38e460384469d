//! Findings in plain words, at the place that they are about.

use std::collections::BTreeMap;

use model::{Finding, Severity};
use translate::{FlowAct, FlowStep, Outgoing};

use crate::input::Reviewed;
use crate::view::{Found, Mark};
use crate::words::Words;

/// The rule that names the category of a template with its reason.
const CATEGORY: &str = "C101";

/// The findings of a scenario by their places.
#[derive(Default)]
pub(crate) struct Placed<'a> {
    /// By the index of the step in the scenario.
    steps: BTreeMap<usize, Vec<&'a Finding>>,
    /// By the index of the template.
    templates: BTreeMap<usize, Vec<&'a Finding>>,
    /// By the step of the flow and the index of the message.
    messages: BTreeMap<(&'a str, usize), Vec<&'a Finding>>,
    /// About the scenario as a whole.
    whole: Vec<&'a Finding>,
    /// What was decided or changed, with the index of the step if there is one.
    notes: Vec<(Option<usize>, &'a Finding)>,
    categories: BTreeMap<usize, &'a str>,
}

impl<'a> Placed<'a> {
    pub(crate) fn of(reviewed: &'a Reviewed<'_>) -> Self {
        let mut placed = Self::default();
        for finding in reviewed.findings.iter() {
            placed.add(reviewed, finding);
        }
        placed
    }

    fn add(&mut self, reviewed: &'a Reviewed<'_>, finding: &'a Finding) {
        let step = index_after(&finding.place, "/steps/").or_else(|| imported(reviewed, &finding.place));
        if finding.rule.code == CATEGORY {
            let reason = finding.message.split_once(": ").map_or(finding.message.as_str(), |it| it.1);
            self.categories.extend(step.map(|it| (it, reason)));
            return;
        }
        if finding.rule.severity == Severity::Note {
            self.notes.push((step, finding));
            return;
        }
        let message = message_place(reviewed, &finding.place);
        let list = match (step, index_after(&finding.place, "/templates/"), message) {
            (Some(step), _, _) => self.steps.entry(step).or_default(),
            (_, Some(template), _) => self.templates.entry(template).or_default(),
            (_, _, Some(message)) => self.messages.entry(message).or_default(),
            (None, None, None) => &mut self.whole,
        };
        list.push(finding);
    }

    /// The findings about a step of the source.
    pub(crate) fn of_step(&self, n: usize, w: &Words) -> Vec<Mark> {
        marks(self.steps.get(&n).into_iter().flatten().copied(), w)
    }

    /// The findings about what a step of the flow sends.
    pub(crate) fn of_flow_step(&self, reviewed: &Reviewed<'_>, step: &FlowStep, w: &Words) -> Vec<Mark> {
        let FlowAct::Send(sends) = &step.act else { return Vec::new() };
        let found = sends.sends.iter().enumerate().filter_map(|(part, it)| match it {
            Outgoing::Template { name, .. } => {
                let at = reviewed.templates.iter().position(|it| it.current.name == *name)?;
                self.templates.get(&at)
            }
            Outgoing::Message(_) => self.messages.get(&(step.id.as_str(), part)),
        });
        marks(found.flatten().copied(), w)
    }

    pub(crate) fn of_template(&self, n: usize, w: &Words) -> Vec<Mark> {
        marks(self.templates.get(&n).into_iter().flatten().copied(), w)
    }

    pub(crate) fn of_whole(&self, w: &Words) -> Vec<Mark> {
        marks(self.whole.iter().copied(), w)
    }

    /// What was decided or changed, with the numbers of the steps.
    pub(crate) fn notes(&self, w: &Words) -> Vec<Mark> {
        let mut all: Vec<Mark> = Vec::new();
        for (step, finding) in &self.notes {
            add(&mut all, finding, step.map(|it| (it + 1).to_string()).unwrap_or_default(), w);
        }
        all
    }

    /// Says how much of a step is lost on the other side.
    pub(crate) fn flag(&self, n: usize, w: &Words) -> String {
        let lost = self.steps.get(&n).into_iter().flatten().filter(|it| it.rule.severity == Severity::Loss);
        match lost.count() {
            0 => String::new(),
            n => w.counted(w.n_lost_here, n),
        }
    }

    /// Why a template of this step has its category; empty if nothing says so.
    pub(crate) fn reason(&self, step: usize) -> &str {
        self.categories.get(&step).copied().unwrap_or_default()
    }
}

/// The step that an imported loss is about.
fn imported(reviewed: &Reviewed<'_>, place: &str) -> Option<usize> {
    let lost = reviewed.scenario.losses.get(index_after(place, "/losses/")?)?;
    reviewed.scenario.steps.iter().position(|it| it.id == lost.place)
}

fn index_after(place: &str, start: &str) -> Option<usize> {
    place.strip_prefix(start)?.split('/').next()?.parse().ok()
}

/// The message of the flow that a place is in: `/messages/STEP/PART…`, where the id of the step may have slashes.
fn message_place<'a>(reviewed: &'a Reviewed<'_>, place: &str) -> Option<(&'a str, usize)> {
    let rest = place.strip_prefix("/messages/")?;
    let ids = reviewed.flow.steps.iter().map(|it| it.id.as_str());
    let found = ids.filter_map(|id| Some((id, index_after(rest.strip_prefix(id)?, "/")?)));
    found.max_by_key(|it| it.0.len())
}

fn marks<'a>(findings: impl Iterator<Item = &'a Finding>, w: &Words) -> Vec<Mark> {
    let mut all: Vec<Mark> = Vec::new();
    findings.for_each(|it| add(&mut all, it, String::new(), w));
    all
}

/// Adds a finding to those of its rule.
fn add(all: &mut Vec<Mark>, finding: &Finding, step: String, w: &Words) {
    let fix = finding.fix.clone().unwrap_or_default();
    let found = Found { step, message: finding.message.clone(), fix };
    let rule = finding.rule;
    match all.iter_mut().find(|it| it.code == rule.code) {
        Some(mark) if mark.found.contains(&found) => {}
        Some(mark) => mark.found.push(found),
        None => all.push(Mark {
            severity: rule.severity.name(),
            label: w.severity(rule.severity),
            code: rule.code,
            about: sentence(rule.about),
            found: vec![found],
        }),
    }
}

/// The description of a rule as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|it| it.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
