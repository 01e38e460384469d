//! Text of an inspection.

use std::fmt::Write;

use anyhow::Result;
use serde_json::{Value, json};

use model::{Reason, grouped, printable};

use phone::Region;

use crossing::inspect::{Inspection, Kind, Nearest, Warning};

/// The inspection as text.
pub fn text(inspection: &Inspection) -> String {
    let mut text = String::new();
    let names: Vec<String> = inspection.files.iter().map(|it| crate::path(it)).collect();
    let _ = writeln!(text, "{}", crate::names(&names));
    let mut line = |name: &str, rest: &str| {
        let _ = writeln!(text, "  {name:10} {rest}");
    };
    match &inspection.kind {
        Kind::Known { profile, title, documented, sure, unread_columns } => {
            line("is", &format!("{}: profile {}, {sure}", printable(title), printable(profile)));
            line("", &format!("known from: {}", printable(documented)));
            if !unread_columns.is_empty() {
                line("not used", &crate::names(unread_columns));
            }
        }
        Kind::Guessed { nearest: near, columns, unread_columns, left_out } => {
            let guessed: Vec<String> = columns
                .iter()
                .map(|it| {
                    format!("{} = {}", it.0, it.1.iter().map(|it| printable(it)).collect::<Vec<_>>().join(" or "))
                })
                .collect();
            line("is", &format!("unknown; guessed from the columns: {}", guessed.join(", ")));
            if !unread_columns.is_empty() {
                line("not used", &crate::names(unread_columns));
            }
            left_out.iter().for_each(|it| line("left out", &format!("{}: {}", printable(&it.0), printable(&it.1))));
            near.iter().for_each(|it| line("nearest", &nearest(it)));
        }
        Kind::Unknown { nearest: near } => {
            line("is", unknown(inspection));
            near.iter().for_each(|it| line("nearest", &nearest(it)));
        }
        Kind::Empty => line("is", "empty"),
    }
    if inspection.may_be_opt_outs {
        line("warning", "looks like a list of people who have opted out: set consent in the [[source]]");
    }
    inspection.warnings.iter().for_each(|it| line("warning", &warning(it)));
    line("read as", &printable(&inspection.reading));
    if inspection.profile.rows == 0 {
        line("columns", &crate::names(&inspection.columns));
    }
    line("rows", &grouped(inspection.rows));
    if inspection.sampled > 0 && inspection.source.is_some() {
        let looked = format!("{} of the first {} rows give a contact", inspection.usable, inspection.sampled);
        line("usable", &looked);
        for (reason, n) in &inspection.faults {
            line("", &format!("{n} {reason}: {}", Reason::from_code(reason).map_or("", Reason::describe)));
        }
        if inspection.faults.contains_key(Reason::NoRegion.code()) {
            line("", "set default_region in [run] of the plan, or pass --region");
        }
    }
    for (n, window) in crate::coverage::lines(&inspection.coverage, inspection.rows).iter().enumerate() {
        line(if n == 0 { "covers" } else { "" }, window);
    }
    for row in inspection.sample.iter().filter(|it| !it.is_empty()) {
        let cells: Vec<String> = row.iter().map(|it| format!("{} {}", it.0, printable(&it.1))).collect();
        line("sample", &cells.join(" | "));
    }
    if inspection.profile.rows > 0 {
        text += &crate::profile::table(&inspection.profile, inspection.rows, crate::profile::width());
    }
    if let Some(source) = &inspection.source {
        let _ = write!(text, "\n{source}");
    }
    text
}

/// The inspection as a JSON object.
pub fn json(inspection: &Inspection) -> Result<Value> {
    let mut value = serde_json::to_value(inspection)?;
    value["warnings"] = json!(inspection.warnings.iter().map(warning).collect::<Vec<_>>());
    Ok(value)
}

/// A warning to read before a run.
pub fn warning(warning: &Warning) -> String {
    match warning {
        Warning::Encoding(guess) => crate::run::encoding_guess(guess),
        Warning::MixedDateOrder => {
            "some dates can only have the day first, others only the month: set date_order in the [[source]]".to_owned()
        }
        Warning::UnknownDateOrder => {
            "it is unclear whether dates have the day or the month first: set date_order or a region".to_owned()
        }
        Warning::ManySenders { most } => {
            format!("over {most} different senders: the direction may be reversed; own_numbers is left out")
        }
        Warning::NationalPhones { columns, region } => national_phones(columns, *region),
    }
}

fn national_phones(columns: &[String], region: Option<Region>) -> String {
    let names = columns.iter().map(|it| format!("\"{}\"", printable(it))).collect::<Vec<_>>().join(", ");
    let look = if columns.len() == 1 { format!("column {names} looks") } else { format!("columns {names} look") };
    match region {
        None => format!(
            "{look} like phone numbers without a country code: add --region FR, or the country of your customers"
        ),
        Some(region) => format!(
            "{look} like phone numbers, but none is a valid number of {}: is --region the country of your customers?",
            region.code()
        ),
    }
}

/// What is said of files of an unknown kind. A warning tells of phone numbers that lack a region.
pub fn unknown(inspection: &Inspection) -> &'static str {
    let lacks_region = |it: &Warning| matches!(it, Warning::NationalPhones { .. });
    match inspection.warnings.iter().any(lacks_region) {
        true => "unknown, and no column holds phone numbers that can be read, or Viber ids",
        false => "unknown, and no column looks like a phone number or a Viber id",
    }
}

fn nearest(profile: &Nearest) -> String {
    let mut text = printable(&profile.profile).into_owned();
    for (what, columns) in [("it lacks", &profile.missing), ("it does not expect", &profile.unwanted)] {
        if !columns.is_empty() {
            let _ = write!(text, "; {what} {}", crate::names(columns));
        }
    }
    if !profile.unread_columns.is_empty() {
        let _ = write!(text, "; it does not know {}", crate::names(&profile.unread_columns));
    }
    text
}
