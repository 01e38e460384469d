//! The state of the contacts when a run ended.

use std::collections::HashSet;

use anyhow::Result;
use crm::Crm;
use jiff::Timestamp;
use model::{Contact, ContactId, Evidence, KeptOut, Registration, Segment, Stage, Statement};
use plan::Plan;
use run::RunFolder;

use crate::runs_diff::Pair;

/// The statements and suppressions known when a run ended.
pub(crate) struct RunMoment {
    at: Timestamp,
    /// When the exports of the run were read. Statements of later runs do not count.
    read_at: Timestamp,
    rule: consent::Rule,
    suppressed: HashSet<ContactId>,
}

/// Returns when the last stage of a run ended.
pub(crate) fn end_of(folder: &RunFolder) -> Timestamp {
    let manifest = &folder.manifest;
    let last = manifest.stages.get(&Stage::Load).or(manifest.stages.values().last());
    last.map_or(manifest.created_at, |it| it.finished_at)
}

impl RunMoment {
    pub(crate) async fn of(plan: &Plan, crm: &Crm, folder: &RunFolder) -> Result<Self> {
        let at = end_of(folder);
        Ok(Self {
            at,
            read_at: folder.manifest.started_at(),
            rule: plan.merge.consent,
            suppressed: crm.suppressed_at(at).await?,
        })
    }

    fn segment(&self, contact: &Contact, statements: &[Statement], evidence: &[Evidence]) -> Segment {
        // A statement of an earlier run has the earlier date in the database.
        let mut said: Vec<Statement> =
            statements.iter().filter(|it| it.first_run.started_at <= self.read_at).cloned().collect();
        let known: HashSet<i64> = said.iter().map(Statement::id).collect();
        said.extend(contact.statements.iter().filter(|it| !known.contains(&it.id())).cloned());
        let consent = consent::for_messages(self.rule, &said).map(|it| said[it].state);

        let evidence: Vec<Evidence> = evidence.iter().filter(|it| it.checked_at <= self.at).cloned().collect();
        let answer = Registration::of(&evidence, self.at).map(|it| it.answer);
        // A hold is no result of a run: it comes from events, and ends when a person acknowledges the contact.
        let kept_out = KeptOut { is_suppressed: self.suppressed.contains(&contact.id), is_held: false };
        Segment::of(consent, kept_out, answer)
    }
}

/// Fills in the segments of a page of people, in each of the two runs that has them.
pub(crate) async fn read_segments(
    crm: &Crm,
    moments: &[RunMoment; 2],
    page: &[Pair],
    segments: &mut [[Option<Segment>; 2]],
) -> Result<()> {
    let id_of = |it: &Pair| it.iter().flatten().map(|it| it.id).next();
    let (Some(first), Some(last)) = (page.first().and_then(id_of), page.last().and_then(id_of)) else { return Ok(()) };
    let evidence = crm.evidence_between(first, last).await?;
    let statements = crm.statements_between(first, last).await?;
    for (pair, segments) in page.iter().zip(segments) {
        for ((contact, segment), moment) in pair.iter().zip(segments).zip(moments) {
            let Some(contact) = contact else { continue };
            let statements = statements.get(&contact.id).map_or(&[][..], Vec::as_slice);
            let evidence = evidence.get(&contact.id).map_or(&[][..], Vec::as_slice);
            *segment = Some(moment.segment(contact, statements, evidence));
        }
    }
    Ok(())
}
