//! What customers see on WhatsApp when they answer: the scripts of the corpus, which were written before anything was run.

use std::fmt::Write;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use crate::corpus::{CORPUS, folders};
use crate::world::World;

/// Cases of which a script is not right yet. One that has become right fails the test until it is taken off.
const NOT_RIGHT_YET: [&str; 16] = [
    "dialogflow/02-tyre-service-viber-ru",
    "dialogflow/06-bakery-nested-yes-no-pt",
    "infobip-templates/03-whatsapp-list-picture-without-sample",
    "infobip-templates/04-water-bills-viber-log",
    "rapidpro/03-crop-prices-subflow-sw",
    "rasa/01-vet-conditions-and-channels-id",
    "rasa/05-library-calm-nl",
    "twilio-content/02-salon-card-header-footer",
    "twilio-content/05-hairdresser",
    "twilio-content/06-home-shop",
    "twilio-studio/05-electricity-bill",
    "viber-archive/01-fr-boulangerie",
    "viber-archive/02-uk-ru-sticker-first",
    "viber-archive/05-hi-coaching",
    "viber-archive/06-id-bengkel",
    "viber-messages/01-vi-broadcast-khuyen-mai",
];

#[test]
fn customers_see_what_the_scripts_of_the_corpus_say() {
    let (mut n_scripts, mut wrong) = (0, String::new());
    for case in folders(Path::new(CORPUS)).iter().flat_map(|it| folders(it)) {
        let expected: Value = serde_json::from_slice(&std::fs::read(case.join("expect.json")).unwrap()).unwrap();
        let scripts = expected["scripts"].as_array().map(Vec::as_slice).unwrap_or_default();
        if scripts.is_empty() {
            continue;
        }
        n_scripts += scripts.len();
        let runs = simulated(&case, &expected["args"], scripts);
        let differ: Vec<String> = scripts.iter().filter_map(|it| difference(it, &runs)).collect();
        let name = case.strip_prefix(CORPUS).unwrap().to_str().unwrap();
        match (NOT_RIGHT_YET.contains(&name), differ.is_empty()) {
            (true, true) => writeln!(wrong, "{name}\n  is right: take it off the list").unwrap(),
            (false, false) => writeln!(wrong, "{name}\n{}", differ.concat()).unwrap(),
            _ => {}
        }
    }
    assert!(n_scripts >= 80, "{n_scripts} scripts");
    assert!(wrong.is_empty(), "{wrong}");
}

/// The runs of all scripts through all scenarios of a case: the name of the script, and the texts on WhatsApp's side. Where
/// the neutral form is the source, what begins a scenario is no part of its script, so each script is run without it too.
fn simulated(case: &Path, args: &Value, scripts: &[Value]) -> Vec<(String, Vec<String>)> {
    let world = World::empty();
    let with_beginning = scripts.iter().map(|it| script(it, 0));
    let written: Vec<Value> = with_beginning.chain(scripts.iter().map(|it| script(it, 1))).collect();
    std::fs::write(world.path("scripts.json"), json!(written).to_string()).unwrap();
    let inputs = std::fs::read_dir(case).unwrap().map(|it| it.unwrap().path());
    let inputs = inputs.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("input"));
    let mut arguments =
        ["scenario", "simulate", "--format", "json", "--script", "scripts.json"].map(str::to_owned).to_vec();
    arguments.extend(inputs.map(|it| it.to_str().unwrap().to_owned()));
    arguments.extend(args.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    let ended = world.ferry(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let Ok(output) = serde_json::from_str::<Value>(&ended.out) else { return Vec::new() };
    let runs = list(&output["simulated"]).iter().flat_map(|it| list(&it["runs"]));
    runs.map(|it| (it["script"].as_str().unwrap().to_owned(), list(&it["whatsapp"]).iter().flat_map(texts).collect()))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a message. The picture of a message with a text is its header.
fn texts(shown: &Value) -> Vec<String> {
    let lines: Vec<&str> = list(&shown["lines"]).iter().filter_map(Value::as_str).collect();
    let has_text = lines.iter().any(|it| !it.starts_with(['[', '(']));
    let is_said = |it: &&&str| !(it.starts_with('[') || has_text && it.starts_with('('));
    lines.iter().filter(is_said).map(|it| it.replacen("(image ", "IMAGE ", 1)).collect()
}

/// The script of a case, without its first inputs, as `ferry scenario simulate` reads it.
fn script(case: &Value, n_left_out: usize) -> Value {
    let inputs: Vec<Value> = list(&case["do"]).iter().skip(n_left_out).map(input).collect();
    let slots = if case["slots"].is_object() { case["slots"].clone() } else { json!({}) };
    json!({ "name": case["name"], "slots": slots, "inputs": inputs })
}

fn input(value: &Value) -> Value {
    if let Some(time) = value["wait"].as_str() {
        let number: u64 = time.trim_end_matches(char::is_alphabetic).parse().unwrap();
        return json!({ "wait": if time.ends_with('h') { number * 3600 } else { number * 60 } });
    }
    let Some(result) = value["answer"]["result"].as_str() else { return value.clone() };
    let values = value["answer"]["values"].as_object().into_iter().flatten();
    let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    let values: serde_json::Map<String, Value> = values.map(|(name, it)| (name.clone(), json!(text(it)))).collect();
    let is_ok = ["ok", "Success"].contains(&result) || result.starts_with('2');
    json!({ "answer": { "call": value["answer"]["call"], "ok": is_ok, "values": values } })
}

/// What a script shows instead of what it should; none if one of its runs is right.
fn difference(script: &Value, runs: &[(String, Vec<String>)]) -> Option<String> {
    let name = script["name"].as_str().unwrap();
    let sees: Vec<&str> = list(&script["sees"]).iter().filter_map(Value::as_str).collect();
    let own: Vec<&Vec<String>> = runs.iter().filter(|it| it.0 == name).map(|it| &it.1).collect();
    let is_same = |it: &&&Vec<String>| it.len() == sees.len() && it.iter().zip(&sees).all(|it| is_meant(it.0, it.1));
    if own.iter().any(|it| is_same(&it)) {
        return None;
    }
    Some(format!("  {name}\n    is {:?}\n    not {sees:?}\n", own.first()))
}

/// Compares a line with what the case says: `…` at the end stands for the rest, and a value that has another name in the
/// source for anything.
fn is_meant(line: &str, expected: &str) -> bool {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| Regex::new("‹[^›]*›").unwrap());
    let squeezed = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(')').to_owned();
    let (line, expected) = (squeezed(line), squeezed(expected));
    if let Some(start) = expected.strip_suffix('…') {
        return line.starts_with(start.trim_end());
    }
    let plain: Vec<String> = VALUE.split(&line).map(regex::escape).collect();
    Regex::new(&format!("^{}$", plain.join(".+"))).unwrap().is_match(&expected)
}
