//! `ferry template show`: templates as they would look.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use campaign::ComparedTemplate;
use plan::Plan;
use results::{KeptState, ShownTemplate, TemplateShowResult};
use run_text::Styled;
use serde_json::Value;
use template::Template;
use template_text::{self as text, BubbleLook};

use crate::kept;

/// Shows the templates of files, or those of the database with these names. Without a name, lists all of the database.
///
/// The plan is read only if no file is named.
pub async fn show(plan: &Path, names: &[String], look: BubbleLook) -> Result<(TemplateShowResult, Styled)> {
    let (files, kept): (Vec<&String>, Vec<&String>) = names.iter().partition(|it| is_file(it));
    match (files.is_empty(), kept.is_empty()) {
        (false, true) => show_files(&files.into_iter().map(PathBuf::from).collect::<Vec<_>>(), look),
        (false, false) => bail!("there is no file {}: name files or templates, not both", kept[0]),
        (true, _) => show_kept(&Plan::read(plan)?, names, look).await,
    }
}

/// Whether a file or a folder is meant, and not a template of the database.
fn is_file(name: &str) -> bool {
    Path::new(name).exists() || name.ends_with(".json") || name.contains(['/', '\\'])
}

fn show_files(files: &[PathBuf], look: BubbleLook) -> Result<(TemplateShowResult, Styled)> {
    let (mut shown, mut drawn) = (Vec::new(), Styled::default());
    for document in campaign::read_documents(files)? {
        for (pointer, template) in &document.templates {
            let file = format!("{}{pointer}", document.path.display());
            let template = match template {
                Ok(template) => template,
                Err(why) => bail!("{file}: {why}: `ferry template lint` says more"),
            };
            drawn.append(text::of_file(template, &file, look));
            shown.push(of_file(template, file)?);
        }
    }
    Ok((TemplateShowResult { templates: shown }, drawn))
}

fn of_file(template: &Template, file: String) -> Result<ShownTemplate> {
    Ok(ShownTemplate {
        name: template.name.clone(),
        language: template.language.clone(),
        category: template.category.clone(),
        file: Some(file),
        kept: None,
        template: Some(serde_json::to_value(template)?),
        with_examples: Some(serde_json::to_value(template.filled())?),
        proposed: None,
    })
}

async fn show_kept(plan: &Plan, names: &[String], look: BubbleLook) -> Result<(TemplateShowResult, Styled)> {
    let crm = kept::look(plan).await?;
    let all = kept::templates(&crm, plan, names).await?;
    crm.close().await;
    let has_account = plan.whatsapp.is_some();
    let templates = all.kept.iter().map(of_database).collect::<Result<_>>()?;
    let drawn = match names.is_empty() {
        true => text::list(&all, has_account),
        false => all.kept.iter().fold(Styled::default(), |mut drawn, it| {
            drawn.append(text::shown(it, has_account, look));
            drawn
        }),
    };
    Ok((TemplateShowResult { templates }, drawn))
}

fn of_database(it: &ComparedTemplate) -> Result<ShownTemplate> {
    let ComparedTemplate { kept, current, submitted, comparison } = it;
    let verdict = &kept.verdict;
    let value = |it: &str| serde_json::from_str::<Value>(it).ok();
    let state = KeptState {
        scenario: kept.scenario.clone(),
        version: kept::version(&kept.current),
        proposed_version: kept.proposed.as_ref().map(|it| it.version),
        decision: text::decision_name(verdict.decision),
        decided_by: Some(verdict.decided_by.clone()).filter(|it| !it.is_empty()),
        decided_at: verdict.decided_at.map(|it| it.to_string()),
        comment: verdict.comment.clone(),
        is_missing: kept.is_missing,
        submitted: comparison.name(),
        status: submitted.as_ref().map(|it| it.status.clone()),
        whatsapp_category: submitted.as_ref().map(|it| it.category.clone()),
    };
    Ok(ShownTemplate {
        name: kept.name.clone(),
        language: kept.language.clone(),
        category: kept.current.category.clone(),
        file: None,
        kept: Some(state),
        template: current.as_ref().ok().map(serde_json::to_value).transpose()?,
        with_examples: current.as_ref().ok().map(|it| serde_json::to_value(it.filled())).transpose()?,
        proposed: kept.proposed.as_ref().and_then(|it| value(&it.body)),
    })
}
