//! Reads message logs: groups sent messages by the template that they came from.
//!
//! Numbers, dates, amounts and links become slots by their shape (`mask`). Messages with the same number of words that
//! are mostly equal then form one template, with a slot where they differ (`cluster`). The order of the rows does not
//! matter.

mod cluster;
mod distinct;
mod mask;

use rayon::prelude::*;
use scenario::{Act, Message, Origin, Purpose, Scenario, Slot, Text, Trigger};

use crate::scenario_builder::{ScenarioBuilder, ScenarioHead, name_of};
use crate::{File, Format, ImportError, Imported, Options, Skipped, table};
use cluster::{Cluster, Part, clusters};
use distinct::{DistinctMessages, MessageStats, ValueRange};
use mask::{Masked, ValueKind, mask};

/// Limits the messages that are masked at once, on all cores.
const CHUNK: usize = 1 << 16;

pub(crate) fn import(files: &[File], options: &Options, imported: &mut Imported) -> Result<(), ImportError> {
    let mut distinct = DistinctMessages::new();
    for file in files {
        read(file, &mut distinct, imported)?;
    }
    let file = files.first().map(|it| it.path.as_str()).unwrap_or_default();
    let (mut few, mut n_few) = (0, 0);
    for cluster in clusters(&distinct) {
        if cluster.n_messages < options.min_messages {
            few += 1;
            n_few += cluster.n_messages;
            continue;
        }
        imported.scenarios.push(scenario(&cluster, file));
    }
    if few > 0 {
        let why = format!("{n_few} messages of {few} kinds: each kind has fewer than {}", options.min_messages);
        imported.skipped.push(Skipped { file: file.to_owned(), place: "rare".to_owned(), why });
    }
    Ok(())
}

fn read(file: &File, distinct: &mut DistinctMessages, imported: &mut Imported) -> Result<(), ImportError> {
    let expected = "a message log";
    let (mut rows, columns) = table::open(file, expected)?;
    let (mut n_received, mut n_empty) = (0u64, 0u64);
    let mut chunk: Vec<(String, String)> = Vec::with_capacity(CHUNK);
    let mut row = csv::ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(|it| ImportError::shape(file, expected, it))? {
        let cell = |n: usize| row.get(n).map(String::from_utf8_lossy).unwrap_or_default();
        if columns.direction.is_some_and(|it| cell(it).to_ascii_lowercase().starts_with("in")) {
            n_received += 1;
            continue;
        }
        let text = cell(columns.text);
        if text.trim().is_empty() {
            n_empty += 1;
            continue;
        }
        chunk.push((text.into_owned(), columns.date.map(cell).unwrap_or_default().into_owned()));
        if chunk.len() == CHUNK {
            add(distinct, &chunk);
            chunk.clear();
        }
    }
    add(distinct, &chunk);
    for (n, what) in [(n_received, "that customers sent"), (n_empty, "without a text")] {
        if n > 0 {
            let why = format!("{n} messages {what}");
            imported.skipped.push(Skipped { file: file.path.clone(), place: "rows".to_owned(), why });
        }
    }
    Ok(())
}

fn add(distinct: &mut DistinctMessages, messages: &[(String, String)]) {
    let threads = rayon::current_num_threads().max(1);
    let maps: Vec<DistinctMessages> = messages
        .par_chunks(messages.len().div_ceil(threads).max(1))
        .map(|messages| {
            let mut map = DistinctMessages::new();
            for (text, date) in messages {
                let Masked { text, values } = mask(text);
                let values = values.iter().map(|it| ValueRange::of(it)).collect();
                map.entry(text).or_default().join(MessageStats { n_messages: 1, last: date.clone(), values });
            }
            map
        })
        .collect();
    for (text, stats) in maps.into_iter().flatten() {
        distinct.entry(text).or_default().join(stats);
    }
}

/// Makes a scenario of a template. Values that may be personal data never become examples.
fn scenario(cluster: &Cluster, file: &str) -> Scenario {
    let mut builder = ScenarioBuilder::default();
    let mut text = Text::default();
    for part in &cluster.parts {
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
    let plain = text.fill(|_| "".into());
    let purpose = match cluster.parts.iter().any(|it| matches!(it, Part::Slot { kind: ValueKind::Secret, .. })) {
        true => Purpose::Authentication,
        false => Purpose::Notification,
    };
    builder.push("text", Act::Message(Message { text, ..Message::default() }));
    let origin = Origin {
        format: Format::MessageLog.name().to_owned(),
        file: file.to_owned(),
        place: None,
        n_messages: Some(cluster.n_messages),
        last_used: Some(cluster.last.clone()).filter(|it| !it.is_empty()),
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
                  name ["Ana"] Some(4)
                  number ["1041", "12", "88"] Some(4)
                3 fr 2026-01-06 RDV le {{date}} à {{time}}, solde {{amount}}
                  date ["12/03/2026"] Some(10)
                  time ["14:30"] Some(5)
                  amount ["105€"] Some(6)
                3 fr 2026-01-04 Votre code est {{code}}
                  code ["123456"] Some(6)
                rows: 1 messages that customers sent
                rare: 1 messages of 1 kinds: each kind has fewer than 3
            "#]],
        );
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
                let rows: String = picks.iter().map(|it| format!("{},+1,sent\n", text(it))).collect();
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
