use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use model::Digest;

use crate::Meaning;
use crate::fold::{Tokens, fold, squash};
use crate::meaning::agreed;
use crate::message::{Part, Phrases};
use crate::table::{Short, short_key};

/// The version of the digest. Raise it when cells or messages are read differently: callers compare digests to decide
/// what to read again.
const VERSION: &[u8] = b"words of consent 1";

/// The most bytes of a cell with a word of consent. Longer cells are texts.
const MAX_CELL: usize = 200;

static DATA: &str = include_str!("words.tsv");
static DEFAULT: LazyLock<Words> = LazyLock::new(Words::of_the_data_file);
static IN_TEXTS: LazyLock<Vec<Line>> =
    LazyLock::new(|| lines().filter(|it| it.state == "stop" && matches!(it.place, "text" | "any")).collect());

/// Single words that stop messages, everyday ones too, with their language: `BAJA` in “Responda BAJA”.
static KEYWORDS: LazyLock<HashSet<(&'static str, String)>> = LazyLock::new(|| {
    let words = lines().filter(|it| it.state == "stop" && !it.word.contains(' '));
    words.map(|it| (it.language, fold(it.word))).collect()
});

/// The words of the data file and those that a plan adds.
#[derive(Clone, Debug)]
pub struct Words {
    cells: HashMap<String, Cell>,
    /// The short ones of `cells` again, for a faster look-up.
    short: Short<Cell>,
    phrases: Phrases,
}

/// The meaning of a word in a consent column, and in a column that lists refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    consent: Meaning,
    refusal: Meaning,
}

/// A line of the data file.
struct Line {
    word: &'static str,
    language: &'static str,
    place: &'static str,
    state: &'static str,
}

impl Default for Words {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl Words {
    /// Adds words, in any case and spelling. They override the data file in cells and in messages. Words for yes count
    /// in cells only, because a message such as "ok" can answer anything.
    pub fn add(&mut self, meaning: Meaning, words: &[impl AsRef<str>]) {
        for word in words {
            let word = word.as_ref();
            let known = self.cells.get(&squash(word)).copied();
            let cell = match known {
                Some(known) if known.consent == meaning => known,
                _ => Cell { consent: meaning, refusal: in_a_refusal_column(meaning) },
            };
            self.put_cell(word, cell);
            if meaning != Meaning::Yes {
                self.phrases.replace(word, Part::Keyword(meaning));
            }
        }
    }

    /// Reads a cell of a consent column: `Nothing` for an empty cell, "n/a" and the like, `Unclear` for an unknown
    /// word.
    pub fn cell(&self, cell: &str) -> Meaning {
        self.find(cell).map_or(Meaning::Unclear, |it| it.consent)
    }

    /// Reads a cell of a column of refusals, such as "Do not contact": a bare yes is a refusal there, and a bare no
    /// says nothing, because it is not consent.
    pub fn refusal_cell(&self, cell: &str) -> Meaning {
        self.find(cell).map_or(Meaning::Unclear, |it| it.refusal)
    }

    /// Reads the whole text of an inbound message. A keyword counts alone, or with digits, "SMS" and words of courtesy
    /// around it. Any other text is `Unclear` if it begins with a keyword of refusal, else `Nothing`.
    pub fn message(&self, text: &str) -> Meaning {
        self.phrases.read(text)
    }

    /// Whether two words are one word, whatever their case and spelling.
    pub fn is_same(one: &str, other: &str) -> bool {
        squash(one) == squash(other)
    }

    /// Changes whenever the meaning of any word may have changed.
    pub fn digest(&self) -> Digest {
        let cells: BTreeMap<&str, &Cell> = self.cells.iter().map(|(word, cell)| (word.as_str(), cell)).collect();
        let mut parts = vec![VERSION.to_vec(), (cells.len() as u64).to_le_bytes().to_vec()];
        for (word, cell) in cells {
            parts.push(word.as_bytes().to_vec());
            parts.push(vec![code(cell.consent), code(cell.refusal)]);
        }
        for (words, part) in self.phrases.sorted() {
            parts.push(words.as_bytes().to_vec());
            parts.push(vec![match part {
                Part::Keyword(meaning) => code(meaning),
                Part::Courtesy => b'c',
                Part::BeforeDigits => b'd',
            }]);
        }
        Digest::of_parts(parts.iter().map(Vec::as_slice))
    }

    /// The words of a language that tell people how to stop messages, such as `stop` and `se désabonner`. Everyday
    /// words are not among them: "cancel" in a text is seldom about messages.
    pub fn stop_words(language: &str) -> impl Iterator<Item = &'static str> {
        let language = language.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
        IN_TEXTS.iter().filter(move |it| it.language == "*" || it.language == language).map(|it| it.word)
    }

    /// Whether a word stops messages when it is all that a customer answers. In a text it is an everyday word, unless
    /// something else, such as capitals, marks it.
    pub fn is_stop_keyword(language: &str, word: &str) -> bool {
        let language = language.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
        let word = fold(word);
        KEYWORDS.contains(&("*", word.clone())) || KEYWORDS.contains(&(language.as_str(), word))
    }

    fn find(&self, cell: &str) -> Option<Cell> {
        let short = short_key(cell);
        if let Some(found) = short.and_then(|it| self.short.get(&it)) {
            return Some(*found);
        }
        let text = cell.trim();
        if text.is_empty() {
            return Some(Cell { consent: Meaning::Nothing, refusal: Meaning::Nothing });
        }
        if text.len() > MAX_CELL {
            return None;
        }
        let squashed = squash(text);
        let known = self.cells.get(&squashed).copied();
        known.or_else(|| self.find_with_courtesy(text)).or_else(|| self.find_in_pieces(text))
    }

    /// Reads `No, thank you` and `STOP SMS`: a known word with courtesy around it.
    fn find_with_courtesy(&self, text: &str) -> Option<Cell> {
        if let Some(words) = self.phrases.without_courtesy(text)
            && let Some(known) = self.cells.get(&words)
        {
            return Some(*known);
        }
        let stop = Cell { consent: Meaning::Stop, refusal: Meaning::Stop };
        (self.phrases.read(text) == Meaning::Stop).then_some(stop)
    }

    /// Reads `Yes, agreed` and `Non (refusé)`: every part is known, and all agree.
    fn find_in_pieces(&self, text: &str) -> Option<Cell> {
        let pieces = text.split([',', ';', ':', '/', '|', '(', ')']).map(str::trim).filter(|it| !it.is_empty());
        let known = pieces.map(|it| self.cells.get(&squash(it)).filter(|_| it.contains(char::is_alphabetic)).copied());
        known.reduce(|one, other| Some(one?.or_unclear(other?))).flatten()
    }

    fn put_cell(&mut self, word: &str, cell: Cell) {
        if let Some(key) = short_key(word) {
            self.short.insert(key, cell);
        }
        let squashed = squash(word);
        if let Some(key) = short_key(&squashed) {
            self.short.insert(key, cell);
        }
        self.cells.insert(squashed, cell);
    }

    fn of_the_data_file() -> Self {
        let mut words = Self { cells: HashMap::new(), short: Short::default(), phrases: Phrases::default() };
        let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
        let mut parts: BTreeMap<Vec<String>, Part> = BTreeMap::new();
        for line in lines() {
            if let Some(cell) = line.cell().filter(|_| line.is_in_cells()) {
                let known = cells.entry(squash(line.word)).or_insert(cell);
                *known = known.or_unclear(cell);
            }
            if let Some(part) = line.part().filter(|_| line.is_in_messages()) {
                let known = parts.entry(Tokens::of(line.word).collect()).or_insert(part);
                *known = known.or_unclear(part);
            }
        }
        for (word, cell) in cells {
            words.put_cell(&word, cell);
        }
        for (tokens, part) in parts {
            words.phrases.put(&tokens.join(" "), part);
        }
        words
    }
}

fn lines() -> impl Iterator<Item = Line> {
    DATA.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t');
        let (word, language, place, state) = (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
        Some(Line { word, language, place, state })
    })
}

impl Line {
    fn is_in_cells(&self) -> bool {
        matches!(self.place, "cell" | "both" | "any")
    }

    fn is_in_messages(&self) -> bool {
        matches!(self.place, "message" | "both" | "any")
    }

    fn cell(&self) -> Option<Cell> {
        let (consent, refusal) = match self.state {
            "true" => (Meaning::Yes, Meaning::No),
            "false" => (Meaning::No, Meaning::Nothing),
            "yes" => (Meaning::Yes, Meaning::Unclear),
            "no" => (Meaning::No, Meaning::Stop),
            "stop" => (Meaning::Stop, Meaning::Stop),
            "unclear" => (Meaning::Unclear, Meaning::Unclear),
            "none" => (Meaning::Nothing, Meaning::Nothing),
            _ => return None,
        };
        Some(Cell { consent, refusal })
    }

    fn part(&self) -> Option<Part> {
        match self.state {
            "courtesy" => Some(Part::Courtesy),
            "before digits" => Some(Part::BeforeDigits),
            _ => self.cell().map(|it| Part::Keyword(it.consent)),
        }
    }
}

impl Cell {
    fn or_unclear(self, other: Self) -> Self {
        Self { consent: agreed(self.consent, other.consent), refusal: agreed(self.refusal, other.refusal) }
    }
}

/// The meaning of a word of the plan in a column of refusals: a yes is a refusal there, and a no may be one.
fn in_a_refusal_column(meaning: Meaning) -> Meaning {
    match meaning {
        Meaning::Yes => Meaning::No,
        Meaning::No => Meaning::Unclear,
        other => other,
    }
}

fn code(meaning: Meaning) -> u8 {
    match meaning {
        Meaning::Nothing => b'0',
        Meaning::Yes => b'Y',
        Meaning::Unclear => b'U',
        Meaning::No => b'N',
        Meaning::Stop => b'S',
    }
}

#[cfg(test)]
mod tests;
