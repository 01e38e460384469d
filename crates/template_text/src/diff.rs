//! What differs between templates.

use campaign::{ComparedTemplates, ComparedVersions, Comparison};
use model::printable;
use run_text::{Role, Styled};
use template::{DiffChange, PartDiff};

use crate::kept::version;

/// Each template with what differs from the submitted one, and their numbers.
pub fn diff_submitted(all: &ComparedTemplates, is_coloured: bool) -> Styled {
    let mut text = Styled::default();
    let mut counts = [0_usize; 6];
    for it in &all.kept {
        let (place, words) = match &it.comparison {
            Comparison::Differs(_) => (0, "differs from what was submitted"),
            Comparison::Same => (1, "submitted and the same"),
            Comparison::NotSubmitted => (2, "not submitted"),
            Comparison::Gone => (3, "gone: no longer in the account"),
            Comparison::Unknown => (4, "submitted, but Ferry does not know with which text"),
            Comparison::Unreadable => (5, "its text is not a template"),
        };
        counts[place] += 1;
        let missing = if it.kept.is_missing { "; its source no longer has it" } else { "" };
        text.push(Role::Plain, format!("{} ({}): {words}{missing}\n", printable(&it.kept.name), it.kept.language));
        match &it.comparison {
            Comparison::Differs(parts) => text.append(diff_parts(parts, is_coloured)),
            Comparison::Unreadable => {
                text.push(Role::Error, format!("  {}\n", it.current.as_ref().err().map_or("", |it| it)))
            }
            _ => {}
        }
    }
    for it in &all.not_kept {
        text.push(Role::Plain, format!("{} ({}): submitted, and not in the database\n", it.name, it.language));
    }
    let [differ, same, new, gone, unknown, unreadable] = counts;
    let others = [(unknown, "unknown"), (unreadable, "unreadable"), (all.not_kept.len(), "not in the database")];
    let others: String = others.iter().filter(|it| it.0 > 0).map(|(n, words)| format!(", {n} {words}")).collect();
    text.push(Role::Plain, format!("{differ} differ, {same} the same, {new} not submitted, {gone} gone{others}\n"));
    text
}

/// The differences between two versions of a template.
pub fn diff_versions(name: &str, language: &str, compared: &ComparedVersions<'_>, is_coloured: bool) -> Styled {
    let mut text = Styled::default();
    let (from, to) = (version(compared.from), version(compared.to));
    text.push(Role::Plain, format!("{} ({language}): {from} → {to}\n", printable(name)));
    match &compared.parts {
        Ok(parts) if parts.is_empty() => text.push(Role::Plain, "  nothing differs\n"),
        Ok(parts) => text.append(diff_parts(parts, is_coloured)),
        Err(why) => text.push(Role::Error, format!("  {why}\n")),
    }
    text
}

/// A line for each part that differs. Without colours, words are marked as `git diff --word-diff` marks them.
fn diff_parts(parts: &[PartDiff], is_coloured: bool) -> Styled {
    let mut text = Styled::default();
    for part in parts {
        text.push(Role::Path, format!("  {}: ", printable(&part.part)));
        for it in &part.words {
            // A line break in a text does not begin a line that looks like one of Ferry's.
            let words = it.text.replace('\n', "\n    ");
            match (it.change, is_coloured) {
                (DiffChange::Same, _) => text.push(Role::Plain, words),
                (DiffChange::Added, true) => text.push(Role::Added, words),
                (DiffChange::Removed, true) => text.push(Role::Removed, words),
                (DiffChange::Added, false) => text.push(Role::Plain, format!("{{+{words}+}}")),
                (DiffChange::Removed, false) => text.push(Role::Plain, format!("[-{words}-]")),
            }
        }
        text.push(Role::Plain, "\n");
    }
    text
}
