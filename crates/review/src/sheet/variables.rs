//! Variables of an edited text: those that the flow fills, no more and no fewer.

use template::{Template, variables};

/// Fails if the texts of `edited` have other variables than those of `source`, which the flow fills.
pub(super) fn check(edited: &Template, source: &Template) -> Result<(), String> {
    let header = |it: &Template| it.header().and_then(|it| it.text.clone()).unwrap_or_default();
    check_text("header", &header(edited), &header(source))?;
    check_text("text", edited.body_text(), source.body_text())
}

fn check_text(column: &str, edited: &str, source: &str) -> Result<(), String> {
    let (has, fills) = (names(edited), names(source));
    if let Some(name) = has.iter().find(|it| !fills.contains(it)) {
        return Err(format!(
            "{column} has {{{{{name}}}}}, and {}: a new value is added in the source of the scenario",
            filled(&fills)
        ));
    }
    match fills.iter().find(|it| !has.contains(it)) {
        Some(name) => Err(format!(
            "{column} has no {{{{{name}}}}}, which the flow fills: put it back, or remove it in the source"
        )),
        None => Ok(()),
    }
}

/// The names of the variables, each once, in their order.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for variable in variables(text).0 {
        if !names.iter().any(|it| it == variable.name) {
            names.push(variable.name.to_owned());
        }
    }
    names
}

fn filled(names: &[String]) -> String {
    match names {
        [] => "the flow fills none".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|it| format!("{{{{{it}}}}}")).collect();
            format!("the flow fills only {}", names.join(", "))
        }
    }
}

/// Fails if a message has a variable that its scenario does not know.
pub(super) fn check_message(edited: &str, source: &str, slots: &[&str]) -> Result<(), String> {
    let known = names(source);
    let is_unknown = |it: &String| !known.contains(it) && !slots.contains(&it.as_str());
    match names(edited).into_iter().find(is_unknown) {
        Some(name) => Err(format!(
            "text has {{{{{name}}}}}, and the scenario has no slot of this name: {}",
            match slots {
                [] => "it has none".to_owned(),
                slots => format!("it has {}", slots.join(", ")),
            }
        )),
        None => Ok(()),
    }
}
