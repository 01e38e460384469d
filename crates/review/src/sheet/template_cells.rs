//! A template as the cells of a row.

use review_sheet::Column;
use template::{Card, Header, Template};

use super::{button_cells, example_lines};

/// The cells of a template that is kept as JSON. Of a text that is no template there is only the text.
pub(super) fn of_body(body: &str) -> Vec<(Column, String)> {
    match serde_json::from_str(body) {
        Ok(template) => cells(&template),
        Err(_) => vec![(Column::Text, body.to_owned())],
    }
}

fn cells(template: &Template) -> Vec<(Column, String)> {
    let cards: Vec<String> = (1..).zip(template.cards().1).map(|(n, it)| card(n, it)).collect();
    vec![
        (Column::Name, template.name.clone()),
        (Column::Language, template.language.clone()),
        (Column::Category, template.category.clone()),
        (Column::Header, template.header().map_or(String::new(), header)),
        (Column::Text, template.body_text().to_owned()),
        (Column::Footer, template.footer().unwrap_or_default().to_owned()),
        (Column::Buttons, button_cells::titles(template.buttons())),
        (Column::ButtonDoes, button_cells::acts(template.buttons())),
        (Column::Cards, cards.join("\n")),
        (Column::Examples, example_lines::of(template)),
    ]
}

/// The text of a header, or what it shows in brackets.
fn header(it: &Header) -> String {
    match &it.text {
        Some(text) => text.clone(),
        None => format!("({})", it.format.to_lowercase()),
    }
}

fn card(n: usize, it: &Card) -> String {
    let header = it.header().map_or(String::new(), header);
    let buttons = button_cells::titles(it.buttons()).replace('\n', "] [");
    let buttons = if buttons.is_empty() { String::new() } else { format!("[{buttons}]") };
    let parts = [header.as_str(), it.body_text().unwrap_or_default(), &buttons];
    let parts: Vec<&str> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    format!("card {n}: {}", parts.join(" "))
}

/// The proposed text, and below it what else differs from the current template.
pub(super) fn proposed(current: &str, proposed: &str) -> String {
    let (before, after) = (of_body(current), of_body(proposed));
    let text = |cells: &[(Column, String)], column: Column| {
        cells.iter().find(|it| it.0 == column).map_or(String::new(), |it| it.1.clone())
    };
    let body = text(&after, Column::Text);
    let mut parts = vec![if body.is_empty() { "(no text)".to_owned() } else { body }];
    for (column, new) in after.iter().filter(|it| it.0 != Column::Text) {
        if *new != text(&before, *column) {
            let new = if new.is_empty() { "(none)" } else { new };
            parts.push(format!("[{}] {new}", column.header()));
        }
    }
    parts.join("\n")
}
