//! The buttons of messages in a log: Infobip writes the title of a button and the page that it opens.

use std::collections::BTreeMap;

use scenario::{Choice, Loss, Text};

use import_base::scenario_builder::ScenarioBuilder;
use import_base::table::{Row, Table, normal};

/// Titles that fewer messages have are not repeated: they may hold what one person was sent.
const MIN_TOLD: u64 = 3;

/// The columns of the buttons.
pub(super) struct ButtonColumns {
    title: usize,
    page: usize,
}

impl ButtonColumns {
    pub(super) fn of(table: &Table<'_>) -> Option<Self> {
        let names: Vec<String> = table.header.iter().flatten().map(|it| normal(it)).collect();
        let at = |ends: &[&str]| names.iter().position(|name| ends.iter().any(|it| name.ends_with(it)));
        let title = at(&["button title", "button text", "button caption"])?;
        Some(Self { title, page: at(&["button action", "button url"])? })
    }

    pub(super) fn has(&self, column: usize) -> bool {
        [self.title, self.page].contains(&column)
    }

    /// The button of a row: its title, and the page.
    pub(super) fn read(&self, row: &Row<'_>) -> Option<(String, String)> {
        Some((row.cell(self.title)?.to_owned(), row.cell(self.page)?.to_owned()))
    }
}

/// The buttons of all messages of a kind, by their titles.
#[derive(Clone, Debug, Default)]
pub(super) struct ButtonStats(BTreeMap<String, Pages>);

/// The pages that a button opened.
#[derive(Clone, Debug)]
struct Pages {
    n_messages: u64,
    /// What all their addresses begin with.
    start: String,
    is_varied: bool,
}

impl ButtonStats {
    pub(super) fn of_one(button: Option<&(String, String)>) -> Self {
        let pages = |page: &String| Pages { n_messages: 1, start: page.clone(), is_varied: false };
        Self(button.into_iter().map(|(title, page)| (title.clone(), pages(page))).collect())
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (title, pages) in &other.0 {
            self.0.entry(title.clone()).and_modify(|it| it.join(pages)).or_insert_with(|| pages.clone());
        }
    }

    /// The button of the template: it is in all messages, and its address varies at its end at most.
    pub(super) fn choice(&self, n_messages: u64, builder: &mut ScenarioBuilder) -> Option<Choice> {
        let only = self.0.iter().next().filter(|it| self.0.len() == 1 && it.1.n_messages == n_messages);
        if let Some((title, pages)) = only
            && let Some(url) = pages.url(builder)
        {
            return Some(Choice::Link { title: title.clone(), url });
        }
        for (title, pages) in self.0.iter().filter(|it| it.1.n_messages >= MIN_TOLD) {
            let what = format!("“{title}”, which {} of {n_messages} messages have", pages.n_messages);
            builder.record_loss(Loss::ButtonDropped, "text", what);
        }
        None
    }
}

impl Pages {
    fn join(&mut self, other: &Self) {
        let is_same = self.start == other.start;
        self.is_varied |= other.is_varied || !is_same;
        self.n_messages += other.n_messages;
        if !is_same {
            let n_same = self.start.chars().zip(other.start.chars()).take_while(|it| it.0 == it.1).count();
            self.start = self.start.chars().take(n_same).collect();
        }
    }

    /// The address, with a slot where it varies; none if it is no address of a page.
    fn url(&self, builder: &mut ScenarioBuilder) -> Option<Text> {
        let scheme = ["https://", "http://"].into_iter().find(|it| self.start.starts_with(it))?;
        if !self.is_varied {
            return Some(Text::plain(&self.start));
        }
        // The values may begin alike by chance.
        let end = self.start.rfind(['/', '=', '?'])? + 1;
        if end <= scheme.len() {
            return None;
        }
        let mut url = Text::plain(&self.start[..end]);
        url.push_slot(&builder.slot("link"));
        Some(url)
    }
}
