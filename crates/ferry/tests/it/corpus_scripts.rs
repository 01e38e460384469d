//! What customers see on WhatsApp when they answer: the scripts of the corpus, which were written before anything was run.

use std::cell::OnceCell;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::corpus::{CORPUS, folders, frames};
use crate::world::World;

/// Cases of which a script is not right yet. One that has become right fails the test until it is taken off.
const NOT_RIGHT_YET: [&str; 1] = [
    // The flow writes the name in capitals, `title(results.name)`, which is a loss.
    "rapidpro/03-crop-prices-subflow-sw",
];

/// The runs of scripts: the name of the script, and the lines on WhatsApp's side.
type Runs = Vec<(String, Vec<Line>)>;

#[test]
fn customers_see_what_the_scripts_of_the_corpus_say() {
    let (mut n_scripts, mut wrong) = (0, String::new());
    for path in folders(Path::new(CORPUS)).iter().flat_map(|it| folders(it)) {
        let expected: Value = serde_json::from_slice(&std::fs::read(path.join("expect.json")).unwrap()).unwrap();
        if list(&expected["scripts"]).is_empty() {
            continue;
        }
        n_scripts += list(&expected["scripts"]).len();
        let differ = Case::new(&path, &expected).differences(list(&expected["scripts"]));
        let name = path.strip_prefix(CORPUS).unwrap().to_str().unwrap();
        match (NOT_RIGHT_YET.contains(&name), differ.is_empty()) {
            (true, true) => writeln!(wrong, "{name}\n  is right: take it off the list").unwrap(),
            (false, false) => writeln!(wrong, "{name}\n{}", differ.concat()).unwrap(),
            _ => {}
        }
    }
    assert!(n_scripts >= 140, "{n_scripts} scripts");
    assert!(wrong.is_empty(), "{wrong}");
}

struct Case {
    world: World,
    /// The input, and the arguments of the case.
    arguments: Vec<String>,
    /// The scenarios in the neutral form.
    scenarios: Vec<Value>,
    path: PathBuf,
    args: Vec<String>,
    /// Headers and footers, which the scripts leave out.
    frames: OnceCell<Vec<String>>,
}

impl Case {
    fn new(path: &Path, expected: &Value) -> Self {
        let world = World::empty();
        let args: Vec<String> = list(&expected["args"]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let inputs = std::fs::read_dir(path).unwrap().map(|it| it.unwrap().path());
        let inputs = inputs.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("input"));
        let arguments = inputs.map(|it| it.to_str().unwrap().to_owned()).chain(args.iter().cloned()).collect();
        let (path, frames) = (path.to_owned(), OnceCell::new());
        let mut case = Self { world, arguments, scenarios: Vec::new(), path, args, frames };
        case.ferry(&["scenario", "import", "--to", "scenarios.json"]);
        let read = std::fs::read(case.world.path("scenarios.json")).unwrap_or_default();
        let read: Value = serde_json::from_slice(&read).unwrap_or_default();
        case.scenarios = list(&read["scenarios"]).to_vec();
        case
    }

    fn ferry(&self, command: &[&str]) -> String {
        let arguments: Vec<&str> = command.iter().copied().chain(self.arguments.iter().map(String::as_str)).collect();
        self.world.ferry(&arguments).out
    }

    /// The scripts that show something else, through all scenarios together and through each alone.
    fn differences(&self, scripts: &[Value]) -> Vec<String> {
        let mut runs = self.simulated(scripts, &[]);
        let differ = |runs: &Runs| scripts.iter().filter_map(|it| self.difference(it, runs)).collect::<Vec<_>>();
        if !differ(&runs).is_empty() && self.scenarios.len() > 1 {
            for it in &self.scenarios {
                let only = format!("{}.{}", it["id"].as_str().unwrap(), it["language"].as_str().unwrap());
                runs.extend(self.simulated(scripts, &["--only", &only]));
            }
        }
        differ(&runs)
    }

    /// The runs of all scripts. Where the neutral form is the source, what begins a scenario is no part of its script, so
    /// each script is run without it too.
    fn simulated(&self, scripts: &[Value], only: &[&str]) -> Runs {
        let with_beginning = scripts.iter().map(|it| self.script(it, 0));
        let written: Vec<Value> = with_beginning.chain(scripts.iter().map(|it| self.script(it, 1))).collect();
        std::fs::write(self.world.path("scripts.json"), json!(written).to_string()).unwrap();
        let command = ["scenario", "simulate", "--format", "json", "--script", "scripts.json"];
        let output = self.ferry(&[&command, only].concat());
        let Ok(output) = serde_json::from_str::<Value>(&output) else { return Vec::new() };
        let runs = list(&output["simulated"]).iter().flat_map(|it| list(&it["runs"]));
        let seen = |it: &Value| list(&it["whatsapp"]).iter().flat_map(lines).collect();
        runs.map(|it| (it["script"].as_str().unwrap().to_owned(), seen(it))).collect()
    }

    /// The script of a case, without its first inputs, as `ferry scenario simulate` reads it.
    fn script(&self, script: &Value, n_left_out: usize) -> Value {
        let inputs: Vec<Value> = list(&script["do"]).iter().skip(n_left_out).map(input).collect();
        // A slot that the script has under another name shows its own name, and no example.
        let slots = self.scenarios.iter().flat_map(|it| list(&it["slots"])).filter(|it| it["examples"].is_array());
        let names = slots.filter_map(|it| it["name"].as_str());
        let mut slots: Map<String, Value> = names.map(|it| (it.to_owned(), json!(format!("‹{it}›")))).collect();
        slots.extend(script["slots"].as_object().into_iter().flatten().map(|(name, it)| (name.clone(), said(it))));
        json!({ "name": script["name"], "slots": slots, "inputs": inputs })
    }

    fn is_frame(&self, line: &str) -> bool {
        let frames = self.frames.get_or_init(|| frames(&self.path, &self.args));
        frames.iter().any(|it| squeezed(it) == squeezed(line))
    }

    /// What a script shows instead of what it should; none if one of its runs is right.
    fn difference(&self, script: &Value, runs: &Runs) -> Option<String> {
        let name = script["name"].as_str().unwrap();
        let sees: Vec<&str> = list(&script["sees"]).iter().filter_map(Value::as_str).collect();
        let own: Vec<&Vec<Line>> = runs.iter().filter(|it| it.0 == name).map(|it| &it.1).collect();
        if own.iter().any(|it| are_meant(it, &sees, &|line| self.is_frame(line))) {
            return None;
        }
        let is = own.first().map(|it| it.iter().map(|it| &it.text).collect::<Vec<_>>());
        Some(format!("  {name}\n    is {is:?}\n    not {sees:?}\n"))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A line that a customer sees.
struct Line {
    text: String,
    /// Whether it is a picture beside a text, which may be the header of that text.
    is_beside_text: bool,
}

/// The lines of a step, without its buttons.
fn lines(shown: &Value) -> Vec<Line> {
    let lines: Vec<&str> = list(&shown["lines"]).iter().filter_map(Value::as_str).collect();
    let has_text = lines.iter().any(|it| !it.starts_with(['[', '(']));
    let is_beside_text = |it: &str| has_text && it.starts_with('(');
    let line = |it: &str| Line { text: it.replacen("(image ", "IMAGE ", 1), is_beside_text: is_beside_text(it) };
    lines.into_iter().filter(|it| !it.starts_with('[')).map(line).collect()
}

fn input(value: &Value) -> Value {
    if let Some(time) = value["wait"].as_str() {
        let number: u64 = time.trim_end_matches(char::is_alphabetic).parse().unwrap();
        return json!({ "wait": if time.ends_with('h') { number * 3600 } else { number * 60 } });
    }
    let Some(result) = value["answer"]["result"].as_str() else { return value.clone() };
    let values = value["answer"]["values"].as_object().into_iter().flatten();
    let values: Map<String, Value> = values.map(|(name, it)| (name.clone(), said(it))).collect();
    let is_ok = ["ok", "Success"].contains(&result) || result.starts_with('2');
    json!({ "answer": { "call": value["answer"]["call"], "ok": is_ok, "values": values } })
}

/// A value as a text.
fn said(value: &Value) -> Value {
    json!(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Compares lines with what a case says. Headers, footers, and pictures beside texts may be left out.
fn are_meant(lines: &[Line], sees: &[&str], is_frame: &dyn Fn(&str) -> bool) -> bool {
    let Some((first, rest)) = lines.split_first() else { return sees.is_empty() };
    let is_next = sees.first().is_some_and(|it| is_meant(&first.text, it));
    is_next && are_meant(rest, &sees[1..], is_frame)
        || (first.is_beside_text || is_frame(&first.text)) && are_meant(rest, sees, is_frame)
}

/// Compares a line with what the case says: `…` at the end stands for the rest, and a value that has another name in the
/// source for anything.
fn is_meant(line: &str, expected: &str) -> bool {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| Regex::new("‹[^›]*›").unwrap());
    let (line, expected) = (squeezed(line), squeezed(expected));
    let is_same = |line: &str, expected: &str| {
        let plain: Vec<String> = VALUE.split(line).map(regex::escape).collect();
        Regex::new(&format!("^{}$", plain.join(".+"))).unwrap().is_match(expected)
    };
    match expected.strip_suffix('…').map(str::trim_end) {
        Some(start) => {
            let starts = line.char_indices().map(|(at, it)| &line[..at + it.len_utf8()]);
            let last = start.chars().next_back();
            starts.filter(|it| it.chars().next_back() == last).any(|it| is_same(it, start))
        }
        None => is_same(&line, &expected),
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(')').to_owned()
}
