//! The lines that only one side has.

use std::collections::BTreeSet;

use super::words::plain_words;

/// A line, the step that shows it, and the scenario of the step.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) step: &'a str,
    pub(super) scenario: usize,
    /// The number of the entry that the line is in.
    pub(super) entry: usize,
}

impl<'a> Line<'a> {
    pub(super) fn is_link(&self) -> bool {
        self.text.starts_with('[') && self.text.contains(" → ")
    }

    pub(super) fn is_tap(&self) -> bool {
        self.text.starts_with('[') && !self.is_link()
    }

    /// Whether it stands for a file, a place or products, or for a message that was refused: `(image https://…)`. A text can
    /// begin with a bracket too, and an answer can be `(location)`.
    pub(super) fn is_media(&self) -> bool {
        let inner = self.text.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
        inner.is_some_and(|it| it.contains(' '))
    }

    pub(super) fn is_text(&self) -> bool {
        !self.text.starts_with('[') && !self.is_media()
    }

    /// What is between the brackets.
    pub(super) fn inner(&self) -> &'a str {
        self.text.trim_matches(['[', ']', '(', ')'])
    }

    /// The title and the target of a link.
    pub(super) fn link(&self) -> Option<(&'a str, &'a str)> {
        self.inner().split_once(" → ").filter(|_| self.is_link())
    }
}

/// Lines that one side has and the other has not, between lines that both have.
#[derive(Clone)]
pub(super) struct Hunk<'a> {
    pub(super) source: Vec<Line<'a>>,
    pub(super) whatsapp: Vec<Line<'a>>,
    /// The lines before and after, which both sides have: of the source and of WhatsApp.
    pub(super) before: Option<(Line<'a>, Line<'a>)>,
    pub(super) after: Option<(Line<'a>, Line<'a>)>,
}

impl<'a> Hunk<'a> {
    /// The differences of each message, by the steps that show them. If both sides show as many messages, their steps may
    /// have other names.
    pub(super) fn messages(&self) -> Vec<Hunk<'a>> {
        let source: Vec<&[Line<'a>]> = self.source.chunk_by(|a, b| a.entry == b.entry).collect();
        let whatsapp: Vec<&[Line<'a>]> = self.whatsapp.chunk_by(|a, b| a.entry == b.entry).collect();
        let of = |source: &[Line<'a>], whatsapp: &[Line<'a>]| Self {
            source: source.into(),
            whatsapp: whatsapp.into(),
            ..*self
        };
        if source.len() == whatsapp.len() {
            return source.into_iter().zip(whatsapp).map(|(source, whatsapp)| of(source, whatsapp)).collect();
        }
        let has = |all: &[&[Line<'a>]], step: &str| all.iter().any(|it| it[0].step == step);
        let (mut messages, mut source, mut whatsapp) = (Vec::new(), source.as_slice(), whatsapp.as_slice());
        while let (Some(theirs), Some(ours)) = (source.first(), whatsapp.first()) {
            let (takes_theirs, takes_ours) = match (theirs[0].is_text(), ours[0].is_text()) {
                // The last buttons of the message before.
                (false, true) => (true, false),
                (true, false) => (false, true),
                _ if theirs[0].step == ours[0].step => (true, true),
                _ => (!has(whatsapp, theirs[0].step), !has(source, ours[0].step)),
            };
            if takes_theirs == takes_ours && theirs[0].step != ours[0].step {
                break;
            }
            messages.push(of(if takes_theirs { theirs } else { &[] }, if takes_ours { ours } else { &[] }));
            source = &source[usize::from(takes_theirs)..];
            whatsapp = &whatsapp[usize::from(takes_ours)..];
        }
        if !source.is_empty() || !whatsapp.is_empty() {
            messages.push(of(&source.concat(), &whatsapp.concat()));
        }
        messages
    }
}

/// The weights of lines that both sides show: texts that are the same, texts that are alike, and buttons. A message begins
/// with its text.
const SAME: u16 = 8;
const ALIKE: u16 = 6;
const BUTTON: u16 = 1;

/// Limits the messages that are compared from the first difference on. What shows more is a loop.
const MOST_COMPARED: usize = 100;
/// Limits their lines.
const MOST_LINES: usize = 1_000;

/// The differences, by the heaviest common sequence of lines.
pub(super) fn hunks<'a>(source: &[Line<'a>], whatsapp: &[Line<'a>]) -> Vec<Hunk<'a>> {
    let is_same = |it: &(&Line<'a>, &Line<'a>)| it.0.text == it.1.text;
    let start = source.iter().zip(whatsapp).take_while(is_same).count();
    let (theirs, ours) = (&source[start..], &whatsapp[start..]);
    let first = theirs.first().into_iter().chain(ours.first()).map(|it| it.entry).min().unwrap_or_default();
    let (theirs, ours) = (compared(theirs, first), compared(ours, first));
    let pairs = Pairs::of(theirs, ours);
    let (mut hunks, mut open, mut last, mut i, mut j) = (Vec::new(), None::<Hunk<'a>>, None, 0, 0);
    while i < theirs.len() || j < ours.len() {
        let weight = pairs.taken(i, j);
        let is_next = weight == ALIKE && last.is_some_and(|it| it != (theirs[i].entry, ours[j].entry));
        if let Some(mut hunk) = open.take_if(|_| is_next || weight == SAME || weight == BUTTON) {
            hunk.after = Some((theirs[i], ours[j]));
            hunks.push(hunk);
            last = None;
        }
        if weight == SAME || weight == BUTTON {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let before = (start + i).checked_sub(1).zip((start + j).checked_sub(1)).map(|(i, j)| (source[i], whatsapp[j]));
        let empty = || Hunk { source: Vec::new(), whatsapp: Vec::new(), before, after: None };
        let hunk = open.get_or_insert_with(empty);
        let (takes_theirs, takes_ours) = pairs.taken_lines(i, j);
        if weight == ALIKE {
            last = Some((theirs[i].entry, ours[j].entry));
        }
        hunk.source.extend(theirs.get(i).filter(|_| takes_theirs));
        hunk.whatsapp.extend(ours.get(j).filter(|_| takes_ours));
        (i, j) = (i + usize::from(takes_theirs), j + usize::from(takes_ours));
    }
    // Where the lines are cut off, the sides need not be at the same step.
    let is_cut = start + theirs.len() < source.len() || start + ours.len() < whatsapp.len();
    hunks.extend(open.filter(|_| !is_cut || hunks.is_empty()));
    hunks
}

fn compared<'l, 'a>(lines: &'l [Line<'a>], first: usize) -> &'l [Line<'a>] {
    let n = lines.iter().take_while(|it| it.entry < first + MOST_COMPARED).take(MOST_LINES).count();
    &lines[..n]
}

/// The weights of all pairs of lines, and of the heaviest common sequences from each pair on.
struct Pairs {
    weights: Vec<Vec<u16>>,
    common: Vec<Vec<u16>>,
}

impl Pairs {
    fn of<'a>(source: &[Line<'a>], whatsapp: &[Line<'a>]) -> Self {
        let (n, m) = (source.len(), whatsapp.len());
        let words = |it: &Line<'_>| if it.is_text() { plain_words(it.text) } else { Vec::new() };
        let (theirs, ours): (Vec<_>, Vec<_>) =
            (source.iter().map(words).collect(), whatsapp.iter().map(words).collect());
        // Steps that both sides call by the same names are not compared with one another.
        let ids = |lines: &[Line<'a>]| lines.iter().map(|it| (it.scenario, it.step)).collect::<BTreeSet<_>>();
        let both: BTreeSet<_> = ids(source).intersection(&ids(whatsapp)).copied().collect();
        let is_named = |it: &Line<'a>| both.contains(&(it.scenario, it.step));
        let (named, named_ours): (Vec<_>, Vec<_>) =
            (source.iter().map(is_named).collect(), whatsapp.iter().map(is_named).collect());
        let is_other_step = |i: usize, j: usize| named[i] && named_ours[j] && source[i].step != whatsapp[j].step;
        let mut weights = vec![vec![0u16; m]; n];
        let mut common = vec![vec![0u16; m + 1]; n + 1];
        for i in (0..n).rev() {
            for j in (0..m).rev() {
                weights[i][j] = match source[i].text == whatsapp[j].text {
                    _ if is_other_step(i, j) => 0,
                    true if source[i].is_text() => SAME,
                    true => BUTTON,
                    false if is_alike(&theirs[i], &ours[j]) => ALIKE,
                    false => 0,
                };
                let both = common[i + 1][j + 1].saturating_add(weights[i][j]);
                common[i][j] = both.max(common[i + 1][j]).max(common[i][j + 1]);
            }
        }
        Self { weights, common }
    }

    /// The weight of a pair that is in the heaviest common sequence; 0 if it is not.
    fn taken(&self, i: usize, j: usize) -> u16 {
        let weight = self.weights.get(i).and_then(|it| it.get(j)).copied().unwrap_or_default();
        let is_taken = weight > 0 && self.common[i][j] == self.common[i + 1][j + 1].saturating_add(weight);
        if is_taken { weight } else { 0 }
    }

    /// Whether the line of the source and that of WhatsApp are next in a difference.
    fn taken_lines(&self, i: usize, j: usize) -> (bool, bool) {
        let (n, m) = (self.weights.len(), self.common[0].len() - 1);
        if self.taken(i, j) > 0 {
            return (true, true);
        }
        let is_theirs = j >= m || (i < n && self.common[i + 1][j] >= self.common[i][j + 1]);
        (is_theirs, !is_theirs)
    }
}

/// Whether at least half of the words of the shorter text are in the other.
fn is_alike(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    !short.is_empty() && short.iter().filter(|it| long.contains(it)).count() * 2 >= short.len()
}
