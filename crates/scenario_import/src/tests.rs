//! What must hold for every kind of file.

use std::path::{Path, PathBuf};

use super::*;

/// The fixtures, each a file or a folder, as the binary hands them in.
fn fixtures() -> Vec<(Format, Vec<File>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios");
    let mut sets = Vec::new();
    for format in Format::ALL {
        let folder = root.join(if format == Format::Scenario { "neutral" } else { format.name() });
        let (mut paths, mut files) = (vec![folder], Vec::new());
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(std::fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()));
            } else if path.extension().is_some_and(|it| it != "expected") {
                files.push(file(&root, &path));
            }
        }
        // Dialogflow and Rasa are read as one set, the others file by file.
        match format {
            Format::Dialogflow | Format::Rasa => sets.push((format, files)),
            _ => sets.extend(files.into_iter().map(|it| (format, vec![it]))),
        }
    }
    sets
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are files")]
fn file(root: &Path, path: &PathBuf) -> File {
    let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    File { path: name, bytes: std::fs::read(path).unwrap() }
}

#[test]
fn every_kind_of_file_is_known_by_what_is_in_it() {
    for (format, files) in fixtures() {
        let name = files[0].path.clone();
        let imported = import(files, &Options::default()).unwrap();
        assert_eq!(imported.format, format, "{name}");
        assert!(!imported.scenarios.is_empty(), "{name}");
    }
}

#[test]
fn the_order_of_files_changes_nothing() {
    for (_, files) in fixtures() {
        let reversed: Vec<File> = files.iter().rev().cloned().collect();
        let (one, other) =
            (import(files, &Options::default()).unwrap(), import(reversed, &Options::default()).unwrap());
        assert_eq!(one.scenarios, other.scenarios);
        assert_eq!(one.skipped, other.skipped);
    }
}

#[test]
fn damaged_files_are_errors_or_less_and_never_the_end() {
    // A generator of our own: the same damage on every machine.
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    let mut n_read = 0;
    for (format, files) in fixtures() {
        for _ in 0..60 {
            let mut damaged = files.clone();
            let at = random(damaged.len());
            let bytes = &mut damaged[at].bytes;
            match random(4) {
                0 => bytes.truncate(random(bytes.len())),
                1 => {
                    let place = random(bytes.len());
                    bytes[place] = random(256) as u8;
                }
                2 => {
                    let (from, to) = (random(bytes.len()), random(bytes.len()));
                    let piece: Vec<u8> = bytes[from.min(to)..from.max(to)].to_vec();
                    bytes.splice(from..from, piece);
                }
                _ => {
                    let (from, to) = (random(bytes.len()), random(bytes.len()));
                    bytes.drain(from.min(to)..from.max(to));
                }
            }
            let options = Options { format: Some(format), ..Options::default() };
            n_read += usize::from(import(damaged, &options).is_ok());
        }
    }
    assert!(n_read > 100, "{n_read} of the damaged files could be read");
}

#[test]
fn what_one_customer_typed_to_a_bot_is_repeated_nowhere() {
    let (_, files) = fixtures().into_iter().find(|it| it.0 == Format::ViberArchive).unwrap();
    let imported = import(files, &Options::default()).unwrap();
    let told = format!("{:?} {:?}", imported.scenarios, imported.skipped);
    // Two people said hello, one said hi, one lost the number of an order.
    assert!(told.contains(r#"phrases: ["hello"]"#), "{told}");
    assert!(!told.contains("I lost it") && !told.contains("4711"), "{told}");
}

#[test]
fn a_workflow_of_another_product_is_no_list_of_texts() {
    let workflow = r#"{"name": "Bookings", "connections": {}, "nodes": [
        {"id": "1", "name": "Note", "type": "n8n-nodes-base.stickyNote", "parameters": {"content": "To do: ask for the time"}},
        {"id": "2", "name": "Ask", "type": "n8n-nodes-base.whatsApp", "actions": [], "text": "For how many people?"}]}"#;
    for content in [workflow.to_owned(), format!("[{workflow}]")] {
        let file = File { path: "export.json".to_owned(), bytes: content.into_bytes() };
        assert!(import(vec![file], &Options::default()).is_err());
    }
}

fn texts(files: &[(&str, &str)]) -> Result<(usize, Vec<String>), String> {
    let files = files.iter().map(|it| File { path: it.0.to_owned(), bytes: it.1.as_bytes().to_vec() });
    let imported = import(files.collect(), &Options::default()).map_err(|it| it.to_string())?;
    let skipped = imported.skipped.iter().map(|it| format!("{}, {}: {}", it.file, it.place, it.why));
    Ok((imported.scenarios.len(), skipped.collect()))
}

#[test]
fn a_file_of_a_folder_that_cannot_be_read_is_named_and_the_others_are_read() {
    let list = ("texts/a.csv", "name,text\nready,Your order {id} is ready for you.\n");
    let others = [
        ("texts/package.json", r#"{"name": "bot", "version": "1", "dependencies": {}}"#),
        ("texts/bot.json", r#"{"sid": "HX1", "types": {"twilio/text": {"body": "Hello"}}}"#),
        ("texts/old.zip", "PK\u{3}\u{4}broken"),
        ("texts/notes.md", "# To do\n\nAsk Ana, and then write the texts.\n"),
    ];
    let files: Vec<(&str, &str)> = [list].into_iter().chain(others).collect();
    let (n, skipped) = texts(&files).unwrap();
    assert_eq!(n, 1);
    let told = skipped.join("\n");
    assert!(told.contains("package.json, whole file: it is a package of npm"), "{told}");
    assert!(told.contains("bot.json, whole file: it is of the format twilio-content: read it by itself"), "{told}");
    assert!(told.contains("old.zip, whole file: could not read texts/old.zip as a zip"), "{told}");
    assert!(told.contains("notes.md, whole file: its format is not known"), "{told}");
}

#[test]
fn an_archive_without_anything_to_read_says_what_was_in_it() {
    let why = texts(&[("docs.zip/notes/plan.md", "# Plan\n\nTo do, today\n"), ("docs.zip/b.pdf", "%PDF-1.4")]);
    let why = why.unwrap_err();
    assert!(why.contains("docs.zip/b.pdf (a PDF document), docs.zip/notes/plan.md"), "{why}");
}

#[test]
fn short_texts_of_one_list_are_doubted_together() {
    let list = "name,text,language\na,Votre commande est prête,en\nb,Merci de votre visite,en\nc,À demain matin,en\n";
    let file = File { path: "a.csv".into(), bytes: list.as_bytes().to_vec() };
    let imported = import(vec![file], &Options::default()).unwrap();
    for scenario in &imported.scenarios {
        let doubted = scenario::LanguageBasis::Doubted { looks_like: "fr".into(), is_impossible: false };
        assert_eq!((scenario.language.as_str(), &scenario.language_basis), ("en", &doubted));
    }
}

#[test]
fn an_instruction_with_a_number_is_taken_out_of_a_template_of_another_channel() {
    let text = |body: &str| {
        let template = serde_json::json!({ "templateId": "1", "status": "APPROVED",
            "body": [{ "language": "fr", "template": body }] });
        let file = File { path: "t.json".into(), bytes: template.to_string().into_bytes() };
        let imported = import(vec![file], &Options::default()).unwrap();
        let scenario = &imported.scenarios[0];
        (scenario.steps[0].act.text().unwrap().to_string(), scenario.losses.len())
    };
    assert_eq!(text("Bonjour {{nom}}, -30 %. STOP SMS au 36180"), ("Bonjour {{nom}}, -30 %.".to_owned(), 1));
    let in_chat = "Bonjour {{nom}}, -30 %. Répondez STOP pour ne plus recevoir nos offres.";
    assert_eq!(text(in_chat), (in_chat.to_owned(), 0));
}

#[test]
fn an_instruction_that_the_flow_does_not_answer_is_told() {
    let lost = |test: &str| {
        let widget = |name: &str, next: serde_json::Value, body: &str| {
            serde_json::json!({ "name": name, "type": "send-and-wait-for-reply", "properties": { "body": body },
                "transitions": [{ "event": "incomingMessage", "next": next }] })
        };
        let split = serde_json::json!({ "name": "check", "type": "split-based-on",
            "properties": { "input": "{{widgets.ask.inbound.Body}}" }, "transitions": [{ "event": "noMatch" },
                { "event": "match", "next": "thanks", "conditions": [{ "type": "equal_to", "value": test,
                    "arguments": ["{{widgets.ask.inbound.Body}}"] }] }] });
        let thanks = serde_json::json!({ "name": "thanks", "type": "send-message", "properties": { "body": "Done." } });
        let ask = widget("ask", "check".into(), "Our offers come here. Text STOP to stop receiving messages.");
        let trigger = serde_json::json!({ "name": "Trigger", "type": "trigger",
            "transitions": [{ "event": "incomingMessage", "next": "ask" }] });
        let flow = serde_json::json!({ "initial_state": "Trigger", "states": [trigger, ask, split, thanks] });
        let file = File { path: "flow.json".into(), bytes: flow.to_string().into_bytes() };
        let imported = import(vec![file], &Options::default()).unwrap();
        let of_kind = imported.scenarios[0].losses.iter().filter(|it| it.loss == scenario::Loss::SmsOptOut);
        of_kind.map(|it| it.what.clone()).collect::<Vec<_>>()
    };
    let told = "“Text STOP to stop receiving messages.” stays in the text: nothing in the flow answers it, and WhatsApp does not";
    assert_eq!(lost("yes"), [told]);
    assert!(lost("stop").is_empty());
}
