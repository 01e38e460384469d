//! Edits of cells, put into a template.

use model::Finding;
use review_sheet::Column;
use template::{Body, Component, Footer, Header, Template};

use super::{button_cells, example_lines, findings, variables};

/// A template with the edits of a row, and what the rules say of it.
pub(super) struct EditedTemplate {
    pub(super) template: Template,
    /// Findings that do not refuse the edit.
    pub(super) warnings: Vec<Finding>,
}

/// Puts the edits of a row into a template and checks it. `source` is the template as the flow of today fills it.
///
/// An error that the template had before does not refuse an edit of something else.
pub(super) fn edit(
    before: &Template,
    source: &Template,
    fields: &[(Column, String)],
) -> Result<EditedTemplate, String> {
    let mut template = before.clone();
    let (examples, texts): (Vec<_>, Vec<_>) = fields.iter().partition(|it| it.0 == Column::Examples);
    for (column, text) in texts {
        set(&mut template, *column, text)?;
    }
    // That a variable is new says more than that its example has no place.
    variables::check(&template, source)?;
    for (_, lines) in examples {
        example_lines::set(&mut template, lines)?;
    }
    let (was, now) = (findings::rules(before), findings::rules(&template));
    let is_old = |it: &Finding| was.iter().any(|was| (was.rule.code, &was.message) == (it.rule.code, &it.message));
    // The sheet has the old ones already. An old error is worth a word.
    let now = now.into_iter().filter(|it| it.is_error() || !is_old(it));
    let (errors, warnings): (Vec<_>, Vec<_>) = now.partition(|it| it.is_error() && !is_old(it));
    match errors.first() {
        None => Ok(EditedTemplate { template, warnings }),
        Some(_) => Err(errors.iter().map(findings::in_words).collect::<Vec<_>>().join("; ")),
    }
}

fn set(template: &mut Template, column: Column, text: &str) -> Result<(), String> {
    match column {
        Column::Name => text.trim().clone_into(&mut template.name),
        Column::Language => text.trim().clone_into(&mut template.language),
        Column::Category => template.category = text.trim().to_ascii_uppercase(),
        Column::Header => return set_header(template, text),
        Column::Text => return set_text(template, text),
        Column::Footer => return set_footer(template, text),
        Column::Buttons => {
            let buttons = template.components.iter_mut().find_map(|it| match it {
                Component::Buttons(it) => Some(it.buttons.as_mut_slice()),
                _ => None,
            });
            return button_cells::retitle(buttons.unwrap_or_default(), text);
        }
        other => return Err(format!("{} is not for editing", other.header())),
    }
    Ok(())
}

fn set_header(template: &mut Template, text: &str) -> Result<(), String> {
    let at = template.components.iter().position(|it| matches!(it, Component::Header(_)));
    match (at, text.is_empty()) {
        (None, true) => {}
        (None, false) => {
            let header = Header { format: "TEXT".to_owned(), text: Some(text.to_owned()), example: None };
            template.components.insert(0, Component::Header(header));
        }
        (Some(at), is_removed) => {
            let Component::Header(header) = &mut template.components[at] else { return Ok(()) };
            if header.text.is_none() {
                let what = header.format.to_lowercase();
                return Err(format!("its header is not a text but of the kind {what}: change it in the source"));
            }
            header.text = Some(text.to_owned());
            if is_removed {
                template.components.remove(at);
            }
        }
    }
    Ok(())
}

fn set_text(template: &mut Template, text: &str) -> Result<(), String> {
    let body = template.components.iter_mut().find_map(|it| match it {
        Component::Body(Body { text: Some(text), .. }) => Some(text),
        _ => None,
    });
    let body = body.ok_or("WhatsApp writes the text of this template: leave the cell empty")?;
    text.clone_into(body);
    Ok(())
}

fn set_footer(template: &mut Template, text: &str) -> Result<(), String> {
    let at = template.components.iter().position(|it| matches!(it, Component::Footer(_)));
    let footer = Component::Footer(Footer { text: Some(text.to_owned()), code_expiration_minutes: None });
    match (at, text.is_empty()) {
        (None, true) => {}
        (None, false) => {
            let is_below = |it: &Component| matches!(it, Component::Buttons(_) | Component::Carousel(_));
            let end = template.components.iter().position(is_below).unwrap_or(template.components.len());
            template.components.insert(end, footer);
        }
        (Some(at), is_removed) => {
            if matches!(&template.components[at], Component::Footer(it) if it.code_expiration_minutes.is_some()) {
                return Err("WhatsApp writes the footer of this template: leave the cell empty".to_owned());
            }
            match is_removed {
                true => drop(template.components.remove(at)),
                false => template.components[at] = footer,
            }
        }
    }
    Ok(())
}
