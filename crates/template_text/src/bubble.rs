//! A template as a phone shows it, drawn for a terminal.

use std::ops::Range;

use model::printable_text;
use run_text::{Role, Styled};
use template::{Button, Card, Component, FormattedPart, Formatting, Header, Template, formatted};
use unicode_width::UnicodeWidthStr;

/// The width of the text of a bubble, in columns: about that of a phone.
const WIDTH: usize = 40;

/// How a bubble is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct BubbleLook {
    /// Whether variables are shown as `{{1}}` instead of the example values.
    pub has_variables: bool,
    /// Whether the terminal shows bold and italic. If not, the marks of the text stay, such as `*bold*`.
    pub is_coloured: bool,
}

/// A line of a bubble, in parts.
type Line = Vec<(Role, String)>;

/// A template as a bubble with its header, body, footer, buttons and cards.
pub fn bubble(template: &Template, look: BubbleLook) -> Styled {
    let filled;
    let template = match look.has_variables {
        true => template,
        false => {
            filled = template.filled();
            &filled
        }
    };
    let is_authentication = template.is("AUTHENTICATION");
    let mut drawn = Styled::default();
    draw(&boxes(&template.components, is_authentication, look), &mut drawn);
    let cards = template.cards().1;
    for (n, Card { components, .. }) in cards.iter().enumerate() {
        drawn.push(Role::Path, format!("  card {} of {}\n", n + 1, cards.len()));
        draw(&boxes(components, is_authentication, look), &mut drawn);
    }
    drawn
}

/// The parts of a bubble with a line between them: the text, then each button.
fn boxes(components: &[Component], is_authentication: bool, look: BubbleLook) -> Vec<Vec<Line>> {
    let (mut text, mut buttons): (Vec<Line>, Vec<Vec<Line>>) = Default::default();
    for component in components {
        if let Component::Buttons(it) = component {
            buttons.extend(it.buttons.iter().map(button));
        }
        let lines = lines(component, is_authentication, look);
        if !text.is_empty() && !lines.is_empty() {
            text.push(Vec::new());
        }
        text.extend(lines);
    }
    let text = (!text.is_empty()).then_some(text);
    text.into_iter().chain(buttons).collect()
}

/// The text of a component. Buttons and cards have boxes of their own.
fn lines(component: &Component, is_authentication: bool, look: BubbleLook) -> Vec<Line> {
    match component {
        Component::Header(it) => header(it, look),
        Component::Body(it) => match &it.text {
            Some(text) => chat(text, look),
            None if is_authentication => {
                let warning = it.add_security_recommendation.is_some_and(|it| it);
                let warning = if warning { ", with a warning not to share the code" } else { "" };
                note(&format!("(WhatsApp writes the text{warning})"))
            }
            None => Vec::new(),
        },
        Component::Footer(it) => match (&it.text, it.code_expiration_minutes) {
            (Some(text), _) => note(text),
            (None, Some(minutes)) => note(&format!("(the code expires in {minutes} minutes)")),
            (None, None) => Vec::new(),
        },
        Component::Buttons(_) | Component::Carousel(_) => Vec::new(),
        Component::Other(it) => {
            note(&format!("({})", it.get("type").and_then(|it| it.as_str()).unwrap_or("another component")))
        }
    }
}

fn header(header: &Header, look: BubbleLook) -> Vec<Line> {
    let media = match header.format.to_ascii_uppercase().as_str() {
        "IMAGE" => "picture",
        "VIDEO" => "video",
        "DOCUMENT" => "document",
        "LOCATION" => "place on a map",
        // WhatsApp shows a header in bold, and its marks as signs.
        _ => {
            let bold = Formatting { is_bold: look.is_coloured, ..Formatting::default() };
            let text = printable_text(header.text.as_deref().unwrap_or_default());
            return wrapped(&[FormattedPart { text: &text, formatting: bold }]);
        }
    };
    note(&format!("[{media}]"))
}

/// Text with the formatting of WhatsApp.
fn chat(text: &str, look: BubbleLook) -> Vec<Line> {
    let text = printable_text(text);
    match look.is_coloured {
        true => wrapped(&formatted(&text)),
        false => wrapped(&[FormattedPart { text: &text, formatting: Formatting::default() }]),
    }
}

/// Small print, and what stands for something that is not text.
fn note(text: &str) -> Vec<Line> {
    let text = printable_text(text);
    let lines = wrapped(&[FormattedPart { text: &text, formatting: Formatting::default() }]);
    let dimmed = |line: Line| line.into_iter().map(|(_, text)| (Role::Path, text)).collect();
    lines.into_iter().map(dimmed).collect()
}

/// A button in the middle of its line, and below it where it leads.
fn button(button: &Button) -> Vec<Line> {
    let label = |words: &str| button.text.clone().unwrap_or_else(|| words.to_owned());
    let (label, target) = match button.kind.to_ascii_uppercase().as_str() {
        "QUICK_REPLY" => (format!("↩ {}", label("reply")), None),
        "URL" => (format!("↗ {}", label("open")), button.url.clone()),
        "PHONE_NUMBER" => (format!("☎ {}", label("call")), button.phone_number.clone()),
        "COPY_CODE" => (format!("⧉ {}", label("copy code")), button.examples().first().map(|it| (*it).to_owned())),
        "OTP" => (format!("⧉ {}", label("copy code")), None),
        kind => (label(kind), Some(kind.to_lowercase()).filter(|_| button.text.is_some())),
    };
    let label = printable_text(&label);
    let lines = wrapped(&[FormattedPart { text: &label, formatting: Formatting::default() }]);
    let target = target.map_or_else(Vec::new, |it| note(&it));
    lines.into_iter().chain(target).map(centred).collect()
}

fn centred(mut line: Line) -> Line {
    let left = WIDTH.saturating_sub(width(&line)) / 2;
    line.insert(0, (Role::Plain, " ".repeat(left)));
    line
}

/// The parts of a text in lines that fit into a bubble.
fn wrapped(parts: &[FormattedPart<'_>]) -> Vec<Line> {
    let text: String = parts.iter().map(|it| it.text).collect();
    if text.is_empty() {
        return Vec::new();
    }
    let options = textwrap::Options::new(WIDTH).word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        for row in textwrap::wrap(line.trim_end_matches(['\n', '\r']), &options) {
            // A row leaves out nothing but the spaces before it.
            let start = text[at..end].find(&*row).map_or(at, |it| at + it);
            lines.push(styled(parts, start..start + row.len()));
            at = start + row.len();
        }
        at = end;
    }
    lines
}

/// The bytes of a text, in the formats of its parts.
fn styled(parts: &[FormattedPart<'_>], bytes: Range<usize>) -> Line {
    let mut line = Line::new();
    let mut at = 0;
    for FormattedPart { text, formatting } in parts {
        let (start, end) = (bytes.start.max(at), bytes.end.min(at + text.len()));
        if start < end {
            line.push((role(*formatting), text[start - at..end - at].to_owned()));
        }
        at += text.len();
    }
    line
}

fn role(formatting: Formatting) -> Role {
    let Formatting { is_bold, is_italic, is_struck, is_fixed } = formatting;
    match formatting == Formatting::default() {
        true => Role::Plain,
        false => Role::Chat { is_bold, is_italic, is_struck, is_fixed },
    }
}

fn width(line: &Line) -> usize {
    line.iter().map(|it| it.1.width()).sum()
}

fn draw(boxes: &[Vec<Line>], drawn: &mut Styled) {
    let edge = |left: &str, right: &str| format!("{left}{}{right}\n", "─".repeat(WIDTH + 2));
    drawn.push(Role::Path, edge("╭", "╮"));
    for (n, lines) in boxes.iter().enumerate() {
        if n > 0 {
            drawn.push(Role::Path, edge("├", "┤"));
        }
        for line in lines {
            drawn.push(Role::Path, "│ ");
            let right = " ".repeat(WIDTH.saturating_sub(width(line)));
            line.iter().for_each(|(role, text)| drawn.push(*role, text.as_str()));
            drawn.push(Role::Path, format!("{right} │\n"));
        }
    }
    drawn.push(Role::Path, edge("╰", "╯"));
}

#[cfg(test)]
mod tests;
