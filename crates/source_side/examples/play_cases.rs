//! Plays the cases of a folder and prints how many scripts show what their `expect.json` says.
//!
//! `cargo run -p source_side --example play_cases -- FOLDER [FORMAT]`. The folder has `FORMAT/CASE/expect.json` with
//! `scripts` (`do` and `sees`), and the source beside it as `input.EXT` or `input/`.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool for people, which reads files")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use scenario::{Answer, Input, Script, SourceSide};
use serde_json::Value;
use source_side::{SourceFile, SourceFlow, has_interpreter, open};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().ok_or("name a folder")?);
    let only = arguments.next();
    for format in entries(&root)? {
        let name = format.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !has_interpreter(&name) || only.as_ref().is_some_and(|it| *it != name) {
            continue;
        }
        let (mut n_right, mut n_all) = (0, 0);
        for case in entries(&format)? {
            let (right, all) = play(&name, &case)?;
            n_right += right;
            n_all += all;
        }
        println!("{name}: {n_right} of {n_all} scripts");
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.map(|it| Ok(it?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

fn collect(path: &Path, files: &mut Vec<SourceFile>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        for entry in entries(path)? {
            collect(&entry, files)?;
        }
        return Ok(());
    }
    files.push(SourceFile { path: path.to_string_lossy().into_owned(), bytes: fs::read(path)? });
    Ok(())
}

fn play(format: &str, case: &Path) -> Result<(usize, usize), Box<dyn Error>> {
    let expected: Value = serde_json::from_slice(&fs::read(case.join("expect.json"))?)?;
    let mut files = Vec::new();
    for input in entries(case)?.iter().filter(|it| it.file_stem().is_some_and(|it| it == "input")) {
        collect(input, &mut files)?;
    }
    let scripts = expected["scripts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let flows = match open(format, &files) {
        Ok(flows) => flows,
        Err(error) => {
            println!("  {}: {error}", case.display());
            Vec::new()
        }
    };
    let mut n_right = 0;
    for it in scripts {
        let name = format!("{}: {}", case.file_name().unwrap_or_default().to_string_lossy(), it["name"]);
        match judged(&flows, it) {
            Ok(()) => n_right += 1,
            Err(why) => println!("  {name}\n{why}"),
        }
    }
    Ok((n_right, scripts.len()))
}

/// Whether one of the flows in the language of the script shows what it says.
fn judged(flows: &[SourceFlow], case: &Value) -> Result<(), String> {
    let language = case["language"].as_str();
    let script = script(case);
    let sees: Vec<&str> = case["sees"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut why = "    no flow".to_owned();
    for flow in flows.iter().filter(|it| language.is_none_or(|wanted| it.language.is_empty() || it.language == wanted))
    {
        let shown = flow.play(&script);
        // The picture of a message with a text is its header.
        let lines = shown.iter().flat_map(|it| {
            let has_text = it.lines.iter().any(|it| !it.starts_with(['[', '(']));
            it.lines.iter().filter(move |it| !(it.starts_with('[') || has_text && it.starts_with('(')))
        });
        let lines: Vec<String> = lines.map(|it| it.replacen("(image ", "IMAGE ", 1)).collect();
        let is_same = lines.len() == sees.len() && lines.iter().zip(&sees).all(|it| is_meant(it.0, it.1));
        if is_same {
            return Ok(());
        }
        let expected = sees.iter().map(|it| format!("    - {it}\n")).collect::<String>();
        why = expected + &lines.iter().map(|it| format!("    + {it}\n")).collect::<String>();
    }
    Err(why)
}

/// Compares a line with what the case says: `…` at the end stands for the rest, and a value that has another name in the
/// source for anything.
fn is_meant(line: &str, expected: &str) -> bool {
    let squeezed = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = squeezed(expected);
    let line = squeezed(line).trim_end_matches(')').to_owned();
    if let Some(start) = expected.strip_suffix('…') {
        return line.starts_with(start.trim_end());
    }
    let pattern = Regex::new("‹[^›]*›").map(|it| {
        let plain: Vec<String> = it.split(&line).map(regex::escape).collect();
        format!("^{}\\)?$", plain.join(".+"))
    });
    pattern.and_then(|it| Regex::new(&it)).is_ok_and(|it| it.is_match(expected.trim_end_matches(')')))
}

fn script(case: &Value) -> Script {
    let inputs = case["do"].as_array().into_iter().flatten().filter_map(input).collect();
    Script { slots: texts(&case["slots"]), inputs, ..Script::default() }
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
}

fn input(value: &Value) -> Option<Input> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    if let Some(said) = text("say") {
        return Some(Input::Say(said));
    }
    if let Some(label) = text("press") {
        return Some(Input::Press(label));
    }
    if let Some(hours) = text("wait") {
        let number: u64 = hours.trim_end_matches(char::is_alphabetic).parse().ok()?;
        return Some(Input::Wait(if hours.ends_with('h') { number * 3600 } else { number * 60 }));
    }
    let answer = value.get("answer")?;
    let result = answer["result"].as_str()?;
    let ok = result == "ok" || result == "Success" || result.starts_with('2');
    let call = answer["call"].as_str().unwrap_or_default().to_owned();
    Some(Input::Answer(Answer { call, ok, values: texts(&answer["values"]) }))
}
