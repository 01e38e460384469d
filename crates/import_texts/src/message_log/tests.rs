use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn told(log: &str) -> String {
    let file = File { path: "log.csv".into(), bytes: log.as_bytes().to_vec() };
    let imported = scenario_import::import(vec![file], &Options::default()).unwrap();
    let mut told = String::new();
    for it in &imported.scenarios {
        let origin = it.origin.as_ref().unwrap();
        let n = origin.n_messages.unwrap();
        let text = it.steps[0].act.text().unwrap();
        told += &format!("{n} {} {} {text}\n", it.language, origin.last_used.as_deref().unwrap_or("-"));
        for slot in &it.slots {
            told += &format!("  {} {:?} {:?}\n", slot.name, slot.examples, slot.longest);
        }
    }
    imported.skipped.iter().for_each(|it| told += &format!("{}: {}\n", it.place, it.why));
    told
}

fn check(log: &str, expected: Expect) {
    expected.assert_eq(&told(log));
}

#[test]
fn a_currency_that_stands_apart_stays_text_and_accents_are_shown() {
    check(
        "To,Body
+33199000001,\"Ola Ana, sua fatura de R$ 89,90 vence hoje, pague ate as 18h.\"
+33199000002,\"Ola Rui, sua fatura de R$ 120,00 vence hoje, pague ate as 18h.\"
+33199000003,\"Olá Eva, sua fatura de R$ 99,90 vence hoje, pague até as 18h.\"
",
        expect![[r#"
            3 pt - Olá {{name}}, sua fatura de R$ {{amount}} vence hoje, pague até as {{time}}.
              name ["Ana"] Some(3)
              amount ["123,45"] Some(6)
              time ["18h"] Some(3)
        "#]],
    );
}

#[test]
fn sent_messages_are_grouped_into_their_templates() {
    check(
        "To,Body,Direction,Date Sent
+33199000001,\"Bonjour Ana, votre commande 1041 est prête.\",outbound-api,2026-01-02
+33199000002,\"Bonjour Jean Paul, votre commande 7 est prête.\",outbound-api,2026-03-01
+33199000003,\"Bonjour Léa, votre commande 88 est prête.\",outbound-api,2026-02-01
+33199000003,\"Bonjour Marc, votre commande 12 est prête.\",outbound-api,2026-02-02
+33199000004,OUI,inbound,2026-02-01
+33199000001,Votre code est 482913,outbound-api,2026-01-02
+33199000002,Votre code est 113355,outbound-api,2026-01-03
+33199000003,Votre code est 904211,outbound-api,2026-01-04
+33199000004,\"RDV le 12/03/2026 à 14:30, solde 25,50€\",outbound-api,2026-01-04
+33199000005,\"RDV le 13/03/2026 à 9h, solde 5€\",outbound-api,2026-01-05
+33199000006,\"RDV le 14/03/2026 à 9h15, solde 105€\",outbound-api,2026-01-06
+33199000006,Une seule fois,outbound-api,2026-01-06
",
        expect![[r#"
            4 fr 2026-03-01 Bonjour {{name}}, votre commande {{number}} est prête.
              name ["Ana"] Some(9)
              number ["1234"] Some(4)
            3 fr 2026-01-06 RDV le {{date}} à {{time}}, solde {{amount}}
              date ["12/03/2026", "14/03/2026"] Some(10)
              time ["14:30", "9h15"] Some(5)
              amount ["123€"] Some(6)
            3 fr 2026-01-04 Votre code est {{code}}
              code ["123456"] Some(6)
            rows: 1 messages that customers sent
            rare: 1 messages of 1 kinds: each kind has fewer than 3
        "#]],
    );
}

#[test]
fn a_phone_and_a_date_make_a_log_under_any_header_or_none() {
    let rows = "+33199000001;01/03/2026;Bonjour Ana, votre colis 1041 est au relais BIG BAZAAR
+33199000002;28/02/2026;Bonjour Léa, votre colis 77 est au relais Lulu
+33199000003;02/03/2026;Bonjour Marc Petit, votre colis 903 est au relais Gare du Nord
";
    let expected = expect![[r#"
        3 fr 2026-03-02 Bonjour {{name}}, votre colis {{number}} est au relais {{text}}
          name ["Ana"] Some(10)
          number ["1234"] Some(4)
          text ["example"] Some(12)
    "#]];
    expected.assert_eq(&told(rows));
    assert_eq!(told(&format!("numero;le;quoi\n{rows}")), told(rows));
}

fn told_of(path: &str, log: &str) -> String {
    let file = File { path: path.into(), bytes: log.as_bytes().to_vec() };
    let imported = scenario_import::import(vec![file], &Options::default()).unwrap();
    let texts = imported.scenarios.iter().map(|it| it.steps[0].act.text().unwrap().to_string() + "\n");
    texts.chain(imported.skipped.iter().map(|it| format!("{}: {}\n", it.place, it.why))).collect()
}

#[test]
fn a_text_takes_no_cell_of_another_column_whatever_the_delimiter_and_the_header() {
    let bill =
        |name: &str, n: usize| format!("Sayın {name}, su faturanız 18{n},50 TL tutarındadır, ödeme tarihi 15.02.2026.");
    let rows = |delimiter: &str, quote: &str| -> String {
        let row = |(n, name): (usize, &str)| {
            let (date, phone) = (format!("0{n}.02.2026 09:10"), format!("+33 1 99 00 00 0{n}"));
            [date, phone, format!("{quote}{}{quote}", bill(name, n)), "İletildi".to_owned(), "2".to_owned()]
                .join(delimiter)
        };
        (1..5).zip(["Ayşe", "Okan", "Elif", "Nur"]).map(|it| row(it) + "\n").collect()
    };
    let expected = "Sayın {{name}}, su faturanız {{amount}} tutarındadır, ödeme tarihi {{date}}.\n";
    for (path, delimiter) in
        ["log.txt", "log.csv", "log.log"].iter().flat_map(|it| ["\t", ";", "|", ","].map(|to| (it, to)))
    {
        for header in ["", "Tarih/Telefon/Mesaj/Durum/Parça\n", "gün/kime/ne/nasıl/parça\n"] {
            let quote = if delimiter == "," && !header.is_empty() { "\"" } else { "" };
            let told = told_of(path, &(header.replace('/', delimiter) + &rows(delimiter, quote)));
            assert!(
                told.starts_with(expected) && !told.contains("İletildi"),
                "{path} {delimiter:?} {header:?}: {told}"
            );
        }
    }
}

#[test]
fn a_row_with_more_cells_than_the_others_is_left_out_and_said() {
    let row = |n: usize| format!("0{n}.02.2026\t+33 1 99 00 00 0{n}\tYour parcel 10{n} is at our shop\n");
    for header in ["", "date\tphone\ttext\n"] {
        let rows: String = (1..5).map(row).collect();
        let log = format!("{header}{rows}05.02.2026\t+33 1 99 00 00 09\tYour parcel 109 is at our shop\tRead\n");
        let told = told_of("log.txt", &log);
        assert_eq!(
            told,
            "Your parcel {{number}} is at our shop\nrows: 1 messages in rows with more cells than columns: a text with a delimiter in it stands in quotes\n"
        );
    }
}

#[test]
fn a_day_of_the_week_that_all_messages_have_is_text_and_a_comma_ends_a_name() {
    let bill = |n: usize, month: &str| {
        format!("{n},+3319900000{n},\"Olá Ana, {month} vence no domingo, dia 0{n}/02/2026.\"\n")
    };
    let rows: String =
        (1..10).zip(["janeiro", "março", "abril"].into_iter().cycle()).map(|it| bill(it.0, it.1)).collect();
    let more = bill(0, "maio");
    let text = told_of("log.csv", &format!("id,to,text\n{rows}{more}"));
    assert_eq!(text.lines().next(), Some("Olá {{name}}, {{text}} vence no domingo, dia {{date}}."));
}

#[test]
fn what_says_the_opposite_is_a_template_of_its_own() {
    check(
        "telefoon;verzonden op;bericht
+31970000001;02-03-2026;Beste Sanne, uw afspraak op 12 maart om 09:20 uur is bevestigd. Tot dan.
+31970000002;02-03-2026;Beste Bram, uw afspraak op 13 maart om 10:20 uur is bevestigd. Tot dan.
+31970000003;03-03-2026;Beste Joris, uw afspraak op 2 april om 11:40 uur is geannuleerd. Tot ziens.
+31970000004;03-03-2026;Beste Fleur, uw afspraak op 3 april om 12:00 uur is geannuleerd. Tot ziens.
+31970000005;04-03-2026;Beste Thijs, uw afspraak op 4 april om 13:00 uur is geannuleerd. Tot ziens.
+31970000006;04-03-2026;Beste Roos, uw afspraak op 31 maart om 14:00 uur is bevestigd. Tot dan.
",
        expect![[r#"
            3 nl 2026-03-04 Beste {{name}}, uw afspraak op {{date}} om {{time}} uur is bevestigd. Tot dan.
              name ["Ana"] Some(5)
              date ["12/05/2026"] Some(8)
              time ["09:20", "14:00"] Some(5)
            3 nl 2026-03-04 Beste {{name}}, uw afspraak op {{date}} om {{time}} uur is geannuleerd. Tot ziens.
              name ["Ana"] Some(5)
              date ["12/05/2026"] Some(7)
              time ["11:40", "13:00"] Some(5)
        "#]],
    );
}

#[test]
fn values_that_never_change_stay_slots() {
    check(
        "To,Sent at,Body
+33199000001,2026-03-01,\"Dear Mr Zqxvip, your statement number 1 is ready. Call 01 99 00 00 09 or pay 25.00 EUR within 10 days.\"
+33199000001,2026-03-02,\"Dear Mr Zqxvip, your statement number 1 is ready. Call 01 99 00 00 09 or pay 25.00 EUR within 10 days.\"
+33199000001,2026-03-03,\"Dear Mr Zqxvip, your statement number 1 is ready. Call 01 99 00 00 09 or pay 25.00 EUR within 10 days.\"
",
        expect![[r#"
            3 en 2026-03-03 Dear Mr {{name}}, your statement number {{number}} is ready. Call {{phone}} or pay {{amount}} within 10 days.
              name ["Ana"] Some(6)
              number ["1"] Some(1)
              phone ["+33199000001"] Some(14)
              amount ["12.34 EUR"] Some(9)
        "#]],
    );
}

#[test]
fn kinds_that_went_to_one_number_are_counted_and_not_kept() {
    check(
        "To,Sent at,Body
+33199000001,2026-03-01,The lesson of Zoé at Martin's is on Monday
+33199000001,2026-03-02,The lesson of Zoé at Martin's is on Monday
+33199000001,2026-03-03,The lesson of Zoé at Martin's is on Monday
+33199000002,2026-03-04,We are closed today
",
        expect![[r#"
            rare: 1 messages of 1 kinds: each kind has fewer than 3
            one recipient: 3 messages of 1 kinds: each kind went to one phone number only, so its words may be about that person
        "#]],
    );
}

#[test]
fn what_other_columns_say_of_a_customer_is_a_value() {
    check(
        "telefone,nome,mensagem
+5511970000001,Bia,A encomenda da Bia chegou na loja
+5511970000002,Rui Sá,A encomenda da Rui Sá chegou na loja
+5511970000003,Teo,A encomenda da Teo chegou na loja
",
        expect![[r#"
            3 pt - A encomenda da {{name}} chegou na loja
              name ["Ana"] Some(6)
            columns: not used: “nome”
        "#]],
    );
}

#[test]
fn the_button_of_all_messages_is_a_link_whose_end_varies() {
    let row = |n: usize, button: &str| {
        serde_json::json!({ "destination": format!("3319900000{n}"), "sentAt": format!("2026-03-0{n}T06:50:00+0000"),
            "content": { "text": format!("Your water bill number {n}041 is ready."),
                "button": { "title": button, "action": format!("https://pay.example/t/Q{n}") } } })
    };
    let choices = |buttons: [&str; 4]| {
        let rows: Vec<serde_json::Value> = buttons.iter().zip(1..).map(|it| row(it.1, it.0)).collect();
        let bytes = serde_json::json!({ "results": rows }).to_string().into_bytes();
        let imported =
            scenario_import::import(vec![File { path: "log.json".into(), bytes }], &Options::default()).unwrap();
        let Act::Message(message) = &imported.scenarios[0].steps[0].act else { panic!("no message") };
        let lost: Vec<&str> = imported.scenarios[0].losses.iter().map(|it| it.what.as_str()).collect();
        let links = message.choices.iter().map(|it| match it {
            scenario::Choice::Link { title, url } => format!("[{title}] {url}"),
            other => format!("{other:?}"),
        });
        links.collect::<Vec<_>>().join(" ") + &lost.join(", ")
    };
    assert_eq!(choices(["Pay"; 4]), "[Pay] https://pay.example/t/{{link}}");
    assert_eq!(choices(["Pay", "Pay", "Pay", "Call"]), "“Pay”, which 3 of 4 messages have");
}

/// Logs with all keys that the documents of the provider name, and the keys that are read. All others are said.
/// (Twilio, Message resource; Infobip, “Get outbound SMS message logs”; Vonage, Reports API, SMS with its texts.)
#[test]
fn every_key_of_the_logs_of_providers_is_read_or_said() {
    let twilio = |n: usize| {
        serde_json::json!({ "body": format!("Hello Ana, your order {n}041 is on its way"), "to": format!("+3319900000{n}"),
            "from": "ACME", "direction": "outbound-api", "date_sent": format!("Wed, 0{n} Mar 2026 06:50:00 +0000"),
            "status": "delivered", "sid": format!("SM{n}"), "account_sid": "AC1", "api_version": "2010-04-01",
            "date_created": format!("Wed, 0{n} Mar 2026 06:50:00 +0000"),
            "date_updated": format!("Wed, 0{n} Mar 2026 06:51:00 +0000"), "error_code": format!("{n}"),
            "error_message": "x", "messaging_service_sid": "MG1", "num_media": "0", "num_segments": "1",
            "price": "-0.0075", "price_unit": "USD", "uri": format!("/2010-04-01/Messages/SM{n}.json") })
    };
    let infobip = |n: usize| {
        serde_json::json!({ "sender": "ACME", "destination": format!("3319900000{n}"), "bulkId": format!("B{n}"),
            "messageId": format!("M-{n}"), "sentAt": format!("2026-03-0{n}T06:50:00.000+0000"),
            "doneAt": format!("2026-03-0{n}T06:51:00.000+0000"), "messageCount": 1, "mccMnc": "20801",
            "price": { "pricePerMessage": 0.01, "currency": "EUR" }, "campaignReferenceId": "spring",
            "status": { "groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET", "description": "x" },
            "error": { "groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "description": "x", "permanent": false },
            "platform": { "entityId": "e", "applicationId": "a" },
            "content": { "text": format!("Hello Ana, your order {n}041 is on its way"), "type": "TEXT" } })
    };
    let vonage = |n: usize| {
        serde_json::json!({ "account_id": "a1", "message_id": format!("M-{n}"), "client_ref": "c", "direction": "outbound",
            "from": "ACME", "to": format!("3319900000{n}"), "network": "20801", "network_name": "Orange", "country": "FR",
            "country_name": "France", "date_received": format!("2026-03-0{n}T06:50:00+0000"),
            "date_finalized": format!("2026-03-0{n}T06:51:00+0000"), "latency": "812", "status": "delivered",
            "error_code": "0", "error_code_description": "Delivered", "currency": "EUR", "total_price": "0.01",
            "message_body": format!("Hello Ana, your order {n}041 is on its way") })
    };
    type Row<'a> = &'a dyn Fn(usize) -> serde_json::Value;
    let logs: [(&str, Row<'_>, &[&str]); 3] = [
        ("messages", &twilio, &["body", "to", "from", "direction", "date_sent", "status"]),
        ("results", &infobip, &["sender", "destination", "sentAt", "status description", "content text"]),
        ("records", &vonage, &["direction", "from", "to", "date_received", "status", "message_body"]),
    ];
    for (list, row, read) in logs {
        let rows: Vec<serde_json::Value> = (1..=4).map(row).collect();
        let bytes = serde_json::json!({ list: rows }).to_string().into_bytes();
        let imported =
            scenario_import::import(vec![File { path: "log.json".into(), bytes }], &Options::default()).unwrap();
        assert_eq!((imported.format, imported.scenarios.len()), (Format::MessageLog, 1), "{list}");
        let said = &imported.skipped.iter().find(|it| it.place == "columns").unwrap().why;
        let inner = |key: &String, value: &serde_json::Value| match value.as_object() {
            Some(fields) => fields.keys().map(|it| format!("{key} {it}")).collect(),
            None => vec![key.clone()],
        };
        for key in row(1).as_object().unwrap().iter().flat_map(|(key, value)| inner(key, value)) {
            assert_eq!(!said.contains(&format!("“{key}”")), read.contains(&key.as_str()), "{list}: {key}: {said}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn templates_do_not_depend_on_the_order_of_messages_and_none_is_lost(
        picks in prop::collection::vec((0usize..4, "[A-Z][a-z]{2,6}", 1u32..5000), 1..60),
        seed in any::<u64>(),
    ) {
        let text = |(kind, name, n): &(usize, String, u32)| match kind {
            0 => format!("Hello {name} your order {n} has been sent today"),
            1 => format!("Your code is {n} do not share it with anybody"),
            2 => format!("Dear {name} we are closed on day {n} of the month"),
            _ => format!("{name} {n}"),
        };
        let log = |picks: &[(usize, String, u32)]| {
            let rows: String = picks.iter().map(|it| format!("{},+33199000001,sent\n", text(it))).collect();
            format!("body,to,status\n{rows}")
        };
        let mut shuffled = picks.clone();
        shuffled.sort_by_key(|it| (u64::from(it.2) ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let first = told(&log(&picks));
        prop_assert_eq!(&first, &told(&log(&shuffled)));
        let n: u64 = first.lines().filter(|it| !it.starts_with(' ')).map(|it| {
            it.trim_start_matches("rare: ").split(' ').next().unwrap().parse::<u64>().unwrap()
        }).sum();
        prop_assert_eq!(n, picks.len() as u64);
    }
}
