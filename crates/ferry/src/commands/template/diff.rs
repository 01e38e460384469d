//! `ferry template diff`: what differs between templates.

use anyhow::{Result, bail};
use campaign::{ComparedTemplate, ComparedVersions, Comparison, compare_all_versions, compare_versions};
use crm::Crm;
use plan::Plan;
use results::{DiffWordsEntry, PartDiffEntry, TemplateDiffEntry, TemplateDiffResult};
use run_text::Styled;
use template::PartDiff;
use template_text as text;

use super::kept;
use crate::cli::template::DiffArgs;
use crate::exit::Exit;
use crate::output::{Output, is_coloured};

pub(super) async fn diff(args: &DiffArgs, output: Output) -> Result<Exit> {
    let plan = Plan::read(&args.account.plan)?;
    let crm = kept::look(&plan).await?;
    let is_different = match args.versions || args.from.is_some() || args.to.is_some() {
        true => diff_versions(args, &plan, &crm, output).await?,
        false => diff_submitted(args, &plan, &crm, output).await?,
    };
    crm.close().await;
    Ok(if args.exit_code && is_different { Exit::Failed } else { Exit::Done })
}

async fn diff_submitted(args: &DiffArgs, plan: &Plan, crm: &Crm, output: Output) -> Result<bool> {
    if plan.whatsapp.is_none() {
        bail!("the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"");
    }
    let all = kept::templates(crm, plan, args.name.as_slice()).await?;
    let not_kept = all.not_kept.iter().map(|it| TemplateDiffEntry {
        name: it.name.clone(),
        language: it.language.clone(),
        result: "not_kept",
        from: None,
        to: None,
        parts: Vec::new(),
    });
    let templates: Vec<_> = all.kept.iter().map(of_submitted).chain(not_kept).collect();
    let n_different = all.kept.iter().filter(|it| it.comparison.is_difference()).count() as u64;
    let result = TemplateDiffResult { compared: "submitted", templates, n_different };
    output.print(&result, || text::diff_submitted(&all, is_coloured()))?;
    Ok(n_different > 0)
}

fn of_submitted(it: &ComparedTemplate) -> TemplateDiffEntry {
    let parts = match &it.comparison {
        Comparison::Differs(parts) => parts.as_slice(),
        _ => &[],
    };
    TemplateDiffEntry {
        name: it.kept.name.clone(),
        language: it.kept.language.clone(),
        result: it.comparison.name(),
        from: None,
        to: Some(kept::version(&it.kept.current)),
        parts: parts.iter().map(part).collect(),
    }
}

async fn diff_versions(args: &DiffArgs, plan: &Plan, crm: &Crm, output: Output) -> Result<bool> {
    let all = kept::templates(crm, plan, args.name.as_slice()).await?;
    let (mut templates, mut shown) = (Vec::new(), Styled::default());
    for ComparedTemplate { kept, .. } in &all.kept {
        let (name, language) = (&kept.name, &kept.language);
        let versions = crm.template_versions(name, language).await?;
        let compared = match args.versions {
            true => compare_all_versions(&versions),
            false => vec![compare_versions(&versions, args.from, args.to)?],
        };
        for it in &compared {
            shown.append(text::diff_versions(name, language, it, is_coloured()));
            templates.push(of_versions(name, language, it));
        }
        if compared.is_empty() {
            shown.append(Styled::from(format!("{name} ({language}): there is one version\n")));
        }
    }
    let n_different = templates.iter().filter(|it| it.result != "same").count() as u64;
    output.print(&TemplateDiffResult { compared: "versions", templates, n_different }, || shown)?;
    Ok(n_different > 0)
}

fn of_versions(name: &str, language: &str, compared: &ComparedVersions<'_>) -> TemplateDiffEntry {
    let (result, parts) = match &compared.parts {
        Ok(parts) if parts.is_empty() => ("same", Vec::new()),
        Ok(parts) => ("differs", parts.iter().map(part).collect()),
        Err(_) => ("unreadable", Vec::new()),
    };
    TemplateDiffEntry {
        name: name.to_owned(),
        language: language.to_owned(),
        result,
        from: Some(kept::version(compared.from)),
        to: Some(kept::version(compared.to)),
        parts,
    }
}

fn part(part: &PartDiff) -> PartDiffEntry {
    let words = part.words.iter().map(|it| DiffWordsEntry { change: it.change.name(), text: it.text.clone() });
    PartDiffEntry { part: part.part.clone(), before: part.before(), after: part.after(), words: words.collect() }
}
