//! Choices whose titles are too long: customers read them whole in the text.

use scenario::Text;
use template::{MAX_DESCRIPTION, MAX_ROW};

use super::{Compiler, SpokenStep};
use crate::flow::Route;

impl<'a> Compiler<'a> {
    /// Adds the choices to the text if a button does not show all that one of them says: the menu as it was written, or
    /// a line for each.
    pub(super) fn say_whole_titles(
        &self,
        spoken: &mut SpokenStep<'a>,
        rows: &[(Route, Option<String>)],
        fits: impl Fn(&str, Option<&str>) -> bool,
    ) {
        let is_whole = |it: &(Route, Option<String>)| fits(&it.0.title, it.1.as_deref());
        if rows.iter().all(is_whole) {
            return;
        }
        let text = |scenario: &'a scenario::Scenario| scenario.steps.get(spoken.n).and_then(|it| it.act.text());
        let (written, now) = (text(self.written), text(self.scenario));
        if let Some(written) = written.filter(|it| now.is_some_and(|now| now.to_string().len() < it.to_string().len()))
        {
            spoken.message.text = written.clone();
            return;
        }
        for (way, description) in rows.iter().filter(|it| !is_whole(it)) {
            spoken.say_on_a_line(&Text::plain(&format!("- {}", whole(&way.title, description.as_deref()))));
        }
    }
}

/// Whether a row of a list shows a title and its description: what does not fit into the title goes below it.
pub(super) fn fits_a_row(title: &str, description: Option<&str>) -> bool {
    let below = match title.chars().count() <= MAX_ROW {
        true => description.unwrap_or_default().to_owned(),
        false => whole(title, description),
    };
    below.chars().count() <= MAX_DESCRIPTION
}

pub(super) fn whole(title: &str, description: Option<&str>) -> String {
    match description {
        Some(description) => format!("{title} – {description}"),
        None => title.to_owned(),
    }
}
