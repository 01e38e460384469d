//! The review page of a run.

use std::borrow::Cow;

use anyhow::{Context, Result};
use crm::{Crm, KeptMessage, KeptTemplate, Verdict, VersionOrigin};
use crossing::OpenRun;
use jiff::Timestamp;
use model::Stage;
use review_page::{By, Decision, Review, Reviewed, ReviewedMessage, ReviewedTemplate};
use run::write_private;

use crate::kept::{Kept, KeptTranslation, template};

/// The page within the run folder.
pub const PAGE: &str = "translate/review.html";

/// Writes the page of a run whose scenarios are in the database, and its digest into the manifest. Gives false if the run
/// has no scenarios.
pub async fn written(run: &mut OpenRun) -> Result<bool> {
    if run.is_dry_run || !run.folder.manifest.stages.contains_key(&Stage::Translate) {
        return Ok(false);
    }
    let Some(crm) = Crm::look(&run.plan.crm_url()?).await? else { return Ok(false) };
    let kept = Kept::read(&run.plan, &crm).await;
    crm.close().await;
    let html = html(run, &kept?)?;
    let artifact = write_private(&run.folder.path(PAGE), html.as_bytes())?;
    run.folder.manifest.artifacts.insert(PAGE.to_owned(), artifact);
    run.folder.save()?;
    Ok(true)
}

fn html(run: &OpenRun, kept: &Kept) -> Result<String> {
    let scenarios = kept.scenarios.iter().map(|it| reviewed(it, kept)).collect::<Result<_>>()?;
    let review = Review {
        name: run.plan.name()?,
        run_id: run.run_id(),
        made_at: Timestamp::now(),
        made_by: &run.folder.manifest.tool,
        scenarios,
    };
    review_page::html(&review).context("could not make the review page")
}

fn reviewed<'a>(it: &'a KeptTranslation, kept: &'a Kept) -> Result<Reviewed<'a>> {
    let mut reviewed = Reviewed::undecided(&it.scenario, &it.compiled);
    (reviewed.owner, reviewed.section) = (&it.kept.owner, &it.kept.section);
    for (shown, key) in reviewed.templates.iter_mut().zip(&it.keys) {
        if let Some(kept) = kept.templates.get(key) {
            add_review(shown, kept)?;
        }
    }
    let is_of_scenario = |message: &&KeptMessage| {
        !message.is_missing && message.scenario == it.scenario.id && message.language == it.scenario.language
    };
    let has_news = |it: &&KeptMessage| it.is_edited() || it.verdict != Verdict::default();
    reviewed.messages = kept.messages.iter().filter(is_of_scenario).filter(has_news).map(message).collect();
    Ok(reviewed)
}

fn add_review<'a>(shown: &mut ReviewedTemplate<'a>, kept: &'a KeptTemplate) -> Result<()> {
    let current = &kept.current;
    let by = By { who: &current.made_by, when: Some(current.made_at) };
    shown.edit = (current.origin == VersionOrigin::Edit).then_some(by);
    shown.proposed = kept.proposed.as_ref().map(|it| template(&it.body)).transpose()?.map(Cow::Owned);
    shown.decision = decision(&kept.verdict);
    shown.comment = &kept.verdict.comment;
    Ok(())
}

fn message(kept: &KeptMessage) -> ReviewedMessage<'_> {
    let by = By { who: &kept.edited_by, when: kept.edited_at };
    ReviewedMessage {
        step: &kept.step_id,
        part: kept.part as usize,
        text: &kept.text,
        edit: kept.is_edited().then_some(by),
        proposed: kept.proposed(),
        decision: decision(&kept.verdict),
        comment: &kept.verdict.comment,
    }
}

fn decision(verdict: &Verdict) -> Decision<'_> {
    let by = By { who: &verdict.decided_by, when: verdict.decided_at };
    match verdict.decision {
        crm::Decision::Undecided => Decision::Undecided,
        crm::Decision::Approved => Decision::Approved(by),
        crm::Decision::Rejected => Decision::Rejected(by),
    }
}
