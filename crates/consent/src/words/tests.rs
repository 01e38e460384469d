use proptest::prelude::*;

use super::*;

fn all_say(read: impl Fn(&str) -> Meaning, expected: Meaning, cells: &str) {
    let wrong: Vec<_> = cells.split(" | ").map(|it| (it, read(it))).filter(|it| it.1 != expected).collect();
    assert!(wrong.is_empty(), "expected {expected:?}: {wrong:?}");
}

#[test]
fn a_refusal_is_understood_however_an_export_spells_it() {
    let words = Words::default();
    let cell = |it: &str| words.cell(it);
    all_say(cell, Meaning::No, "opt_out | opted_out | opted-out | opted out | OptedOut | optout | OPTOUT | Opt-Out.");
    all_say(
        cell,
        Meaning::No,
        "no | No! | NO 🙏 | n | N | false | 0 | 0.0 | non | não | NEIN | nie | нет | не | όχι | hayır | لا | नहीं",
    );
    all_say(
        cell,
        Meaning::No,
        "do not contact | DoNotContact | do not disturb | refusé | Refus | ne pas contacter | no thanks | No, thank you",
    );
    all_say(cell, Meaning::Stop, "STOP | stop. | Stop!! | stop sms | STOP 36180 | Stop svp | STOPALL | unsubscribe ");
    all_say(
        cell,
        Meaning::Stop,
        "revoked | REVOKE | ARRÊT | arret | Désabonné | désabonnée | desabonne | DÉSINSCRIT | desinscrite",
    );
    all_say(
        cell,
        Meaning::Stop,
        "dado de baja | abgemeldet | uitgeschreven | disiscritto | wypisany | отписан | відписаний | odjavljen",
    );
}

#[test]
fn a_yes_is_understood_in_the_languages_of_spreadsheets_and_people() {
    let words = Words::default();
    let cell = |it: &str| words.cell(it);
    all_say(
        cell,
        Meaning::Yes,
        "yes | Y | true | 1 | 1.0 | x | X | [x] | ✓ | ✔️ | ☑ | oui | O | o | vrai | V | WAHR | VERDADERO",
    );
    all_say(
        cell,
        Meaning::Yes,
        "VERDADEIRO | VERO | WAAR | PRAWDA | ИСТИНА | DOĞRU | sí | si | Sì | sim | ja | tak | да | da | ναι | evet",
    );
    all_say(cell, Meaning::Yes, "نعم | ya | हाँ | हां");
    all_say(
        cell,
        Meaning::Yes,
        "opt_in | OptedIn | opt-in | subscribed | accepté | Acceptée | ok | OK | confirmed_opt_in | double opt-in",
    );
    all_say(cell, Meaning::No, "FAUX | FALSCH | FALSO | ONWAAR | FAŁSZ | falsz | ЛОЖЬ | YANLIŞ | ψευδές | faux | f");
}

#[test]
fn a_cell_that_says_nothing_is_no_statement() {
    let words = Words::default();
    let cell = |it: &str| words.cell(it);
    all_say(
        cell,
        Meaning::Nothing,
        " | - | -- | — | n/a | N.A. | N/A | #N/A | NA | null | NULL | (null) | none | nil | unknown | Not set",
    );
    all_say(
        cell,
        Meaning::Nothing,
        "inconnu | Non renseigné | k.A. | s/d | n.v.t. | nie dotyczy | н/д | не указано | bilinmiyor | \t\u{a0}",
    );
}

#[test]
fn a_word_that_cannot_be_read_for_sure_is_unclear() {
    let words = Words::default();
    let cell = |it: &str| words.cell(it);
    all_say(
        cell,
        Meaning::Unclear,
        "pending | cleaned | bounced | active | ✗ | ✘ | ☒ | maybe | yes/no | yes but later | 2 | 10 | 1/1",
    );
    all_say(
        cell,
        Meaning::Unclear,
        "2024-05-25 | Novara | not_subscribed | never subscribed | opt_in_unverified | en attente | 👍",
    );
    // Yes in Greek, no in Hindi; yes in Turkish, no in Finnish; yes in English and Polish, no in Indonesian.
    all_say(cell, Meaning::Unclear, "nai | E | T");
    assert_eq!(words.cell(&"yes ".repeat(10_000)), Meaning::Unclear);
}

#[test]
fn in_a_column_of_refusals_a_yes_refuses_and_a_no_is_not_consent() {
    let words = Words::default();
    let cell = |it: &str| words.refusal_cell(it);
    all_say(cell, Meaning::No, "TRUE | yes | x | X | 1 | oui | ✓ | WAHR | да");
    all_say(cell, Meaning::Nothing, "FALSE | no | 0 |  | - | n/a | non | faux | nie | не");
    all_say(cell, Meaning::Stop, "unsubscribed | stop | STOP SMS | opted out | do not contact | refusé");
    all_say(cell, Meaning::Unclear, "maybe | subscribed | opt-in | ok | 7 | pending");
    assert!(lines().filter_map(|it| it.cell()).all(|it| it.refusal != Meaning::Yes));
}

#[test]
fn a_keyword_counts_alone_or_with_digits_and_courtesy() {
    let words = Words::default();
    let message = |it: &str| words.message(it);
    all_say(
        message,
        Meaning::Stop,
        "STOP | stop  | STOP. | Stop!! | STOP 36180 | STOP36180 | stop 36 180 | stop au 36180 | 36180 STOP",
    );
    all_say(
        message,
        Meaning::Stop,
        "STOP SMS | Stop svp | stop s'il vous plaît | STOP MERCI | Please stop | stop please! | Stop, thanks 🙏",
    );
    all_say(
        message,
        Meaning::Stop,
        "STOP stop stop | S.T.O.P | STOP2END | Bonjour, STOP merci | unsubscribe | OPTOUT | opt-out | Revoke | ARRÊT | arret",
    );
    all_say(message, Meaning::Stop, "STOOOP | stoppp!! | SOTP | unsuscribe please | arrêêêt");
    all_say(
        message,
        Meaning::Stop,
        "baja por favor | Sair, obrigado | Bitte abmelden | Stopp danke | disiscrivimi grazie | afmelden aub",
    );
    all_say(
        message,
        Meaning::Stop,
        "proszę wypisz | СТОП пожалуйста | Відпишіть будь ласка | стоп моля | одјава молим | διαγραφή παρακαλώ",
    );
    all_say(
        message,
        Meaning::Stop,
        "İPTAL lütfen | إيقاف من فضلك | berhenti tolong | कृपया बंद करें | Stop promotions | Se désabonner | Parar promoções",
    );
}

#[test]
fn a_text_that_only_begins_like_a_refusal_is_unclear() {
    let words = Words::default();
    let message = |it: &str| words.message(it);
    all_say(
        message,
        Meaning::Unclear,
        "Stop sending me the blue ones | STOP ads | stop, o Zé não vem | Please stop at the bakery | STOP START | Arrêt de bus fermé",
    );
    all_say(
        message,
        Meaning::Unclear,
        "unsubscribe me from the emails only | End of the month works for me | stop au fait",
    );
}

#[test]
fn ordinary_messages_say_nothing() {
    let words = Words::default();
    let message = |it: &str| words.message(it);
    all_say(
        message,
        Meaning::Nothing,
        " | yes | Oui | ok | OK 👍 | no | non merci | 36180 | thanks! | Merci | please | HELP | 👍 | 🛑",
    );
    all_say(
        message,
        Meaning::Nothing,
        "Stopover in Paris? | unstoppable | Endlich! | nonstop | non-stop | Don't stop | start the car | Starting Monday",
    );
    all_say(
        message,
        Meaning::Yes,
        "START | start. | UNSTOP | Subscribe | opt in | OPTIN | Start please | START 36180 merci | СТАРТ",
    );
    assert_eq!(words.message(&"lorem ipsum ".repeat(100_000)), Meaning::Nothing);
    assert_eq!(words.message(&"stop ".repeat(100_000)), Meaning::Unclear);
}

#[test]
fn the_words_of_a_plan_win() {
    let mut words = Words::default();
    words.add(Meaning::Yes, &["Aktif", "Oui"]);
    words.add(Meaning::Stop, &["Fini !"]);
    words.add(Meaning::Nothing, &["end", "optout"]);
    assert_eq!(
        (words.cell("AKTİF"), words.cell("oui"), words.cell("FINI")),
        (Meaning::Yes, Meaning::Yes, Meaning::Stop)
    );
    assert_eq!((words.message("Oui"), words.message("fini svp")), (Meaning::Nothing, Meaning::Stop));
    assert_eq!((words.cell("END"), words.message("End"), words.message("End of May")), Default::default());
    assert_eq!((words.cell("Opt out"), words.message("OPT-OUT"), words.message("opt out")), Default::default());
    assert_eq!((words.refusal_cell("oui"), words.refusal_cell("aktif")), (Meaning::No, Meaning::No));
}

#[test]
fn the_digest_changes_with_every_word() {
    let default = Words::default().digest();
    assert_eq!(default.to_string(), "28cfe3d6edb88983dac2bd3becead8c8998bacfc2fb50642953bcd547a3ac9ee");
    let mut seen = vec![default];
    for (meaning, word) in
        [(Meaning::Yes, "fini"), (Meaning::Stop, "fini"), (Meaning::Nothing, "stop"), (Meaning::No, "ok")]
    {
        let mut words = Words::default();
        words.add(meaning, &[word]);
        seen.push(words.digest());
    }
    assert!((1..seen.len()).all(|n| !seen[..n].contains(&seen[n])));
}

#[test]
fn texts_say_how_to_stop_with_words_that_are_about_messages() {
    let french: Vec<_> = Words::stop_words("fr_CA").collect();
    assert!(["stop", "se désabonner", "désinscription"].iter().all(|it| french.contains(it)));
    assert!(!french.contains(&"cancel") && !french.contains(&"abmelden"));
    assert!(Words::stop_words("xx").any(|it| it == "stop"));
}

#[test]
fn the_data_file_is_well_formed() {
    for line in DATA.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let [word, language, place, state, source] = columns.as_slice() else { panic!("{line}") };
        assert!(!squash(word).is_empty(), "{line}");
        assert!(
            *language == "*" || (language.len() == 2 && language.bytes().all(|it| it.is_ascii_lowercase())),
            "{line}"
        );
        assert!(["cell", "message", "both", "any", "text"].contains(place), "{line}");
        assert!(
            ["true", "false", "yes", "no", "stop", "unclear", "none", "courtesy", "before digits"].contains(state),
            "{line}"
        );
        assert!(*source == "everyday" || source.starts_with("https://"), "{line}");
    }
}

#[test]
fn two_phrases_never_read_alike_without_blanks() {
    let mut glued: BTreeMap<String, Part> = BTreeMap::new();
    for line in lines().filter(Line::is_in_messages) {
        let Some(part) = line.part() else { continue };
        let known = *glued.entry(Tokens::of(line.word).collect()).or_insert(part);
        assert_eq!(known.or_unclear(part), part, "{}", line.word);
    }
}

/// A word that two languages understand differently is unclear; these are all of them.
#[test]
fn languages_disagree_about_few_words() {
    let mut cells: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    for line in lines().filter(Line::is_in_cells) {
        cells.entry(squash(line.word)).or_default().extend(line.cell());
    }
    let disagree =
        |all: &[Cell]| all.iter().any(|it| agreed(it.consent, all[0].consent) != it.consent.max(all[0].consent));
    let words: Vec<_> = cells.iter().filter(|it| disagree(it.1)).map(|it| it.0.as_str()).collect();
    assert_eq!(words, ["e", "jo", "nai", "t"]);
}

proptest! {
    #[test]
    fn case_blanks_and_punctuation_around_a_word_do_not_matter(
        n in any::<prop::sample::Index>(), before in "[ \t\u{a0}]{0,2}", after in "[ !.]{0,3}",
    ) {
        let all: Vec<_> = lines().filter(|it| it.is_in_cells() && it.word.contains(char::is_alphabetic)).collect();
        let word = n.get(&all).word;
        let words = &*DEFAULT;
        let expected = words.cell(word);
        for written in [word.to_lowercase(), word.to_uppercase(), word.replace(' ', "_"), word.replace(' ', "-")] {
            prop_assert_eq!(words.cell(&format!("{before}{written}{after}")), expected, "{}", written);
        }
    }

    #[test]
    fn courtesy_and_digits_do_not_change_a_keyword(
        n in any::<prop::sample::Index>(), polite in any::<prop::sample::Index>(), number in "[0-9]{0,6}", is_before in any::<bool>(),
    ) {
        let all: Vec<_> = lines().filter(|it| it.is_in_messages() && ["stop", "yes"].contains(&it.state)).collect();
        let courtesy: Vec<_> = lines().filter(|it| it.state == "courtesy").collect();
        let (keyword, polite) = (n.get(&all), polite.get(&courtesy).word);
        let words = &*DEFAULT;
        let expected = words.message(keyword.word);
        prop_assert_eq!(expected.name(), keyword.state);
        let text = match is_before {
            true => format!("{polite} {} {number}!", keyword.word),
            false => format!("{} {number} {polite} 🙏", keyword.word),
        };
        prop_assert_eq!(words.message(&text), expected, "{}", text);
    }

    #[test]
    fn no_text_panics_and_only_words_of_the_data_file_are_a_yes(text in "\\PC{0,40}") {
        let words = &*DEFAULT;
        let _ = (words.cell(&text), words.refusal_cell(&text), words.message(&text));
        prop_assert_ne!(words.refusal_cell(&text), Meaning::Yes);
    }

    #[test]
    fn the_short_cut_for_short_cells_reads_what_the_long_way_reads(text in "[a-z0-9 ./_-]{0,16}") {
        let words = &*DEFAULT;
        let mut long_way = words.clone();
        long_way.short.clear();
        prop_assert_eq!(words.cell(&text), long_way.cell(&text));
    }
}
