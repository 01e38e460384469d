//! The runs of a project: their list, the removal of old ones, and the key that they share.

use serde_json::Value;

use crate::world::World;

fn json(world: &World, arguments: &[&str]) -> Value {
    let ended = world.ferry(&[arguments, &["--format", "json"]].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

/// Runs the plan on a list with one name.
fn import(world: &World, name: &str) -> String {
    world.write("sms.csv", &format!("phone,name\n+33199000001,{name}\n"));
    json(world, &["run"])["run_id"].as_str().unwrap().to_owned()
}

fn labels(world: &World) -> Vec<String> {
    let listed = json(world, &["runs"]);
    listed["runs"].as_array().unwrap().iter().map(|it| it["run_id"].as_str().unwrap()[10..].to_owned()).collect()
}

#[test]
fn runs_are_listed_and_each_can_be_named() {
    let world = World::with_sms(b"");
    let [first, second] = ["Ana", "Anna"].map(|it| import(&world, it));
    assert_eq!(json(&world, &["run", "--dry-run", "--new"])["dry_run"], true);
    assert_eq!(labels(&world), ["-test", ".2-test", ".dry-test"]);

    let listed = json(&world, &["runs"]);
    let second_listed = &listed["runs"][1];
    assert_eq!((&second_listed["state"], &second_listed["rows"]), (&"finished".into(), &1.into()));
    assert_eq!(second_listed["loaded"], serde_json::json!({ "inserted": 0, "updated": 1, "unchanged": 0 }));
    let shown = world.ferry(&["runs"]).out;
    assert!(shown.contains("finished  1 row; last load: 0 new, 1 changed, 0 unchanged"), "{shown}");

    // Without a name, it is the latest that is no dry run.
    assert_eq!(json(&world, &["audit"])["run_id"], second.as_str());
    assert_eq!(json(&world, &["audit", "--run", &first])["run_id"], first.as_str());
    let uid = listed["runs"][0]["uid"].as_str().unwrap();
    assert_eq!(json(&world, &["status", "--run", &uid[..8]])["run_id"], first.as_str());
    let unknown = world.ferry(&["status", "--run", "2001-01-01-test"]);
    assert!(unknown.err.contains("`ferry runs` lists them"), "{unknown:?}");
}

#[test]
fn old_runs_are_removed_and_what_is_needed_stays() {
    let world = World::with_sms(b"");
    for name in ["Ana", "Anna", "Hannah"] {
        import(&world, name);
    }
    json(&world, &["run", "--dry-run", "--new"]);
    // A run that was begun and not finished.
    world.write("sms.csv", "phone,name\n+33199000001,Joan\n");
    assert_eq!(world.ferry(&["extract"]).code, 0);

    let shown = json(&world, &["runs", "prune", "--keep", "1", "--dry-run"]);
    assert_eq!(shown["removed"].as_array().unwrap().len(), 2);
    assert_eq!(labels(&world).len(), 5);
    json(&world, &["runs", "prune", "--keep", "1"]);
    assert_eq!(labels(&world), [".3-test", ".dry-test", ".4-test"]);
    assert!(world.path("backups/0001").exists(), "backups are kept elsewhere");
    assert_eq!(json(&world, &["restore", "--list"])["backups"].as_array().unwrap().len(), 2);
}

#[test]
fn the_key_is_kept_and_brought_back() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    // Without the variable, the key is a file beside the plan.
    let ferry = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        crate::world::ended(command.env_remove("FERRY_CONTACT_KEY").output().unwrap())
    };
    let first = ferry(&["run"]);
    assert!(first.err.contains("a contact key was made in ferry.key: keep a copy in a safe place"), "{}", first.err);
    let key = ferry(&["key", "export"]).out;
    assert_eq!((key.trim().len(), world.read("ferry.key") == key), (64, true));
    let shown = ferry(&["key", "show"]).out;
    assert!(shown.contains("in ferry.key") && !shown.contains(key.trim()), "{shown}");
    assert_eq!(ferry(&["key", "check"]).code, 0);

    std::fs::remove_file(world.path("ferry.key")).unwrap();
    world.write("sms.csv", "phone,name\n+33199000001,Anna\n");
    let lost = ferry(&["run"]);
    assert_eq!(lost.code, 2);
    assert!(lost.err.contains("there is no key here: bring it with `ferry key import`"), "{}", lost.err);
    assert!(!world.path("ferry.key").exists());

    world.write("other.key", &"ab".repeat(32));
    assert_eq!(ferry(&["key", "import", "other.key"]).code, 0);
    assert_eq!((ferry(&["key", "check"]).code, ferry(&["run"]).code), (1, 1));
    world.write("kept.key", &key);
    let refused = ferry(&["key", "import", "kept.key"]);
    assert!(refused.err.contains("ferry.key holds another contact key, which was left as it is"), "{}", refused.err);
    std::fs::remove_file(world.path("ferry.key")).unwrap();
    assert_eq!(ferry(&["key", "import", "kept.key"]).code, 0);
    assert_eq!((ferry(&["key", "check"]).code, ferry(&["run"]).code), (0, 0));
}

#[test]
fn of_two_first_runs_that_start_at_once_one_key_is_left_and_it_is_that_of_the_database() {
    for _ in 0..10 {
        let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
        let start = || {
            let mut command = world.command(&["run", "--quiet"]);
            command.env_remove("FERRY_CONTACT_KEY").stdout(std::process::Stdio::null());
            command.stderr(std::process::Stdio::null()).spawn().unwrap()
        };
        let ended: Vec<i32> = [start(), start()].map(|mut it| it.wait().unwrap().code().unwrap()).into();
        assert!(ended.contains(&0), "{ended:?}");
        assert!(ended.iter().all(|it| [0, 75].contains(it)), "{ended:?}");
        let mut later = world.command(&["run", "--quiet"]);
        let later = crate::world::ended(later.env_remove("FERRY_CONTACT_KEY").output().unwrap());
        assert_eq!(later.code, 0, "{later:?}");
        assert!(later.out.contains("0 new, 0 changed, 1 unchanged"), "{}", later.out);
    }
}

#[test]
fn a_key_variable_that_the_plan_names_must_be_set() {
    let world = World::with_sms(b"phone,name\n+33199000001,Ana\n");
    world.replan("[gates]", "[identity]\nkey_env = \"NO_SUCH_KEY\"\n\n[gates]");
    let ended = world.run();
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("the environment has no NO_SUCH_KEY: set it to the contact key"), "{}", ended.err);
    assert!(!world.path("run").exists() && !world.path("ferry.key").exists());
}
