//! Writes the `[[source]]` section of a plan for inspected files.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use extract::{Mapping, Profile};
use model::{Channel, printable};

use crate::inspect::{Inspection, Kind};

/// Whether the name of a file or of a column says that the contacts are of Viber.
fn names_viber(inspection: &Inspection) -> bool {
    let files = inspection.files.iter().filter_map(|it| it.file_name()?.to_str());
    files.chain(inspection.columns.iter().map(String::as_str)).any(|it| it.to_lowercase().contains("viber"))
}

/// Returns the `[[source]]` section that reads these files.
pub(crate) fn source_block(
    inspection: &Inspection,
    profile: &Profile,
    columns: Option<&Mapping>,
    folder: &Path,
) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let path = pattern(&inspection.files, folder);
    let is_viber = !profile.columns.contains_key("phone") || names_viber(inspection);
    let channel = profile.channel.unwrap_or(if is_viber { Channel::Viber } else { Channel::Sms });
    let mut block = format!(
        "[[source]]\nname = {}\nchannel = \"{}\"\npath = {}\nprofile = {}\n",
        quoted(&name_of(inspection)),
        channel.name(),
        quoted(&path),
        quoted(&profile.name),
    );
    // Sources of one bot must share its name, or users cannot be linked across them.
    if profile.columns.contains_key("viber_id") {
        block.push_str("scope = \"viber\"\n");
    }
    if !inspection.own_numbers.is_empty() {
        let numbers: Vec<String> = inspection.own_numbers.iter().map(|it| quoted(it)).collect();
        let _ = writeln!(block, "own_numbers = [{}]", numbers.join(", "));
    }
    if inspection.may_be_opt_outs {
        block.push_str(
            "# This is nearest to a list of people who have opted out. Write \"stop\" if everybody on it has,\n\
             # \"none\" if being on it says nothing about consent.\nconsent = \"?\"\n",
        );
    }
    if let Some(channel) = profile.consent_channel.filter(|_| columns.is_some()) {
        let _ = writeln!(block, "consent_channel = \"{}\"", channel.name());
    }
    if let Kind::Guessed { left_out, .. } = &inspection.kind {
        for (column, why) in left_out {
            let _ = writeln!(block, "# Left out: {}: {}", printable(column), printable(why));
        }
    }
    if let Some(columns) = columns {
        block.push_str("[source.columns]\n");
        for (field, names) in columns {
            let names: Vec<String> = names.iter().map(quoted).collect();
            let _ = match names.as_slice() {
                [name] => writeln!(block, "{field} = {name}"),
                names => writeln!(block, "{field} = [{}]", names.join(", ")),
            };
        }
    }
    block
}

/// Returns a name for a source: that of its profile, or one from its files.
pub fn name_of(inspection: &Inspection) -> String {
    match &inspection.kind {
        Kind::Known { profile, .. } => source_name(&[PathBuf::from(profile)]),
        _ => source_name(&inspection.files),
    }
}

/// Returns a name for a source from its file names: lower-case letters, digits and hyphens.
pub fn source_name(files: &[PathBuf]) -> String {
    let first = files.first().and_then(|it| it.file_name()).unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = first.split('.').next().unwrap_or_default();
    let hyphened: String = stem.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    let words: Vec<&str> = hyphened.split('-').filter(|it| !it.is_empty()).collect();
    let name: String = words.join("-").chars().take(64).collect();
    if name.is_empty() { "source".to_owned() } else { name }
}

/// Returns the path of a file, or a pattern for several, as a plan in `folder` writes it.
fn pattern(files: &[PathBuf], folder: &Path) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|it| {
            let absolute = std::path::absolute(it).unwrap_or_else(|_| it.clone());
            absolute.strip_prefix(folder).unwrap_or(&absolute).display().to_string()
        })
        .collect();
    let [first, .., last] = names.as_slice() else { return names.into_iter().next().unwrap_or_default() };
    let n_start = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
    let n_end = first.chars().rev().zip(last.chars().rev()).take_while(|(a, b)| a == b).count();
    let start: String = first.chars().take(n_start).collect();
    let n_end = n_end.min(first.chars().count() - n_start).min(last.chars().count() - n_start);
    let end: String = first.chars().skip(first.chars().count() - n_end).collect();
    format!("{start}*{end}")
}
