//! Guesses the fields of the columns of a contact list, by their names and by what their cells look like.

use std::path::Path;

use crate::detect::guesser::{ColumnGuess, ColumnGuesser, ColumnSample, is_about_consent};
use crate::header::{Header, folded};
use crate::profile::{ColumnNames, Mapping, Profile};

/// Fields for which names alone decide.
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
/// Fields of [`BY_NAME`] that may have several columns, the best first.
const SEVERAL: [&str; 2] = ["region", "email"];

/// Guesses by names and cells. `contacts` is the profile of contact lists; `samples` has one entry per column.
///
/// Names come first. A column that is named like a phone number but holds none is left out. If no phone column is left,
/// the only column with mostly phone numbers is used. A consent column is used if at least half of its different values
/// are understood. Of several, one about WhatsApp comes first, then SMS, then no channel, then e-mail.
pub fn guess_columns(contacts: &Profile, columns: &[String], samples: &[ColumnSample]) -> ColumnGuess {
    let mut guesser = ColumnGuesser::new(contacts, columns, samples);
    let phones = guesser.phones();
    guesser.take("phone", phones);
    for field in BY_NAME {
        let mut indexes = guesser.by_name(field);
        if !SEVERAL.contains(&field) {
            indexes.truncate(1);
        }
        guesser.take(field, indexes);
    }
    guesser.correct_last_name();
    guesser.take_consents();
    if !guesser.guess.columns.contains_key("phone") {
        let phones = guesser.phones_by_cells();
        guesser.take("phone", phones);
    }
    if !guesser.guess.columns.contains_key("phone") && guesser.guess.national_phones.is_empty() {
        guesser.guess.national_phones = guesser.national_phones_by_cells();
    }
    guesser.guess
}

/// Guesses by names alone, one column per field.
pub fn guess_columns_by_names(contacts: &Profile, columns: &[String]) -> Mapping {
    let header = Header::new(columns);
    let index_of =
        |names: &ColumnNames| names.iter().find_map(|it| header.find(Path::new(""), it).ok()?.first().copied());
    let weak = contacts.guess.iter().filter(|(field, _)| !matches!(field.as_str(), "consent" | "opt_out"));
    let mut mapping = Mapping::new();
    for (field, names) in contacts.columns.iter().chain(weak) {
        if let (false, Some(index)) = (mapping.contains_key(field), index_of(names)) {
            mapping.insert(field.clone(), columns[index].as_str().into());
        }
    }
    mapping
}

/// Whether cells are names of columns: one of them is usual in lists of contacts, which `contacts` is the profile of, and
/// none may be the number or the address of a person.
pub fn names_columns(contacts: &Profile, cells: &[String]) -> bool {
    const FEWEST_DIGITS: usize = 7;
    let n_digits = |it: &str| it.chars().filter(char::is_ascii_digit).count();
    let may_be_of_person = |it: &String| it.contains('@') || n_digits(it) >= FEWEST_DIGITS;
    !cells.iter().any(may_be_of_person) && !guess_columns_by_names(contacts, cells).is_empty()
}

impl ColumnGuesser<'_> {
    fn phones(&mut self) -> Vec<usize> {
        let mut phones = self.numbered("phone");
        phones.retain(|index| {
            let sample = self.sample(*index);
            let is_phone = sample.n_filled == 0 || sample.n_phones > 0;
            match () {
                () if is_phone => {}
                () if sample.is_mostly_national() => {
                    self.is_taken[*index] = true;
                    self.guess.national_phones.push(self.columns[*index].clone());
                }
                () => self.leave_out(*index, "its name is that of a phone number, but no cell looks like one"),
            }
            is_phone
        });
        phones
    }

    fn national_phones_by_cells(&self) -> Vec<String> {
        let is_national = |it: &usize| !self.is_taken[*it] && self.sample(*it).is_written_national();
        (0..self.columns.len()).filter(is_national).map(|it| self.columns[it].clone()).collect()
    }

    /// A column of mostly phone numbers: one with a name such as "number", else the only one.
    fn phones_by_cells(&mut self) -> Vec<usize> {
        let mut named = self.named(self.contacts.guess.get("phone"));
        named.retain(|it| self.sample(*it).is_mostly_phones());
        named.truncate(1);
        if !named.is_empty() {
            return named;
        }
        let is_candidate = |it: &usize| !self.is_taken[*it] && self.sample(*it).is_mostly_phones();
        let indexes: Vec<usize> = (0..self.columns.len()).filter(is_candidate).collect();
        if indexes.len() > 1 {
            for index in indexes {
                self.leave_out(index, "several columns hold phone numbers, and no name says which is the person's");
            }
            return Vec::new();
        }
        indexes
    }

    fn by_name(&mut self, field: &str) -> Vec<usize> {
        let indexes = match field {
            "email" => self.numbered(field),
            field => self.named(self.contacts.columns.get(field)),
        };
        if !indexes.is_empty() {
            return indexes;
        }
        let has_parts = ["first_name", "last_name"].iter().any(|it| self.guess.columns.contains_key(*it));
        if field == "name" && has_parts {
            return Vec::new();
        }
        let mut weak = self.named(self.contacts.guess.get(field));
        if field.ends_with("_at") {
            weak.retain(|it| self.sample(*it).is_mostly_dates() && !is_about_consent(&self.columns[*it]));
        }
        weak
    }

    /// Next to a "Vorname" or "Voornaam", the column "Name" or "Naam" is the last name.
    fn correct_last_name(&mut self) {
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
            let none = ColumnSample::default();
            ColumnSample { n_filled, n_phones, n_emails, n_dates, n_consent_known, n_consent_distinct, ..none }
        };
        let guess = guess_columns(&contacts(), &names, &columns.iter().map(sample).collect::<Vec<_>>());
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
            // A column is named like a phone number and holds something else.
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
            // A column of dates next to a consent is its time.
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
    fn phone_numbers_without_a_country_code_are_known_by_the_name_or_the_form() {
        let [bare, written, dates] = [(10, 0, 0), (10, 9, 0), (10, 9, 9)].map(|it| ColumnSample {
            n_filled: 10,
            n_national: it.0,
            n_written_national: it.1,
            n_dates: it.2,
            ..ColumnSample::default()
        });
        for (columns, national) in [
            (vec![("Téléphone", written), ("Nom", ColumnSample::default())], vec!["Téléphone"]),
            (vec![("Mobile", bare), ("Order number", bare)], vec!["Mobile"]),
            (vec![("Coordonnée", written), ("Inscription", dates)], vec!["Coordonnée"]),
            (vec![("Order number", bare)], vec![]),
        ] {
            let (names, samples): (Vec<String>, Vec<_>) = columns.iter().map(|it| (it.0.to_owned(), it.1)).unzip();
            let guess = guess_columns(&contacts(), &names, &samples);
            assert_eq!(guess.national_phones, national, "{names:?}");
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
            // A refusal of everything is not stored as one of e-mail.
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
        // Cells with free text are not flags, and a name with both answers is not a refusal.
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
    fn no_name_of_a_column_is_listed_twice() {
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
