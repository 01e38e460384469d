//! The results of commands in JSON: each has the version of its form, and is valid by its schema in `docs/schemas`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::campaigns;
use crate::clients::python;
use crate::consent;
use crate::manual::commands;
use crate::review;
use crate::world::{Ended, Sandbox, World};

/// Commands that print no result of their own in JSON: they print nothing, text, or JSON of another form.
const NO_RESULT: [&str; 6] = ["clean", "completions", "man", "sandbox", "scenario-schema", "schema"];

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas")
}

/// The names of the commands that do something, such as `runs-diff`.
fn working_commands() -> BTreeSet<String> {
    let names = commands();
    // `ferry runs` does something by itself; others, such as `ferry key`, do nothing without a subcommand.
    let is_group = |name: &String| names.iter().any(|it| it.starts_with(&format!("{name} "))) && name != "runs";
    names.iter().filter(|it| !is_group(it)).map(|it| it.replace(' ', "-")).collect()
}

#[test]
fn every_command_that_prints_json_has_a_schema_and_its_file_is_what_the_program_prints() {
    let world = World::empty();
    let mut named = working_commands();
    for name in NO_RESULT {
        named.remove(name);
    }
    named.extend(["error", "notification", "notification-of-alerts", "notification-of-serve"].map(str::to_owned));
    for name in &named {
        let printed = world.ferry(&["schema", name]);
        assert_eq!(printed.code, 0, "{name} prints JSON without a schema: {printed:?}");
        expect_file![schemas().join(format!("{name}.schema.json"))].assert_eq(&printed.out);
    }
    let files = fs::read_dir(schemas()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.map(|it| it.trim_end_matches(".schema.json").to_owned()).collect();
    assert_eq!(files, named);
}

/// Checks values by their schemas. A field that a schema does not name is an error here, though not for other programs.
const VALIDATE: &str = r##"
import json, sys
from jsonschema import Draft202012Validator

def strict(node, is_part):
    """Forbids fields that are not named, except in parts of a choice, whose whole is looked at."""
    if isinstance(node, list):
        return [strict(it, is_part) for it in node]
    if not isinstance(node, dict):
        return node
    has_choice = any(it in node for it in ("anyOf", "oneOf", "allOf"))
    made = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):
            made[key] = {name: strict(it, False) for name, it in value.items()}
        elif key in ("anyOf", "oneOf", "allOf"):
            made[key] = strict(value, "properties" in node or is_part)
        else:
            made[key] = strict(value, False)
    if "properties" in node and not is_part and "additionalProperties" not in node:
        made["unevaluatedProperties"] = False
    return made

def checked(schema):
    schema = strict(schema, False)
    # What the whole document chooses from has fields beside its own.
    for choice in schema.get("anyOf", []):
        name = choice.get("$ref", "").removeprefix("#/$defs/")
        if name:
            schema["$defs"][name].pop("unevaluatedProperties", None)
    return schema

for name, schema, value in json.load(open(sys.argv[1])):
    Draft202012Validator.check_schema(schema)
    for error in Draft202012Validator(checked(schema)).iter_errors(value):
        print(f"{name}: {error.json_path}: {error.message[:300]}")
"##;

/// Results of commands, to be checked by their schemas together.
#[derive(Default)]
struct Results(Vec<(String, Value, Value)>);

impl Results {
    /// Runs a command and takes its result in.
    fn take(&mut self, world: &World, schema: &str, arguments: &[&str]) -> Value {
        let ended = world.ferry(&[arguments, &["--format", "json"]].concat());
        let value: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{arguments:?} {ended:?}"));
        assert!(ended.out.starts_with("{\n  \"schema_version\": 1,\n"), "{arguments:?} {ended:?}");
        self.add(schema, value.clone());
        value
    }

    fn add(&mut self, schema: &str, value: Value) {
        let text = fs::read_to_string(schemas().join(format!("{schema}.schema.json"))).unwrap();
        self.0.push((schema.to_owned(), serde_json::from_str(&text).unwrap(), value));
    }

    fn check(&self) {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("results.json");
        fs::write(&file, json!(self.0).to_string()).unwrap();
        if let Some(wrong) = python(VALIDATE, &[file.to_str().unwrap()]) {
            assert_eq!(wrong, "");
        }
    }
}

#[test]
fn results_about_runs_and_people_are_valid_by_their_schemas() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    let mut results = Results::default();
    let take = &mut |schema: &str, arguments: &[&str]| results.take(&world, schema, arguments);
    take("inspect", &["inspect", "sms.csv", "viber.csv", "--region", "FR"]);
    take("check", &["check"]);
    take("profiles", &["profiles"]);
    take("profiles", &["profiles", "twilio-messages"]);
    take("key-show", &["key", "show"]);
    take("run", &["run", "--dry-run"]);
    let first = take("run", &["run"]);
    take("run", &["run", "--limit", "5"]);
    world.write("sms.csv", &world.read("sms.csv").replacen("France", "FR", 3));
    let second = take("run", &["run"]);
    let [first, second] = [&first, &second].map(|it| it["run_id"].as_str().unwrap().to_owned());
    take("runs", &["runs"]);
    take("runs-diff", &["runs", "diff", &first, &second]);
    take("runs-diff", &["runs", "diff", &first, &second, "--to", "diff.csv"]);
    take("runs-prune", &["runs", "prune", "--keep", "1", "--dry-run"]);
    take("status", &["status", "--batches"]);
    take("verify", &["verify"]);
    take("verify", &["verify", "--dry-run"]);
    take("rerun", &["rerun", "--only", "expired"]);
    take("rerun", &["rerun", "--batch", "1", "--from", "load"]);
    take("load", &["load"]);
    take("audit", &["audit"]);
    take("unreadable", &["unreadable"]);
    take("export-contacts", &["export", "contacts", "--to", "all.csv"]);
    take("export-segment", &["export", "segment", "ready", "--to", "ready.csv"]);
    let numbers: Vec<String> = world.contacts().lines().map(|it| it.split('|').next().unwrap().to_owned()).collect();
    let numbers: Vec<&String> = numbers.iter().filter(|it| it.starts_with("+33")).collect();
    take("trace", &["trace", numbers[0]]);
    take("trace", &["trace", "sms:1"]);
    take("suppress", &["suppress", "--number", numbers[2]]);
    take("share", &["share", numbers[3]]);
    take("merge", &["merge", numbers[0], numbers[1]]);
    take("unmerge", &["unmerge", numbers[0], numbers[1]]);
    take("restore", &["restore", "--list"]);
    take("restore", &["restore", "--yes"]);
    take("key-export", &["key", "export"]);
    take("key-check", &["key", "check"]);
    results.check();
}

#[test]
fn results_about_consent_are_valid_by_their_schemas() {
    let world = consent::loaded("sqlite:ferry.db");
    let rows = "phone,state,said_at\n+33199000001,yes,2026-03-01\n+33199000003,perhaps,\n12,no,\n";
    world.write("optins.csv", rows);
    let mut results = Results::default();
    let take = &mut |schema: &str, arguments: &[&str]| results.take(&world, schema, arguments);
    let import = ["consent", "import", "optins.csv", "--channel", "whatsapp", "--wording", "news@1"];
    let dry = take("consent-import", &[import.as_slice(), &["--dry-run"]].concat());
    assert_eq!([&dry["added"], &dry["review"], &dry["refused"]], [1, 1, 1], "{dry}");
    take("consent-import", &[import.as_slice(), &["--rejects", "rejects.csv"]].concat());
    let shown = take("consent-show", &["consent", "show", "+33199000001"]);
    assert_eq!(shown["now"].as_array().unwrap().len(), 5, "{shown}");
    take("consent-prove", &["consent", "prove", "+33199000001"]);
    let printed = world.ferry(&["consent", "prove", "+33199000001", "--format", "json"]).out;
    world.write("receipt.json", &printed);
    let checked = take("consent-prove", &["consent", "prove", "--check", "receipt.json"]);
    assert_eq!(checked["genuine"], true, "{checked}");
    let listed = take("consent-review", &["consent", "review"]);
    assert_eq!(listed["unclear"].as_array().unwrap().len(), 2, "{listed}");
    take("consent-review", &["consent", "review", "--export", "review.csv"]);
    let decide = ["consent", "review", "+33199000003", "--decide", "no", "--because", "she said so", "--by", "Ana"];
    take("consent-review", &decide);
    take("consent-export", &["consent", "export", "--to", "ledger.csv"]);
    results.check();
}

#[test]
fn corrected_rows_a_broken_run_and_a_new_plan_have_valid_results_too() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n12,Ben\n");
    let mut results = Results::default();
    results.take(&world, "run", &["run"]);
    let folder = fs::read_dir(world.path("runs")).unwrap().map(|it| it.unwrap().path()).find(|it| it.is_dir()).unwrap();
    let rejects = fs::read_to_string(folder.join("clean/rejects/sms.csv")).unwrap();
    world.write("fixed.csv", &rejects.replace("12", "+33199000002"));
    results.take(&world, "fix", &["fix", "fixed.csv"]);
    results.take(&world, "fix", &["fix", "fixed.csv"]);
    fs::write(folder.join("clean/rejects/sms.csv"), "changed").unwrap();
    let audited = results.take(&world, "audit", &["audit"]);
    assert!(audited["differences"][0]["message"].is_string(), "{audited:#}");
    fs::create_dir(world.path("new")).unwrap();
    world.write("new/list.csv", "phone,name\n+33199000001,Ana\n");
    world.write("new/other.csv", "a,b\n1,2\n");
    results.take(&world, "init", &["init", "new"]);
    world.replan("url = \"sqlite:ferry.db\"", "url = \"postgres://ferry@localhost/crm\"\nschema = \"ferry\"");
    results.take(&world, "crm-ddl", &["crm", "ddl", "--loader", "ferry"]);
    results.check();
}

#[test]
fn results_about_scenarios_and_templates_are_valid_by_their_schemas() {
    let sandbox = Sandbox::start(&[]);
    let world = World::empty();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios");
    let (texts, flow) = (fixtures.join("sms-list/salon.csv"), fixtures.join("twilio-studio/support.json"));
    let (texts, flow) = (texts.to_str().unwrap(), flow.to_str().unwrap());
    world.write(
        "plan.toml",
        &format!("[crm]\nurl = \"sqlite:ferry.db\"\n[whatsapp]\naccount = \"42\"\nurl = \"{}/v25.0\"\n", sandbox.url),
    );
    let mut results = Results::default();
    let take = &mut |schema: &str, arguments: &[&str]| results.take(&world, schema, arguments);
    take("scenario-import", &["scenario", "import", texts]);
    take("scenario-show", &["scenario", "show", flow]);
    take("scenario-check", &["scenario", "check", flow]);
    take("scenario-export", &["scenario", "export", flow, "--as", "rapidpro", "--to", "flows.json"]);
    take("scenario-graph", &["scenario", "graph", flow]);
    take("scenario-simulate", &["scenario", "simulate", flow]);
    take("translate", &["translate", texts, "--to", "whatsapp"]);
    take("translate", &["translate", flow]);
    take("template-lint", &["template", "lint", "whatsapp"]);
    take("template-rules", &["template", "rules"]);
    take("template-submit", &["template", "submit", "whatsapp", "--dry-run"]);
    take("template-submit", &["template", "submit", "whatsapp"]);
    take("template-status", &["template", "status"]);
    take("template-sync", &["template", "sync"]);
    results.check();
}

#[test]
fn results_about_templates_of_the_database_are_valid_by_their_schemas() {
    let sandbox = Sandbox::start(&[]);
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n+61491570006,Eva\n");
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios/sms-list/salon.csv");
    let plan = world.read("plan.toml");
    let account = format!("[whatsapp]\naccount = \"42\"\nurl = \"{}/v25.0\"\n", sandbox.url);
    let scenario = format!("[[scenario]]\nname = \"salon\"\npath = \"{}\"\n", texts.display());
    world.write("plan.toml", &format!("{plan}\n{account}{scenario}[rates]\npath = \"rates.csv\"\n"));
    world.write("rates.csv", "market,currency,marketing\nFrance,EUR,0.1\nZone A,EUR,0.2\n");
    assert_eq!(world.run().code, 0);
    let database = format!("sqlite:{}", world.path("ferry.db").display());
    crate::world::texts(&database, crate::world::ALL_CONSENT);
    let mut results = Results::default();
    let take = &mut |schema: &str, arguments: &[&str]| results.take(&world, schema, arguments);
    take("template-submit", &["template", "submit", "--dry-run"]);
    take("template-submit", &["template", "submit", "--undecided"]);
    // Somebody has changed the texts by hand.
    crate::world::texts(&database, "update template_version set body = replace(body, '.', '!')");
    take("template-show", &["template", "show"]);
    take("template-diff", &["template", "diff"]);
    let names = crate::world::texts(&database, "select name from template order by name limit 1");
    take("template-show", &["template", "show", &names[0]]);
    take("template-show", &["template", "show", "run/translate"]);
    take("template-diff", &["template", "diff", &names[0], "--versions"]);
    take("template-costs", &["template", "costs"]);
    results.check();
}

#[test]
fn results_about_campaigns_are_valid_by_their_schemas() {
    let (sandbox, world) = campaigns::ready();
    let mut results = Results::default();
    let take = &mut |schema: &str, arguments: &[&str]| {
        results.take(&world, schema, &[&["campaign"], arguments].concat());
    };
    take("campaign-plan", &["plan", "welcome", "--rehearse"]);
    take("campaign-dry-run", &["dry-run", "welcome", "--rehearse"]);
    // The first message is refused, because the token has expired: that pauses the campaign.
    sandbox.control("sending", r#"{"faults": [{"kind": "error", "code": 190}]}"#);
    take("campaign-start", &["start", "welcome", "--rehearse"]);
    take("campaign-resume", &["resume", "welcome"]);
    take("campaign-pause", &["pause", "welcome", "--reason", "not yet"]);
    take("campaign-status", &["status", "welcome", "--rehearse"]);
    take("campaign-resume", &["resume", "welcome"]);
    sandbox.control("sending", "{}");
    take("campaign-start", &["start", "welcome", "--rehearse"]);
    take("campaign-status", &["status", "welcome", "--rehearse"]);
    take("campaign-settle", &["settle", "welcome"]);
    take("campaign-prove", &["prove", "welcome"]);
    take("campaign-prove", &["prove", "welcome", "--sandbox-log", "sandbox.log"]);
    // It has finished, and an order changes nothing.
    take("campaign-stop", &["stop", "welcome"]);
    results.check();
}

#[test]
fn results_of_a_review_are_valid_by_their_schema() {
    let world = review::shop();
    let mut results = Results::default();
    results.take(&world, "scenario-review", &["scenario", "review", "--to", "review.csv"]);
    review::edit(&world, &[("template late", "name", "ready"), ("template ready", "decision", "approve")]);
    let taken = results.take(&world, "scenario-review", &["scenario", "review", "--from", "review.csv"]);
    assert_eq!((&taken["taken"], &taken["refused"][0]["id"]), (&json!(1), &json!("template late en")), "{taken}");
    results.check();
}

fn error_of(ended: &Ended) -> Value {
    assert_eq!(ended.out, "", "{ended:?}");
    serde_json::from_str(ended.err.lines().last().unwrap()).unwrap_or_else(|_| panic!("{ended:?}"))
}

#[test]
fn an_error_is_one_line_of_json_on_standard_error() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let mut results = Results::default();
    for (arguments, code, exit, message) in [
        (["run", "none.toml"].as_slice(), "usage", 2, "could not read the plan none.toml"),
        (&["run", "--nonsense"], "usage", 2, "unexpected argument '--nonsense' found"),
        (&["nonsense"], "usage", 2, "unrecognized subcommand 'nonsense'"),
        (&["verify"], "failed", 1, "there is no run of"),
        (&["template", "rules", "T999"], "failed", 1, "there is no rule T999"),
    ] {
        let ended = world.ferry(&[arguments, &["--format", "json"]].concat());
        let value = error_of(&ended);
        let error = &value["error"];
        assert_eq!((ended.code, &error["code"], &error["exit"]), (exit, &json!(code), &json!(exit)), "{value}");
        assert!(error["message"].as_str().unwrap().starts_with(message), "{value}");
        results.add("error", value);
    }
    let missing = error_of(&world.ferry(&["run", "none.toml", "--format", "json"]));
    assert_eq!(missing["error"]["causes"], json!(["No such file or directory"]));
    assert!(missing["error"]["hint"].as_str().unwrap().contains("`ferry init`"), "{missing}");
    results.check();
}

#[test]
fn a_notification_is_valid_by_its_schema() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let mut results = Results::default();
    for arguments in [["run", "none.toml"].as_slice(), &["run"]] {
        world.ferry(&[arguments, &["--notify", "cat > told.json"]].concat());
        results.add("notification", serde_json::from_str(&world.read("told.json")).unwrap());
    }
    results.check();
}

#[test]
fn json_of_another_form_has_no_version_of_ours() {
    let world = World::empty();
    world.write("t.json", "{\"name\": \"a\", \"language\": \"en\", \"category\": \"UTILITY\", \"components\": []}");
    for arguments in
        [["schema", "plan"].as_slice(), &["scenario", "schema"], &["template", "lint", "t.json", "--as", "sarif"]]
    {
        let ended = world.ferry(arguments);
        let value: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
        assert!(value["schema_version"].is_null(), "{arguments:?}");
    }
}
