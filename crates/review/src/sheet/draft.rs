//! A sheet that was read and checked, before anything is written.

use std::collections::{HashMap, HashSet};

use crm::{EditedText, KeptMessage, KeptTemplate, NewDecision, Review};
use model::Finding;
use review_sheet::{Column, RowChange, RowRefused, SheetError};
use template::Template;
use translate::Options;

use super::message_edit::MessageChecks;
use super::rows::{self, Subject};
use super::{KeptTexts, findings, names, template_edit};

/// Something that is said about a row of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowNote {
    /// The number of the row in a program that shows the sheet.
    pub row: u64,
    /// The row id; empty if it is missing.
    pub id: String,
    pub text: String,
}

/// What a sheet asks for. Every edit has been checked.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub(super) reviews: Vec<DraftReview>,
    pub(super) refused: Vec<RowNote>,
    /// What the rules say of edits that are taken.
    pub(super) warnings: Vec<RowNote>,
    pub(super) n_unchanged: u64,
    pub(super) n_old: u64,
    pub(super) n_absent: u64,
}

/// What a row asks for.
#[derive(Clone, Debug)]
pub(super) struct DraftReview {
    pub(super) row: u64,
    pub(super) id: String,
    pub(super) review: Review,
    warnings: Vec<Finding>,
    /// The new template of an edit.
    template: Option<((String, String), Template)>,
}

impl Draft {
    /// Whether the sheet asks for anything, or would if it could be taken.
    pub fn has_edits(&self) -> bool {
        !self.reviews.is_empty() || !self.refused.is_empty()
    }

    fn refuse(&mut self, row: u64, id: &str, why: String) {
        self.refused.push(RowNote { row, id: id.to_owned(), text: why });
    }
}

/// Reads a sheet and checks its edits: with the rules of WhatsApp, against the flows, and against each other. `options`
/// are those that the scenarios were compiled with.
pub fn read_sheet(kept: &KeptTexts, bytes: &[u8], options: &Options) -> Result<Draft, SheetError> {
    let present = rows::rows(kept);
    let reading = review_sheet::read(bytes, &present)?;
    let subjects: HashMap<String, Subject<'_>> = rows::subjects(kept).into_iter().map(|it| (it.id(), it)).collect();
    let mut draft = Draft {
        n_unchanged: reading.n_unchanged,
        n_old: reading.n_old,
        n_absent: reading.n_absent,
        ..Draft::default()
    };
    refuse_rows(kept, reading.refused, &mut draft);
    let mut checks = MessageChecks::new(kept, options);
    for change in &reading.changes {
        let Some(subject) = subjects.get(&change.id) else { continue };
        let drafted = match subject {
            Subject::Template(it) => of_template(change, it),
            Subject::Message(it) => of_message(change, it, &mut checks),
        };
        match drafted {
            Ok(mut review) => {
                review.review.subject = subject.in_database();
                draft.reviews.push(review);
            }
            Err(why) => draft.refuse(change.row, &change.id, why),
        }
    }
    refuse_taken_names(kept, &mut draft);
    draft.refused.sort_by_key(|it| it.row);
    for it in &draft.reviews {
        let note = |finding: &Finding| RowNote { row: it.row, id: it.id.clone(), text: findings::in_words(finding) };
        draft.warnings.extend(it.warnings.iter().map(note));
    }
    Ok(draft)
}

fn refuse_rows(kept: &KeptTexts, refused: Vec<RowRefused>, draft: &mut Draft) {
    let missing: HashSet<String> = rows::missing_ids(kept).into_iter().collect();
    for RowRefused { row, id, why } in refused {
        let why = match missing.contains(&id) {
            true => "its section no longer has it: delete the row".to_owned(),
            false => why,
        };
        draft.refuse(row, &id, why);
    }
}

/// An edit whose refusal frees a name can make another edit refused, until all names are different.
fn refuse_taken_names(kept: &KeptTexts, draft: &mut Draft) {
    loop {
        let edited: HashMap<(String, String), Template> =
            draft.reviews.iter().filter_map(|it| it.template.clone()).collect();
        let taken: HashMap<(String, String), String> = names::taken(&kept.templates, &edited).into_iter().collect();
        if taken.is_empty() {
            return;
        }
        for it in std::mem::take(&mut draft.reviews) {
            match it.template.as_ref().and_then(|it| taken.get(&it.0)) {
                Some(why) => draft.refuse(it.row, &it.id, why.clone()),
                None => draft.reviews.push(it),
            }
        }
    }
}

fn of_template(change: &RowChange, kept: &KeptTemplate) -> Result<DraftReview, String> {
    if change.fields.is_empty() {
        return Ok(drafted(change, Subject::Template(kept), None));
    }
    let parse = |body: &str| -> Result<Template, String> {
        serde_json::from_str(body)
            .map_err(|_| "its text in the database is no template: write it there again".to_owned())
    };
    let (before, source) = (parse(&kept.current.body)?, parse(&kept.source.body)?);
    let edited = template_edit::edit(&before, &source, &change.fields)?;
    let text = serde_json::to_string(&edited.template).map_err(|it| format!("it cannot be written: {it}"))?;
    let edit = EditedText { text, category: edited.template.category.clone() };
    let mut review = drafted(change, Subject::Template(kept), Some(edit));
    review.warnings = edited.warnings;
    review.template = Some(((kept.name.clone(), kept.language.clone()), edited.template));
    Ok(review)
}

fn of_message(change: &RowChange, kept: &KeptMessage, checks: &mut MessageChecks<'_>) -> Result<DraftReview, String> {
    let Some((_, text)) = change.fields.iter().find(|it| it.0 == Column::Text) else {
        return Ok(drafted(change, Subject::Message(kept), None));
    };
    let warnings = checks.check(kept, text)?;
    let edit = EditedText { text: text.clone(), category: String::new() };
    Ok(DraftReview { warnings, ..drafted(change, Subject::Message(kept), Some(edit)) })
}

fn drafted(change: &RowChange, subject: Subject<'_>, edit: Option<EditedText>) -> DraftReview {
    let review = Review {
        subject: subject.in_database(),
        seen: change.seen.clone(),
        decision: change.decision.map(decision),
        edit,
        comment: change.comment.clone(),
        changed: change.fields.iter().map(|it| it.0.header()).collect(),
    };
    DraftReview { row: change.row, id: change.id.clone(), review, warnings: Vec::new(), template: None }
}

fn decision(it: review_sheet::NewDecision) -> NewDecision {
    match it {
        review_sheet::NewDecision::Approve => NewDecision::Approve,
        review_sheet::NewDecision::ApproveProposed => NewDecision::ApproveProposed,
        review_sheet::NewDecision::Reject => NewDecision::Reject,
        review_sheet::NewDecision::Undecide => NewDecision::Undecide,
    }
}
