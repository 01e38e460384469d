//! Groups messages that have most words in common: each group comes from one template.

use std::collections::HashMap;

use super::align::align;
use super::distinct::{DistinctMessages, MessageStats};
use super::tokens::{Token, TokenKind, unmasked};
use super::words::fold;

/// Limits what may differ at one place, in tokens: a long address.
const MAX_GAP: usize = 10;
/// Limits the groups that a message is compared with. They are those with the most words in common.
const MAX_CANDIDATES: usize = 6;
/// Limits the groups that a word leads to. A word that more have tells nothing.
const MAX_POSTINGS: usize = 200;

/// A message that occurs one or more times.
pub(super) struct Member<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// Numbers of the tokens; equal words have equal numbers.
    pub(super) ids: Vec<u32>,
    pub(super) stats: &'a MessageStats,
}

/// Messages of one template, the most frequent first.
pub(super) struct Group<'a> {
    pub(super) members: Vec<Member<'a>>,
    /// The tokens that all have.
    core: Vec<u32>,
    /// Whether something differs before each token of the core, and at its end.
    has_gap: Vec<bool>,
    /// The weight of the first message.
    whole: u32,
}

/// Numbers of tokens: the words in small letters, without accents.
#[derive(Default)]
pub(super) struct Numbers {
    by_text: HashMap<String, u32>,
    weights: Vec<u32>,
}

impl Numbers {
    fn of(&mut self, token: &Token<'_>) -> u32 {
        let key = match token.kind {
            TokenKind::Value(kind) => format!("\u{1}{}", kind.letter()),
            _ => fold(token.text),
        };
        let next = u32::try_from(self.weights.len()).unwrap_or(u32::MAX);
        let weights = &mut self.weights;
        *self.by_text.entry(key).or_insert_with(|| {
            weights.push(match token.kind {
                TokenKind::Word => 4,
                TokenKind::Value(_) => 3,
                TokenKind::Sign | TokenKind::Break => 1,
            });
            next
        })
    }

    pub(super) fn weight(&self, id: u32) -> u32 {
        self.weights.get(id as usize).copied().unwrap_or(1)
    }

    fn is_word(&self, id: u32) -> bool {
        self.weight(id) == 4
    }

    fn is_value(&self, id: u32) -> bool {
        self.weight(id) == 3
    }

    fn is_sign(&self, id: u32) -> bool {
        self.weight(id) == 1
    }

    fn sum(&self, ids: &[u32]) -> u32 {
        ids.iter().map(|it| self.weight(*it)).sum()
    }
}

/// The groups, and the numbers of their tokens. The result does not depend on the order of the messages.
pub(super) fn groups(distinct: &DistinctMessages) -> (Vec<Group<'_>>, Numbers) {
    let mut sorted: Vec<(&String, &MessageStats)> = distinct.iter().collect();
    sorted.sort_by(|a, b| (b.1.n_messages, a.0).cmp(&(a.1.n_messages, b.0)));
    let mut numbers = Numbers::default();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut postings: HashMap<u32, Vec<usize>> = HashMap::new();
    for (text, stats) in sorted {
        let tokens = unmasked(text);
        let ids: Vec<u32> = tokens.iter().map(|it| numbers.of(it)).collect();
        let member = Member { tokens, ids, stats };
        let home = candidates(&member.ids, &numbers, &postings).into_iter().filter_map(|n| {
            let joined = groups[n].joined(&member.ids, &numbers)?;
            Some((joined.score, n, joined))
        });
        // The first of the best.
        let best = home.reduce(|best, it| if it.0 > best.0 { it } else { best });
        match best {
            Some((_, n, joined)) => {
                (groups[n].core, groups[n].has_gap) = (joined.core, joined.has_gap);
                groups[n].members.push(member);
            }
            None => {
                for id in unique_words(&member.ids, &numbers) {
                    let known = postings.entry(id).or_default();
                    if known.len() < MAX_POSTINGS {
                        known.push(groups.len());
                    }
                }
                groups.push(Group::of(member, &numbers));
            }
        }
    }
    (groups, numbers)
}

fn unique_words(ids: &[u32], numbers: &Numbers) -> Vec<u32> {
    let mut words: Vec<u32> = ids.iter().copied().filter(|it| numbers.is_word(*it)).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The groups that have most words in common with a message.
fn candidates(ids: &[u32], numbers: &Numbers, postings: &HashMap<u32, Vec<usize>>) -> Vec<usize> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let words = unique_words(ids, numbers);
    for group in words.iter().filter_map(|it| postings.get(it)).flatten() {
        *counts.entry(*group).or_default() += 1;
    }
    let mut counts: Vec<(usize, usize)> =
        counts.into_iter().filter(|it| it.1 >= 2 && it.1 * 3 >= words.len()).collect();
    counts.sort_unstable_by_key(|it| (std::cmp::Reverse(it.1), it.0));
    counts.truncate(MAX_CANDIDATES);
    counts.into_iter().map(|it| it.0).collect()
}

/// A group with one more message.
struct Joined {
    score: u32,
    core: Vec<u32>,
    has_gap: Vec<bool>,
}

impl<'a> Group<'a> {
    fn of(member: Member<'a>, numbers: &Numbers) -> Self {
        let core = member.ids.clone();
        let has_gap = vec![false; core.len() + 1];
        let whole = numbers.sum(&core);
        Self { members: vec![member], core, has_gap, whole }
    }

    /// A group of messages that are known to belong together; there must be one.
    pub(super) fn of_all(members: Vec<Member<'a>>, numbers: &Numbers) -> Self {
        let mut core = members.first().map(|it| it.ids.clone()).unwrap_or_default();
        for member in &members {
            let pairs = align(&core, &member.ids, |it| numbers.weight(it));
            core = pairs.iter().map(|it| core[it.0]).collect();
        }
        Self { members, core, has_gap: Vec::new(), whole: 0 }
    }

    pub(super) fn n_messages(&self) -> u64 {
        self.members.iter().map(|it| it.stats.n_messages).sum()
    }

    /// Where each token of the core is in a member.
    pub(super) fn positions(&self, member: &Member<'_>, numbers: &Numbers) -> Vec<usize> {
        align(&self.core, &member.ids, |it| numbers.weight(it)).into_iter().map(|it| it.1).collect()
    }

    /// The group with one more message; none if the message came from another template.
    fn joined(&self, ids: &[u32], numbers: &Numbers) -> Option<Joined> {
        let pairs = align(&self.core, ids, |it| numbers.weight(it));
        let core: Vec<u32> = pairs.iter().map(|it| self.core[it.0]).collect();
        let (common, before, other) = (numbers.sum(&core), numbers.sum(&self.core), numbers.sum(ids));
        let n_words = core.iter().filter(|it| numbers.is_word(**it)).count();
        let enough = if n_words < 3 { 7 } else { 5 };
        if n_words < 2 || common * 10 < before * 7 || common * 10 < other * enough || common * 10 < self.whole * 4 {
            return None;
        }
        let mut has_gap = Vec::with_capacity(pairs.len() + 1);
        let (mut at_core, mut at_other) = (0, 0);
        for n in 0..=pairs.len() {
            let (to_core, to_other) = pairs.get(n).copied().unwrap_or((self.core.len(), ids.len()));
            let had_gap = self.has_gap[at_core..=to_core].iter().any(|it| *it);
            let neighbours = [n.checked_sub(1).map(|it| core[it]), core.get(n).copied()];
            let is_beside_value = neighbours.into_iter().flatten().any(|it| numbers.is_value(it));
            let (old, new) = (&self.core[at_core..to_core], &ids[at_other..to_other]);
            has_gap.push(gap(old, new, had_gap, is_beside_value, numbers)?);
            (at_core, at_other) = (to_core + 1, to_other + 1);
        }
        Some(Joined { score: common * 1000 / before.max(other).max(1), core, has_gap })
    }
}

/// Whether a place differs; none if two messages with these differences have different templates.
fn gap(old: &[u32], new: &[u32], had_gap: bool, is_beside_value: bool, numbers: &Numbers) -> Option<bool> {
    let are_signs = |ids: &[u32]| ids.iter().all(|it| numbers.is_sign(*it));
    match () {
        () if old.len() > MAX_GAP || new.len() > MAX_GAP => None,
        () if old.is_empty() && new.is_empty() => Some(had_gap),
        () if are_signs(old) && are_signs(new) => Some(true),
        // A word more is another text, unless it continues a value, as in “5 High Street, flat 2”.
        () if (old.is_empty() && !had_gap || new.is_empty()) && !is_beside_value => None,
        () => Some(true),
    }
}
