//! What the commands about templates of the database share.

use anyhow::{Context, Result};
use campaign::{ComparedTemplates, compare_templates};
use crm::{Crm, TemplateVersion};
use plan::Plan;
use results::TemplateVersionEntry;

/// Opens the database of a plan to look at it.
pub(crate) async fn look(plan: &Plan) -> Result<Crm> {
    let crm = Crm::look(&plan.crm_url()?).await?;
    crm.context("there is no database yet: name scenarios as [[scenario]] in the plan, and run `ferry run`")
}

/// The id of the account; none if the plan has no `[whatsapp]`.
pub(crate) fn account(plan: &Plan) -> Option<&str> {
    plan.whatsapp.as_ref().map(|it| it.account.get_ref().as_str())
}

/// The templates of the database and of the account; those of a name if there is one.
pub(crate) async fn templates(crm: &Crm, plan: &Plan, names: &[String]) -> Result<ComparedTemplates> {
    let mut all = compare_templates(crm, account(plan)).await?;
    if names.is_empty() {
        return Ok(all);
    }
    for name in names {
        if !all.kept.iter().any(|it| campaign::is_meant(&it.kept, name)) {
            anyhow::bail!("the database has no template {name}: `ferry template show` lists all");
        }
    }
    all.kept.retain(|it| names.iter().any(|name| campaign::is_meant(&it.kept, name)));
    all.not_kept.clear();
    Ok(all)
}

pub(crate) fn version(version: &TemplateVersion) -> TemplateVersionEntry {
    TemplateVersionEntry {
        version: version.version,
        origin: version.origin.name(),
        made_by: version.made_by.clone(),
        made_at: version.made_at.to_string(),
        run_id: version.run_id.clone(),
    }
}
