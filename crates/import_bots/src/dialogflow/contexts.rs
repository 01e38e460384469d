//! Which intents can follow which: an intent only matches while all of its input contexts are open.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::agent::Intent;

/// Limits the places of one dialogue: contexts of long lifespans multiply.
const MAX_PLACES: usize = 2_000;

/// The open contexts, by their number: how many more messages each of them lives.
type Open = BTreeMap<usize, i64>;

pub(super) struct Contexts {
    /// The contexts that each intent needs.
    needs: Vec<BTreeSet<usize>>,
    /// The intents that need each context.
    needing: Vec<Vec<usize>>,
    /// The contexts that each intent opens, or closes with a lifespan of 0.
    sets: Vec<Vec<(usize, i64)>>,
    /// Whether each intent closes all contexts first.
    resets: Vec<bool>,
    is_fallback: Vec<bool>,
    /// The fallback that needs no context.
    fallback: Option<usize>,
    /// The intents that name an intent as their parent and no context.
    children: HashMap<usize, Vec<usize>>,
    /// Whether each intent needs a context or a parent.
    is_follower: Vec<bool>,
}

/// What can follow what after an intent that begins a dialogue. The first place is that intent.
pub(super) struct Dialogue {
    pub(super) places: Vec<Place>,
    /// Whether there was no room for all places.
    pub(super) is_cut: bool,
    /// Whether an intent is left out that could follow on a longer way, while contexts of earlier intents are still open.
    pub(super) has_lost: bool,
}

/// How the places of a dialogue were found.
struct Explored<'a> {
    /// The place from which each was found first.
    parents: Vec<Option<usize>>,
    is_fallback: &'a [bool],
}

/// An intent where certain contexts are open.
pub(super) struct Place {
    pub(super) intent: usize,
    /// The places that can follow, those that need most contexts first, then in the order of their files.
    pub(super) followers: Vec<usize>,
}

impl Contexts {
    pub(super) fn of(intents: &[Intent]) -> Self {
        let numbers: HashMap<&str, usize> = intents.iter().zip(0..).filter_map(|(it, n)| Some((it.id()?, n))).collect();
        let mut names: HashMap<String, usize> = HashMap::new();
        let mut contexts = Self {
            needs: Vec::new(),
            needing: Vec::new(),
            sets: Vec::new(),
            resets: intents.iter().map(|it| it.response().get("resetContexts").is_some_and(|it| *it == true)).collect(),
            is_fallback: intents.iter().map(|it| it.is_set("fallbackIntent")).collect(),
            fallback: intents
                .iter()
                .position(|it| it.is_set("fallbackIntent") && it.contexts().is_empty() && !it.is_off()),
            children: HashMap::new(),
            is_follower: Vec::new(),
        };
        for (intent, n) in intents.iter().zip(0..) {
            let named = intent.contexts();
            let parent = intent.value.get("parentId").and_then(|it| numbers.get(it.as_str()?)).filter(|it| **it != n);
            contexts.is_follower.push(!named.is_empty() || parent.is_some());
            if let Some(parent) = parent.filter(|_| named.is_empty() && !intent.is_off()) {
                contexts.children.entry(*parent).or_default().push(n);
            }
            let needs: BTreeSet<usize> = named.into_iter().map(|it| contexts.number(&mut names, it)).collect();
            if !intent.is_off() {
                needs.iter().for_each(|it| contexts.needing[*it].push(n));
            }
            contexts.needs.push(needs);
        }
        // A context that no intent needs decides nothing.
        let known = |(name, lifespan): (String, i64)| Some((*names.get(&name)?, lifespan));
        contexts.sets = intents.iter().map(|it| it.sets().into_iter().filter_map(known).collect()).collect();
        contexts
    }

    fn number(&mut self, names: &mut HashMap<String, usize>, name: String) -> usize {
        let number = *names.entry(name).or_insert(self.needing.len());
        self.needing.resize(self.needing.len().max(number + 1), Vec::new());
        number
    }

    pub(super) fn is_follower(&self, intent: usize) -> bool {
        self.is_follower[intent]
    }

    /// The fallback that answers where nothing else does.
    pub(super) fn fallback(&self) -> Option<usize> {
        self.fallback
    }

    /// The dialogue that an intent begins. `n_left` limits the ways from place to place in all dialogues.
    pub(super) fn dialogue(&self, start: usize, n_left: &mut usize) -> Dialogue {
        let mut open = vec![(start, self.after(start, &Open::new()))];
        let mut numbers: HashMap<(usize, Open), usize> = HashMap::from([(open[0].clone(), 0)]);
        // Without room for more places, contexts of another way to the same intent are taken for open.
        let mut of_intent: HashMap<usize, usize> = HashMap::from([(start, 0)]);
        let mut dialogue = Dialogue { places: Vec::new(), is_cut: false, has_lost: false };
        let mut explored = Explored { parents: vec![None], is_fallback: &self.is_fallback };
        while let Some((intent, contexts)) = open.get(dialogue.places.len()).cloned() {
            let mut place = Place { intent, followers: Vec::new() };
            for follower in self.followers(intent, &contexts) {
                let next = (follower, self.after(follower, &contexts));
                let known =
                    numbers.get(&next).or_else(|| of_intent.get(&follower).filter(|_| open.len() >= MAX_PLACES));
                if *n_left == 0 || known.is_none() && open.len() >= MAX_PLACES {
                    dialogue.is_cut = true;
                    break;
                }
                *n_left -= 1;
                place.followers.push(known.copied().unwrap_or(open.len()));
                if known.is_none() {
                    of_intent.entry(follower).or_insert(open.len());
                    numbers.insert(next.clone(), open.len());
                    open.push(next);
                    explored.parents.push(Some(dialogue.places.len()));
                }
            }
            dialogue.places.push(place);
        }
        dialogue.merged(&explored)
    }

    /// The intents that match while these contexts are open, without those that need none.
    fn followers(&self, intent: usize, open: &Open) -> Vec<usize> {
        let is_open = |it: &&usize| self.needs[**it].iter().all(|it| open.contains_key(it));
        let by_context = open.keys().flat_map(|it| &self.needing[*it]).filter(is_open);
        let found: BTreeSet<usize> =
            by_context.chain(self.children.get(&intent).into_iter().flatten()).copied().collect();
        let mut found: Vec<usize> = found.into_iter().collect();
        found.sort_by_key(|it| Reverse(self.needs[*it].len()));
        found
    }

    /// The contexts that are open after an intent. A fallback uses up only contexts that end with it: it asks again until
    /// it is answered.
    fn after(&self, intent: usize, before: &Open) -> Open {
        let age = |(context, left): (&usize, &i64)| {
            let left = if self.is_fallback[intent] && *left > 1 { *left } else { left - 1 };
            (left > 0).then_some((*context, left))
        };
        let mut open: Open = match self.resets[intent] {
            true => Open::new(),
            false => before.iter().filter_map(age).collect(),
        };
        for (context, lifespan) in &self.sets[intent] {
            match *lifespan {
                ..=0 => drop(open.remove(context)),
                lifespan => drop(open.insert(*context, lifespan)),
            }
        }
        open
    }
}

impl Dialogue {
    /// Keeps the shortest way to each intent, and fallbacks of contexts on these ways. Other places become the kept place of their
    /// intent that most can follow of what follows them.
    fn merged(self, explored: &Explored) -> Self {
        let kept = self.kept(explored);
        let mut by_intent: HashMap<usize, Vec<usize>> = HashMap::new();
        kept.iter().for_each(|it| by_intent.entry(self.places[*it].intent).or_default().push(*it));
        let follow =
            |it: usize| self.places[it].followers.iter().map(|it| self.places[*it].intent).collect::<BTreeSet<_>>();
        let of_kept: HashMap<usize, BTreeSet<usize>> = kept.iter().map(|it| (*it, follow(*it))).collect();
        let mut merged_into: Vec<usize> = (0..self.places.len()).collect();
        let mut has_lost = false;
        for place in (0..self.places.len()).filter(|it| !kept.contains(it)) {
            let theirs = follow(place);
            let n_lost = |it: &&usize| theirs.difference(&of_kept[*it]).count();
            let others = by_intent.get(&self.places[place].intent).into_iter().flatten();
            if let Some(other) = others.min_by_key(|it| (n_lost(it), of_kept[*it].len())) {
                has_lost |= n_lost(&other) > 0;
                merged_into[place] = *other;
            }
        }
        self.of_classes(&merged_into, has_lost)
    }

    fn kept(&self, explored: &Explored) -> BTreeSet<usize> {
        let mut kept = BTreeSet::new();
        let mut known = BTreeSet::new();
        for (place, n) in self.places.iter().zip(0..) {
            let mut at = known.insert(place.intent).then_some(n);
            while let Some(place) = at.filter(|it| kept.insert(*it)) {
                at = explored.parents[place];
            }
        }
        let mut waiting: Vec<usize> = kept.iter().copied().collect();
        while let Some(place) = waiting.pop() {
            let followers = self.places[place].followers.iter().copied();
            waiting.extend(followers.filter(|it| explored.is_fallback[self.places[*it].intent] && kept.insert(*it)));
        }
        kept
    }

    /// Keeps the places that the first leads to, under new numbers.
    fn of_classes(self, merged_into: &[usize], has_lost: bool) -> Self {
        let mut numbers: HashMap<usize, usize> = HashMap::from([(merged_into[0], 0)]);
        let mut order = vec![merged_into[0]];
        let mut places = Vec::new();
        while let Some(old) = order.get(places.len()).copied() {
            let place = &self.places[old];
            let mut followers = Vec::new();
            for follower in place.followers.iter().map(|it| merged_into[*it]) {
                followers.push(*numbers.entry(follower).or_insert_with(|| {
                    order.push(follower);
                    order.len() - 1
                }));
            }
            places.push(Place { intent: place.intent, followers });
        }
        Self { places, is_cut: self.is_cut, has_lost }
    }
}
