//! The files in docs/examples do what docs/operating.md says: they are run, or checked by the program that reads them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::page::{self, root};
use super::shell::shell;
use crate::clients::python;
use crate::world::{FERRY, Postgres, Sandbox, World, ended};

fn example(name: &str) -> String {
    page::text(&format!("examples/{name}"))
}

#[test]
fn the_page_names_every_example_and_every_example_that_it_names_is_there() {
    let text = page::text("operating.md");
    let mut files: Vec<String> = fs::read_dir(root().join("docs/examples"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    for file in &files {
        assert!(text.contains(&format!("(examples/{file})")), "docs/operating.md does not name {file}");
    }
    for named in text.split("(examples/").skip(1).map(|it| it.split(')').next().unwrap()) {
        assert!(files.iter().any(|it| it == named), "there is no docs/examples/{named}");
    }
}

#[test]
fn every_line_for_cron_has_five_times_and_a_command_that_works() {
    let sandbox = Sandbox::start(&[]);
    let world = World::demo(&sandbox);
    world.write("ferry.env", "export FERRY_VERIFY_TOKEN=token\n");
    world.write("backup.sh", &example("backup.sh"));
    world.write("retry.sh", &example("retry.sh"));
    let project = world.path("").to_str().unwrap().to_owned();
    let backups = world.path("copies").to_str().unwrap().to_owned();
    let text = example("ferry.cron");
    let lines = text.lines().filter(|it| !it.is_empty() && !it.starts_with('#'));
    let is_setting = |it: &&str| it.split_whitespace().next().is_some_and(|it| it.contains('='));
    let (settings, jobs): (Vec<&str>, Vec<&str>) = lines.partition(is_setting);
    assert!(settings.contains(&"PROJECT=/srv/ferry") && jobs.len() == 5, "{settings:?} {jobs:?}");
    for job in jobs {
        let (times, command) = job.split_once("  ").unwrap();
        assert_eq!(times.split(' ').count(), 5, "{job}");
        assert!(times.chars().all(|it| it.is_ascii_digit() || " *-,/".contains(it)), "{job}");
        // In a crontab a percent sign is a line break.
        assert!(!command.contains('%'), "{job}");
        let ended = shell(&world, command, &[("PROJECT", &project), ("BACKUPS", &backups)]);
        assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{job}: {ended:?}");
    }
    assert!(world.read("last-run.txt").contains("316 new, 0 changed"));
    assert!(world.read("last-audit.txt").contains("everything adds up"));
}

#[test]
fn a_command_is_tried_again_while_it_ends_with_75() {
    let world = World::empty();
    world.write("retry.sh", &example("retry.sh"));
    let tried = |codes: &str, retries: &str| {
        world.write("codes", codes);
        // Ends with the next code of the file.
        let ferry = "ferry() { code=$(head -n 1 codes); sed -i 1d codes; echo \"$* $code\"; return \"$code\"; }";
        let script = format!("{ferry}\nset -- run --quiet\n. ./retry.sh");
        shell(&world, &script, &[("FERRY_RETRIES", retries), ("FERRY_RETRY_SECONDS", "0")])
    };
    let ended = tried("75\n75\n3\n", "12");
    assert_eq!((ended.code, ended.out.as_str()), (3, "run --quiet 75\nrun --quiet 75\nrun --quiet 3\n"));
    let ended = tried("75\n75\n75\n", "1");
    assert_eq!((ended.code, ended.out.as_str()), (75, "run --quiet 75\nrun --quiet 75\n"));
}

#[test]
fn a_backup_of_sqlite_holds_the_key_the_plan_and_every_contact() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n");
    assert_eq!(world.run().code, 0);
    world.write("backup.sh", &example("backup.sh"));
    for _ in ["first", "again on the same day"] {
        let ended = shell(&world, "sh backup.sh . copies", &[]);
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let day = fs::read_dir(world.path("copies")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::metadata(&day).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_to_string(day.join("plan.toml")).unwrap(), world.read("plan.toml"));
    assert_eq!(fs::read_to_string(day.join("ferry.key")).unwrap().trim().len(), 64);
    let copy = format!("sqlite:{}", day.join("ferry.db").display());
    assert_eq!(crate::world::dump(&copy), world.dump_sqlite());
}

#[test]
fn a_backup_of_postgresql_holds_the_schema_of_the_plan() {
    if !test_needs::has_program("pg_dump") {
        return;
    }
    let Some(database) = Postgres::create() else { return };
    let world = crate::schemas::world(&database.url);
    assert_eq!(world.run().code, 0);
    world.write("backup.sh", &example("backup.sh"));
    let ended = shell(
        &world,
        "sh backup.sh . copies && pg_restore --list copies/*/ferry.dump",
        &[("FERRY_CRM_URL", &database.url)],
    );
    assert!(ended.code == 0 && ended.out.contains("TABLE DATA ferry contact"), "{ended:?}");
}

#[test]
fn secrets_of_the_examples_can_be_read_by_a_shell() {
    let world = World::empty();
    world.write("ferry.env", &example("ferry.env"));
    let ended = shell(&world, ". ./ferry.env && env", &[]);
    for name in ["FERRY_CRM_URL=postgres://", "FERRY_VERIFY_TOKEN="] {
        assert!(ended.out.lines().any(|it| it.starts_with(name)), "{ended:?}");
    }
}

/// A value of a unit file; each key that is asked for is there once.
fn unit_value<'a>(unit: &'a str, key: &str) -> &'a str {
    let mut values = unit.lines().filter_map(|it| it.strip_prefix(key)?.strip_prefix('='));
    let value = values.next().unwrap_or_else(|| panic!("no {key}"));
    assert_eq!(values.next(), None, "{key}");
    value
}

#[test]
fn the_service_tries_again_after_75_alone_and_runs_a_command_that_there_is() {
    let service = example("ferry.service");
    assert_eq!(unit_value(&service, "RestartForceExitStatus"), "75");
    assert!(!service.lines().any(|it| it.starts_with("Restart=")));
    let command = unit_value(&service, "ExecStart").strip_prefix("/usr/local/bin/ferry ").unwrap();
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let ended = world.ferry(&command.split(' ').collect::<Vec<_>>());
    assert!(ended.code == 0 && ended.out.starts_with('{') && ended.err.is_empty(), "{ended:?}");
}

#[test]
fn the_receiver_is_started_again_and_may_have_as_many_connections_as_it_takes() {
    let service = example("ferry-serve.service");
    assert_eq!(unit_value(&service, "Restart"), "always");
    assert!(unit_value(&service, "LimitNOFILE").parse::<u32>().unwrap() > 10_000);
    let command = unit_value(&service, "ExecStart").strip_prefix("/usr/local/bin/ferry ").unwrap();
    let world = World::with_sms(b"phone,name\n");
    let ended = world.ferry(&command.split(' ').collect::<Vec<_>>());
    // The plan of this test has no webhook, which is said after the arguments were read.
    assert!(ended.code == 2 && ended.err.contains("the plan has no [[webhook]]"), "{ended:?}");
}

/// By systemd's own checker: `systemd-analyze verify` and its measure of what a service may do, from 0 to 10.
#[test]
fn systemd_takes_the_service_and_the_timer_and_finds_little_that_the_service_may_do() {
    if !test_needs::has_program("systemd-analyze") {
        return;
    }
    let world = World::empty();
    world.write("ferry.service", &example("ferry.service").replace("/usr/local/bin/ferry", FERRY));
    world.write("ferry.timer", &example("ferry.timer"));
    world.write("ferry-serve.service", &example("ferry-serve.service").replace("/usr/local/bin/ferry", FERRY));
    for arguments in [
        ["verify", "--man=no", "ferry.service", "ferry.timer"],
        ["verify", "--man=no", "ferry-serve.service", "ferry.timer"],
        // In tenths.
        ["security", "--offline=true", "--threshold=20", "ferry.service"],
        ["security", "--offline=true", "--threshold=20", "ferry-serve.service"],
    ] {
        let output = Command::new("systemd-analyze").args(arguments).current_dir(world.path("")).output().unwrap();
        let ended = ended(output);
        assert!(ended.code == 0 && ended.err.is_empty(), "{arguments:?}: {ended:?}");
    }
}

/// What a scheduler does with the tasks of an example: each runs when those before it have ended.
const TASKS: &str = r##"
import inspect, runpy, sys, types
tasks = []
class Task:
    def __init__(self, function, inputs):
        self.function, self.inputs, self.before, self.value = function, inputs, list(inputs), None
        tasks.append(self)
    def __rshift__(self, other):
        other.before.append(self)
        return other
def task(function=None, **options):
    if function is None: return lambda it: task(it)
    return lambda *inputs: Task(function, inputs)
def flow(function=None, **options):
    if function is None: return lambda it: flow(it)
    return function
def run_tasks(values_of):
    done = []
    while len(done) < len(tasks):
        ready = next(it for it in tasks if it not in done and all(before in done for before in it.before))
        ready.value = ready.function(*values_of(ready))
        print(ready.function.__name__, ready.value)
        done.append(ready)
def module(name, **members):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)
def outcome(work):
    try: work()
    except Exception as error: print(type(error).__name__, error)
"##;

const AIRFLOW: &str = r##"
class AirflowException(Exception): pass
class AirflowFailException(AirflowException): pass
module("airflow")
module("airflow.sdk", dag=flow, task=task)
module("airflow.sdk.exceptions", AirflowException=AirflowException, AirflowFailException=AirflowFailException)
def work():
    runpy.run_path(sys.argv[1])
    run_tasks(lambda it: [before.value for before in it.inputs])
outcome(work)
"##;

const DAGSTER: &str = r##"
class RetryRequested(Exception):
    def __init__(self, max_retries, seconds_to_wait): super().__init__(f"{max_retries} times every {seconds_to_wait} s")
class Failure(Exception):
    def __init__(self, description, allow_retries): super().__init__(f"{description.strip()}, retries: {allow_retries}")
class Context:
    log = types.SimpleNamespace(warning=print)
    def add_output_metadata(self, values): print("metadata", sorted(values))
named = lambda *arguments, **values: types.SimpleNamespace(**values)
module("dagster", op=task, job=flow, In=named, Nothing=None, RetryRequested=RetryRequested, Failure=Failure,
    Definitions=named, ScheduleDefinition=named)
def work():
    members = runpy.run_path(sys.argv[1])
    members["ferry_nightly"]()
    assert members["defs"].jobs == [members["ferry_nightly"]] and members["defs"].schedules[0].cron_schedule
    # Inputs without a value only say what comes first.
    run_tasks(lambda it: [Context()] if "context" in inspect.signature(it.function).parameters else [])
outcome(work)
"##;

/// What is printed when an example runs in a project, with a program in the place of Ferry; none without Python.
fn scheduled(scheduler: &str, file: &str, project: &Path, ferry: &str) -> Option<String> {
    let environment = format!(
        "import os\nos.environ.update(FERRY={ferry:?}, FERRY_PROJECT={:?}, FERRY_CONTACT_KEY=\"{:064}\")\n",
        project.to_str().unwrap(),
        1
    );
    let path = root().join("docs/examples").join(file);
    python(&format!("{environment}{TASKS}{scheduler}"), &[path.to_str().unwrap()])
}

/// A program that prints a reason and ends with a code.
fn ends_with(world: &World, code: u8) -> String {
    let path = world.path(&format!("ends-with-{code}"));
    fs::write(&path, format!("#!/bin/sh\necho the reason >&2\nexit {code}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_dag_for_airflow_runs_ferry_and_retries_a_temporary_failure_alone() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let run = |ferry: &str| scheduled(AIRFLOW, "airflow_dag.py", &world.path(""), ferry);
    let Some(told) = run(FERRY) else { return };
    let told: Vec<&str> = told.lines().map(|it| it.split(", 'run_id'").next().unwrap()).collect();
    assert_eq!(told, ["check True", "run {'exit': 0", "audit True", "export_ready 0", "look None"]);
    assert_eq!(run(&ends_with(&world, 75)).unwrap(), "AirflowException the reason\n\n");
    assert_eq!(run(&ends_with(&world, 4)).unwrap(), "AirflowFailException exit code 4: the reason\n\n");
}

#[test]
fn the_job_for_dagster_runs_ferry_and_retries_a_temporary_failure_alone() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    let run = |ferry: &str| scheduled(DAGSTER, "dagster_job.py", &world.path(""), ferry);
    let Some(told) = run(FERRY) else { return };
    let told: Vec<&str> = told.lines().filter(|it| !it.starts_with("run ")).collect();
    let metadata = "metadata ['exit', 'inserted', 'run_id', 'unchanged', 'updated']";
    assert_eq!(told, ["check True", metadata, "audit True", "export_ready 0"]);
    assert_eq!(run(&ends_with(&world, 75)).unwrap(), "RetryRequested 12 times every 1800 s\n");
    assert_eq!(run(&ends_with(&world, 4)).unwrap(), "Failure exit code 4: the reason, retries: False\n");
}
