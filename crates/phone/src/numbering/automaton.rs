//! The regular expressions of a numbering plan, as automata.

use std::sync::OnceLock;

use regex_automata::dfa::dense::{Builder, Config, DFA};
use regex_automata::dfa::{Automaton, StartKind};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};
use rlibphonenumber::{PhoneMetadata, PhoneNumberDesc};

use crate::line_type::LineType;

type Dfa = DFA<Vec<u32>>;

/// The most countries of a calling code that a plan has room for. 25 share +1.
const MAX_COUNTRIES: usize = 32;

/// All numbering plans of a calling code.
pub(super) struct Plan {
    automaton: Dfa,
    patterns: Vec<Pattern>,
    n_countries: usize,
    /// The trunk prefix of the main country, which decides for numbers with the calling code.
    pub(super) trunk: Prefix,
}

/// One expression of the metadata. A number has its kind if it matches and has one of the lengths.
struct Pattern {
    country: usize,
    kind: Kind,
    lengths: u64,
}

/// What a matching pattern says about a number.
#[derive(Clone, Copy)]
enum Kind {
    /// A number of the country, for any use.
    General,
    /// A number that begins like those of this country, among the countries that share a calling code.
    Leading,
    PremiumRate,
    TollFree,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
    FixedLine,
    Mobile,
}

/// All kinds of a number in one country, as bits.
#[derive(Clone, Copy, Default)]
struct Kinds(u16);

impl Plan {
    /// None if an expression cannot be made into an automaton.
    pub(super) fn new(countries: &[PhoneMetadata]) -> Option<Self> {
        if countries.len() > MAX_COUNTRIES {
            return None;
        }
        let (mut patterns, mut expressions) = (Vec::new(), Vec::new());
        for (number, country) in countries.iter().enumerate() {
            let leading = bare(country.leading_digits());
            if !leading.is_empty() {
                patterns.push(Pattern { country: number, kind: Kind::Leading, lengths: u64::MAX });
                expressions.push(format!("(?:{leading})[0-9]*"));
            }
            for (kind, description) in descriptions(country) {
                let expression = bare(description.national_number_pattern());
                if !expression.is_empty() {
                    patterns.push(Pattern { country: number, kind, lengths: lengths_of(description) });
                    expressions.push(expression.to_owned());
                }
            }
        }
        let trunk = Prefix::new(countries.first()?.national_prefix_for_parsing());
        Some(Self { automaton: automaton(&expressions)?, patterns, n_countries: countries.len(), trunk })
    }

    /// The place of the country of a number, and its line type there. None if the number is not valid.
    pub(super) fn country_and_type(&self, national: &[u8]) -> Option<(usize, LineType)> {
        let kinds = self.kinds(national)?;
        let place = match self.n_countries {
            1 => 0,
            n => (0..n).find(|it| kinds[*it].has(Kind::Leading) || kinds[*it].line_type().is_some())?,
        };
        Some((place, kinds[place].line_type()?))
    }

    /// Whether the digits match the general expression of a country, whatever their count.
    pub(super) fn is_number_of(&self, country: usize, national: &[u8]) -> bool {
        let is_general = |it: &Pattern| it.country == country && matches!(it.kind, Kind::General);
        self.found(national).is_some_and(|mut found| found.any(is_general))
    }

    fn kinds(&self, national: &[u8]) -> Option<[Kinds; MAX_COUNTRIES]> {
        let mut kinds = [Kinds::default(); MAX_COUNTRIES];
        for pattern in self.found(national)?.filter(|it| it.lengths & 1 << national.len() != 0) {
            kinds[pattern.country].0 |= 1 << pattern.kind as u16;
        }
        Some(kinds)
    }

    /// The patterns that match all digits.
    fn found(&self, digits: &[u8]) -> Option<impl Iterator<Item = &Pattern>> {
        let mut state = start_of(&self.automaton)?;
        for digit in digits {
            state = self.automaton.next_state(state, *digit);
        }
        let end = self.automaton.next_eoi_state(state);
        let n_found = if self.automaton.is_match_state(end) { self.automaton.match_len(end) } else { 0 };
        Some((0..n_found).map(move |it| &self.patterns[self.automaton.match_pattern(end, it).as_usize()]))
    }
}

impl Kinds {
    fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u16 != 0
    }

    /// The line type, as the library finds it: the first that fits, in this order.
    fn line_type(self) -> Option<LineType> {
        const ORDER: [(Kind, LineType); 8] = [
            (Kind::PremiumRate, LineType::PremiumRate),
            (Kind::TollFree, LineType::TollFree),
            (Kind::SharedCost, LineType::SharedCost),
            (Kind::Voip, LineType::Voip),
            (Kind::PersonalNumber, LineType::PersonalNumber),
            (Kind::Pager, LineType::Pager),
            (Kind::Uan, LineType::Uan),
            (Kind::Voicemail, LineType::Voicemail),
        ];
        if !self.has(Kind::General) {
            return None;
        }
        let special = ORDER.into_iter().find(|it| self.has(it.0)).map(|it| it.1);
        special.or(match (self.has(Kind::FixedLine), self.has(Kind::Mobile)) {
            (true, true) => Some(LineType::FixedLineOrMobile),
            (true, false) => Some(LineType::FixedLine),
            (false, true) => Some(LineType::Mobile),
            (false, false) => None,
        })
    }
}

/// The patterns of a country. Mobile and fixed lines may have the same one.
fn descriptions(country: &PhoneMetadata) -> impl Iterator<Item = (Kind, &PhoneNumberDesc)> {
    #[expect(deprecated, reason = "the library empties these fields in its own copy, not in ours")]
    let described = [
        (Kind::General, &country.general_desc),
        (Kind::PremiumRate, &country.premium_rate),
        (Kind::TollFree, &country.toll_free),
        (Kind::SharedCost, &country.shared_cost),
        (Kind::Voip, &country.voip),
        (Kind::PersonalNumber, &country.personal_number),
        (Kind::Pager, &country.pager),
        (Kind::Uan, &country.uan),
        (Kind::Voicemail, &country.voicemail),
        (Kind::FixedLine, &country.fixed_line),
        (Kind::Mobile, &country.mobile),
    ];
    described.into_iter().filter_map(|(kind, description)| Some((kind, description.as_ref()?)))
}

/// The possible counts of digits of a country's numbers when dialled from anywhere in it, as a set of bits.
pub(super) fn lengths(country: &PhoneMetadata) -> u64 {
    #[expect(deprecated, reason = "the library empties this field in its own copy, not in ours")]
    let Some(general) = &country.general_desc else { return 0 };
    lengths_of(general) & !set(&general.possible_length_local_only)
}

/// A description without lengths allows any.
fn lengths_of(description: &PhoneNumberDesc) -> u64 {
    match description.possible_length.is_empty() {
        true => u64::MAX,
        false => set(&description.possible_length),
    }
}

fn set(lengths: &[i32]) -> u64 {
    lengths.iter().filter(|it| (0..64).contains(*it)).fold(0, |set, it| set | 1 << it)
}

/// The metadata holds its expressions as `^(?:…)$`.
fn bare(expression: &str) -> &str {
    expression.strip_prefix("^(?:").and_then(|it| it.strip_suffix(")$")).unwrap_or("")
}

/// A prefix that is dialled before a number.
pub(super) struct Prefix {
    expression: String,
    automaton: OnceLock<Option<Dfa>>,
}

/// The prefix that was dialled before a number.
pub(super) enum Before<'a> {
    Nothing,
    /// The prefix; these digits follow it.
    Prefix(&'a [u8]),
    /// Perhaps a prefix: only the library has the rule for it.
    Doubt,
}

impl Prefix {
    pub(super) fn new(expression: &str) -> Self {
        Self { expression: bare(expression).to_owned(), automaton: OnceLock::new() }
    }

    pub(super) fn before<'a>(&self, digits: &'a [u8]) -> Before<'a> {
        if self.expression.bytes().all(|it| it.is_ascii_digit()) {
            return match digits.strip_prefix(self.expression.as_bytes()) {
                Some(rest) if !self.expression.is_empty() => Before::Prefix(rest),
                _ => Before::Nothing,
            };
        }
        let automaton = self.automaton.get_or_init(|| automaton(std::slice::from_ref(&self.expression)));
        match automaton.as_ref().and_then(|it| has_prefix(it, digits)) {
            Some(false) => Before::Nothing,
            Some(true) | None => Before::Doubt,
        }
    }
}

/// Whether one or more digits at the start match.
fn has_prefix(automaton: &Dfa, digits: &[u8]) -> Option<bool> {
    let mut state = start_of(automaton)?;
    for (n_before, digit) in digits.iter().enumerate() {
        // A match shows one step after its last digit.
        state = automaton.next_state(state, *digit);
        if n_before > 0 && automaton.is_match_state(state) {
            return Some(true);
        }
    }
    Some(automaton.is_match_state(automaton.next_eoi_state(state)))
}

fn start_of(automaton: &Dfa) -> Option<StateID> {
    automaton.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()
}

fn automaton(expressions: &[String]) -> Option<Dfa> {
    Builder::new()
        .configure(Config::new().match_kind(MatchKind::All).start_kind(StartKind::Anchored))
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .build_many(expressions)
        .ok()
}
