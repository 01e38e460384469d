//! Reads lists of SMS templates: tables with a column for the texts, or one template per line.

use std::ops::ControlFlow;

use scenario::{Act, Loss, Message, Purpose, Scenario, Trigger};

use import_base::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of, origin};
use import_base::table::{self, Columns, Row, Table, language_of, normal};
use import_base::{File, Format, ImportError, Imported, Options, Skipped, html, placeholders, sms_opt_out};

const EXPECTED: &str = "a list of texts";

pub fn import(file: &File, options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
    match is_lines(file, options) {
        true => lines(file, imported),
        false => rows(file, options, imported)?,
    }
    Ok(())
}

/// Whether a file has one text per line, and no columns.
fn is_lines(file: &File, options: &Options) -> bool {
    let path = file.path.to_ascii_lowercase();
    let is_text = [".txt", ".text"].iter().any(|it| path.ends_with(it));
    is_text && options.text_column.is_none() && !table::is_table(file)
}

/// A template of a list.
struct Entry<'a> {
    name: Option<&'a str>,
    text: &'a str,
    language: Option<&'a str>,
    purpose: Option<Purpose>,
    place: String,
}

fn lines(file: &File, imported: &mut Imported) {
    let text = String::from_utf8_lossy(&file.bytes);
    for (line, n) in text.lines().zip(1..) {
        // A name may come before the text, separated by a tab.
        let (name, text) = match line.split_once('\t') {
            Some((name, text)) => (Some(name.trim()), text.trim()),
            None => (None, line.trim()),
        };
        if !text.is_empty() {
            let entry = Entry { name, text, language: None, purpose: None, place: format!("line {n}") };
            push(file, &entry, imported);
        }
    }
}

fn rows(file: &File, options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
    let table = Table::open(file, EXPECTED)?;
    let wrong = |why| ImportError::Wrong { file: file.path.clone(), expected: EXPECTED, why };
    let columns = Columns::find(&table, options).map_err(wrong)?;
    let Some(text) = columns.text else {
        return Err(wrong("none of its columns holds texts: name it with --text-column".to_owned()));
    };
    table.each(|row| {
        let row = match table.fit(row, text) {
            Ok(row) => row,
            Err(place) => {
                let why = "it has more cells than there are columns: a text with a delimiter in it stands in quotes";
                let (file, place) = (file.path.clone(), place.into_owned());
                imported.skipped.push(Skipped { file, place, why: why.to_owned() });
                return ControlFlow::Continue(());
            }
        };
        match columns.translations.as_slice() {
            [] => push_row(file, &row, &columns, text, None, imported),
            several => several.iter().for_each(|(n, language)| {
                push_row(file, &row, &columns, *n, Some(language), imported);
            }),
        }
        ControlFlow::Continue(())
    });
    table::say_unused(file, &table, &columns.unused, imported);
    Ok(())
}

fn push_row(
    file: &File,
    row: &Row<'_>,
    columns: &Columns,
    text: usize,
    language: Option<&str>,
    imported: &mut Imported,
) {
    let cell = |column: Option<usize>| column.and_then(|it| row.cell(it));
    let place = row.place.clone().into_owned();
    let Some(text) = row.cell(text) else {
        let why = match language {
            Some(language) => format!("the row has no text in {language}"),
            None => "the row has no text".to_owned(),
        };
        imported.skipped.push(Skipped { file: file.path.clone(), place, why });
        return;
    };
    let language = language.map(str::to_owned).or_else(|| cell(columns.language).map(language_of));
    let entry = Entry {
        name: cell(columns.name),
        text,
        language: language.as_deref(),
        purpose: cell(columns.purpose).and_then(purpose),
        place,
    };
    push(file, &entry, imported);
}

/// The first letters of words for a purpose, in small letters without accents.
const PROMOTION: [&str; 20] = [
    "promo",
    "market",
    "mercadeo",
    "camp",
    "newsletter",
    "ofert",
    "offre",
    "offer",
    "penawaran",
    "werb",
    "angebot",
    "aktion",
    "reclame",
    "aanbied",
    "pubblic",
    "reklam",
    "kampan",
    "реклам",
    "تسويق",
    "عرض",
];
const AUTHENTICATION: [&str; 10] =
    ["auth", "otp", "code de verif", "verif", "2fa", "autent", "authent", "kode verif", "codigo de verif", "подтвержд"];
const NOTIFICATION: [&str; 16] = [
    "notif",
    "util",
    "transac",
    "transak",
    "rappel",
    "remind",
    "alert",
    "recordatorio",
    "lembrete",
    "erinner",
    "service",
    "promemoria",
    "herinner",
    "pengingat",
    "уведомл",
    "напомин",
];

/// Reads a purpose; none if the cell says another thing.
fn purpose(text: &str) -> Option<Purpose> {
    let word = normal(text);
    let is = |stems: &[&str]| stems.iter().any(|it| word.starts_with(it));
    match () {
        () if is(&PROMOTION) => Some(Purpose::Promotion),
        () if is(&AUTHENTICATION) || word == "code" => Some(Purpose::Authentication),
        () if is(&NOTIFICATION) => Some(Purpose::Notification),
        () => None,
    }
}

fn push(file: &File, entry: &Entry<'_>, imported: &mut Imported) {
    let mut builder = ScenarioBuilder::default();
    let (plain, tags) = html::plain(entry.text, true);
    if !tags.is_empty() {
        builder.record_loss(Loss::Html, "text", format!("the tags {}", tags.join(", ")));
    }
    let plain = match sms_opt_out::take_out(&plain) {
        Some((left, taken)) => {
            builder.record_loss(Loss::SmsOptOut, "text", format!("“{taken}”"));
            left
        }
        None => plain,
    };
    let text = placeholders::parse(&mut builder, &plain);
    let language = entry.language.unwrap_or_default();
    let name = entry.name.map_or_else(|| name_of(&plain), str::to_owned);
    builder.push("text", Act::Message(Message { text, ..Message::default() }));
    let purpose = entry.purpose.unwrap_or(Purpose::Notification);
    let trigger = match purpose {
        Purpose::Promotion => Trigger::Campaign,
        _ => Trigger::Event { name: None },
    };
    let origin = origin(Format::SmsList, &file.path, &entry.place);
    let category = entry.purpose.and_then(Purpose::category).map(str::to_owned);
    let scenario = builder.finish(ScenarioHead { intent: &name, language, purpose, trigger, origin }, None);
    imported.scenarios.push(Scenario { category, ..scenario });
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn told(name: &str, text: &str, options: &Options) -> String {
        let file = File { path: name.into(), bytes: text.as_bytes().to_vec() };
        let imported = scenario_import::import(vec![file], options).unwrap();
        let mut told = format!("{}\n", imported.format.name());
        for it in &imported.scenarios {
            let text = it.steps[0].act.text().unwrap();
            told += &format!("{} {} {:?}: {text}\n", it.id, it.language, it.purpose);
            it.losses.iter().for_each(|it| told += &format!("  {}: {}\n", it.loss.rule().name, it.what));
        }
        imported.skipped.iter().for_each(|it| told += &format!("{}: {}\n", it.place, it.why));
        told
    }

    fn check(name: &str, text: &str, expected: Expect) {
        expected.assert_eq(&told(name, text, &Options::default()));
    }

    #[test]
    fn codes_are_names_and_columns_that_are_passed_over_are_said() {
        check(
            "modeles.csv",
            "Code modèle;Usage;Texte du SMS;Nb caractères;Dernière modification
RDV_RAPPEL;Rappel;Bonjour [Prénom], votre rendez-vous est le [date].;60;12/01/2026
SOLDES;Promotion;Soldes chez nous ! Profitez-en. STOP au 36987;50;13/01/2026
",
            expect![[r#"
                sms-list
                rdv_rappel fr Notification: Bonjour {{prenom}}, votre rendez-vous est le {{date}}.
                soldes fr Promotion: Soldes chez nous ! Profitez-en.
                  sms-opt-out: “STOP au 36987”
                columns: not used: “Nb caractères”
            "#]],
        );
    }

    #[test]
    fn commas_that_nobody_quoted_belong_to_the_text() {
        check(
            "a.csv",
            "Your order {id} is ready.\nYour order {id} is late, and we are sorry.\n",
            expect![[r#"
                sms-list
                your_order_id_is_ready en Notification: Your order {{id}} is ready.
                your_order_id_is_late en Notification: Your order {{id}} is late, and we are sorry.
            "#]],
        );
        check(
            "a.csv",
            "name,text\nready,Your order {id} is ready.\nlate,Your order {id} is late, and we are sorry.\n",
            expect![[r#"
                sms-list
                ready en Notification: Your order {{id}} is ready.
                late en Notification: Your order {{id}} is late, and we are sorry.
            "#]],
        );
        check(
            "a.csv",
            "Hi {name}, your order is ready.\nHi {name}, your order is late.\n",
            expect![[r#"
                sms-list
                hi_name_your_order_is en Notification: Hi {{name}}, your order is ready.
                hi_name_your_order_is_2 en Notification: Hi {{name}}, your order is late.
            "#]],
        );
        check(
            "a.csv",
            "text,name\nYour order {id} is ready.,ready\nYour order {id} costs 18,50 € today, thanks.,here\nYour order {id} is late,sorry.,late\n",
            expect![[r#"
                sms-list
                ready en Notification: Your order {{id}} is ready.
                here en Notification: Your order {{id}} costs 18,50 € today, thanks.
                line 4: it has more cells than there are columns: a text with a delimiter in it stands in quotes
            "#]],
        );
    }

    #[test]
    fn sentences_that_are_not_said_to_be_texts_for_customers_are_no_list() {
        for table in [
            "date,author,review\n2026-01-02,Ana Martin,Great shop and very nice people there\n",
            "order_id,customer,address\n1,Ana Martin,12 Rue de la Paix\n",
            "question,answer\nWhen are you open today?,We are open from 9 to 18.\n",
        ] {
            let file = File { path: "a.csv".into(), bytes: table.as_bytes().to_vec() };
            let why = scenario_import::import(vec![file], &Options::default()).unwrap_err().to_string();
            assert!(why.contains("the texts of a table with --text-column"), "{table}: {why}");
        }
    }

    #[test]
    fn columns_can_be_named_on_the_command_line() {
        let options = Options {
            text_column: Some("Wert".into()),
            name_column: Some("1".into()),
            language_column: Some("L".into()),
            ..Options::default()
        };
        let list = "K,L,Text,Wert\nA1,nl,Interne notitie over dit bericht,Uw pakket komt op {datum}.\n";
        expect![[r#"
            sms-list
            a1 nl Notification: Uw pakket komt op {{datum}}.
            columns: not used: “Text”
        "#]]
        .assert_eq(&told("a.csv", list, &options));
    }

    #[test]
    fn a_list_may_have_a_column_for_each_language() {
        check(
            "a.csv",
            "key,Text (EN),Text (FR)
ready,Your order {id} is ready for you.,Votre commande {id} est prête pour vous.
late,Your order {id} is late today.,
",
            expect![[r#"
                sms-list
                ready en Notification: Your order {{id}} is ready for you.
                ready fr Notification: Votre commande {{id}} est prête pour vous.
                late en Notification: Your order {{id}} is late today.
                line 3: the row has no text in fr
            "#]],
        );
    }

    #[test]
    fn a_list_may_be_json_or_a_line_of_json_for_each_text() {
        let list = r#"[{"template_id": "T-7", "isi": "Pesanan {nomor} sudah dikirim hari ini.", "aktif": true}]"#;
        let lines = r#"{"Name der Vorlage": "Termin", "Text": "Ihr Termin ist am {{ datum }} um {{ uhrzeit }} Uhr."}
{"Name der Vorlage": "Danke", "Text": "Vielen Dank für Ihren Besuch in der Werkstatt."}"#;
        check(
            "a.json",
            list,
            expect![[r#"
            sms-list
            t_7 id Notification: Pesanan {{nomor}} sudah dikirim hari ini.
            columns: not used: “aktif”
        "#]],
        );
        check(
            "a.ndjson",
            lines,
            expect![[r#"
            sms-list
            termin de Notification: Ihr Termin ist am {{datum}} um {{uhrzeit}} Uhr.
            danke de Notification: Vielen Dank für Ihren Besuch in der Werkstatt.
        "#]],
        );
    }

    #[test]
    fn thousands_of_texts_of_one_name_are_read_at_once() {
        let rows: String =
            (0..20_000).map(|n| format!("promo,Offer for {{name}} and {{x{n}}} of the day,en\n")).collect();
        let file = File { path: "a.csv".into(), bytes: format!("name,text,language\n{rows}").into_bytes() };
        let options = Options { format: Some(Format::SmsList), ..Options::default() };
        let imported = scenario_import::import(vec![file], &options).unwrap();
        assert_eq!(imported.scenarios.last().map(|it| it.id.as_str()), Some("promo_20000"));
    }
}
