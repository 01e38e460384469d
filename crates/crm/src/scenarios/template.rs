//! The rules of a template with versions. Pure.
//!
//! Invariants: `current`, `source` and `seen` are versions of the template. A current version from the source is the last
//! one, and nothing is proposed beside it. A version is never removed, and its body never changes but for the way back to
//! what it was before somebody changed it by hand.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::kept::version_token;
use super::{
    BY_HAND, Change, EditedText, KeptTemplate, NewDecision, Review, ReviewOutcome, SourceTemplate, TemplateVersion,
    Verdict, VersionOrigin, digest_of,
};

/// The run that brings a source text.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) run_id: String,
    pub(super) by: String,
    pub(super) at: Timestamp,
}

/// A template with all its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VersionedTemplate {
    pub(super) name: String,
    pub(super) language: String,
    pub(super) scenario: String,
    pub(super) scenario_language: String,
    pub(super) versions: BTreeMap<u32, TemplateVersion>,
    /// The version that would be submitted.
    pub(super) current: u32,
    /// The last version from the source.
    pub(super) source: u32,
    /// The version from the source that the current one was made from or compared with. If it is not the last one, the last
    /// one is proposed.
    pub(super) seen: u32,
    pub(super) verdict: Verdict,
    pub(super) is_missing: bool,
}

impl VersionedTemplate {
    /// A template that the source brings for the first time.
    pub(super) fn new(source: &SourceTemplate, made: &Made) -> Self {
        let mut template = Self {
            name: source.name.clone(),
            language: source.language.clone(),
            scenario: source.scenario.clone(),
            scenario_language: source.scenario_language.clone(),
            versions: BTreeMap::new(),
            current: 1,
            source: 1,
            seen: 1,
            verdict: Verdict::default(),
            is_missing: false,
        };
        template.add_source(source, made);
        template
    }

    /// Takes the text that the source has today.
    pub(super) fn take_source(&mut self, source: &SourceTemplate, made: &Made) -> Change {
        self.scenario.clone_from(&source.scenario);
        self.scenario_language.clone_from(&source.scenario_language);
        self.is_missing = false;
        self.bring_back(&source.body);
        let says_it = |version: u32| is_text(&self.versions[&version], &source.body, &source.category);
        if says_it(self.source) {
            return Change::Unchanged;
        }
        let is_agreed = says_it(self.current) || says_it(self.seen);
        let is_edited = self.versions[&self.current].origin == VersionOrigin::Edit;
        self.source = self.add_source(source, made);
        match (is_edited, is_agreed) {
            (false, _) => {
                (self.current, self.seen) = (self.source, self.source);
                self.verdict.clear();
                Change::Changed
            }
            (true, true) => {
                self.seen = self.source;
                Change::Agreed
            }
            (true, false) => Change::Proposed,
        }
    }

    /// Makes a version of each text that somebody put into the database by hand, and the version of the current text the
    /// current one. Nobody knows when that was, so it has the time of the version that it replaced. Gives the versions
    /// that were changed, unless this was noticed before.
    pub(super) fn adopt_hand_edits(&mut self) -> Vec<u32> {
        let by_hand: Vec<TemplateVersion> = self.versions.values().filter(|it| !it.is_as_written()).cloned().collect();
        let mut noticed = Vec::new();
        for changed in by_hand {
            let number = changed.version;
            let is_it = |it: &&TemplateVersion| it.made_by == BY_HAND && it.is_as_written() && it.body == changed.body;
            let known = self.versions.values().find(is_it).map(|it| it.version);
            let version = known.unwrap_or_else(|| {
                noticed.push(number);
                self.add(TemplateVersion {
                    origin: VersionOrigin::Edit,
                    digest: digest_of(&changed.body),
                    run_id: String::new(),
                    made_by: BY_HAND.to_owned(),
                    ..changed
                })
            });
            if self.current == number {
                self.current = version;
                self.verdict.clear();
                let now = &self.versions[&version];
                if is_text(&self.versions[&self.source], &now.body, &now.category) {
                    self.seen = self.source;
                }
            }
        }
        noticed
    }

    /// Decides and edits as a reviewer says, if they had this version before them.
    pub(super) fn review(&mut self, review: &Review, by: &str, at: Timestamp) -> ReviewOutcome {
        if review.seen != self.token() {
            return match self.is_already(review) {
                true => ReviewOutcome::Unchanged,
                false => ReviewOutcome::Stale { now: self.token() },
            };
        }
        let before = self.clone();
        if let Some(edit) = &review.edit {
            self.edit(edit, by, at);
        }
        let takes_proposal = review.takes_proposal();
        if takes_proposal && self.source == self.seen {
            return ReviewOutcome::NoProposal;
        }
        if let Some(decision) = review.decision {
            self.decide(decision, takes_proposal, by, at);
        }
        if let Some(comment) = &review.comment {
            self.verdict.comment.clone_from(comment);
        }
        match *self == before {
            true => ReviewOutcome::Unchanged,
            false => ReviewOutcome::Taken { version: self.token() },
        }
    }

    /// Makes a version of a text that a person wrote, unless it is the current one.
    fn edit(&mut self, edit: &EditedText, by: &str, at: Timestamp) {
        if is_text(&self.versions[&self.current], &edit.text, &edit.category) {
            return;
        }
        self.current = self.add(TemplateVersion {
            version: 0,
            origin: VersionOrigin::Edit,
            body: edit.text.clone(),
            digest: digest_of(&edit.text),
            category: edit.category.clone(),
            run_id: String::new(),
            made_by: by.to_owned(),
            made_at: at,
        });
        self.seen = self.source;
        self.verdict.clear();
    }

    fn decide(&mut self, decision: NewDecision, takes_proposal: bool, by: &str, at: Timestamp) {
        if decision.is_approval() {
            if self.source != self.seen {
                // An approval from before was about another text, or compared this text with another.
                self.verdict.clear();
            }
            if takes_proposal {
                self.current = self.source;
            }
            self.seen = self.source;
        }
        self.verdict.decide(decision.meaning(), by, at);
    }

    /// Whether a review of an older version asks for what is there. So a sheet can be read twice.
    fn is_already(&self, review: &Review) -> bool {
        let current = &self.versions[&self.current];
        let (seen, proposed) = review.seen.split_once('+').unwrap_or((&review.seen, ""));
        let is_text = match (&review.edit, review.decision) {
            (Some(edit), _) => is_text(current, &edit.text, &edit.category),
            (None, Some(NewDecision::ApproveProposed)) => proposed == self.current.to_string(),
            (None, _) => seen == self.current.to_string(),
        };
        is_text && review.decides(&self.verdict)
    }

    pub(super) fn token(&self) -> String {
        version_token(self.current, (self.source != self.seen).then_some(self.source))
    }

    pub(super) fn kept(&self) -> KeptTemplate {
        let version = |number: u32| self.versions[&number].clone();
        KeptTemplate {
            name: self.name.clone(),
            language: self.language.clone(),
            scenario: self.scenario.clone(),
            scenario_language: self.scenario_language.clone(),
            current: version(self.current),
            proposed: (self.source != self.seen).then(|| version(self.source)),
            source: version(self.source),
            verdict: self.verdict.clone(),
            is_missing: self.is_missing,
        }
    }

    /// Gives versions that were changed by hand their text back, if the source still has it.
    fn bring_back(&mut self, body: &str) {
        let digest = digest_of(body);
        for version in self.versions.values_mut().filter(|it| it.digest == digest && it.body != body) {
            version.body = body.to_owned();
        }
    }

    fn add_source(&mut self, source: &SourceTemplate, made: &Made) -> u32 {
        self.add(TemplateVersion {
            version: 0,
            origin: VersionOrigin::Source,
            body: source.body.clone(),
            digest: digest_of(&source.body),
            category: source.category.clone(),
            run_id: made.run_id.clone(),
            made_by: made.by.clone(),
            made_at: made.at,
        })
    }

    /// Adds a version under the next number, which it gives.
    fn add(&mut self, version: TemplateVersion) -> u32 {
        let number = self.versions.last_key_value().map_or(0, |it| *it.0) + 1;
        self.versions.insert(number, TemplateVersion { version: number, ..version });
        number
    }
}

/// Whether a version was written with this text and category.
fn is_text(version: &TemplateVersion, body: &str, category: &str) -> bool {
    version.digest == digest_of(body) && version.category == category
}
