//! The tables of scenarios, and their rows in both directions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::Digest;

use super::template::VersionedTemplate;
use super::{
    Decision, FindingRow, KeptFinding, KeptMessage, KeptScenario, LoggedReview, TemplateVersion, Verdict, VersionOrigin,
};
use crate::LoadError;
use crate::sql::{Cell, OnConflict, Row, Rows, Table, Type};

pub(super) const SCENARIO: Table = Table {
    name: "scenario",
    columns: &[
        ("scenario_id", Type::Text),
        ("language", Type::Text),
        ("section", Type::Text),
        ("format", Type::Text),
        ("file", Type::Text),
        ("place", Type::Text),
        ("intent", Type::Text),
        ("purpose", Type::Text),
        ("criticality", Type::Text),
        ("owner", Type::Text),
        ("body", Type::Text),
        ("digest", Type::Text),
        ("run_id", Type::Text),
        ("changed_at", Type::Time),
        ("is_missing", Type::Int),
    ],
    on_conflict: OnConflict::Replace { key: &["scenario_id", "language"] },
};

pub(super) const SCENARIO_STEP: Table = Table {
    name: "scenario_step",
    columns: &[
        ("scenario_id", Type::Text),
        ("language", Type::Text),
        ("step_id", Type::Text),
        ("part", Type::Int),
        ("number", Type::Int),
        ("from_step", Type::Text),
        ("kind", Type::Text),
        ("template", Type::Text),
        ("source_text", Type::Text),
        ("text", Type::Text),
        ("digest", Type::Text),
        ("edited_from", Type::Text),
        ("edited_by", Type::Text),
        ("edited_at", Type::Time),
        ("decision", Type::Text),
        ("decided_by", Type::Text),
        ("decided_at", Type::Time),
        ("comment", Type::Text),
        ("is_missing", Type::Int),
    ],
    on_conflict: OnConflict::Replace { key: &["scenario_id", "language", "step_id", "part"] },
};

pub(super) const TEMPLATE: Table = Table {
    name: "template",
    columns: &[
        ("name", Type::Text),
        ("language", Type::Text),
        ("scenario_id", Type::Text),
        ("scenario_language", Type::Text),
        ("current", Type::Int),
        ("source", Type::Int),
        ("seen", Type::Int),
        ("decision", Type::Text),
        ("decided_by", Type::Text),
        ("decided_at", Type::Time),
        ("comment", Type::Text),
        ("is_missing", Type::Int),
    ],
    on_conflict: OnConflict::Replace { key: &["name", "language"] },
};

pub(super) const TEMPLATE_VERSION: Table = Table {
    name: "template_version",
    columns: &[
        ("name", Type::Text),
        ("language", Type::Text),
        ("version", Type::Int),
        ("origin", Type::Text),
        ("body", Type::Text),
        ("digest", Type::Text),
        ("category", Type::Text),
        ("run_id", Type::Text),
        ("made_by", Type::Text),
        ("made_at", Type::Time),
    ],
    on_conflict: OnConflict::Update { key: &["name", "language", "version"], columns: &["body"] },
};

pub(super) const REVIEW: Table = Table {
    name: "review",
    columns: &[
        ("subject", Type::Text),
        ("at", Type::Time),
        ("made_by", Type::Text),
        ("version", Type::Text),
        ("decision", Type::Text),
        ("changed", Type::Text),
        ("text", Type::Text),
        ("comment", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

pub(super) const FINDING: Table = Table {
    name: "finding",
    columns: &[
        ("section", Type::Text),
        ("number", Type::Int),
        ("scenario_id", Type::Text),
        ("language", Type::Text),
        ("code", Type::Text),
        ("rule", Type::Text),
        ("severity", Type::Text),
        ("place", Type::Text),
        ("template", Type::Text),
        ("message", Type::Text),
    ],
    on_conflict: OnConflict::Fail,
};

pub(super) fn scenario_rows<'a>(scenarios: impl IntoIterator<Item = &'a KeptScenario>) -> Rows {
    let mut rows = Rows::new(&SCENARIO);
    for it in scenarios {
        rows.push([
            (&it.id).into(),
            (&it.language).into(),
            (&it.section).into(),
            (&it.format).into(),
            (&it.file).into(),
            (&it.place).into(),
            (&it.intent).into(),
            (&it.purpose).into(),
            (&it.criticality).into(),
            (&it.owner).into(),
            (&it.body).into(),
            it.digest.to_string().into(),
            (&it.run_id).into(),
            it.changed_at.into(),
            i64::from(it.is_missing).into(),
        ]);
    }
    rows
}

pub(super) fn read_scenario(row: &dyn Row) -> Result<KeptScenario, LoadError> {
    Ok(KeptScenario {
        id: row.text(0)?,
        language: row.text(1)?,
        section: row.text(2)?,
        format: row.text(3)?,
        file: row.text(4)?,
        place: row.text(5)?,
        intent: row.text(6)?,
        purpose: row.text(7)?,
        criticality: row.text(8)?,
        owner: row.text(9)?,
        body: row.text(10)?,
        digest: read_digest(row, 11)?,
        run_id: row.text(12)?,
        changed_at: row.time(13)?,
        is_missing: row.int(14)? != 0,
    })
}

pub(super) fn message_rows<'a>(messages: impl IntoIterator<Item = &'a KeptMessage>) -> Rows {
    let mut rows = Rows::new(&SCENARIO_STEP);
    for it in messages {
        let head = [&it.scenario, &it.language, &it.step_id].map(Cell::from);
        let numbers = [it.part, it.number].map(|it| i64::from(it).into());
        let texts = [&it.from_step, &it.kind, &it.template, &it.source_text, &it.text].map(Cell::from);
        let digest = it.digest.to_string().into();
        let edit = [digest, it.edited_from.as_ref().into(), (&it.edited_by).into(), moment(it.edited_at)];
        let is_missing = [i64::from(it.is_missing).into()];
        rows.push(
            head.into_iter().chain(numbers).chain(texts).chain(edit).chain(verdict(&it.verdict)).chain(is_missing),
        );
    }
    rows
}

pub(super) fn read_message(row: &dyn Row) -> Result<KeptMessage, LoadError> {
    Ok(KeptMessage {
        scenario: row.text(0)?,
        language: row.text(1)?,
        step_id: row.text(2)?,
        part: read_number(row, 3)?,
        number: read_number(row, 4)?,
        from_step: row.text(5)?,
        kind: row.text(6)?,
        template: row.text(7)?,
        source_text: row.text(8)?,
        text: row.text(9)?,
        digest: read_digest(row, 10)?,
        edited_from: row.opt_text(11)?,
        edited_by: row.text(12)?,
        edited_at: read_moment(row, 13)?,
        verdict: read_verdict(row, 14)?,
        is_missing: row.int(18)? != 0,
    })
}

/// The rows of templates that changed: of each, what it was before, and what it is now.
pub(super) fn template_rows<'a>(
    templates: impl IntoIterator<Item = (Option<&'a VersionedTemplate>, &'a VersionedTemplate)>,
) -> [Rows; 2] {
    let (mut rows, mut versions) = (Rows::new(&TEMPLATE), Rows::new(&TEMPLATE_VERSION));
    for (before, now) in templates {
        for version in now.versions.values() {
            if before.and_then(|it| it.versions.get(&version.version)) != Some(version) {
                push_version(&mut versions, now, version);
            }
        }
        if before == Some(now) {
            continue;
        }
        let head = [&now.name, &now.language, &now.scenario, &now.scenario_language].map(Cell::from);
        let numbers = [now.current, now.source, now.seen].map(|it| i64::from(it).into());
        let is_missing = [i64::from(now.is_missing).into()];
        rows.push(head.into_iter().chain(numbers).chain(verdict(&now.verdict)).chain(is_missing));
    }
    [versions, rows]
}

fn push_version(rows: &mut Rows, template: &VersionedTemplate, version: &TemplateVersion) {
    rows.push([
        (&template.name).into(),
        (&template.language).into(),
        i64::from(version.version).into(),
        version.origin.name().into(),
        (&version.body).into(),
        version.digest.to_string().into(),
        (&version.category).into(),
        (&version.run_id).into(),
        (&version.made_by).into(),
        version.made_at.into(),
    ]);
}

/// Reads a row of [`TEMPLATE`], with its versions.
pub(super) fn read_template(
    row: &dyn Row,
    versions: &BTreeMap<(String, String), BTreeMap<u32, TemplateVersion>>,
) -> Result<VersionedTemplate, LoadError> {
    let (name, language) = (row.text(0)?, row.text(1)?);
    let template = VersionedTemplate {
        scenario: row.text(2)?,
        scenario_language: row.text(3)?,
        versions: versions.get(&(name.clone(), language.clone())).cloned().unwrap_or_default(),
        name,
        language,
        current: read_number(row, 4)?,
        source: read_number(row, 5)?,
        seen: read_number(row, 6)?,
        verdict: read_verdict(row, 7)?,
        is_missing: row.int(11)? != 0,
    };
    for (column, version) in [(4, template.current), (5, template.source), (6, template.seen)] {
        if !template.versions.contains_key(&version) {
            return Err(row.unknown(column));
        }
    }
    Ok(template)
}

/// Reads a row of [`TEMPLATE_VERSION`], with the name and the language of its template.
pub(super) fn read_version(row: &dyn Row) -> Result<((String, String), TemplateVersion), LoadError> {
    let version = TemplateVersion {
        version: read_number(row, 2)?,
        origin: row.word(3, VersionOrigin::from_name)?,
        body: row.text(4)?,
        digest: read_digest(row, 5)?,
        category: row.text(6)?,
        run_id: row.text(7)?,
        made_by: row.text(8)?,
        made_at: row.time(9)?,
    };
    Ok(((row.text(0)?, row.text(1)?), version))
}

pub(super) fn log_rows(entry: &LoggedReview) -> Rows {
    let mut rows = Rows::new(&REVIEW);
    rows.push([
        (&entry.subject).into(),
        entry.at.into(),
        (&entry.made_by).into(),
        (&entry.version).into(),
        (&entry.decision).into(),
        (&entry.changed).into(),
        (&entry.text).into(),
        (&entry.comment).into(),
    ]);
    rows
}

pub(super) fn read_logged(row: &dyn Row) -> Result<LoggedReview, LoadError> {
    Ok(LoggedReview {
        subject: row.text(0)?,
        at: row.time(1)?,
        made_by: row.text(2)?,
        version: row.text(3)?,
        decision: row.text(4)?,
        changed: row.text(5)?,
        text: row.text(6)?,
        comment: row.text(7)?,
    })
}

pub(super) fn finding_rows(section: &str, findings: &[FindingRow]) -> Rows {
    let mut rows = Rows::new(&FINDING);
    for (number, it) in (1_i64..).zip(findings) {
        rows.push([
            section.into(),
            number.into(),
            (&it.scenario).into(),
            (&it.language).into(),
            (&it.code).into(),
            (&it.rule).into(),
            (&it.severity).into(),
            (&it.place).into(),
            (&it.template).into(),
            (&it.message).into(),
        ]);
    }
    rows
}

pub(super) fn read_finding(row: &dyn Row) -> Result<KeptFinding, LoadError> {
    let finding = FindingRow {
        scenario: row.text(2)?,
        language: row.text(3)?,
        code: row.text(4)?,
        rule: row.text(5)?,
        severity: row.text(6)?,
        place: row.text(7)?,
        template: row.text(8)?,
        message: row.text(9)?,
    };
    Ok(KeptFinding { section: row.text(0)?, number: read_number(row, 1)?, finding })
}

fn verdict(verdict: &Verdict) -> [Cell<'_>; 4] {
    let Verdict { decision, decided_by, decided_at, comment } = verdict;
    [decision.name().into(), decided_by.into(), moment(*decided_at), comment.into()]
}

/// Reads a decision, whose columns begin at `first`.
fn read_verdict(row: &dyn Row, first: usize) -> Result<Verdict, LoadError> {
    Ok(Verdict {
        decision: row.word(first, Decision::from_name)?,
        decided_by: row.text(first + 1)?,
        decided_at: read_moment(row, first + 2)?,
        comment: row.text(first + 3)?,
    })
}

/// A moment, or 0 for none.
fn moment(at: Option<Timestamp>) -> Cell<'static> {
    at.map_or(0, Timestamp::as_microsecond).into()
}

fn read_moment(row: &dyn Row, column: usize) -> Result<Option<Timestamp>, LoadError> {
    Ok(Some(row.time(column)?).filter(|it| *it != Timestamp::UNIX_EPOCH))
}

fn read_number(row: &dyn Row, column: usize) -> Result<u32, LoadError> {
    u32::try_from(row.int(column)?).map_err(|_| row.unknown(column))
}

fn read_digest(row: &dyn Row, column: usize) -> Result<Digest, LoadError> {
    row.word(column, |text| Digest::try_from(text.to_owned()).ok())
}
