//! Reads message logs: groups sent messages by the template that they came from.
//!
//! Numbers, dates, amounts and links become slots by their shape (`values`), names by the words before them (`names`).
//! Messages with most words in common then form a group (`cluster`), and a group a template with a slot wherever they
//! differ (`template`). The order of the rows does not matter.

mod align;
mod cluster;
mod dates;
mod distinct;
mod names;
mod read;
mod template;
mod tokens;
mod values;
mod words;

use scenario::{Act, Loss, Message, Origin, Purpose, Scenario, Slot, Text, Trigger};

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of};
use crate::{File, Format, ImportError, Imported, Options, Skipped};
use cluster::groups;
use distinct::DistinctMessages;
use read::Log;
use template::{Part, Template, templates};
use values::ValueKind;

pub(crate) use names::caseless_names;
pub(crate) use words::base_letter;

/// Limits the words of a text that is about its code and nothing else.
const MAX_CODE_WORDS: usize = 25;

/// Limits the texts of which it is found out whether they are alike.
const MAX_COMPARED: usize = 1000;

pub(crate) fn import(files: &[File], options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
    let mut log = Log::default();
    crate::one_by_one(files, imported, |file, imported| log.read(file, options, imported))?;
    let file = files.first().map(|it| it.path.as_str()).unwrap_or_default();
    let (mut few, mut n_few, mut single, mut n_single) = (0, 0, 0, 0);
    for template in all_templates(&log.distinct) {
        match () {
            () if template.n_messages < options.min_messages => {
                few += 1;
                n_few += template.n_messages;
            }
            () if log.has_several_recipients && template.stats.has_one_recipient() => {
                single += 1;
                n_single += template.n_messages;
            }
            () => imported.scenarios.push(scenario(&template, file)),
        }
    }
    let mut skip = |place: &str, why| {
        imported.skipped.push(Skipped { file: file.to_owned(), place: place.to_owned(), why });
    };
    if few > 0 {
        skip("rare", format!("{n_few} messages of {few} kinds: each kind has fewer than {}", options.min_messages));
    }
    if single > 0 {
        let why = "each kind went to one phone number only, so its words may be about that person";
        skip("one recipient", format!("{n_single} messages of {single} kinds: {why}"));
    }
    Ok(())
}

/// The templates, most frequent first.
fn all_templates(distinct: &DistinctMessages) -> Vec<Template> {
    let (groups, numbers) = groups(distinct);
    let mut all: Vec<Template> = groups.into_iter().flat_map(|it| templates(it, &numbers)).collect();
    all.sort_by_cached_key(|it| (std::cmp::Reverse(it.n_messages), it.key()));
    all
}

/// Whether most of the texts differ in values only, so that they are messages and no templates.
pub(crate) fn are_alike<'t>(texts: impl Iterator<Item = &'t str>) -> bool {
    let mut distinct = DistinctMessages::new();
    let mut n_texts = 0u64;
    for text in texts.filter(|it| !it.trim().is_empty()).take(MAX_COMPARED) {
        // A template with a placeholder is like another in all but its words.
        if !crate::placeholders::are_in(text) {
            read::add(&mut distinct, &read::Sent::text(text));
        }
        n_texts += 1;
    }
    let alike = all_templates(&distinct).into_iter().filter(|it| it.n_messages >= 3 && it.has_slots());
    let n_alike: u64 = alike.map(|it| it.n_messages).sum();
    n_alike * 2 > n_texts
}

/// Makes a scenario of a template. Values that may be personal data never become examples.
fn scenario(template: &Template, file: &str) -> Scenario {
    let mut builder = ScenarioBuilder::default();
    let mut text = Text::default();
    for part in &template.parts {
        match part {
            Part::Plain(plain) => text.push_plain(plain),
            Part::Slot { kind, values, longest } => {
                let wanted = builder.free_slot(kind.name());
                let examples = kind.examples(values);
                builder.slots.push(Slot { examples, longest: Some(*longest), ..Slot::named(&wanted) });
                text.push_slot(&wanted);
            }
        }
    }
    if let Some(taken) = &template.stats.opt_out {
        builder.record_loss(Loss::SmsOptOut, "text", format!("“{taken}”"));
    }
    let plain = text.fill(|_| "".into());
    let purpose = match is_about_a_code(template, &plain) {
        true => Purpose::Authentication,
        false => Purpose::Notification,
    };
    builder.push("text", Act::Message(Message { text, ..Message::default() }));
    let origin = Origin {
        format: Format::MessageLog.name().to_owned(),
        file: file.to_owned(),
        place: None,
        n_messages: Some(template.n_messages),
        last_used: template.stats.last.map(dates::date_text),
    };
    let head = ScenarioHead {
        intent: &name_of(&plain),
        language: "",
        purpose,
        trigger: Trigger::Event { name: None },
        origin,
    };
    builder.finish(head, None)
}

/// Whether a text gives a code and little else. A code to fetch a parcel stands among other values.
fn is_about_a_code(template: &Template, plain: &str) -> bool {
    let mut kinds = template.parts.iter().filter_map(|it| match it {
        Part::Slot { kind, .. } => Some(*kind),
        Part::Plain(_) => None,
    });
    kinds.clone().any(|it| it == ValueKind::Secret)
        && kinds.all(|it| matches!(it, ValueKind::Secret | ValueKind::Name | ValueKind::Time | ValueKind::Number))
        && plain.split_whitespace().count() <= MAX_CODE_WORDS
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn told(log: &str) -> String {
        let file = File { path: "log.csv".into(), bytes: log.as_bytes().to_vec() };
        let imported = crate::import(vec![file], &Options::default()).unwrap();
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

    /// The keys of a message of Twilio (Twilio, Message resource), and what becomes of each.
    #[test]
    fn every_key_of_a_message_of_twilio_is_used_or_said() {
        const TWILIO: &[(&str, &str)] = &[
            ("body", "text"),
            ("to", "recipient"),
            ("from", "sender"),
            ("direction", "direction"),
            ("date_sent", "date"),
            ("status", "status"),
            ("sid", "said"),
            ("account_sid", "said"),
            ("api_version", "said"),
            ("date_created", "said"),
            ("date_updated", "said"),
            ("error_code", "said"),
            ("error_message", "said"),
            ("messaging_service_sid", "said"),
            ("num_media", "said"),
            ("num_segments", "said"),
            ("price", "said"),
            ("price_unit", "said"),
            ("uri", "said"),
        ];
        for (key, what) in TWILIO {
            let cell = |n: usize| match *key {
                "body" => format!("Hello Ana, your order {n}041 is on its way"),
                "to" => format!("+3319900000{n}"),
                "from" => "ACME".to_owned(),
                "direction" => "outbound-api".to_owned(),
                "date_sent" | "date_created" | "date_updated" => format!("Wed, 0{n} Mar 2026 06:50:00 +0000"),
                _ => format!("x{n}"),
            };
            let needed = |n: usize| {
                format!(
                    r#""body": "Hello Ana, your order {n}041 is on its way", "to": "+3319900000{n}", "date_sent": "Wed, 0{n} Mar 2026 06:50:00 +0000""#
                )
            };
            let rows: Vec<String> = (1..=4).map(|n| format!("{{{}, {key:?}: {:?}}}", needed(n), cell(n))).collect();
            let file = File {
                path: "log.json".into(),
                bytes: format!(r#"{{"messages": [{}], "page": 0}}"#, rows.join(",")).into_bytes(),
            };
            let imported = crate::import(vec![file], &Options::default()).unwrap();
            assert_eq!(imported.format, Format::MessageLog, "{key}");
            assert_eq!(imported.scenarios.len(), 1, "{key}");
            let is_said = imported.skipped.iter().any(|it| it.why.contains(&format!("“{key}”")));
            assert_eq!(is_said, *what == "said", "{key}");
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
}
