//! The words of a report, a table for each language: [`english`] and [`french`].
//!
//! `{0}`, `{1}` … in a text are filled in by [`fill`], so that a language can order them as it needs.

mod english;
mod french;

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::Reason;
use plan::ReportLanguage;

/// A text for one and a text for several, such as `{0} row` and `{0} rows`.
pub(crate) struct Counted {
    pub(crate) one: &'static str,
    pub(crate) several: &'static str,
}

/// How a language writes numbers and dates.
pub(crate) struct Format {
    /// The code for browsers and screen readers.
    pub(crate) code: &'static str,
    /// Between groups of three digits.
    pub(crate) group: &'static str,
    pub(crate) decimal: &'static str,
    /// Between a name and what is said of it.
    pub(crate) colon: &'static str,
    /// Around a quoted value.
    pub(crate) quotes: [&'static str; 2],
    /// Before a percent sign.
    pub(crate) before_percent: &'static str,
    /// Whether "0 rows" is a singular.
    pub(crate) zero_is_one: bool,
    pub(crate) months: [&'static str; 12],
    /// Day, month and year.
    pub(crate) day: &'static str,
    /// The same on the first day of a month.
    pub(crate) first_day: &'static str,
}

macro_rules! words {
    ($($group:ident: $type:ident { $($field:ident: $of:ty,)* })*) => {
        /// All words of one language.
        pub(crate) struct Words {
            pub(crate) format: Format,
            $(pub(crate) $group: $type,)*
            /// The meanings of reason codes.
            reason: fn(Reason) -> &'static str,
            /// What exports of a kind never show: the sentences of the profiles that come with Ferry, in this language.
            gaps: &'static [(&'static str, &'static str)],
            /// How files are read: how parts of such a description begin or end, in this language.
            readings: &'static [(&'static str, &'static str)],
        }

        $(pub(crate) struct $type { $(pub(crate) $field: $of,)* })*

        impl Words {
            /// The texts by name, to compare two languages.
            #[cfg(test)]
            fn texts(&self) -> Vec<(String, Vec<&'static str>)> {
                vec![$($((
                    concat!(stringify!($group), ".", stringify!($field)).to_owned(),
                    Texts::texts(&self.$group.$field),
                ),)*)*]
            }
        }
    };
}

type Text = &'static str;

words! {
    page: PageWords {
        title: Text, of_run: Text, sample: Counted, skip: Text, commands: Text, latest: Text, scroll: Text, more: Counted, only: Text, made_by: Text,
    }
    answer: AnswerWords {
        heading: Text, people: Counted, lead: Text, lead_unverified: Text, lead_empty: Text, invited: Text,
        invited_meaning: Text, consented: Text, consented_meaning: Text, consented_others: Counted,
        consented_unverified: Counted, refused: Text, refused_meaning: Text, refused_suppressed: Counted, unclear: Text,
        unclear_meaning: Text, unreachable: Text, unreachable_meaning: Text, undecided: Text, undecided_meaning: Text,
        undecided_unverified: Text, undecided_no_phone: Counted, to_mend: Text, to_mend_count: Counted, nothing_to_mend: Text, all_to_mend: Text, cost: Text, no_cost: Text,
        not_verified: Text, filter_empty: Text, filter_yes: Text, change: Text, unknown: Text,
    }
    causes: CauseWords {
        consent: Counted, date: Counted, country: Counted, email: Counted, name: Counted, language: Counted,
    }
    mend: MendWords {
        heading: Text, nothing: Text, problem: Text, how: Text, uninformative: Text, uninformative_sum: Counted, yes_to_all: Text,
        no_to_known: Text, one_answer: Text, other_provider: Text, incomplete: Text, incomplete_sum: Counted, incomplete_how: Text,
        shrunk: Text, shrunk_sum: Counted, shrunk_how: Text,
        low_yield: Text, low_yield_sum: Counted, low_yield_how: Text, unread_sum: Counted, held_back: Counted, rejects: Counted, rejects_how: Text,
        reject_rate: Text, over_rate: Text, duplicates: Counted, duplicates_how: Text,
        out_of_range: Counted, out_of_range_how: Text, undecided: Counted, undecided_how: Text, rejected_heading: Text,
        reason: Text, meaning: Text, rows: Text, no_person: Text,
    }
    unread: UnreadWords {
        heading: Text, none: Text, lead: Text, picture: Text, others: Text, list: Text, column_field: Text,
        column_cells: Text, column_share: Text, consent: Counted, date: Counted, region: Counted, language: Counted,
        email: Counted, name: Counted, consent_how: Text, date_how: Text, region_how: Text, language_how: Text,
        email_how: Text, name_how: Text, field_consent: Text, field_date: Text, field_region: Text,
        field_language: Text, field_email: Text, field_name: Text,
    }
    people: PeopleWords {
        heading: Text, lead: Text, table: Text, segment: Text, people: Text, meaning: Text, command: Text, ready: Text,
        re_engage: Text, undecided: Text, opted_out: Text, suppressed: Text, suppressed_name: Text, held: Text, held_name: Text,
        unclear: Text, everyone: Text, all: Text, of_plan: Text, of_plan_note: Text,
    }
    funnel: FunnelWords {
        heading: Text, lead: Text, picture: Text, rows: Text, rejected: Counted, suppressed: Counted, usable: Text,
        merged: Counted, people: Text, database: Text, allowed: Text, not_allowed: Counted, on_whatsapp: Text,
        not_on_whatsapp: Counted, consented: Text, balance: Text, proof: Text, findings: Text, row_finding: Counted,
    }
    finding: FindingWords {
        extension_dropped: Text, decimals_dropped: Text, region_unknown: Text, date_unreadable: Text,
        consent_unknown: Text, name_repaired: Text, trunk_zero_missing: Text, card_not_asked_for: Text,
        old_spelling_rewritten: Text, date_out_of_range: Text, language_unreadable: Text, email_unreadable: Text,
        long_cell_dropped: Text, name_garbled: Text,
    }
    overlap: OverlapWords {
        heading: Text, lead: Text, picture: Text, sms_only: Text, viber_only: Text, both: Text, links: Text,
        linked_by_row: Text, linked_by_card: Text, unlinked: Text, ambiguous: Text, list: Text,
    }
    contact: ContactWords {
        heading: Text, lead: Text, no_dates: Text, picture: Text, earlier: Counted, later: Counted, undated: Counted,
        list: Text,
    }
    change: ChangeWords {
        heading: Text, loaded: Text, first: Text, lead: Text, table: Text, figure: Text, before: Text, now: Text,
        difference: Text, rows: Text, rejected: Text, run_people: Text, fields: Text, conflicts: Text, list: Text,
        field_names: FieldNames,
    }
    quality: QualityWords {
        heading: Text, good: Text, table: Text, numbers: Text, invalid_column: Text, share: Text, invalid: Text,
        invalid_group: Text, sequence: Text, alone: Text,
    }
    verification: VerificationWords {
        heading: Text, lead: Text, off: Text, picture: Text, registered: Text, not_registered: Text, unknown: Text,
        of_known: Text, by_country: Text, country: Text, no_country: Text, by_source: Text, by_digits: Text,
        digits: Text, others: Counted, costs: Text, when: Text, checks: Text, calls: Text, retries: Text, known: Text,
        price: Text, total: Text, check: Counted, call: Counted, next: Text,
    }
    coverage: CoverageWords {
        heading: Text, lead: Text, table: Text, file: Text, files: Counted, channel: Text, rows: Text, rejected: Text,
        first: Text, last: Text, records: Counted, undated: Counted, unreadable_dates: Counted, masked: Counted,
        redacted: Counted, unreadable: Text, claimed: Counted, next_page: Text, kept_for: Counted, headers: Counted,
        quotes: Counted, zones: Counted, encoding: Text, last_line: Text, sheets: Text, cut_off: Text, details: Text,
        pulled: Counted, pulled_list: Counted, kept_since: Text, total_differs: Counted, moved: Counted,
        deleted: Counted, nothing_came: Text, not_read: Text, not_read_earlier: Text, repeats: Counted,
        proof: Text, profile: Text, read_as: Text, signatures: Text, signature: Text,
    }
    scenarios: ScenarioWords {
        heading: Text, lead: Text, balance: Text, page: Text, sheet: Text, sets: Text, set: Text, owner: Text,
        scenarios: Text, refused: Text, carried: Text, lost: Text, not_taken: Text, categories: Text, category: Text,
        templates: Text, scenario: Counted, template: Counted,
    }
    run: RunWords {
        heading: Text, backup: Text, no_backup: Text, backup_empty: Text, restore: Text,
        batches_done: Text, list: Text, stages: Text, stage: Text, seconds: Text, finished: Text, translate: Text, extract: Text,
        clean: Text, verify: Text, load: Text,
    }
}

/// Fills the values into the slots of a text.
pub(crate) use model::fill;

/// The names of the fields of a contact that an import changes, with the words for them.
pub(crate) type FieldNames = &'static [(&'static str, &'static str)];

/// The words of a language.
pub(crate) fn words(language: ReportLanguage) -> &'static Words {
    match language {
        ReportLanguage::English => &english::WORDS,
        ReportLanguage::French => &french::WORDS,
    }
}

impl Words {
    /// `1,234` or `1 234`
    pub(crate) fn number(&self, n: u64) -> String {
        model::grouped(n).replace(',', self.format.group)
    }

    /// `{0} rows`, with the number and the form that it needs.
    pub(crate) fn counted(&self, counted: &Counted, n: u64) -> String {
        self.counted_with(counted, n, &[])
    }

    /// The same for a text with more slots: `others` fill `{1}`, `{2}` …
    pub(crate) fn counted_with(&self, counted: &Counted, n: u64, others: &[&str]) -> String {
        let is_one = n == 1 || (n == 0 && self.format.zero_is_one);
        let number = self.number(n);
        let values: Vec<&str> = [number.as_str()].into_iter().chain(others.iter().copied()).collect();
        fill(if is_one { counted.one } else { counted.several }, &values)
    }

    /// `18 rows: the name looks garbled`
    pub(crate) fn labelled(&self, label: &str, text: &str) -> String {
        format!("{label}{}{text}", self.format.colon)
    }

    /// `12.5%` or `12,5 %`
    pub(crate) fn percent(&self, share: f64) -> String {
        let text = format!("{:.1}", share * 100.0).replace('.', self.format.decimal);
        format!("{text}{}%", self.format.before_percent)
    }

    /// `+12`, `−3` or `0`
    pub(crate) fn difference(&self, before: u64, now: u64) -> String {
        match now.cmp(&before) {
            std::cmp::Ordering::Greater => format!("+{}", self.number(now - before)),
            std::cmp::Ordering::Less => format!("−{}", self.number(before - now)),
            std::cmp::Ordering::Equal => "0".to_owned(),
        }
    }

    /// `0.32 USD`
    pub(crate) fn money(&self, micros: u64, currency: &str) -> String {
        let amount = format!("{:.2}", micros as f64 / 1e6);
        let (whole, cents) = amount.split_once('.').unwrap_or((&amount, "00"));
        let whole = self.number(whole.parse().unwrap_or(0));
        format!("{whole}{}{cents}\u{a0}{currency}", self.format.decimal)
    }

    /// `28 November 2026`
    pub(crate) fn day(&self, date: Date) -> String {
        let month = self.format.months[usize::from(date.month().unsigned_abs()) - 1];
        let pattern = if date.day() == 1 { self.format.first_day } else { self.format.day };
        fill(pattern, &[&date.day().to_string(), month, &date.year().to_string()])
    }

    /// `November 2026`
    pub(crate) fn month(&self, date: Date) -> String {
        format!("{} {}", self.format.months[usize::from(date.month().unsigned_abs()) - 1], date.year())
    }

    /// `28 November 2026, 14:10 UTC`
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        let at = at.to_zoned(TimeZone::UTC);
        let mut text = self.day(at.date());
        // Writing to a String cannot fail.
        let _ = write!(text, ", {:02}:{:02} UTC", at.hour(), at.minute());
        text
    }

    /// The meaning of a reason code; the code itself if no version knows it.
    pub(crate) fn meaning<'a>(&self, code: &'a str) -> &'a str {
        Reason::from_code(code).map_or(code, self.reason)
    }

    /// A sentence of a profile about its kind of export. Sentences of profiles of the plan stay as they are.
    pub(crate) fn gap<'a>(&self, sentence: &'a str) -> &'a str {
        self.gaps.iter().find(|it| it.0 == sentence).map_or(sentence, |it| it.1)
    }

    /// How a file is read, such as `CSV in gzip, utf-8, delimiter ','`.
    pub(crate) fn reading(&self, reading: &str) -> String {
        let part = |part: &str| {
            let mut part = part.to_owned();
            for (english, own) in self.readings {
                if let Some(rest) = part.strip_prefix(english) {
                    part = format!("{own}{rest}");
                } else if let Some(rest) = part.strip_suffix(english) {
                    part = format!("{rest}{own}");
                }
            }
            part
        };
        reading.split(", ").map(part).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
trait Texts {
    fn texts(&self) -> Vec<&'static str>;
}

#[cfg(test)]
impl Texts for Text {
    fn texts(&self) -> Vec<&'static str> {
        vec![self]
    }
}

#[cfg(test)]
impl Texts for Counted {
    fn texts(&self) -> Vec<&'static str> {
        vec![self.one, self.several]
    }
}

#[cfg(test)]
impl Texts for FieldNames {
    fn texts(&self) -> Vec<&'static str> {
        self.iter().map(|it| it.1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [&Words; 2] = [&english::WORDS, &french::WORDS];

    #[test]
    fn numbers_and_dates_are_written_as_the_language_writes_them() {
        let date = jiff::civil::date(2026, 11, 28);
        let at: Timestamp = "2026-03-01T09:05:00Z".parse().unwrap();
        let written = |it: &Words| {
            [it.number(1_234_567), it.percent(0.1234), it.money(1_234_320_000, "USD"), it.day(date), it.moment(at)]
        };
        assert_eq!(
            BOTH.map(written),
            [
                ["1,234,567", "12.3%", "1,234.32\u{a0}USD", "28 November 2026", "1 March 2026, 09:05 UTC"],
                [
                    "1\u{202f}234\u{202f}567",
                    "12,3\u{202f}%",
                    "1\u{202f}234,32\u{a0}USD",
                    "28 novembre 2026",
                    "1er mars 2026, 09:05 UTC"
                ],
            ]
        );
        let rows = |n| BOTH.map(|it| it.counted(&it.funnel.rejected, n));
        assert_eq!(rows(0), ["0 rows rejected", "0 ligne rejetée"]);
        assert_eq!(rows(1), ["1 row rejected", "1 ligne rejetée"]);
        assert_eq!(rows(2), ["2 rows rejected", "2 lignes rejetées"]);
    }

    #[test]
    fn the_texts_of_both_languages_have_the_same_slots_and_are_not_the_same_texts() {
        let slots = |text: &str| (0..9).filter(|it| text.contains(&format!("{{{it}}}"))).collect::<Vec<_>>();
        let [english, french] = BOTH.map(Words::texts);
        // Words that are spelled alike in both languages.
        const ALIKE: [&str; 2] = ["Segment", "date"];
        for ((name, english), (_, french)) in english.into_iter().zip(french) {
            assert_eq!(english.len(), french.len(), "{name}");
            for (english, french) in english.iter().zip(&french) {
                assert_eq!(slots(english), slots(french), "{name}: {english} | {french}");
                let is_word = english.chars().filter(|it| it.is_alphabetic()).count() > 3;
                assert!(
                    !is_word || ALIKE.contains(english) || english != french,
                    "{name} is not translated: {english}"
                );
            }
        }
    }

    #[test]
    fn every_sentence_of_a_profile_has_its_french() {
        for profile in extract::Profile::built_in().unwrap() {
            for sentence in &profile.gaps {
                assert_ne!(french::WORDS.gap(sentence), sentence, "{}", profile.name);
            }
        }
        for reason in Reason::ALL {
            assert_ne!((french::WORDS.reason)(*reason), reason.describe());
        }
    }

    #[test]
    fn the_way_a_file_is_read_is_told_in_the_language() {
        let read = |it: &str| BOTH.map(|words| words.reading(it));
        assert_eq!(
            read("CSV in gzip, utf-8, delimiter tab, no header")[1],
            "CSV en gzip, utf-8, séparateur tabulation, sans en-tête"
        );
        let sheet = "XLSX, sheet \"Clients\", header in line 3";
        assert_eq!(read(sheet), [sheet, "XLSX, feuille \"Clients\", en-tête en ligne 3"]);
    }

    #[test]
    fn braces_that_are_no_slot_stay() {
        assert_eq!(fill("{0} {x} {1", &["a"]), "a {x} {1");
    }
}
