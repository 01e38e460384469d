//! Finds out what the columns of a table are for, by their names and by what is in them.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::Table;
use super::shapes::{is_clear_phone, is_date, is_language_code, is_phone, n_words, normal};
use crate::{Options, placeholders};

const NAMES: &str = include_str!("columns.tsv");
const LANGUAGES: &str = include_str!("languages.tsv");

/// Words in the names of columns, and their rank: the usual name is first.
static RANKS: LazyLock<HashMap<Role, HashMap<String, usize>>> = LazyLock::new(|| {
    let rows = NAMES.lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once('\t'));
    let ranks = |names: &str| {
        let mut ranks = HashMap::new();
        for (name, n) in names.split('|').zip(0..) {
            ranks.entry(normal(name)).or_insert(n);
        }
        ranks
    };
    rows.filter_map(|(role, names)| Some((Role::from_name(role)?, ranks(names)))).collect()
});

static LANGUAGE_NAMES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let rows = LANGUAGES.lines().filter(|it| !it.starts_with('#')).filter_map(|it| it.split_once('\t'));
    rows.flat_map(|(code, names)| names.split('|').map(move |it| (normal(it), code))).collect()
});

/// The use of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Role {
    Text,
    Name,
    Language,
    Purpose,
    Date,
    Direction,
    Recipient,
    Sender,
    Status,
    /// Remarks and the like: neither text for customers nor a name.
    Other,
}

impl Role {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "name" => Self::Name,
            "language" => Self::Language,
            "purpose" => Self::Purpose,
            "date" => Self::Date,
            "direction" => Self::Direction,
            "recipient" => Self::Recipient,
            "sender" => Self::Sender,
            "status" => Self::Status,
            "other" => Self::Other,
            _ => return None,
        })
    }

    /// The rank of a name of a column; none if it is no usual name of this role.
    fn rank(self, name: &str) -> Option<usize> {
        RANKS.get(&self)?.get(name).copied()
    }

    /// The rank of a name that has the words of a usual name among others, such as “Texte du SMS (160 signes)”.
    fn rank_within(self, name: &str) -> Option<usize> {
        let padded = format!(" {name} ");
        let names = RANKS.get(&self)?.iter().filter(|it| it.0.chars().count() >= 3);
        // A longer name says more.
        let found = names.filter(|it| padded.contains(&format!(" {} ", it.0)));
        found.map(|it| 1000 + it.1 - it.0.len().min(100)).min()
    }
}

/// Whether a first row names columns, and holds no data.
pub(super) fn is_header(row: &[String]) -> bool {
    let is_data = |it: &String| is_date(it) || is_phone(it) || n_words(it) > 7 || placeholders::are_in(it);
    let is_number = |it: &String| !it.is_empty() && it.chars().all(|it| it.is_ascii_digit() || ".,-".contains(it));
    if row.is_empty() || row.iter().any(is_data) {
        return false;
    }
    let is_known = |it: &String| RANKS.keys().any(|role| role.rank(&normal(it)).is_some());
    row.iter().any(is_known) || (row.len() > 1 && row.iter().all(|it| n_words(it) <= 5 && !is_number(it)))
}

/// Whether one of the columns has a usual name of texts.
pub(super) fn names_a_text(header: &[String]) -> bool {
    header.iter().any(|it| Role::Text.rank(&normal(it)).is_some())
}

/// The positions of the columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub text: Option<usize>,
    /// The columns of a list that has one for each language, with their languages; else empty.
    pub translations: Vec<(usize, String)>,
    pub name: Option<usize>,
    pub language: Option<usize>,
    pub purpose: Option<usize>,
    pub date: Option<usize>,
    pub direction: Option<usize>,
    pub recipient: Option<usize>,
    pub sender: Option<usize>,
    pub status: Option<usize>,
    /// Columns whose cells vary, such as the name of the customer: they tell which words of a text are values.
    pub values: Vec<usize>,
    /// Columns that are for nothing here.
    pub unused: Vec<usize>,
}

impl Columns {
    /// Finds the columns; an error names an option whose column is not there.
    pub fn find(table: &Table<'_>, options: &Options) -> Result<Self, String> {
        let sample = table.sample();
        let names: Vec<String> = table.header.iter().flatten().map(|it| normal(it)).collect();
        let n_columns = sample.iter().map(Vec::len).max().unwrap_or_default().max(names.len());
        let profiles = (0..n_columns).map(|n| Profile::of(names.get(n).cloned().unwrap_or_default(), n, &sample));
        let mut found = Finder { profiles: profiles.collect(), taken: HashSet::new() };
        let mut named = |column: &Option<String>, option: &str| match column {
            Some(column) => {
                found.named(column).map(Some).ok_or_else(|| format!("it has no column that {option} names"))
            }
            None => Ok(None),
        };
        let text = named(&options.text_column, "--text-column")?;
        let name = named(&options.name_column, "--name-column")?;
        let language = named(&options.language_column, "--language-column")?;
        Ok(found.columns(text, name, language))
    }

    /// Whether a table of JSON is a list of texts: one list of records that are alike, with a column that has a usual name
    /// of texts and is filled in most of them.
    pub fn is_list_of_texts(&self, table: &Table<'_>, sample: &[Vec<String>]) -> bool {
        let Some(text) = self.text.filter(|_| table.is_only_list) else { return false };
        let is_filled = |row: &&Vec<String>, n: usize| row.get(n).is_some_and(|it| !it.is_empty());
        let columns: Vec<usize> = [text].into_iter().chain(self.translations.iter().map(|it| it.0)).collect();
        let n_texts = sample.iter().filter(|row| columns.iter().any(|it| is_filled(row, *it))).count();
        let n_cells: usize = sample.iter().map(|row| row.iter().filter(|it| !it.is_empty()).count()).sum();
        let n_columns = sample.iter().map(Vec::len).max().unwrap_or_default();
        let are_alike = n_texts * 5 >= sample.len() * 4 && n_cells * 2 >= sample.len() * n_columns;
        are_alike && (self.is_text_named(table) || !self.translations.is_empty())
    }

    /// Whether the texts of a table are for customers: the column has a usual name of texts or none, or some of the texts
    /// have placeholders.
    pub fn are_texts_for_customers(&self, table: &Table<'_>, sample: &[Vec<String>]) -> bool {
        let texts = || sample.iter().filter_map(|it| it.get(self.text?));
        table.header.is_none()
            || !self.translations.is_empty()
            || self.is_text_named(table)
            || texts().any(|it| placeholders::are_in(it))
    }

    fn is_text_named(&self, table: &Table<'_>) -> bool {
        let name = self.text.and_then(|it| table.header.as_ref()?.get(it)).map(|it| normal(it)).unwrap_or_default();
        Role::Text.rank(&name).or_else(|| Role::Text.rank_within(&name)).is_some()
    }

    /// The columns that are for nothing in a log, where no column names templates or languages.
    pub fn unused_by_log(&self) -> Vec<usize> {
        let mut unused = self.unused.clone();
        unused.extend([self.name, self.language, self.purpose].into_iter().flatten());
        unused.sort_unstable();
        unused
    }

    /// Whether the rows are messages that were sent, and no templates.
    ///
    /// Messages have a recipient and a date, or a recipient and no placeholders in their texts.
    pub fn is_log(&self, sample: &[Vec<String>]) -> bool {
        let texts: Vec<&String> =
            sample.iter().filter_map(|it| it.get(self.text?)).filter(|it| !it.is_empty()).collect();
        let n_with = texts.iter().filter(|it| placeholders::are_in(it)).count();
        let are_filled_in = n_with * 2 < texts.len().max(1);
        let is_sent = self.date.is_some() || self.direction.is_some() || !texts.is_empty();
        self.recipient.is_some() && is_sent && are_filled_in
    }
}

/// Counts of the values of a column.
struct Profile {
    name: String,
    n: usize,
    n_filled: usize,
    n_distinct: usize,
    n_dates: usize,
    n_phones: usize,
    n_clear_phones: usize,
    n_language_codes: usize,
    /// Cells of at least three words, or with a placeholder.
    n_texts: usize,
    n_characters: usize,
    is_rising: bool,
}

impl Profile {
    fn of(name: String, n: usize, sample: &[Vec<String>]) -> Self {
        let cells: Vec<&str> =
            sample.iter().filter_map(|it| it.get(n)).map(String::as_str).filter(|it| !it.is_empty()).collect();
        let count = |is: &dyn Fn(&str) -> bool| cells.iter().filter(|it| is(it)).count();
        Self {
            name,
            n,
            n_filled: cells.len(),
            n_distinct: cells.iter().collect::<HashSet<_>>().len(),
            n_dates: count(&is_date),
            n_phones: count(&is_phone),
            n_clear_phones: count(&is_clear_phone),
            n_language_codes: count(&is_language_code),
            n_texts: count(&|it| !is_date(it) && (n_words(it) >= 3 || placeholders::are_in(it))),
            n_characters: cells.iter().map(|it| it.chars().count()).sum(),
            is_rising: cells.len() > 2 && cells.is_sorted_by(|a, b| (a.len(), a) < (b.len(), b)),
        }
    }

    fn is_mostly(&self, n: usize) -> bool {
        n > 0 && n * 5 >= self.n_filled * 4
    }

    fn are_dates(&self) -> bool {
        self.is_mostly(self.n_dates)
    }

    /// Numbers that only rise are ids, unless they are written as phone numbers.
    fn are_phones(&self) -> bool {
        let is_named = Role::Recipient.rank(&self.name).is_some() || Role::Sender.rank(&self.name).is_some();
        let are_clear = self.is_mostly(self.n_clear_phones);
        self.is_mostly(self.n_phones) && (is_named || are_clear || !self.is_rising)
    }

    fn are_texts(&self) -> bool {
        self.n_texts > 0 && self.n_texts * 2 >= self.n_filled && !self.are_dates() && !self.are_phones()
    }

    fn is_for(&self, role: Role) -> bool {
        role.rank(&self.name).is_some() || role.rank_within(&self.name).is_some()
    }

    fn mean_length(&self) -> usize {
        self.n_characters / self.n_filled.max(1)
    }

    /// The language that the name of the column says, as in `fr` or `Texte (FR)`.
    fn language(&self) -> Option<String> {
        let whole = LANGUAGE_NAMES.get(&self.name).map(|it| (*it).to_owned());
        let codes = || {
            let mut words = self.name.split(' ').filter(|it| it.len() == 2 && is_language_code(it));
            let code = words.next_back()?;
            let is_alone = self.name.len() == code.len() || Role::Text.rank_within(&self.name).is_some();
            is_alone.then(|| code.to_owned())
        };
        let word = || self.name.split(' ').find_map(|it| LANGUAGE_NAMES.get(it)).map(|it| (*it).to_owned());
        whole.or_else(codes).or_else(word)
    }
}

struct Finder {
    profiles: Vec<Profile>,
    taken: HashSet<usize>,
}

impl Finder {
    /// The column that the user names, by its name or its number from 1.
    fn named(&mut self, column: &str) -> Option<usize> {
        let name = normal(column);
        let by_name = self.profiles.iter().find(|it| !it.name.is_empty() && it.name == name).map(|it| it.n);
        let by_number = || column.trim().parse::<usize>().ok()?.checked_sub(1).filter(|it| *it < self.profiles.len());
        let found = by_name.or_else(by_number)?;
        self.taken.insert(found);
        Some(found)
    }

    /// Takes the free column that is best for a role: by its whole name, by words of its name, by what is in it.
    fn take(&mut self, role: Role, fits: impl Fn(&Profile) -> bool, by_content: bool) -> Option<usize> {
        let free = self.profiles.iter().filter(|it| !self.taken.contains(&it.n) && it.n_filled > 0);
        let rank = |it: &Profile| {
            let by_name = role.rank(&it.name).or_else(|| role.rank_within(&it.name));
            by_name.or(by_content.then_some(10_000)).map(|rank| (rank, it.n))
        };
        let found = free.filter(|it| fits(it)).filter_map(rank).min()?.1;
        self.taken.insert(found);
        Some(found)
    }

    fn columns(mut self, text: Option<usize>, name: Option<usize>, language: Option<usize>) -> Columns {
        let translations = if text.is_some() { Vec::new() } else { self.translations() };
        let text = text.or_else(|| translations.first().map(|it| it.0)).or_else(|| self.text());
        let date = self.take(Role::Date, Profile::are_dates, true);
        let recipient = self.take(Role::Recipient, |it| it.are_phones() && Role::Sender.rank(&it.name).is_none(), true);
        let sender = self.take(Role::Sender, |_| true, false);
        let direction = self.take(Role::Direction, |it| it.n_distinct <= 6, false);
        let status = self.take(Role::Status, |it| !it.are_texts(), false);
        let language = language.or_else(|| self.take(Role::Language, |it| !it.are_texts(), false));
        let by_code = |it: &Profile| it.n_language_codes == it.n_filled;
        let language = language.or_else(|| self.take(Role::Language, by_code, true));
        let name = name.or_else(|| self.name());
        let purpose = self.take(Role::Purpose, |it| !it.are_dates(), false);
        let values = self.profiles.iter().filter(|it| Some(it.n) != text && self.varies(it)).map(|it| it.n).collect();
        let is_unused = |it: &&Profile| !self.taken.contains(&it.n) && it.n_filled > 0;
        let unused = self.profiles.iter().filter(is_unused).map(|it| it.n).collect();
        Columns {
            text,
            translations,
            name,
            language,
            purpose,
            date,
            direction,
            recipient,
            sender,
            status,
            values,
            unused,
        }
    }

    /// The columns for texts, if there is one for each of several languages.
    fn translations(&mut self) -> Vec<(usize, String)> {
        let texts = self.profiles.iter().filter(|it| it.are_texts() && !it.is_for(Role::Other));
        let found: Vec<(usize, String)> = texts.filter_map(|it| Some((it.n, it.language()?))).collect();
        let n_languages = found.iter().map(|it| &it.1).collect::<HashSet<_>>().len();
        if n_languages < 2 || n_languages < found.len() {
            return Vec::new();
        }
        self.taken.extend(found.iter().map(|it| it.0));
        found
    }

    /// The column for texts: of those that hold texts the one with a usual name, else the longest texts.
    fn text(&mut self) -> Option<usize> {
        let rank = |it: &Profile| match it.name.as_str() {
            name if Role::Text.rank(name).is_some() => 0,
            name if Role::Text.rank_within(name).is_some() && !it.is_for(Role::Other) => 1,
            _ if it.is_for(Role::Other) || Role::Name.rank(&it.name).is_some() => 4,
            _ => 2,
        };
        let texts = self.profiles.iter().filter(|it| it.are_texts() && rank(it) < 4);
        let best = texts.min_by_key(|it| (rank(it), std::cmp::Reverse(it.mean_length()), it.n)).map(|it| it.n);
        // Short texts, such as “Merci”, in a column that can be nothing else.
        let by_name = || {
            let named = self.profiles.iter().filter(|it| it.n_filled > 0 && !it.are_dates() && !it.are_phones());
            named.filter_map(|it| Some((Role::Text.rank(&it.name)?, it.n))).min().map(|it| it.1)
        };
        let only = || (self.profiles.len() == 1 && self.profiles[0].n_filled > 0).then_some(0);
        let found = best.or_else(by_name).or_else(only)?;
        self.taken.insert(found);
        Some(found)
    }

    /// The column for the names of templates: by its name, else the first whose cells are all different and short.
    fn name(&mut self) -> Option<usize> {
        let fits = |it: &Profile| !it.are_texts() && !it.are_dates() && !it.are_phones();
        let by_name = self.take(Role::Name, fits, false);
        by_name.or_else(|| {
            let is_key = |it: &Profile| {
                fits(it)
                    && it.name.is_empty()
                    && it.n_distinct == it.n_filled
                    && it.mean_length() <= 40
                    && it.n_filled > 0
            };
            self.take(Role::Name, is_key, true)
        })
    }

    /// Whether the cells of a column differ from row to row, as names do.
    fn varies(&self, it: &Profile) -> bool {
        let is_described = [Role::Status, Role::Direction, Role::Language, Role::Purpose, Role::Sender, Role::Date];
        it.n_distinct * 2 > it.n_filled
            && it.n_filled > 1
            && !is_described.iter().any(|role| role.rank(&it.name).is_some())
    }
}

/// The code of a language that a cell names: `fr`, `pt-BR`, `Deutsch`.
pub fn language_of(cell: &str) -> String {
    match LANGUAGE_NAMES.get(&normal(cell)) {
        Some(code) => (*code).to_owned(),
        None => cell.to_owned(),
    }
}
