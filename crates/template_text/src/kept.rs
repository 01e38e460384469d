//! Templates of the database: the list, and each with its state.

use std::collections::BTreeMap;

use campaign::{ComparedTemplate, ComparedTemplates, Comparison};
use crm::{Decision, KeptTemplate, TemplateVersion, Verdict, VersionOrigin};
use model::{counted, printable};
use run_text::{Role, Styled};
use template::Template;

use crate::bubble::{BubbleLook, bubble};
use crate::minute;

/// The name of a decision: `approved`, `rejected` or `undecided`.
pub fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Undecided => "undecided",
        Decision::Approved | Decision::Rejected => decision.name(),
    }
}

/// A line for each template of the database, and their numbers.
pub fn list(all: &ComparedTemplates, has_account: bool) -> Styled {
    let mut text = Styled::default();
    for it in &all.kept {
        let KeptTemplate { name, language, current, verdict, .. } = &it.kept;
        let status = it.submitted.as_ref().map_or("", |it| &it.status);
        let line = format!("{:40} {language:6} {:14} ", printable(name), printable(&current.category));
        text.push(Role::Plain, line);
        text.push(role(verdict.decision), format!("{:9}", decision_name(verdict.decision)));
        let notes = notes(it, has_account).join(", ");
        text.push(Role::Plain, format!(" {status:10} {notes}").trim_end().to_owned() + "\n");
    }
    for it in &all.not_kept {
        let line = format!("{:40} {:6} {:14} {:9} {:10} ", it.name, it.language, it.category, "", it.status);
        text.push(Role::Plain, line + "submitted, and not in the database\n");
    }
    text.push(Role::Plain, totals(all, has_account));
    text
}

fn totals(all: &ComparedTemplates, has_account: bool) -> String {
    if all.kept.is_empty() && all.not_kept.is_empty() {
        return "the database has no templates: name scenarios as [[scenario]] in the plan, and run `ferry run`\n"
            .to_owned();
    }
    let mut decisions: BTreeMap<&str, u64> = BTreeMap::new();
    all.kept.iter().for_each(|it| *decisions.entry(decision_name(it.kept.verdict.decision)).or_default() += 1);
    let decisions: Vec<String> = decisions.iter().map(|(name, n)| format!("{n} {name}")).collect();
    let without = if has_account { "" } else { "\nthe plan has no [whatsapp]: what was submitted is not known" };
    format!("{}: {}{without}\n", counted(all.kept.len() as u64, "template"), decisions.join(", "))
}

fn role(decision: Decision) -> Role {
    match decision {
        Decision::Approved => Role::Main,
        Decision::Rejected => Role::Error,
        Decision::Undecided => Role::Warning,
    }
}

/// What to know about a template, in a few words each.
fn notes(it: &ComparedTemplate, has_account: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if it.kept.proposed.is_some() {
        notes.push("proposed text".to_owned());
    }
    if it.kept.is_missing {
        notes.push("its source no longer has it".to_owned());
    }
    let category = it.submitted.as_ref().map_or("", |it| &it.category);
    if !category.is_empty() && !category.eq_ignore_ascii_case(&it.kept.current.category) {
        notes.push(format!("{} at WhatsApp", printable(category)));
    }
    let is_told = has_account || it.comparison == Comparison::Unreadable;
    notes.extend(is_told.then(|| compared(&it.comparison)).flatten().map(str::to_owned));
    notes
}

/// The result of a comparison in words; none if both texts are the same.
fn compared(comparison: &Comparison) -> Option<&'static str> {
    Some(match comparison {
        Comparison::Same => return None,
        Comparison::NotSubmitted => "not submitted",
        Comparison::Differs(_) => "differs from what was submitted",
        Comparison::Gone => "no longer in the account",
        Comparison::Unknown => "what was submitted is not known",
        Comparison::Unreadable => "its text is not a template",
    })
}

/// A template of the database: its state, and how it looks. A proposed text comes after it.
pub fn shown(it: &ComparedTemplate, has_account: bool, look: BubbleLook) -> Styled {
    let KeptTemplate { name, language, scenario, current, proposed, verdict, .. } = &it.kept;
    let mut text = Styled::default();
    text.push(Role::Plain, format!("{} ({language}): {}, ", printable(name), printable(&current.category)));
    text.push(role(verdict.decision), decided(verdict));
    text.push(Role::Plain, format!(", {}\n", version(current)));
    let state = it.submitted.as_ref().map(|it| format!("{} at WhatsApp", it.status));
    let parts = [Some(format!("scenario {}", printable(scenario))), state].into_iter().flatten();
    text.push(Role::Plain, format!("  {}\n", parts.chain(notes(it, has_account)).collect::<Vec<_>>().join(", ")));
    if !verdict.comment.is_empty() {
        text.push(Role::Plain, format!("  comment: {}\n", printable(&verdict.comment)));
    }
    match &it.current {
        Ok(template) => text.append(called(template, &it.kept, look)),
        Err(why) => text.push(Role::Error, format!("  {why}\n")),
    }
    if let Some(proposed) = proposed {
        text.push(Role::Warning, format!("  proposed by the source: {}\n", version(proposed)));
        match campaign::template_of(&proposed.body) {
            Ok(template) => text.append(bubble(&template, look)),
            Err(why) => text.push(Role::Error, format!("  {why}\n")),
        }
    }
    text
}

/// The bubble, after the name under which it is submitted if that is another one.
fn called(template: &Template, kept: &KeptTemplate, look: BubbleLook) -> Styled {
    let mut text = Styled::default();
    if (&template.name, &template.language) != (&kept.name, &kept.language) {
        let called = format!("  submitted as {} ({})\n", printable(&template.name), printable(&template.language));
        text.push(Role::Plain, called);
    }
    text.append(bubble(template, look));
    text
}

/// A template of a file.
pub fn of_file(template: &Template, file: &str, look: BubbleLook) -> Styled {
    let Template { name, language, category, .. } = template;
    let mut text = Styled::default();
    let head = format!("{} ({}): {}, ", printable(name), printable(language), printable(category));
    text.push(Role::Plain, head);
    text.push(Role::Path, format!("{}\n", printable(file)));
    text.append(bubble(template, look));
    text
}

/// `approved by ana on 2026-11-30 08:15 UTC`, or `undecided`.
fn decided(verdict: &Verdict) -> String {
    let by =
        if verdict.decided_by.is_empty() { String::new() } else { format!(" by {}", printable(&verdict.decided_by)) };
    let at = verdict.decided_at.map_or(String::new(), |at| format!(" on {}", minute(at)));
    format!("{}{by}{at}", decision_name(verdict.decision))
}

/// `version 3 (edit by ana on 2026-11-30 08:15 UTC)`.
pub(crate) fn version(version: &TemplateVersion) -> String {
    let TemplateVersion { version, origin, run_id, made_by, made_at, .. } = version;
    let origin = match origin {
        VersionOrigin::Source => format!("source, run {}", printable(run_id)),
        VersionOrigin::Edit => format!("edit by {}", printable(made_by)),
    };
    format!("version {version} ({origin}, {})", minute(*made_at))
}
