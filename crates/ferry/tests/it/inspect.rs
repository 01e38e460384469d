//! `ferry inspect` says what each column of a file holds.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::world::World;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");

/// The columns of a file, a line for each: `name | filled | distinct | looks like | range | commonest | read as`.
fn columns(file: &str) -> String {
    let world = World::empty();
    let name = Path::new(file).file_name().unwrap().to_str().unwrap();
    fs::copy(Path::new(FIXTURES).join(file), world.path(name)).unwrap();
    lines(&profile(&world, name, &["--region", "FR"]))
}

/// The same of a file that holds this text.
fn columns_of(name: &str, text: &str) -> String {
    let world = World::empty();
    world.write(name, text);
    lines(&profile(&world, name, &["--region", "FR"]))
}

fn profile(world: &World, file: &str, more: &[&str]) -> Value {
    let ended = world.ferry(&[&["inspect", file, "--format", "json"], more].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    serde_json::from_str::<Value>(&ended.out).unwrap()["files"][0]["profile"].clone()
}

fn lines(profile: &Value) -> String {
    let columns = profile["columns"].as_array().unwrap();
    columns.iter().map(|it| line(it) + "\n").collect()
}

fn line(column: &Value) -> String {
    let text = |key: &str| column[key].as_str().unwrap_or_default().to_owned();
    let looks_like = [text("looks_like"), text("date_form"), text("day_or_month")].join(" ");
    let range = match column["least"].as_str() {
        Some(least) => format!("{least} to {}", text("most")),
        None => format!("{} to {} long", column["shortest"], column["longest"]),
    };
    let common = |it: &Value| {
        let share = (it["share"].as_f64().unwrap() * 100.0).round();
        let quote = if it["is_form"].as_bool().unwrap() { '~' } else { '"' };
        format!("{quote}{}{quote} {share}", it["value"].as_str().unwrap())
    };
    let common: Vec<String> = column["commonest"].as_array().unwrap().iter().map(common).collect();
    let read_as: Vec<&str> = column["read_as"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    format!(
        "{} | {} | {} | {} | {range} | {} | {}",
        text("name"),
        column["filled"],
        column["distinct"],
        looks_like.trim(),
        common.join(", "),
        read_as.join(", ")
    )
    .trim_end()
    .to_owned()
}

#[track_caller]
fn check(columns: &str, expected: &str) {
    let expected: String = expected.trim().lines().map(|it| it.trim().to_owned() + "\n").collect();
    assert_eq!(columns, expected, "\n{columns}");
}

/// The same three people in every form.
const CONTACTS: &str = r#"
    Téléphone mobile | 2 | 2 | phone | PHONES | phone
    Prénom | 3 | 3 | name | 3 to 6 long | ~x~ 100 | first_name
    Nom | 1 | 1 | name | 5 to 5 long | ~x~ 100 | last_name
    E-mail | 1 | 1 | email | 15 to 15 long | ~x@x.x~ 100 | email
    Pays | 2 | 1 | country | 6 to 6 long | "France" 100 | region
    Langue | 1 | 1 | language | 2 to 2 long | "fr" 100 | language
    Date d'inscription | 2 | 2 | date YYYY-MM-DD | 10 to 10 long | ~YYYY-MM-DD~ 100 | first_at
"#;

#[test]
fn a_contact_list_has_the_same_columns_in_every_form() {
    let texts = CONTACTS.replace("PHONES", "12 to 14 long | ~+99999999999~ 50, ~99 99 99 99 99~ 50");
    for form in ["tsv", "csv.gz", "csv.zst", "zip", "ods"] {
        check(&columns(&format!("generic/contacts.{form}")), &texts);
    }
    for file in ["contacts-1252.csv", "contacts-utf16.csv"] {
        check(&columns(&format!("generic/{file}")), &texts);
    }
    // This spreadsheet has a national number as a number, without its zero.
    let numbers = CONTACTS.replace("PHONES", "9 to 12 long | ~+99999999999~ 50, ~999999999~ 50");
    for file in ["contacts.xlsx", "contacts.xlsx.gz", "contacts-xlsx.zip"] {
        check(&columns(&format!("generic/{file}")), &numbers);
    }
}

#[test]
fn a_message_log_shows_words_and_forms_and_no_text_of_a_person() {
    check(
        &columns("twilio/messages.csv"),
        r#"
        From | 10 | 6 | phone | 5 to 21 long | ~+99999999999~ 60, ~x~ 20, ~99999~ 10, ~x:+99999999999~ 10 | from
        To | 10 | 4 | phone | 12 to 12 long | ~+99999999999~ 100 | to
        Body | 10 | 9 | text | 4 to 27 long | ~x~ 60, ~***x x x***~ 10, ~x 9999~ 10, ~x x~ 10, ~x, "x" x~ 10 | body
        Status | 10 | 4 | category | 6 to 11 long | "received" 60, ~x~ 40 | status
        SentDate | 10 | 9 | date x, 99 x 9999 99:99:99 +9999 | 2026-03 to 2026-03 | ~x, 99 x 9999 99:99:99 +9999~ 100 | last_at
        ApiVersion | 10 | 1 | date YYYY-MM-DD | 2010-04 to 2010-04 | ~YYYY-MM-DD~ 100 |
        NumSegments | 10 | 1 | number | 1 to 1 | ~9~ 100 |
        ErrorCode | 2 | 2 | number | 5 to 5 long | ~99999~ 100 | error
        AccountSid | 10 | 1 | id | 34 to 34 long | ~x99999999999999999999999999999…~ 100 |
        Sid | 10 | 9 | id | 34 to 34 long | ~x99999999999999999999999999999…~ 100 | message_id
        Direction | 10 | 3 | category | 7 to 14 long | "inbound" 60, "outbound-api" 30, ~x-x~ 10 | direction
        Price | 10 | 1 | number | -0.065 to -0.065 | ~-9.9999~ 100 |
        PriceUnit | 10 | 1 | category | 3 to 3 long | ~x~ 100 |
        "#,
    );
}

#[test]
fn numbers_without_a_plus_sign_are_phones_and_masked_ones_show() {
    check(
        &columns("plivo/download.csv"),
        r#"
        Message UUID | 4 | 4 | id | 6 to 6 long | ~9x9x-9~ 100 | message_id
        From | 4 | 2 | phone | 11 to 11 long | ~99999999999~ 100 | from
        To | 4 | 4 | phone | 11 to 11 long | ~99999999999~ 75, ~99999999***~ 25 | to
        To Country ISO2 | 4 | 1 | country | 2 to 2 long | ~x~ 100 |
        Direction | 4 | 2 | category | 7 to 8 long | "outbound" 75, ~x~ 25 | direction
        Message Time | 4 | 4 | date YYYY-MM-DD hh:mm:ss+hh:mm | 25 to 31 long | ~YYYY-MM-DD hh:mm:ss+hh:mm~ 75, ~YYYY-MM-DD hh:mm:ss.99999+99:9…~ 25 | last_at
        Status | 4 | 3 | text | 4 to 9 long | ~x~ 100 | status
        Error Code | 1 | 1 | number | 2 to 2 long | ~99~ 100 | error
        Error Reason | 0 | 0 | empty | 0 to 0 long |  |
        Units | 4 | 1 | number | 1 to 1 long | ~9~ 100 |
        Rate Per Unit (USD) | 4 | 1 | number | 6 to 6 long | ~9.9999~ 100 |
        Carrier Surcharge Per Unit (USD) | 4 | 1 | number | 1 to 1 long | ~9~ 100 |
        Total Charge Per Unit (USD) | 4 | 1 | number | 6 to 6 long | ~9.9999~ 100 |
        Total Charge (USD) | 4 | 1 | number | 6 to 6 long | ~9.9999~ 100 |
        "#,
    );
}

#[test]
fn people_of_a_json_page_have_a_column_for_each_value() {
    check(
        &columns("infobip/people.json"),
        r#"
        id | 3 | 2 | id | 5 to 5 long | ~99999~ 100 | external_id
        externalId | 2 | 1 | id | 9 to 9 long | ~x-99999~ 100 | external_id
        firstName | 3 | 2 | name | 3 to 3 long | ~x~ 100 | first_name
        lastName | 2 | 1 | name | 4 to 4 long | ~x~ 100 | last_name
        type | 2 | 1 | category | 8 to 8 long | ~x~ 100 |
        createdAt | 3 | 2 | date YYYY-MM-DDThh:mm:ss | 19 to 19 long | ~YYYY-MM-DDThh:mm:ss~ 100 | first_at
        modifiedAt | 3 | 1 | date YYYY-MM-DDThh:mm:ss | 19 to 19 long | ~YYYY-MM-DDThh:mm:ss~ 100 |
        preferredLanguage | 2 | 1 | language | 5 to 5 long | "fr-FR" 100 | language
        tags | 2 | 1 | category | 45 to 45 long | ~[ "x", "x" ]~ 100 | tags
        customAttributes.Points | 2 | 1 | number | 3 to 3 long | ~999~ 100 |
        contactInformation.email.address | 2 | 1 | email | 15 to 15 long | ~x@x.x~ 100 | email
        contactInformation.viberBots.applicationId | 2 | 1 | category | 12 to 12 long | ~x-x~ 100 |
        contactInformation.viberBots.userId | 2 | 1 | id | 24 to 24 long | ~x9x9x9x+x==~ 100 | viber_id
        contactInformation.phone.number | 3 | 3 | phone | 11 to 11 long | ~99999999999~ 100 | phone
        "#,
    );
}

#[test]
fn small_and_unknown_files_are_described_too() {
    check(
        &columns("viber/bot-builder.csv"),
        r#"
        full_name | 3 | 3 | name | 3 to 6 long | ~x~ 67, ~x x.~ 33 | name
        platform_id | 3 | 3 | id | 5 to 24 long | ~x9x9x9x==~ 67, ~99999~ 33 | viber_id
        platform | 3 | 2 | text | 5 to 8 long | ~x~ 100 | channel
        "#,
    );
    check(
        &columns("generic/orders.csv"),
        r#"
        Order | 1 | 1 | text | 3 to 3 long | ~x-9~ 100 |
        Direction | 1 | 1 | text | 7 to 7 long | ~x~ 100 |
        Message Time | 1 | 1 | date YYYY-MM-DD | 10 to 10 long | ~YYYY-MM-DD~ 100 |
        Status | 1 | 1 | text | 4 to 4 long | ~x~ 100 |
        "#,
    );
    check(&columns("generic/numbers.txt"), "column_1 | 3 | 3 | phone | 12 to 12 long | ~+99999999999~ 100 | phone");
    check(&columns("aws/sns.json"), "value | 2 | 2 | phone | 12 to 12 long | ~+99999999999~ 100 | phone");
}

/// A customer list as a French shop keeps it.
const SHOP: &str = "\
Nom;Portable;Accord SMS;Né(e) le;Pays;Solde;Carte;Vendeur
Zoé Lévy;01 99 00 00 01;oui;03/04/1990;France;12,50;Or;Jean Petit
Ana Pérez;01 99 00 00 02;non;05/06/1985;France;-3;Or;Jean Petit
Léa Gil;01 99 00 00 03;oui;;Espagne;0;Or;Jean Petit
Tom Roy;01 99 00 00 04;oui;07/08/2001;n/a;1200;;Eva Blanc
";

#[test]
fn a_shop_has_answers_countries_amounts_and_dates_that_two_people_read_in_two_ways() {
    let expected = |order: &str, form: &str| {
        format!(
            r#"
        Nom | 4 | 4 | name | 7 to 9 long | ~x x~ 100 | last_name
        Portable | 4 | 4 | phone | 14 to 14 long | ~99 99 99 99 99~ 100 | phone
        Accord SMS | 4 | 2 | yes_no | 3 to 3 long | "oui" 75, "non" 25 | consent
        Né(e) le | 3 | 3 | date {form} {order} | 10 to 10 long | ~{form}~ 100 |
        Pays | 4 | 3 | country | 3 to 7 long | "France" 50, "Espagne" 25, ~x/x~ 25 | region
        Solde | 4 | 4 | number | 1 to 5 long | ~-9~ 25, ~9~ 25, ~99,99~ 25, ~9999~ 25 |
        Carte | 3 | 1 | category | 2 to 2 long | ~x~ 100 |
        Vendeur | 4 | 2 | name | 9 to 10 long | ~x x~ 100 |
        "#
        )
    };
    let french = expected("day_first", "DD/MM/YYYY");
    check(&columns_of("clients.csv", SHOP), &french);
    let world = World::empty();
    world.write("clients.csv", SHOP);
    let unclear = expected("unclear", "99/99/9999");
    let lines = lines(&profile(&world, "clients.csv", &[]));
    let day = |text: &str| text.lines().find(|it| it.contains("Né(e) le")).unwrap().trim().to_owned();
    assert_eq!(day(&lines), day(&unclear));
}

#[test]
fn address_cards_are_described() {
    let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana Lopez\r\nTEL:+33199000001\r\nEND:VCARD\r\n";
    let lines = columns_of("people.vcf", &(cards.to_owned() + &cards.replace("0001", "0002").replace("Ana", "Eva")));
    for expected in
        ["| 2 | 2 | name | 9 to 9 long | ~x x~ 100 |", "| 2 | 2 | phone | 12 to 12 long | ~+99999999999~ 100 |"]
    {
        assert!(lines.contains(expected), "{lines}");
    }
}

#[test]
fn no_name_number_or_address_of_a_person_is_printed() {
    let world = World::empty();
    for (file, personal) in [("sms.csv", [0, 2, 3]), ("viber.csv", [0, 2, 3])] {
        fs::copy(Path::new(FIXTURES).join("demo").join(file), world.path(file)).unwrap();
        let shown = profile(&world, file, &["--region", "FR"]).to_string();
        let delimiter = if file == "sms.csv" { b',' } else { b';' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_path(world.path(file)).unwrap();
        for row in reader.records().map(|it| it.unwrap()) {
            let cells = personal.iter().map(|it| row[*it].trim()).filter(|it| it.len() > 3);
            let printed: Vec<&str> = cells.filter(|it| shown.contains(&format!("\"{it}\""))).collect();
            assert!(printed.is_empty(), "{printed:?}");
        }
    }
}

/// Twelve made-up customers: what a shop keeps of each.
const CUSTOMERS: &str = "\
Téléphone;Prénom;Nom;E-mail;Pays;Langue;Accord SMS;Mots-clés;Né(e) le;Vendeur;Type;Groupe;Adresse de livraison;Message;Diagnostic;Prof;Initiales;Plaque;Carte;Solde
01 99 00 00 01;Brunhilde;Eisenzahn;brunhilde@example.com;France;AB-120-CD;oui;apiculture;14/03/1967;Gontran;Brunhilde;Famille Eisenzahn;7 allée Pervenche;Rappeler Wilhelmine;Scarlatine;Jordan;JE;FR-731-QX;481501;1023.45
01 99 00 00 02;Zébulon;Quévremont;zebulon@example.com;France;EF-121-GH;oui;escrime;25/12/1971;Gontran;Zébulon;Famille Quévremont;8 allée Pervenche;Rappeler Hortense;Varicelle;Jordan;ZQ;FR-732-QX;481502;2077.10
01 99 00 00 03;Théodule;Lacépède;theodule@example.com;Jordan Lacépède;fr;seulement Pâques;poterie;02/02/1980;Mélusine;Théodule;Famille Lacépède;9 impasse Glycine;Rappeler Sidonie;Rougeole;Chad;TL;FR-733-QX;481503;3099.99
01 99 00 00 04;Ondine;Fèvrier;ondine@example.com;France;fr;non;aviron;30/06/1985;Mélusine;Ondine;Famille Fèvrier;10 impasse Glycine;Rappeler Aldegonde;Coqueluche;Chad;OF;FR-734-QX;481504;1500.55
01 99 00 00 05;Jordan;Bézier;jordan@example.com;France;de;oui;vannerie;11/11/1990;Gontran;Jordan;Famille Bézier;11 quai Mimosa;Rappeler Philomène;Eczéma;Georgia;JB;FR-735-QX;481505;1800.01
01 99 00 00 06;Georgia;Crécy;georgia@example.com;France;de;oui;lutherie;01/09/2001;Mélusine;Georgia;Famille Crécy;12 quai Mimosa;Rappeler Eudoxie;Asthme;Georgia;GC;FR-736-QX;481506;1999.99
01 99 00 00 07;Chad;Dûment;chad@example.com;France;fr;oui;tricot;05/05/1975;Gontran;Chad;Famille Dûment;13 quai Mimosa;Rappeler Léocadie;Psoriasis;Jordan;CD;FR-737-QX;481507;1234.56
01 99 00 00 08;Cunégonde;Ébrard;cunegonde@example.com;Espagne;IJ-122-KL;oui;philatélie;06/06/1976;Mélusine;Cunégonde;Famille Ébrard;14 sente Bruyère;Rappeler Apolline;Migraine;Chad;CE;FR-738-QX;481508;1345.67
01 99 00 00 09;Isaure;Flécher;isaure@example.com;Espagne;es;non;origami;07/07/1977;Gontran;Isaure;Famille Flécher;15 sente Bruyère;Rappeler Clothilde;Lumbago;Georgia;IF;FR-739-QX;481509;1456.78
01 99 00 00 10;Enguerrand;Génin;enguerrand@example.com;France;fr;oui;fauconnerie;08/08/1978;Mélusine;Enguerrand;Famille Génin;16 sente Bruyère;Rappeler Radegonde;Sciatique;Jordan;EG;FR-740-QX;481510;1567.89
01 99 00 00 11;Fulbert;Hévin;fulbert@example.com;Brunhilde;fr;oui Wilhelmine;numismatique;09/09/1979;Gontran;Fulbert;Famille Hévin;17 venelle Bégonia;Rappeler Ermeline;Angine;Chad;FH;FR-741-QX;481511;1678.90
01 99 00 00 12;Sigismond;Jérome;sigismond@example.com;France;fr;oui;dentelle;10/10/1982;Mélusine;Sigismond;Famille Jérome;18 venelle Bégonia;Rappeler Gertrude;Bronchite;Georgia;SJ;FR-742-QX;481512;1789.01
";

/// The known words that the list may show.
const KNOWN: [&str; 7] = ["France", "Espagne", "fr", "de", "es", "oui", "non"];

#[test]
fn nothing_about_a_person_is_printed_though_it_comes_again_and_again() {
    let world = World::empty();
    let (header, rows) = CUSTOMERS.split_once('\n').unwrap();
    let list = format!("{header}\n{}", rows.repeat(5));
    world.write("clients.csv", &list);
    let latin: Vec<u8> = list.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
    fs::write(world.path("latin.csv"), latin).unwrap();
    for file in ["clients.csv", "latin.csv"] {
        for format in ["text", "json"] {
            let ended = world.ferry(&["inspect", file, "--region", "FR", "--format", format]);
            assert_eq!(ended.code, 0, "{ended:?}");
            let shown = ended.out + &ended.err;
            assert!(["France", "Espagne", "oui", "fr"].iter().all(|it| shown.contains(it)), "{shown}");
            let printed = printed(&shown, header, rows);
            assert!(printed.is_empty(), "{file} as {format} prints {printed:?}\n{shown}");
        }
    }
}

/// The cells, and the words of cells, that a text has. Words of the header and known words do not count.
fn printed<'a>(shown: &str, header: &str, rows: &'a str) -> Vec<&'a str> {
    let words = |text: &'a str| text.split(|it: char| !it.is_alphanumeric()).filter(|it| it.len() > 1);
    let shown_words: Vec<&str> = shown.split(|it: char| !it.is_alphanumeric()).collect();
    let is_telling = |it: &&str| it.contains(char::is_alphabetic) || it.len() > 4;
    let is_free = |it: &&str| !KNOWN.contains(it) && !header.contains(it);
    let cells = rows.lines().flat_map(|it| it.split(';')).filter(|it| it.len() > 4 && shown.contains(it));
    let in_words = words(rows).filter(is_telling).filter(|it| shown_words.contains(it));
    cells.chain(in_words).filter(is_free).collect()
}

/// A list of 30,000 people: more values than are kept.
fn crowd() -> World {
    let world = World::empty();
    let mut text = String::from("Phone,Joined,Plan,Points,Last seen\n");
    for n in 0..30_000 {
        let month = 1 + n / 100 % 12;
        let date = format!("20{:02}-{month:02}-{:02} 10:{:02}:{:02}", n / 1200, 1 + n % 28, n % 60, n / 60 % 60);
        let points = format!("{}{}", ["", "-"][n % 2], n / 3);
        text +=
            &format!("+331990{n:05},{date},{},{},{}\n", ["gold", "silver"][n % 2], points, 1_700_000_000 + n * 86_400);
    }
    world.write("crowd.csv", &text);
    world
}

#[test]
fn a_large_file_has_exact_counts_and_an_estimate_where_there_are_many_values() {
    let profile = profile(&crowd(), "crowd.csv", &[]);
    assert_eq!(profile["rows"], 30_000);
    let column = |n: usize| &profile["columns"][n];
    for (n, looks_like) in [(0, "phone"), (1, "date"), (2, "category"), (3, "number")] {
        assert_eq!((&column(n)["filled"], &column(n)["looks_like"]), (&30_000.into(), &looks_like.into()));
    }
    assert_eq!((&column(2)["distinct"], &column(2)["is_estimate"]), (&2.into(), &false.into()));
    let distinct = column(0)["distinct"].as_u64().unwrap();
    assert!(column(0)["is_estimate"] == true && distinct.abs_diff(30_000) < 2_000, "{distinct}");
    // Ranges are of all rows, also where the values are not kept.
    assert_eq!((&column(3)["least"], &column(3)["most"]), (&"-9999".into(), &"9999".into()));
    // Unix time, which `last_at` reads.
    assert_eq!((&column(4)["looks_like"], &column(4)["least"]), (&"date".into(), &"2023-11".into()));
    assert_eq!((&column(1)["least"], &column(1)["most"]), (&"2000-01".into(), &"2024-12".into()));
}

#[test]
fn the_profile_of_the_first_rows_says_so() {
    let world = crowd();
    let ended = world.ferry(&["inspect", "crowd.csv", "--rows", "1000"]);
    assert!(ended.out.contains("\n  rows       30,000\n"), "{}", ended.out);
    assert!(ended.out.contains("\n  profile    of the first 1,000 rows\n"), "{}", ended.out);
    assert!(!world.ferry(&["inspect", "crowd.csv", "--rows", "0"]).out.contains("profile    "));
}

#[test]
fn the_table_fits_its_terminal() {
    let world = World::empty();
    fs::copy(Path::new(FIXTURES).join("infobip/people.json"), world.path("people.json")).unwrap();
    for width in [100, 90, 60, 40] {
        let command = &mut world.command(&["inspect", "people.json"]);
        let out = String::from_utf8(command.env("COLUMNS", width.to_string()).output().unwrap().stdout).unwrap();
        let table = out.split_once("  profile ").unwrap().1.split_once("\n[[source]]").unwrap().0;
        // A word that does not fit stays whole.
        let is_wide = |it: &&str| it.chars().count() > width && it.trim().contains(", ");
        assert_eq!(table.lines().find(is_wide), None, "{width}\n{table}");
    }
}

#[test]
fn three_different_files_of_a_folder_are_three_sources() {
    let world = World::empty();
    fs::create_dir(world.path("exports")).unwrap();
    for file in ["twilio/messages.csv", "viber/webhooks.ndjson", "generic/contacts.xlsx"] {
        let name = Path::new(file).file_name().unwrap();
        fs::copy(Path::new(FIXTURES).join(file), world.path("exports").join(name)).unwrap();
    }
    for folder in ["exports", "exports/", "exports/*"] {
        let ended = world.ferry(&["inspect", folder]);
        assert_eq!(ended.out.matches("[[source]]").count(), 3, "{folder}: {}", ended.out);
        assert!(!ended.out.contains("path = \"exports/*\""), "{}", ended.out);
    }
}
