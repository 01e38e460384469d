//! Guesses which columns of a table of contacts hold what, by their names and by what their cells look like.

use std::collections::HashMap;
use std::path::Path;

use super::opt_outs::{denies_messages, speaks_of_refusal};
use crate::header::{Header, Pattern, folded};
use crate::profile::{Mapping, Names, Profile};

/// What the first cells of a column look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColumnSample {
    /// Cells that are not blank. In a column without any, the name alone counts.
    pub n_filled: u64,
    /// Valid phone numbers, with a plus sign or as written in the region.
    pub n_phones: u64,
    pub n_emails: u64,
    pub n_dates: u64,
    /// Of the different values, those that are known words of consent or refusal.
    pub n_consent_known: u64,
    pub n_consent_distinct: u64,
}

impl ColumnSample {
    /// Whether the cells are words of consent or dates, as those of a column that says who has refused.
    fn is_flag(&self) -> bool {
        let is_known = self.n_consent_known > 0 && self.n_consent_known * 2 >= self.n_consent_distinct;
        self.n_filled == 0 || is_known || self.n_dates * 2 > self.n_filled
    }
}

/// Which columns hold what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guess {
    pub columns: Mapping,
    /// The channel of the columns `consent` and `opt_out`, where their names say `email` or `whatsapp`.
    pub consent_channel: Option<&'static str>,
    /// Columns whose names would do, and why they were not taken.
    pub left_out: Vec<(String, String)>,
}

/// Fields of which the names alone decide. Of those in [`SEVERAL`] all columns are taken, the best first.
const BY_NAME: [&str; 11] = [
    "region",
    "first_name",
    "last_name",
    "name",
    "email",
    "language",
    "last_at",
    "first_at",
    "external_id",
    "viber_id",
    "tags",
];
const SEVERAL: [&str; 2] = ["region", "email"];

/// Guesses by names and cells. `contacts` is the profile of contact lists, `samples` has one entry per column.
///
/// Names come first. A column of phone numbers without a single phone number is left out; if none remains, the one
/// column counts whose cells are mostly phone numbers. A column of consent counts if at least half of its different
/// values are understood. The columns of consent that speak of WhatsApp come first, then those of SMS, of nothing, of
/// e-mail.
pub fn guess(contacts: &Profile, columns: &[String], samples: &[ColumnSample]) -> Guess {
    let mut guesser = Guesser::new(contacts, columns, samples);
    let phones = guesser.phones();
    guesser.take("phone", phones);
    for field in BY_NAME {
        let mut places = guesser.by_name(field);
        if !SEVERAL.contains(&field) {
            places.truncate(1);
        }
        guesser.take(field, places);
    }
    guesser.part_names();
    guesser.consents();
    if !guesser.guess.columns.contains_key("phone") {
        let phones = guesser.phones_by_cells();
        guesser.take("phone", phones);
    }
    guesser.guess
}

/// Guesses by names alone, one column per field.
pub fn guess_by_names(contacts: &Profile, columns: &[String]) -> Mapping {
    let header = Header::new(columns);
    let place = |names: &Names| names.iter().find_map(|it| header.found(Path::new(""), it).ok()?.first().copied());
    let weak = contacts.guess.iter().filter(|(field, _)| !matches!(field.as_str(), "consent" | "opt_out"));
    let mut mapping = Mapping::new();
    for (field, names) in contacts.columns.iter().chain(weak) {
        if let (false, Some(place)) = (mapping.contains_key(field), place(names)) {
            mapping.insert(field.clone(), columns[place].as_str().into());
        }
    }
    mapping
}

/// What the name of a column of consent or refusal speaks of, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    WhatsApp,
    Sms,
    Anything,
    Email,
}

struct Guesser<'a> {
    contacts: &'a Profile,
    columns: &'a [String],
    samples: &'a [ColumnSample],
    header: Header<'a>,
    /// Columns that have a field, or can have none.
    taken: Vec<bool>,
    guess: Guess,
}

impl<'a> Guesser<'a> {
    fn new(contacts: &'a Profile, columns: &'a [String], samples: &'a [ColumnSample]) -> Self {
        let mut n_same: HashMap<&str, usize> = HashMap::new();
        for column in columns {
            *n_same.entry(column.as_str()).or_default() += 1;
        }
        // A column cannot be named if another has the very same name.
        let taken = columns.iter().map(|it| n_same[it.as_str()] > 1).collect();
        Self { contacts, columns, samples, header: Header::new(columns), taken, guess: Guess::default() }
    }

    fn sample(&self, place: usize) -> ColumnSample {
        self.samples.get(place).copied().unwrap_or_default()
    }

    fn take(&mut self, field: &str, places: Vec<usize>) {
        for place in &places {
            self.taken[*place] = true;
        }
        let names: Vec<String> = places.into_iter().map(|it| self.columns[it].clone()).collect();
        let names = match <[String; 1]>::try_from(names) {
            Ok([name]) => Names::One(name),
            Err(names) if names.is_empty() => return,
            Err(names) => Names::Several(names),
        };
        self.guess.columns.insert(field.to_owned(), names);
    }

    fn leave_out(&mut self, place: usize, why: String) {
        self.taken[place] = true;
        self.guess.left_out.push((self.columns[place].clone(), why));
    }

    /// The columns with one of these names that are still free, in the order of the names.
    fn named(&mut self, names: Option<&Names>) -> Vec<usize> {
        let mut places = Vec::new();
        for name in names.into_iter().flat_map(Names::iter) {
            let found = match self.header.found(Path::new(""), name) {
                Ok(found) => found,
                Err(_) => {
                    let pattern = Pattern::new(name);
                    let same = (0..self.columns.len()).filter(|it| pattern.matches(self.header.folded(*it)));
                    for place in same.collect::<Vec<_>>() {
                        if !self.guess.left_out.iter().any(|it| it.0 == self.columns[place]) {
                            self.leave_out(place, "another column has the same name".to_owned());
                        }
                    }
                    continue;
                }
            };
            places.extend(found.into_iter().filter(|it| !self.taken[*it]));
        }
        if places.is_empty() {
            places = self.with_remarks(names);
        }
        let mut seen = vec![false; self.columns.len()];
        places.retain(|it| !std::mem::replace(&mut seen[*it], true));
        places
    }

    /// The free columns whose name is one of these with a remark in brackets: "Country (ISO)".
    fn with_remarks(&self, names: Option<&Names>) -> Vec<usize> {
        let bare = |place: usize| {
            let (name, remark) = self.columns[place].split_once(['(', '['])?;
            (!self.taken[place] && !is_about_consent(remark)).then(|| (place, folded(name)))
        };
        self.matching(names, &(0..self.columns.len()).filter_map(bare).collect::<Vec<_>>())
    }

    /// The columns of a field of which a person may have several, with those that have a number at the end.
    fn numbered(&mut self, field: &str) -> Vec<usize> {
        let mut places = self.named(self.contacts.columns.get(field));
        let bare = |place: usize| {
            let name = self.header.folded(place);
            let bare = name.trim_end_matches(|it: char| it.is_ascii_digit());
            let is_it = bare.len() < name.len() && !self.taken[place] && !places.contains(&place);
            is_it.then(|| (place, bare.to_owned()))
        };
        let numbered: Vec<_> = (0..self.columns.len()).filter_map(bare).collect();
        places.extend(self.matching(self.contacts.columns.get(field), &numbered));
        places
    }

    /// Of columns under other names, those that are meant, in the order of `names`.
    fn matching(&self, names: Option<&Names>, columns: &[(usize, String)]) -> Vec<usize> {
        if columns.is_empty() {
            return Vec::new();
        }
        let patterns = names.into_iter().flat_map(Names::iter).map(Pattern::new);
        patterns.flat_map(|it| columns.iter().filter(move |column| it.matches(&column.1)).map(|it| it.0)).collect()
    }

    fn phones(&mut self) -> Vec<usize> {
        let mut phones = self.numbered("phone");
        phones.retain(|place| {
            let sample = self.sample(*place);
            let is_phone = sample.n_filled == 0 || sample.n_phones > 0;
            if !is_phone {
                self.leave_out(*place, "its name is that of a phone number, but no cell looks like one".to_owned());
            }
            is_phone
        });
        phones
    }

    /// The one column of mostly phone numbers, by preference one with a name such as "number".
    fn phones_by_cells(&mut self) -> Vec<usize> {
        let is_mostly = |it: ColumnSample| it.n_phones * 2 > it.n_filled;
        let mut named = self.named(self.contacts.guess.get("phone"));
        named.retain(|it| is_mostly(self.sample(*it)));
        named.truncate(1);
        if !named.is_empty() {
            return named;
        }
        let free = (0..self.columns.len()).filter(|it| !self.taken[*it] && is_mostly(self.sample(*it)));
        let places: Vec<usize> = free.collect();
        if places.len() > 1 {
            for place in places {
                self.leave_out(
                    place,
                    "several columns hold phone numbers, and no name says which is the person's".to_owned(),
                );
            }
            return Vec::new();
        }
        places
    }

    fn by_name(&mut self, field: &str) -> Vec<usize> {
        let places = match field {
            "email" => self.numbered(field),
            field => self.named(self.contacts.columns.get(field)),
        };
        if !places.is_empty() {
            return places;
        }
        let has_parts = ["first_name", "last_name"].iter().any(|it| self.guess.columns.contains_key(*it));
        if field == "name" && has_parts {
            return Vec::new();
        }
        let mut weak = self.named(self.contacts.guess.get(field));
        if field.ends_with("_at") {
            weak.retain(|it| {
                let sample = self.sample(*it);
                sample.n_dates * 2 > sample.n_filled && !is_about_consent(&self.columns[*it])
            });
        }
        weak
    }

    /// Beside a "Vorname", a German "Name" is the last name.
    fn part_names(&mut self) {
        let columns = &mut self.guess.columns;
        let first = columns.get("first_name").and_then(|it| it.iter().next()).map(folded);
        let is_part = first.is_some_and(|it| matches!(it.as_str(), "vorname" | "voornaam"));
        if is_part
            && !columns.contains_key("last_name")
            && let Some(name) = columns.remove("name")
        {
            columns.insert("last_name".to_owned(), name);
        }
    }

    fn about(&self, place: usize) -> About {
        let name = self.header.folded(place);
        let has = |stems: &[&str]| stems.iter().any(|it| name.contains(it));
        match () {
            () if has(&["whatsapp"]) => About::WhatsApp,
            () if has(&["sms", "смс", "textmessage", "textopt", "donottext", "phone", "mobile"]) => About::Sms,
            // In Shopify's exports this one is about e-mail.
            () if name == "acceptsmarketing" => About::Email,
            () if has(&["mail", "newsletter", "courriel", "correo", "имеил", "имејл", "почт", "пошт"]) => {
                About::Email
            }
            () => About::Anything,
        }
    }
}

/// Whether a name, or a remark in one, speaks of consent or refusal.
fn is_about_consent(name: &str) -> bool {
    let folded = folded(name);
    speaks_of_refusal(name) || ["consent", "optin", "optedin", "newsletter"].iter().any(|it| folded.contains(it))
}

/// Consent and refusal.
impl Guesser<'_> {
    fn consents(&mut self) {
        let refusals = self.refusals();
        let consents = self.columns_of_consent(&refusals);
        let dates = self.dates_of_consent(&refusals);
        let mut consent = consents.first().copied();
        let speaks_of_sms = |it: &usize| self.about(*it) <= About::Sms;
        let is_sms = refusals.iter().chain(&consent).any(speaks_of_sms);
        let (refusals, of_email): (Vec<_>, Vec<_>) =
            refusals.into_iter().partition(|it| !is_sms || self.about(*it) != About::Email);
        for place in of_email {
            self.leave_out(place, "it is about e-mail, and another column is about SMS or WhatsApp".to_owned());
        }
        // A refusal of everything must not be filed under e-mail, as the consent would be.
        let is_wider = refusals.iter().any(|it| self.about(*it) != About::Email);
        if let Some(place) = consent.filter(|it| is_wider && self.about(*it) == About::Email) {
            self.leave_out(place, "it is about e-mail, and the refusals are not".to_owned());
            consent = None;
        }
        for place in consents.into_iter().skip(1) {
            self.leave_out(place, "another column of consent is used".to_owned());
        }
        let about = consent.map(|it| self.about(it));
        let fits =
            |it: &usize| self.about(*it) == About::Anything || about.is_none_or(|about| about == self.about(*it));
        let (dates, others): (Vec<_>, Vec<_>) = dates.into_iter().partition(fits);
        for place in others {
            self.leave_out(place, "it is the date of another consent".to_owned());
        }
        self.guess.consent_channel = match about.or_else(|| refusals.iter().map(|it| self.about(*it)).min()) {
            Some(About::Email) => Some("email"),
            Some(About::WhatsApp) => Some("whatsapp"),
            _ => None,
        };
        self.take("opt_out", refusals);
        self.take("consent", consent.into_iter().collect());
        self.take("consent_at", dates.into_iter().take(1).collect());
    }

    /// Columns whose name is a refusal, by the lists and by stems.
    fn refusals(&mut self) -> Vec<usize> {
        let known = self.known_of("consent").into_iter().chain(self.known_of("consent_at"));
        let known: Vec<usize> = known.collect();
        let mut places = self.named(self.contacts.columns.get("opt_out"));
        places.extend(self.named(self.contacts.guess.get("opt_out")));
        // Details of a refusal, and what is about paper, are no refusals to be written to.
        let noise =
            ["reason", "motif", "motivo", "grund", "link", "url", "token", "campaign", "count", "rate", "fax", "optin"];
        for place in 0..self.columns.len() {
            let name = folded(&self.columns[place]);
            let is_noise = noise.iter().any(|it| name.contains(it));
            let is_free = !self.taken[place] && !places.contains(&place) && !known.contains(&place);
            let column = &self.columns[place];
            let says_so = speaks_of_refusal(column) || (denies_messages(column) && self.sample(place).is_flag());
            if is_free && !is_noise && says_so {
                places.push(place);
            }
        }
        places.sort_by_key(|it| self.about(*it));
        places.dedup();
        places
    }

    fn known_of(&mut self, field: &str) -> Vec<usize> {
        self.named(self.contacts.columns.get(field))
    }

    /// Columns of consent whose values are understood, the best first.
    fn columns_of_consent(&mut self, refusals: &[usize]) -> Vec<usize> {
        let named = self.known_of("consent");
        let weak = self.named(self.contacts.guess.get("consent"));
        let dates = self.dates_of_consent(refusals);
        let is_other = |it: &usize| named.contains(it) || refusals.contains(it) || dates.contains(it);
        let weak: Vec<usize> = weak.into_iter().filter(|it| !is_other(it) && !self.is_evidence(*it)).collect();
        let mut places = Vec::new();
        for (is_weak, place) in named.into_iter().map(|it| (false, it)).chain(weak.into_iter().map(|it| (true, it))) {
            let ColumnSample { n_consent_known: known, n_consent_distinct: distinct, .. } = self.sample(place);
            let is_understood = match is_weak && self.about(place) == About::Anything {
                true => known * 2 > distinct,
                false => known * 2 >= distinct,
            };
            if is_understood {
                places.push(place);
            } else if distinct > 0 {
                let why = format!("of its {distinct} different values, {known} are known words of consent");
                self.leave_out(place, why);
            }
        }
        places.sort_by_key(|it| self.about(*it));
        places
    }

    /// Whether a column says how a consent was given, and not whether.
    fn is_evidence(&self, place: usize) -> bool {
        let name = folded(&self.columns[place]);
        let endings = ["ip", "source", "method", "url", "link", "version", "text"];
        endings.iter().any(|it| name.ends_with(it))
    }

    /// Columns that say when a consent was given: by the lists, or a date beside a word of consent.
    fn dates_of_consent(&mut self, refusals: &[usize]) -> Vec<usize> {
        let mut places = self.known_of("consent_at");
        places.extend(self.named(self.contacts.guess.get("consent_at")));
        let consents = self.known_of("consent");
        for place in self.named(self.contacts.guess.get("consent")) {
            let sample = self.sample(place);
            let is_date = sample.n_dates * 2 > sample.n_filled && sample.n_consent_known == 0;
            if is_date && ![&consents[..], &places[..], refusals].iter().any(|it| it.contains(&place)) {
                places.push(place);
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn contacts() -> Profile {
        Profile::built_in().unwrap().into_iter().find(|it| it.name == "contacts").unwrap()
    }

    /// `filled phones emails dates known distinct` per column.
    fn guessed(columns: &[(&str, [u64; 6])]) -> (String, Vec<String>, Option<&'static str>) {
        let names: Vec<String> = columns.iter().map(|it| it.0.to_owned()).collect();
        let sample = |it: &(&str, [u64; 6])| {
            let [n_filled, n_phones, n_emails, n_dates, n_consent_known, n_consent_distinct] = it.1;
            ColumnSample { n_filled, n_phones, n_emails, n_dates, n_consent_known, n_consent_distinct }
        };
        let guess = guess(&contacts(), &names, &columns.iter().map(sample).collect::<Vec<_>>());
        let fields = guess
            .columns
            .iter()
            .map(|(field, names)| format!("{field}={}", names.iter().collect::<Vec<_>>().join("+")));
        let fields = fields.collect::<Vec<_>>().join("; ");
        (fields, guess.left_out.into_iter().map(|it| it.0).collect(), guess.consent_channel)
    }

    const TEXT: [u64; 6] = [10, 0, 0, 0, 0, 10];
    const PHONES: [u64; 6] = [10, 9, 0, 0, 0, 10];
    const DATES: [u64; 6] = [10, 0, 0, 10, 0, 10];
    const YES_NO: [u64; 6] = [10, 0, 0, 0, 2, 2];

    #[test]
    fn cells_decide_where_names_do_not() {
        for (columns, fields, left_out) in [
            // The phone is found by its cells, and the other columns are kept.
            (
                vec![("Coordonnée", PHONES), ("Nom", TEXT), ("Email", TEXT)],
                "email=Email; last_name=Nom; phone=Coordonnée",
                vec![],
            ),
            (vec![("+33199000001", PHONES)], "phone=+33199000001", vec![]),
            // A column that is called a phone number and holds something else.
            (vec![("Phone", YES_NO), ("Reach", PHONES)], "phone=Reach", vec!["Phone"]),
            (vec![("Mobile", TEXT), ("Phone", PHONES)], "phone=Phone", vec!["Mobile"]),
            (vec![("Order number", PHONES), ("Number", PHONES)], "phone=Number", vec![]),
            (vec![("A", PHONES), ("B", PHONES), ("Name", TEXT)], "name=Name", vec!["A", "B"]),
            (vec![("A", TEXT), ("Name", TEXT)], "name=Name", vec![]),
            // An empty column is taken by its name.
            (vec![("Mobile", [0; 6]), ("Phone", PHONES)], "phone=Mobile+Phone", vec![]),
            (
                vec![("Phone", PHONES), ("Date", DATES), ("Status", YES_NO)],
                "consent=Status; last_at=Date; phone=Phone",
                vec![],
            ),
            (vec![("Phone", PHONES), ("Date", TEXT), ("Status", [10, 0, 0, 0, 1, 4])], "phone=Phone", vec!["Status"]),
            (vec![("Phone", PHONES), ("Status", [10, 0, 0, 0, 2, 4])], "phone=Phone", vec!["Status"]),
            (vec![("Phone", PHONES), ("Consent", [10, 0, 0, 0, 2, 4])], "consent=Consent; phone=Phone", vec![]),
            (vec![("Phone", PHONES), ("Consent", [10, 0, 0, 0, 1, 4])], "phone=Phone", vec!["Consent"]),
            // A date beside a word of consent says when.
            (
                vec![("Phone", PHONES), ("SMS consent", YES_NO), ("Consent given (UTC)", DATES)],
                "consent=SMS consent; consent_at=Consent given (UTC); phone=Phone",
                vec![],
            ),
            (vec![("Phone", PHONES), ("Phone", PHONES), ("Name", TEXT)], "name=Name", vec!["Phone"]),
        ] {
            let (guessed, left, _) = guessed(&columns);
            assert_eq!(
                (guessed.as_str(), left),
                (fields, left_out.iter().map(|it| (*it).to_owned()).collect()),
                "{columns:?}"
            );
        }
    }

    #[test]
    fn a_consent_to_sms_comes_before_one_to_anything_and_one_to_e_mail() {
        for (names, fields, left_out, channel) in [
            (
                vec!["Email consent", "Consent", "SMS consent"],
                "consent=SMS consent",
                vec!["Consent", "Email consent"],
                None,
            ),
            (vec!["Email consent", "Consent"], "consent=Consent", vec!["Email consent"], None),
            (vec!["Email consent"], "consent=Email consent", vec![], Some("email")),
            (
                vec!["SMS consent", "WhatsApp consent"],
                "consent=WhatsApp consent",
                vec!["SMS consent"],
                Some("whatsapp"),
            ),
            (vec!["Email opt out"], "opt_out=Email opt out", vec![], Some("email")),
            (vec!["Email opt out", "SMS opt out"], "opt_out=SMS opt out", vec!["Email opt out"], None),
            (vec!["Email opt out", "Do not contact"], "opt_out=Do not contact+Email opt out", vec![], None),
            // A refusal of everything is not filed under e-mail.
            (vec!["Email consent", "Do not contact"], "opt_out=Do not contact", vec!["Email consent"], None),
            (
                vec!["Désinscrit par téléphone", "Ne plus contacter SVP"],
                "opt_out=Désinscrit par téléphone+Ne plus contacter SVP",
                vec![],
                None,
            ),
            (vec!["Unsubscribed by", "Unsubscribe link"], "opt_out=Unsubscribed by", vec![], None),
            (vec!["Opt-in / Opt-out"], "consent=Opt-in / Opt-out", vec![], None),
            (
                vec!["SMS consent", "Email consent timestamp"],
                "consent=SMS consent",
                vec!["Email consent timestamp"],
                None,
            ),
        ] {
            let columns: Vec<_> = names.iter().map(|it| (*it, YES_NO)).collect();
            let (guessed, left, consent_channel) = guessed(&columns);
            let left_out: Vec<String> = left_out.into_iter().map(str::to_owned).collect();
            assert_eq!((guessed.as_str(), left, consent_channel), (fields, left_out, channel), "{names:?}");
        }
    }

    #[test]
    fn a_column_of_refusals_is_known_in_other_words_too() {
        let names = [
            "Opt-out marketing",
            "SMS Opted Out?",
            "Has unsubscribed",
            "Do not contact flag",
            "DNC flag",
            "Blocked from SMS",
            "No SMS",
            "No marketing SMS",
            "Not to be contacted",
            "Refuse SMS",
            "Refuse la prospection",
            "Opposition au démarchage",
            "Ne souhaite plus être contacté",
            "Désinscription SMS le",
            "Pas de SMS",
            "Widerruf Werbung",
            "Werbeverbot",
            "Kein Kontakt",
            "Keine SMS",
            "No desea recibir SMS",
            "No quiere publicidad",
            "Não quer receber SMS",
            "Não enviar SMS",
            "Rifiuta marketing",
            "Non vuole SMS",
            "Geen SMS",
            "Geen reclame",
            "Nie chce SMS",
            "Brak zgody",
            "Отказался от рассылки",
            "Не присылать СМС",
            "Не отправлять",
            "Не надсилати СМС",
            "Не желае реклама",
            "Не жели поруке",
            "Δεν θέλει SMS",
            "Να μην λαμβάνει SMS",
            "SMS istemiyor",
            "لا يريد الرسائل",
            "عدم الإزعاج",
            "Tidak mau SMS",
            "एसएमएस नहीं",
        ];
        let is_missed =
            |it: &&str| guessed(&[(*it, YES_NO), ("Phone", PHONES)]).0 != format!("opt_out={it}; phone=Phone");
        let missed: Vec<&str> = names.into_iter().filter(is_missed).collect();
        assert!(missed.is_empty(), "{} of {}: {missed:?}", missed.len(), names.len());
        // Cells that are words do not say who has refused, and a name with both answers denies nothing.
        for name in ["SMS yes/no", "Accepte SMS (oui/non)", "Newsletter ja/nein", "SMS O/N"] {
            assert!(!guessed(&[(name, YES_NO), ("Phone", PHONES)]).0.contains("opt_out"), "{name}");
        }
        for name in [
            "No SMS",
            "Notes",
            "Nomination",
            "Geenstijl",
            "Note SMS",
            "Nombre de SMS",
            "Number of SMS",
            "Last SMS",
            "Kontakt",
            "Nota",
            "Numéro de commande",
        ] {
            assert!(!guessed(&[(name, TEXT), ("Phone", PHONES)]).0.contains("opt_out"), "{name}");
        }
    }

    #[test]
    fn no_name_of_a_column_stands_for_two_fields_or_twice_for_one() {
        let contacts = contacts();
        let mut fields: BTreeMap<String, &str> = BTreeMap::new();
        let mut twice = Vec::new();
        for (field, names) in contacts.columns.iter().chain(&contacts.guess) {
            for name in names.iter().filter(|it| !it.starts_with('*')) {
                if let Some(other) = fields.insert(folded(name), field) {
                    twice.push(format!("{name}: {other}, {field}"));
                }
            }
        }
        assert!(twice.is_empty(), "{twice:#?}");
    }
}
