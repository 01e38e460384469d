//! Text in a few colours.

use std::fmt::Write;

use anstyle::{AnsiColor, Effects, Style};
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
    /// Text that a chat shows in a format.
    Chat {
        is_bold: bool,
        is_italic: bool,
        is_struck: bool,
        /// In letters of one width, as all letters of a terminal are.
        is_fixed: bool,
    },
    /// Text that was added.
    Added,
    /// Text that was removed.
    Removed,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Main => AnsiColor::Green.on_default().bold(),
            Self::Path => Style::new().dimmed(),
            Self::Chat { is_bold, is_italic, is_struck, is_fixed } => {
                let effects = [
                    (is_bold, Effects::BOLD),
                    (is_italic, Effects::ITALIC),
                    (is_struck, Effects::STRIKETHROUGH),
                    (is_fixed, Effects::DIMMED),
                ];
                let effects = effects.into_iter().filter(|it| it.0).map(|it| it.1);
                Style::new().effects(effects.fold(Effects::new(), |all, it| all | it))
            }
            Self::Added => AnsiColor::Green.on_default(),
            Self::Removed => AnsiColor::Red.on_default().strikethrough(),
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
