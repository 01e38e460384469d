//! Reads the messages of a log: which were sent, what they say, to whom and when.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use rayon::prelude::*;

use super::button::{ButtonColumns, ButtonStats};
use super::dates::{Order, seconds};
use super::distinct::{DistinctMessages, MessageStats};
use super::names::{joined, mask_names};
use super::tokens::{Token, masked, tokens};
use super::words::{Kind, fold};
use import_base::table::{self, Columns, Row, Table, log_lines, phone_digits};
use import_base::{File, ImportError, Imported, Options, Skipped, html, sms_opt_out};

/// Limits the messages that are masked at once, on all cores.
const CHUNK: usize = 1 << 16;

const EXPECTED: &str = "a message log";

/// The messages of all files.
#[derive(Default)]
pub(super) struct Log {
    pub(super) distinct: DistinctMessages,
    pub(super) has_several_recipients: bool,
    first_recipient: Option<String>,
    chunk: Vec<Sent>,
}

/// A message that was sent.
pub(super) struct Sent {
    text: String,
    time: Option<i64>,
    recipient: Option<String>,
    /// The values of other columns of its row, such as the name of the customer.
    known: Vec<String>,
    /// The title of its button, and the page that it opens.
    button: Option<(String, String)>,
}

impl Sent {
    pub(super) fn text(text: &str) -> Self {
        Self { text: text.to_owned(), time: None, recipient: None, known: Vec::new(), button: None }
    }
}

/// Rows that are no sent texts, by why.
type PassedOver = BTreeMap<Reason, u64>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Received,
    Empty,
    Cut,
}

impl Reason {
    fn text(self) -> &'static str {
        match self {
            Self::Received => "that customers sent",
            Self::Empty => "without a text",
            Self::Cut => "in rows with more cells than columns: a text with a delimiter in it stands in quotes",
        }
    }
}

/// Reads the rows of a table.
struct RowReader {
    columns: Columns,
    text: usize,
    order: Order,
    /// The number of the business, if the log says no direction.
    own: Option<String>,
    buttons: Option<ButtonColumns>,
}

impl RowReader {
    fn sent(&self, row: &Row<'_>) -> Result<Sent, Reason> {
        let columns = &self.columns;
        let cell = |column: Option<usize>| column.and_then(|it| row.cell(it));
        let recipient = cell(columns.recipient).map(phone_digits);
        if is_received(row, columns) || (self.own.is_some() && recipient == self.own) {
            return Err(Reason::Received);
        }
        let text = row.cell(self.text).ok_or(Reason::Empty)?.to_owned();
        let known = columns.values.iter().filter(|it| Some(**it) != columns.text).filter_map(|it| row.cell(*it));
        let known = known.filter(|it| is_worth_masking(it)).map(str::to_owned).collect();
        let time = cell(columns.date).and_then(|it| seconds(it, self.order));
        let button = self.buttons.as_ref().and_then(|it| it.read(row));
        Ok(Sent { text, time, recipient, known, button })
    }
}

impl Log {
    pub(super) fn read(&mut self, file: &File, options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
        let text = String::from_utf8_lossy(&file.bytes);
        let is_plain = [".txt", ".text", ".log"].iter().any(|it| file.path.to_ascii_lowercase().ends_with(it));
        let lines = if is_plain && !table::is_table(file) { log_lines(&text) } else { None };
        match lines {
            Some(lines) => {
                let order = Order::of(lines.iter().map(|it| it.date));
                for line in lines {
                    let time = seconds(line.date, order);
                    let recipient = Some(phone_digits(line.phone));
                    self.push(Sent { time, recipient, ..Sent::text(line.text) });
                }
            }
            None => self.rows(file, options, imported)?,
        }
        self.flush();
        Ok(())
    }

    fn rows(&mut self, file: &File, options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
        let table = Table::open(file, EXPECTED)?;
        let wrong = |why| ImportError::Wrong { file: file.path.clone(), expected: EXPECTED, why };
        let columns = Columns::find(&table, options).map_err(wrong)?;
        let Some(text) = columns.text else {
            let why = "none of its columns holds the texts of messages: export them with the log, or name the column with --text-column";
            return Err(wrong(why.to_owned()));
        };
        let (order, own) = (order(&table, &columns), own_number(&table, &columns));
        let reader = RowReader { text, order, own, buttons: ButtonColumns::of(&table), columns };
        let mut passed = PassedOver::default();
        table.each(|row| {
            match table.fit(row, text).map_err(|_| Reason::Cut).and_then(|row| reader.sent(&row)) {
                Ok(sent) => self.push(sent),
                Err(reason) => *passed.entry(reason).or_default() += 1,
            }
            ControlFlow::Continue(())
        });
        for (reason, n) in passed {
            let why = format!("{n} messages {}", reason.text());
            imported.skipped.push(Skipped { file: file.path.clone(), place: "rows".to_owned(), why });
        }
        let mut unused = reader.columns.unused_by_log();
        unused.retain(|it| !reader.buttons.as_ref().is_some_and(|buttons| buttons.has(*it)));
        table::say_unused(file, &table, &unused, imported);
        Ok(())
    }

    fn push(&mut self, sent: Sent) {
        match (&self.first_recipient, &sent.recipient) {
            (Some(first), Some(recipient)) => self.has_several_recipients |= first != recipient,
            (None, Some(recipient)) => self.first_recipient = Some(recipient.clone()),
            (_, None) => {}
        }
        self.chunk.push(sent);
        if self.chunk.len() == CHUNK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let threads = rayon::current_num_threads().max(1);
        let chunk = std::mem::take(&mut self.chunk);
        let maps: Vec<DistinctMessages> = chunk
            .par_chunks(chunk.len().div_ceil(threads).max(1))
            .map(|messages| {
                let mut map = DistinctMessages::new();
                messages.iter().for_each(|it| add(&mut map, it));
                map
            })
            .collect();
        for (text, stats) in maps.into_iter().flatten() {
            self.distinct.entry(text).or_default().join(stats);
        }
    }
}

/// Adds a message, with its values masked.
pub(super) fn add(distinct: &mut DistinctMessages, sent: &Sent) {
    let (plain, _) = html::plain(&sent.text, true);
    let (plain, opt_out) = match sms_opt_out::take_out(&plain) {
        Some((left, taken)) => (left, Some(taken)),
        None => (plain, None),
    };
    let tokens = mask_names(&plain, mask_known(&plain, tokens(&plain), &sent.known));
    let (text, values) = masked(&tokens);
    let buttons = ButtonStats::of_one(sent.button.as_ref());
    let stats = MessageStats::of_one(sent.time, sent.recipient.clone(), opt_out, buttons, &values);
    distinct.entry(text).or_default().join(stats);
}

/// Masks what other columns of the row say, such as the name of the customer.
fn mask_known<'t>(text: &'t str, mut tokens: Vec<Token<'t>>, known: &[String]) -> Vec<Token<'t>> {
    for value in known {
        let wanted: Vec<String> = value.split_whitespace().map(fold).collect();
        let is_there =
            |window: &[Token<'_>]| window.iter().zip(&wanted).all(|it| it.0.is_word() && fold(it.0.text) == *it.1);
        while let Some(at) = tokens.windows(wanted.len()).position(is_there) {
            let name = joined(text, &tokens[at..at + wanted.len()]);
            tokens.splice(at..at + wanted.len(), [name]);
        }
    }
    tokens
}

/// Whether a cell is a name or a place. Numbers are known by their shape.
fn is_worth_masking(cell: &str) -> bool {
    let words = || cell.split_whitespace();
    let are_words = words().all(|it| it.chars().all(|it| it.is_alphabetic() || "-'’".contains(it)));
    are_words && (1..=4).contains(&words().count()) && cell.chars().count() >= 2
}

/// The order of day and month in all dates of the log.
fn order(table: &Table<'_>, columns: &Columns) -> Order {
    let Some(date) = columns.date else { return Order::default() };
    let mut dates: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    table.each(|row| {
        // The first ten characters are the date; a log has few days.
        if let Some(cell) = row.cell(date) {
            let start: String = cell.chars().take(10).collect();
            if seen.insert((start, cell.ends_with(['M', 'm']))) {
                dates.push(cell.to_owned());
            }
        }
        ControlFlow::Continue(())
    });
    Order::of(dates.iter().map(String::as_str))
}

/// The number that the business sends from, if the log says no direction and some messages went to that number.
fn own_number(table: &Table<'_>, columns: &Columns) -> Option<String> {
    let sender = columns.sender.filter(|_| columns.direction.is_none())?;
    let (mut counts, mut n): (HashMap<String, usize>, usize) = (HashMap::new(), 0);
    table.each(|row| {
        if let Some(number) = row.cell(sender).filter(|it| table::is_phone(it)) {
            *counts.entry(phone_digits(number)).or_default() += 1;
            n += 1;
        }
        ControlFlow::Continue(())
    });
    let most = counts.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)))?;
    (most.1 * 2 > n).then_some(most.0)
}

/// Whether a customer sent the message: its direction says so, or its status if it has none.
fn is_received(row: &Row<'_>, columns: &Columns) -> bool {
    let said = columns.direction.or(columns.status).and_then(|it| row.cell(it)).map(fold);
    let Some(said) = said else { return false };
    let is_inbound = |it: &str| Kind::Inbound.has(it);
    match columns.direction {
        Some(_) => is_inbound(&said) || said.starts_with("in") && !said.starts_with("inter"),
        // Twilio's status of what customers sent.
        None => ["received", "receiving"].contains(&said.as_str()),
    }
}
