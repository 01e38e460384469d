//! Text in a few colours.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use model::printable_text;

/// What a part of a text is. It decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    Error,
    Warning,
    /// A number that matters most.
    Main,
    Path,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Main => AnsiColor::Green.on_default().bold(),
            Self::Path => Style::new().dimmed(),
        }
    }
}

/// A text in parts, each with its role. Colours are added when it is printed, after hidden characters are written out:
/// no value of a file can bring a colour of its own.
#[derive(Clone, Debug, Default)]
pub struct Styled(Vec<(Role, String)>);

impl Styled {
    pub fn push(&mut self, role: Role, text: impl Into<String>) {
        self.0.push((role, text.into()));
    }

    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The text as a terminal shows it, with hidden characters written out.
    pub fn rendered(&self, is_coloured: bool) -> String {
        let mut text = String::new();
        for (role, part) in &self.0 {
            let (style, part) = (role.style(), printable_text(part));
            // Writing to a String cannot fail.
            let _ = match is_coloured {
                true => write!(text, "{style}{part}{style:#}"),
                false => write!(text, "{part}"),
            };
        }
        text
    }
}

impl From<String> for Styled {
    fn from(text: String) -> Self {
        Self(vec![(Role::Plain, text)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_brings_no_colour_of_its_own() {
        let mut text = Styled::from("a\u{1b}[31mb ".to_owned());
        text.push(Role::Warning, "warning\u{1b}[0m");
        text.push(Role::Plain, "\n");
        assert_eq!(text.rendered(false), "a\\u{1b}[31mb warning\\u{1b}[0m\n");
        assert_eq!(text.rendered(true), "a\\u{1b}[31mb \u{1b}[33mwarning\\u{1b}[0m\u{1b}[0m\n");
    }
}
