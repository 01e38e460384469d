//! What a customer sees.

use scenario::{Location, MediaKind};
use serde::Serialize;

/// What a customer sees at a step, as lines: texts as they are, `[…]` for buttons and rows, `(…)` for media and
/// locations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub step: String,
    pub lines: Vec<String>,
}

impl Shown {
    pub(super) fn at(step: &str) -> Self {
        Self { step: step.to_owned(), lines: Vec::new() }
    }

    /// Adds a text; line breaks do not count.
    pub(super) fn text(&mut self, text: &str) {
        let text = squeezed(text);
        if !text.is_empty() {
            self.lines.push(text);
        }
    }

    pub(super) fn media(&mut self, kind: MediaKind, url: &str) {
        self.lines.push(format!("({} {url})", kind.name()));
    }

    pub(super) fn place(&mut self, location: &Location) {
        self.lines.push(format!("(location {},{})", location.latitude, location.longitude));
    }

    pub(super) fn tap(&mut self, title: &str, description: Option<&str>) {
        if let Some(description) = description {
            return self.lines.push(format!("[{} – {}]", squeezed(title), squeezed(description)));
        }
        self.lines.push(format!("[{}]", squeezed(title)));
    }

    pub(super) fn link(&mut self, title: &str, url: &str) {
        self.lines.push(format!("[{} → {url}]", squeezed(title)));
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
