//! `ferry template submit|status|sync`: templates and the account that they are submitted to.

mod order;
mod schedule;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use crm::{Crm, TemplateRow};
use jiff::Timestamp;
use model::Digest;
use scenario::Criticality;
use serde_json::{Value, json};
use template::{Template, ValueLengths, lint};
use whatsapp::{Client, ClientConfig, TemplateState};

use super::document;
use crate::cli::template::{AccountArgs, SubmitArgs};
use crate::commands::translate::{ORDER, Ordered};
use crate::exit::Exit;
use crate::output::Output;
use crossing::Progress;
use crossing::progress::{Outcome, Task};
use order::{Done, Orders};
use plan::Plan;

/// An answer to an order has not come.
const SENDING: &str = "SENDING";
/// It did not get there: it can be submitted again.
const NOT_SENT: &str = "NOT_SENT";
/// WhatsApp did not take it.
const REFUSED: &str = "REFUSED";
/// It is no longer in the account.
const GONE: &str = "GONE";

/// A template that is to be in the account.
struct Wanted {
    criticality: Criticality,
    scenario: String,
    template: Template,
    value: Value,
    digest: String,
}

/// An account and what is known of it.
struct Account {
    name: String,
    client: Client,
    crm: Crm,
}

impl Account {
    async fn open(args: &AccountArgs) -> Result<Self> {
        let plan = Plan::read(&args.plan)?;
        let Some(section) = &plan.whatsapp else {
            bail!("the plan has no [whatsapp]: name the account there, as in account = \"1234567890\"");
        };
        let config = ClientConfig { timeout: section.timeout(), ..ClientConfig::default() };
        let client = Client::new(section.base_url(&plan)?, section.credentials(&plan)?, config)?;
        let crm = Crm::open(&plan.crm_url()?).await?;
        Ok(Self { name: section.account.get_ref().clone(), client, crm })
    }

    async fn rows(&self) -> Result<BTreeMap<(String, String), TemplateRow>> {
        let rows = self.crm.templates(&self.name).await?;
        Ok(rows.into_iter().map(|it| ((it.name.clone(), it.language.clone()), it)).collect())
    }

    /// Asks the account about every template that the database knows, and tells what is different now.
    async fn sync(&self) -> Result<Vec<String>> {
        let theirs: BTreeMap<(String, String), TemplateState> = self
            .client
            .templates(&self.name)
            .await
            .context("could not list the templates")?
            .into_iter()
            .map(|it| ((it.name.clone(), it.language.clone()), it))
            .collect();
        let mut told = Vec::new();
        for ((name, language), row) in self.rows().await? {
            let now = settled(&row, theirs.get(&(name.clone(), language.clone())));
            if now != row {
                told.push(change(&row, &now));
                self.crm.note_template(&TemplateRow { changed_at: Timestamp::now().as_microsecond(), ..now }).await?;
            }
        }
        Ok(told)
    }
}

/// What a template is, by what the account says of it.
fn settled(row: &TemplateRow, theirs: Option<&TemplateState>) -> TemplateRow {
    match theirs {
        // Somebody else's template has the name.
        Some(_) if row.status == REFUSED && row.template_id.is_none() => row.clone(),
        Some(theirs) => TemplateRow {
            template_id: Some(theirs.id.clone()),
            status: theirs.status.clone(),
            category: theirs.category.clone(),
            reason: theirs.rejected_reason.clone().filter(|it| it != "NONE" && !it.is_empty()),
            // Whether an edit got there is not said: it is given again.
            digest: if row.status == SENDING && row.template_id.is_some() { String::new() } else { row.digest.clone() },
            ..row.clone()
        },
        None => match row.status.as_str() {
            SENDING => TemplateRow { status: NOT_SENT.to_owned(), ..row.clone() },
            REFUSED | NOT_SENT | GONE => row.clone(),
            _ => TemplateRow { status: GONE.to_owned(), reason: None, ..row.clone() },
        },
    }
}

fn change(before: &TemplateRow, now: &TemplateRow) -> String {
    let mut told = format!("{} ({}): {} → {}", now.name, now.language, before.status, now.status);
    if before.category != now.category && !before.category.is_empty() {
        told += &format!(", {} and not {}", now.category, before.category);
    }
    if let Some(reason) = &now.reason {
        told += &format!(": {reason}");
    }
    if now.status == GONE {
        told += ": it was deleted, and its name cannot be used for 30 days";
    }
    told
}

pub(super) async fn submit(args: &SubmitArgs, progress: Progress, output: Output) -> Result<Exit> {
    let (mut wanted, faulty) = wanted(args)?;
    wanted.sort_by(|a, b| {
        (a.criticality, &a.template.name, &a.template.language).cmp(&(
            b.criticality,
            &b.template.name,
            &b.template.language,
        ))
    });
    let account = Account::open(&args.account).await?;
    let mut rows = account.rows().await?;
    let known = |it: &Wanted| rows.get(&(it.template.name.clone(), it.template.language.clone()));
    if args.dry_run {
        let waiting: Vec<&Wanted> =
            wanted.iter().filter(|it| known(it).is_none_or(|row| row.digest != it.digest)).collect();
        let n_known = wanted.len() - waiting.len();
        let schedule = schedule::schedule(&waiting, Timestamp::now());
        account.crm.close().await;
        output.print(&json!({ "schedule": schedule, "submitted_before": n_known, "faulty": faulty }), || {
            schedule::text(&schedule, n_known) + &faulty_text(&faulty)
        })?;
        return Ok(if faulty.is_empty() { Exit::Done } else { Exit::Failed });
    }
    if rows.values().any(|it| it.status == SENDING) {
        account.sync().await?;
        rows = account.rows().await?;
    }
    let orders = Orders { account: &account, rows, again: args.again };
    let work = progress.begin(Task::Submit, wanted.len() as u64);
    let mut done = Vec::new();
    let mut stopped = None;
    for it in &wanted {
        match orders.give(it).await {
            Ok(what) => done.push((it, what)),
            Err(error) => {
                stopped = Some(error);
                break;
            }
        }
        work.advance(1);
    }
    work.end(Outcome::Submitted { n_templates: done.len() as u64 });
    account.crm.close().await;
    let value = json!({
        "templates": done.iter().map(|(it, what)| json!({ "name": it.template.name, "language": it.template.language, "outcome": what.name(), "told": what.told() })).collect::<Vec<_>>(),
        "not_reached": wanted.len() - done.len(),
        "faulty": faulty,
    });
    output.print(&value, || submitted_text(&done, wanted.len()) + &faulty_text(&faulty))?;
    if let Some(error) = stopped {
        return Err(error);
    }
    let has_failed = !faulty.is_empty() || done.iter().any(|it| it.1.is_failure());
    let waits = done.iter().any(|it| matches!(it.1, Done::Waits(_)));
    Ok(match (has_failed, waits) {
        (true, _) => Exit::Failed,
        (_, true) => Exit::TryLater,
        _ => Exit::Done,
    })
}

fn submitted_text(done: &[(&Wanted, Done)], n_wanted: usize) -> String {
    let mut text = String::new();
    for (it, what) in done.iter().filter(|it| !matches!(it.1, Done::Known)) {
        text += &format!("{} ({}): {}\n", it.template.name, it.template.language, what.told());
    }
    let n = |name: &str| done.iter().filter(|it| it.1.name() == name).count();
    text += &format!(
        "{} submitted, {} edited, {} there before, {} refused, {} unknown, {} wait, {} not reached\n",
        n("submitted"),
        n("edited"),
        n("known"),
        n("refused"),
        n("unknown"),
        n("waits"),
        n_wanted - done.len()
    );
    text
}

fn faulty_text(faulty: &[String]) -> String {
    faulty.iter().map(|it| format!("not submitted: {it}\n")).collect()
}

/// The templates of files or of a folder that `ferry translate` wrote, and those that the linter refuses.
fn wanted(args: &SubmitArgs) -> Result<(Vec<Wanted>, Vec<String>)> {
    let orders = criticalities(&args.files)?;
    let (mut wanted, mut faulty) = (Vec::new(), Vec::new());
    for document in document::read(&args.files)? {
        let file = document.path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        for (pointer, template) in document.templates {
            let path = document.path.display();
            let template = match template {
                Ok(template) => template,
                Err(why) => {
                    faulty.push(format!("{path}{pointer}: {why}"));
                    continue;
                }
            };
            if let Some(error) = lint(&template, &ValueLengths::default()).iter().find(|it| it.is_error()) {
                faulty.push(format!("{path}{pointer}: {}[{}] {}", error.rule.name, error.rule.code, error.message));
                continue;
            }
            let ordered = orders.get(&file);
            let value = serde_json::to_value(&template)?;
            let digest = Digest::of_parts([value.to_string().as_bytes()]).to_string();
            wanted.push(Wanted {
                criticality: ordered.map_or(Criticality::Normal, |it| it.criticality),
                scenario: ordered.map_or(String::new(), |it| it.scenario.clone()),
                template,
                value,
                digest,
            });
        }
    }
    Ok((wanted, faulty))
}

/// What `order.json` of translated folders says, by the name of the file.
fn criticalities(paths: &[std::path::PathBuf]) -> Result<BTreeMap<String, Ordered>> {
    let mut orders = BTreeMap::new();
    for path in paths.iter().map(|it| it.join(ORDER)).filter(|it| it.is_file()) {
        let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        let list: Vec<Ordered> =
            serde_json::from_str(&text).with_context(|| format!("{} is no order of templates", path.display()))?;
        orders.extend(list.into_iter().map(|it| {
            let name = Path::new(&it.file).file_name().map(|it| it.to_string_lossy().into_owned());
            (name.unwrap_or_default(), it)
        }));
    }
    Ok(orders)
}

pub(super) async fn status(args: &AccountArgs, output: Output) -> Result<Exit> {
    let account = Account::open(args).await?;
    let rows: Vec<TemplateRow> = account.rows().await?.into_values().collect();
    account.crm.close().await;
    let value: Vec<Value> = rows
        .iter()
        .map(|it| {
            let at = Timestamp::from_microsecond(it.changed_at).map(|it| it.to_string()).unwrap_or_default();
            json!({ "name": it.name, "language": it.language, "status": it.status, "category": it.category, "reason": it.reason,
                "scenario": it.scenario, "id": it.template_id, "changed_at": at })
        })
        .collect();
    output.print(&value, || {
        let mut text = String::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for it in &rows {
            *counts.entry(&it.status).or_default() += 1;
            let reason = it.reason.as_ref().map_or(String::new(), |it| format!(": {it}"));
            text += &format!("{:40} {:6} {:16} {}{reason}\n", it.name, it.language, it.status, it.category);
        }
        let counts: Vec<String> = counts.into_iter().map(|(status, n)| format!("{n} {status}")).collect();
        text + &if counts.is_empty() {
            "nothing was submitted yet\n".to_owned()
        } else {
            format!("{}\n", counts.join(", "))
        }
    })?;
    Ok(Exit::Done)
}

pub(super) async fn sync(args: &AccountArgs, output: Output) -> Result<Exit> {
    let account = Account::open(args).await?;
    let told = account.sync().await?;
    account.crm.close().await;
    output.print(&json!({ "changed": told }), || match told.as_slice() {
        [] => "nothing changed\n".to_owned(),
        told => told.iter().map(|it| format!("{it}\n")).collect(),
    })?;
    Ok(Exit::Done)
}
