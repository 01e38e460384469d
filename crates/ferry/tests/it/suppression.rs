//! The suppression list: its keys, and lists of others in and out.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::consent::{consent, import, loaded};
use crate::world::{Ended, World, ended};

const ROWS: &[u8] = b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n";
/// What Python's `hashlib.sha256` gives for a number with the plus, and for its digits alone.
const ANA: [&str; 2] = [
    "f629aaa907141d1795752e4d048fcbc6ec82fcc10ab3db1a10bd2a32a1c09b77",
    "21c3ab588da091943088f92807673a14e9ee0851e884d8da1f8717b5c4e67e72",
];
const BEN: [&str; 2] = [
    "f5e7273c84050ac2404375d5bb68a207b7f4b40ff5b91db764e7ede33714ace5",
    "cc0a6c1788703f0def53f6c3c3815e2d0867fe171bc706a9f688971b73f85376",
];

/// Runs a command with this text on standard input.
pub(crate) fn with_input(world: &World, arguments: &[&str], text: &str) -> Ended {
    let mut command = world.command(arguments);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    ended(child.wait_with_output().unwrap())
}

/// The names of the contacts of segment `suppressed`.
fn suppressed(world: &World) -> Vec<String> {
    let exported = world.ferry(&["export", "segment", "suppressed", "--exact", "--to", "segment.csv"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let csv = world.read("segment.csv");
    csv.lines().skip(1).map(|it| it.split(',').nth(3).unwrap().to_owned()).collect()
}

/// Whether a file of the world holds some bytes.
fn holds(world: &World, name: &str, bytes: &[u8]) -> bool {
    fs::read(world.path(name)).is_ok_and(|it| it.windows(bytes.len()).any(|it| it == bytes))
}

fn bytes_of(digest: &str) -> Vec<u8> {
    hex::decode(digest).unwrap()
}

#[test]
fn a_list_of_digests_holds_its_numbers_back_when_an_import_brings_them() {
    let world = World::with_sms(ROWS);
    // One list is lines, in capitals; the other is a column of a table.
    let lines = format!("{}\n\n", ANA[0].to_uppercase());
    let first = with_input(&world, &["suppress", "--sha256", "--reason", "list of a partner"], &lines);
    assert_eq!(
        first.out,
        "1 suppressed; the list holds 0\n1 more known by the SHA-256 of others alone, until the number is seen\n"
    );
    let warning =
        "warning: the plain SHA-256 of a phone number is reversed in seconds: treat this list like a list of numbers\n";
    assert!(first.err.contains(warning), "{}", first.err);
    assert!(first.err.contains("a suppression key was made in suppression.keys: keep a copy"), "{}", first.err);
    assert_eq!(world.path("suppression.keys").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let table = format!("id,digest\n7,{}\n8,{}\n", BEN[1], "00".repeat(32));
    let second = with_input(&world, &["suppress", "--sha256", "--column", "digest", "--format", "json"], &table);
    let told: serde_json::Value = serde_json::from_str(&second.out).unwrap();
    assert_eq!((&told["changed"], &told["suppressed"], &told["sha256_only"]), (&2.into(), &0.into(), &3.into()));

    assert_eq!(world.run().code, 0);
    assert_eq!(suppressed(&world).len(), 2);
    let again = with_input(&world, &["suppress", "--sha256"], &lines);
    let one_left = "1 more known by the SHA-256 of others alone, until the number is seen\n";
    assert_eq!(again.out, format!("0 suppressed; the list holds 2\n{one_left}"));
}

#[test]
fn what_is_no_digest_is_told_by_its_line_and_not_repeated() {
    let world = World::with_sms(ROWS);
    let wrong = with_input(&world, &["suppress", "--sha256"], &format!("{}\n5ecre7\n", ANA[0]));
    assert_eq!(
        (wrong.code, wrong.err.as_str()),
        (
            1,
            "ferry: line 2 of standard input is no SHA-256 of 64 hexadecimal digits: it has 6 characters; nothing was changed\n"
        )
    );
    let wrong = with_input(&world, &["suppress", "--sha256", "--column", "hash"], "digest\n12\n");
    assert!(wrong.err.contains("names no column hash"), "{}", wrong.err);
    assert!(!world.path("ferry.db").exists());
}

#[test]
fn whether_a_person_is_suppressed_is_not_known_without_the_number() {
    let world = loaded("sqlite:ferry.db");
    let yes = "phone,state,said_at\n+33199000009,yes,2026-03-01\n";
    assert_eq!(import(&world, yes, &["--channel", "whatsapp", "--wording", "news@1"]).code, 0);
    assert_eq!(consent(&world, &["prove", "+33199000009", "--to", "receipt.json"]).code, 0);
    let digest = hex::encode(model::plain_phone_digests("+33199000009")[0]);
    assert_eq!(with_input(&world, &["suppress", "--sha256"], &digest).code, 0);
    let proof = consent(&world, &["prove", "+33199000009"]);
    assert!(proof.err.contains("suppressed: whatever counts"), "{proof:?}");
    let checked = consent(&world, &["prove", "--check", "receipt.json"]);
    assert!(checked.out.contains("\nwhether the person is suppressed is not known: "), "{checked:?}");
    let left_out = world.ferry(&["export", "suppression", "--sha256", "--to", "digests.csv"]);
    assert!(left_out.out.ends_with("\n1 entry left out: known by the SHA-256 of others alone\n"), "{left_out:?}");
}

#[test]
fn numbers_can_come_in_a_column_of_a_table() {
    let world = World::with_sms(ROWS);
    let table = "name;x,number\n\"a\nb\",+33 1 99 00 00 01\nc,01 99 00 00 02\n";
    let told = with_input(&world, &["suppress", "--column", "number"], table);
    assert_eq!(told.out, "2 suppressed; the list holds 2\n");
    let told = with_input(&world, &["suppress", "--column", "number"], "name;number\na;+33 1 99 00 00 03\n");
    assert_eq!(told.out, "1 suppressed; the list holds 3\n");
    let other_case = with_input(&world, &["suppress", "--column", "téléphone"], "Nom;TÉLÉPHONE\na;+33 1 99 00 00 04\n");
    assert!(other_case.out.starts_with("1 suppressed"), "{other_case:?}");
    let listed = with_input(&world, &["suppress", "--column", "number"], "Nom;Téléphone\na;+33 1 99 00 00 05\n");
    assert!(listed.err.contains("names no column number: its columns are Nom, Téléphone; nothing"), "{}", listed.err);
    // A first line that names no known column can be about a person.
    let hidden = with_input(&world, &["suppress", "--column", "number"], "Marie;+33 1 99 00 00 05\n");
    assert!(hidden.err.contains("names no column number, whether") && !hidden.err.contains("Marie"), "{}", hidden.err);
    let short = with_input(&world, &["suppress", "--column", "phone"], "name,phone\na,+33199000005\n+33199000006\n");
    assert!(short.err.contains("line 3 of standard input ends before column phone"), "{}", short.err);
    let wrong = with_input(&world, &["suppress", "--column", "number"], "number,x\n\"\",\nnobody,\n");
    assert!(wrong.err.contains("line 3 of standard input is neither"), "{}", wrong.err);
}

#[test]
fn a_digest_of_a_number_is_in_no_file_but_an_export_that_asks_for_it() {
    let world = World::with_sms(ROWS);
    assert_eq!(with_input(&world, &["suppress", "--sha256"], &format!("{}\n", ANA[0])).code, 0);
    assert_eq!(world.run().code, 0);
    assert_eq!(world.ferry(&["suppress", "--number", "+33199000002", "--reason", "=HYPERLINK(1)"]).code, 0);
    let plain = world.ferry(&["export", "suppression", "--to", "list.csv"]);
    assert_eq!(plain.out, "2 contacts written to list.csv\n");
    let list = world.read("list.csv");
    assert!(list.starts_with("contact_id,suppressed_at,reason\n"), "{list}");
    assert!(list.contains(",'=HYPERLINK(1)"), "{list}");
    let names: Vec<String> =
        ["ferry.db", "ferry.db-wal", "list.csv", "run/manifest.json", "run/clean/contacts.parquet"]
            .map(str::to_owned)
            .to_vec();
    for digest in ANA.iter().chain(&BEN) {
        for name in &names {
            let found = holds(&world, name, digest.as_bytes()) || holds(&world, name, &bytes_of(digest));
            assert!(!found, "{name} holds a plain digest");
        }
    }

    let exported = world.ferry(&["export", "suppression", "--sha256", "--to", "digests.csv"]);
    assert_eq!(exported.out, "2 numbers written to digests.csv\n");
    assert!(exported.err.starts_with("warning: the plain SHA-256"), "{}", exported.err);
    let csv = world.read("digests.csv");
    let cells: Vec<Vec<&str>> = csv.lines().map(|it| it.split(',').take(2).collect()).collect();
    // In the order of the digests.
    assert_eq!(cells, [vec!["sha256", "sha256_digits"], BEN.to_vec(), ANA.to_vec()]);
}

#[test]
fn a_suppressed_contact_without_a_number_is_told_and_left_out_of_the_digests() {
    let world = World::with_sms(ROWS);
    assert_eq!(world.run().code, 0);
    let numbers = "+33199000001\n+33199000009\n";
    assert_eq!(with_input(&world, &["suppress"], numbers).out, "2 suppressed; the list holds 2\n");
    let exported = world.ferry(&["export", "suppression", "--sha256", "--to", "digests.csv"]);
    assert_eq!(
        exported.out,
        "1 number written to digests.csv\n1 suppressed contact left out: the database does not know the number\n"
    );
    let json = world.ferry(&["export", "suppression", "--sha256", "--to", "digests.csv", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&told["rows"], &told["without_number"]), (&1.into(), &1.into()));
    let to_pipe = world.ferry(&["export", "suppression", "--to", "-"]);
    assert_eq!((to_pipe.out.lines().count(), to_pipe.code), (3, 0));
}

#[test]
fn keys_can_be_replaced_and_none_can_be_lost() {
    let world = World::with_sms(ROWS);
    assert_eq!(world.run().code, 0);
    assert!(!world.path("suppression.keys").exists(), "an empty list needs no key");
    with_input(&world, &["suppress"], "+33199000001\n+33199000003\n");
    let first = world.read("suppression.keys");
    let rotated = world.ferry(&["suppress", "--rotate-keys"]);
    assert_eq!(
        rotated.out,
        "1 written again under the new key; the list holds 2\n\
         1 under older keys, until the number is seen: keep all keys\n"
    );
    let both = world.read("suppression.keys");
    assert!(both.ends_with(&first) && both.lines().count() == 2);
    for line in both.lines() {
        assert!(!rotated.out.contains(line) && !rotated.err.contains(line));
    }

    // The key of the number that was not seen yet is gone: nothing is loaded.
    let new = both.lines().next().unwrap();
    world.write("suppression.keys", new);
    let more = "phone,name\n+33199000001,Ana\n+33199000002,Ben\n+33199000003,Cleo\n";
    world.write("sms.csv", more);
    for command in [["run"].as_slice(), &["check"], &["suppress", "--rotate-keys"]] {
        let refused = world.ferry(command);
        assert_ne!(refused.code, 0, "{command:?}");
        let text = refused.out + &refused.err;
        assert!(text.contains("the suppression list has entries under key "), "{command:?}: {text}");
        assert!(!both.lines().any(|it| text.contains(it)), "{command:?}");
    }
    assert_eq!(world.contacts().lines().count(), 2, "nothing was loaded");

    world.write("suppression.keys", &both);
    let run = world.run();
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(suppressed(&world).len(), 2);
    world.write("suppression.keys", new);
    assert_eq!(world.ferry(&["suppress", "--number", "+33199000002"]).out, "1 suppressed; the list holds 3\n");
}

#[test]
fn keys_can_be_in_the_environment() {
    let world = World::with_sms(ROWS);
    let keys = format!("{} {}", "1a".repeat(32), "2b".repeat(32));
    let run =
        |arguments: &[&str]| ended(world.command(arguments).env("FERRY_SUPPRESSION_KEYS", &keys).output().unwrap());
    assert_eq!(run(&["suppress", "--number", "+33199000001"]).out, "1 suppressed; the list holds 1\n");
    assert!(!world.path("suppression.keys").exists());
    let refused = run(&["suppress", "--rotate-keys"]);
    assert!(
        refused.err.contains("in the environment variable FERRY_SUPPRESSION_KEYS: put a new key"),
        "{}",
        refused.err
    );
    world.replan("[gates]", "[suppression]\nkeys_env = \"LIST_KEYS\"\n[gates]");
    let refused = run(&["suppress", "--number", "+33199000002"]);
    assert!(refused.err.contains("the environment has no LIST_KEYS"), "{}", refused.err);
}

#[test]
fn a_digest_of_others_that_came_while_two_contacts_were_one_holds_back_its_own_after_the_undoing() {
    let world = World::with_sms(ROWS);
    assert_eq!(world.run().code, 0);
    let [ana, ben] = ["+33199000001", "+33199000002"];
    assert_eq!(world.ferry(&["merge", ana, ben]).code, 0);
    assert_eq!(with_input(&world, &["suppress", "--sha256"], BEN[0]).code, 0);
    assert_eq!(suppressed(&world), ["Ana"]);
    assert_eq!(world.ferry(&["unmerge", ana, ben]).code, 0);
    assert_eq!(suppressed(&world).len(), 2);
}

#[test]
fn a_number_that_only_the_list_of_others_knows_is_shown_as_suppressed() {
    let world = World::with_sms(ROWS);
    assert_eq!(world.run().code, 0);
    let digest = plain_digest("+33199000003");
    assert_eq!(with_input(&world, &["suppress", "--sha256"], &digest).code, 0);
    let shown = world.ferry(&["consent", "show", "+33199000003"]);
    assert!(shown.out.contains("suppressed: whatever counts, nobody writes to this person"), "{shown:?}");
    let other = world.ferry(&["consent", "show", "+33199000004"]);
    assert!(other.code == 0 && !other.out.contains("suppressed"), "{other:?}");
}

fn plain_digest(phone: &str) -> String {
    hex::encode(model::plain_phone_digests(phone)[0])
}
