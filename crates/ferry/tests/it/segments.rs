//! Segments of the plan, each by a condition.

use serde_json::Value;

use crate::world::{Postgres, World, texts};

const PLAN: &str = r#"
[run]
name = "shop"
default_region = "FR"

[crm]
url = "sqlite:crm.db"

[[source]]
name = "shop"
channel = "sms"
path = "list.csv"
profile = "columns"

[source.columns]
phone = "phone"
name = "name"
email = "mail"
language = "language"
tags = "tags"
consent = "consent"

[source.attributes]
city = "city"

[[source]]
name = "log"
channel = "sms"
path = "log.csv"
profile = "twilio-messages"
own_numbers = ["+33199009999"]

[gates]
max_unreadable = { consent = 1.0 }
"#;

/// Ana wrote twice, Ugo has opted out, Zoe is of another country, Bob has nothing but a number, Eve will be suppressed, and
/// Max has a statement that is not understood.
const LIST: &str = "\
phone,name,mail,language,tags,consent,city
+33199000001,Ana,ana@example.com,fr,vip;b2b,yes,Lyon
+33199000002,Ugo,ugo@example.com,fr,vip,stop,Lyon
+12025550123,Zoe_[1]*,zoe@example.com,en,vip2,,Cap d'Ail
+33199000004,,,,,,
+33199000005,Eve,,fr,vip,yes,Lyon
+33199000006,Max,,fr,vip,peut-être,Lyon
";
const LOG: &str = "\
From,To,Body,Status,SentDate,Direction,Sid
+33199000001,+33199009999,a,received,2026-01-02T23:59:59Z,inbound,SM1
+33199000001,+33199009999,b,received,2025-06-01T00:00:00Z,inbound,SM2
+33199000002,+33199009999,c,received,2026-01-02T00:00:00Z,inbound,SM3
+33199009999,+12025550123,d,delivered,2025-12-31T23:59:59.999Z,outbound-api,SM4
+33199000005,+33199009999,e,received,2026-01-02T00:00:00Z,inbound,SM5
";

/// Conditions, and the first letters of those who meet them. Bob has no name.
const CONDITIONS: [(&str, &str); 37] = [
    ("1 = 1", "A B Z"),
    ("1 = 2", ""),
    ("messages >= 2 and region = 'FR' and last_inbound_at < '2026-01-03'", "A"),
    ("messages > 2 and region = 'FR' and last_inbound_at < '2026-01-03'", ""),
    ("messages = 0", "B"),
    ("messages between 1 and 2", "A Z"),
    ("rows = 1", "B"),
    ("region <> 'FR'", "Z"),
    ("region in ('FR', 'DE')", "A B"),
    ("region not in ('FR', 'DE')", "Z"),
    ("not region = 'FR'", "Z"),
    // A comparison with nothing is neither true nor false.
    ("language <> 'fr'", "Z"),
    ("not language = 'fr'", "Z"),
    ("language is null", "B"),
    ("language is not null and (language = 'en' or messages = 2)", "A Z"),
    // Times are compared to the second, as they are written.
    ("last_at < '2026-01-01'", "Z"),
    ("last_at >= '2026-01-01'", "A"),
    ("last_at = '2025-12-31T23:59:59Z'", "Z"),
    ("last_at between '2025-12-01' and '2026-01-03'", "A Z"),
    ("last_at < days_ago(0)", "A Z"),
    ("last_at > days_ago(36500) and first_at < '2025-07-01'", "A"),
    ("first_at < last_at", "A"),
    ("last_inbound_at is null", "B Z"),
    // Texts are compared byte by byte, and upper and lower case differ.
    ("name = 'ana'", ""),
    ("name > 'Zoe'", "Z"),
    ("name < 'a'", "A Z"),
    ("name like 'a%'", ""),
    ("name like '_na'", "A"),
    ("name like '%_[1]*'", "Z"),
    ("name like 'Zoe\\%'", ""),
    ("email not like '%@example.com'", ""),
    ("attribute('city') = 'Cap d''Ail'", "Z"),
    ("attribute('city') is null", "B"),
    ("has_tag('vip')", "A"),
    ("not has_tag('vip')", "B Z"),
    ("tags like '%vip%'", "A Z"),
    ("consent = 'yes' and whatsapp_consent is null and registration is null and segment = 'undecided'", "A"),
];

/// A world whose plan has a segment `sN` for each condition.
fn world(url: &str, conditions: &[&str]) -> World {
    let world = World::empty();
    let mut plan = PLAN.replace("sqlite:crm.db", url);
    for (n, condition) in conditions.iter().enumerate() {
        plan += &format!("\n[[segment]]\nname = \"s{n}\"\nwhere = '''{condition}'''\n");
    }
    world.write("plan.toml", &plan);
    world.write("list.csv", LIST);
    world.write("log.csv", LOG);
    world
}

fn run_json(world: &World) -> Value {
    let ended = world.ferry(&["run", "--format", "json"]);
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"))
}

/// The first letters of the people of an exported segment.
fn letters(world: &World, segment: &str) -> String {
    let ended = world.ferry(&["export", "segment", segment, "--as", "jsonl", "--to", "-"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let contacts = ended.out.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let mut letters: Vec<String> = contacts.map(|it| it["name"].as_str().unwrap_or("B")[..1].to_owned()).collect();
    letters.sort();
    letters.join(" ")
}

#[test]
fn a_condition_means_the_same_on_both_databases_and_never_holds_who_must_not_be_written_to() {
    let Some(postgres) = Postgres::create() else { return };
    let conditions = CONDITIONS.map(|it| it.0);
    for url in ["sqlite:crm.db", &postgres.url] {
        let world = world(url, &conditions);
        assert_eq!(world.ferry(&["suppress", "--number", "+33199000005"]).code, 0);
        let report = run_json(&world);
        for (n, (condition, expected)) in CONDITIONS.iter().enumerate() {
            let segment = format!("s{n}");
            assert_eq!(letters(&world, &segment), *expected, "{url}: {condition}");
            let counted = &report["plan_segments"][n];
            let n_people = expected.split_whitespace().count();
            assert_eq!((&counted["name"], &counted["contacts"]), (&segment.into(), &n_people.into()), "{condition}");
        }
    }
}

#[test]
fn segments_of_the_plan_are_in_the_summary_in_the_report_and_in_every_format_of_exports() {
    let world = world("sqlite:crm.db", &["messages >= 2 and name <> '<b>'", "region = 'FR'"]);
    let ended = world.ferry(&["run", "--run-dir", "run"]);
    assert!(ended.out.contains("segments   of the plan: s0 1, s1 3\n"), "{ended:?}");
    let report = world.read("run/report.html");
    let row = "<td><code>s1</code></td><td class=\"n\">3</td><td><code>ferry export segment s1 --to s1.csv</code></td>";
    assert!(report.contains(row), "{report}");
    for condition in ["&#60;&#62;", "&lt;&gt;", "messages &", "region ="] {
        assert!(!report.contains(condition), "a condition can hold personal data: {condition} {report}");
    }
    for (format, n_lines) in [("csv", 2), ("jsonl", 1), ("hubspot", 2), ("salesforce", 2), ("chatwoot", 2)] {
        let ended = world.ferry(&["export", "segment", "s0", "--as", format, "--to", "-"]);
        assert_eq!(ended.out.lines().count(), n_lines, "{format}: {ended:?}");
        assert!(ended.err.contains("1 contact of segment s0 written to standard output"), "{ended:?}");
    }
    assert_eq!(world.ferry(&["export", "segment", "s0", "--to", "s0.parquet"]).code, 0);
    // A finished run counts a segment that was added later, and does nothing else.
    world
        .write("plan.toml", &(world.read("plan.toml") + "\n[[segment]]\nname = \"later\"\nwhere = \"messages = 0\"\n"));
    let ended = world.ferry(&["run", "--run-dir", "run"]);
    assert!(ended.code == 0 && ended.out.contains("segments   of the plan: s0 1, s1 3, later 1\n"), "{ended:?}");
    // Somebody who is suppressed after the run has left the segment.
    assert_eq!(world.ferry(&["suppress", "--number", "+33199000001"]).code, 0);
    assert_eq!(letters(&world, "s0"), "");
    let unknown = world.ferry(&["export", "segment", "s9", "--to", "-"]);
    assert_eq!(unknown.code, 2);
    let there_are =
        "there is no segment s9: there are ready, re-engage, undecided, opted-out, suppressed, held, unclear, s0, s1";
    assert!(unknown.err.contains(there_are), "{}", unknown.err);
}

#[test]
fn a_segment_that_cannot_be_is_an_error_of_the_plan_before_anything_is_written() {
    for (name, condition, expected) in [
        ("ready", "1 = 1", "\"ready\" is a segment that Ferry makes: use another name"),
        ("S 1", "1 = 1", "\"S 1\" cannot name a segment"),
        ("twice", "1 = 1", "two segments are named \"twice\""),
        ("a", "mesages > 5", "segment \"a\": unknown column `mesages`, expected one of `contact_id`, "),
        ("a", "mesages > 5", "`tags`; did you mean `messages`?"),
        ("a", "1 = 1; drop table contact", "segment \"a\": `;` cannot be in a condition"),
        ("a", "1 = 1 -- x", "segment \"a\": `--` cannot be in a condition"),
        ("a", "contact_id in (select contact_id from contact)", "a condition cannot use `select`"),
        (
            "a",
            "attribute('town') = 'x'",
            "there is no attribute 'town'; the attributes are city, first_name, last_name",
        ),
    ] {
        let world = world("sqlite:crm.db", &[]);
        let segment =
            |name: &str, condition: &str| format!("\n[[segment]]\nname = \"{name}\"\nwhere = \"{condition}\"\n");
        let plan = world.read("plan.toml") + &segment("twice", "1 = 2");
        let (line, plan) = (plan.lines().count() + 4, plan + &segment(name, condition));
        world.write("plan.toml", &plan);
        let ended = world.ferry(&["run"]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains(expected), "{expected}: {}", ended.err);
        let line = if name == "a" { line } else { line - 1 };
        assert!(ended.err.contains(&format!("plan.toml:{line}: ")), "{line}: {}", ended.err);
        assert!(!world.path("runs").exists() && !world.path("crm.db").exists(), "{expected}");
    }
}

#[test]
fn the_view_of_conditions_has_their_columns() {
    let Some(postgres) = Postgres::create() else { return };
    for url in ["sqlite:crm.db", &postgres.url] {
        let world = world(url, &[]);
        run_json(&world);
        let url = url.replace("sqlite:crm.db", &format!("sqlite:{}", world.path("crm.db").display()));
        let columns = match url.starts_with("sqlite:") {
            true => "select name from pragma_table_info('person_view') order by cid".to_owned(),
            false => "select column_name::text from information_schema.columns where table_name = 'person_view' \
                order by ordinal_position"
                .to_owned(),
        };
        let columns = texts(&url, &columns);
        let known = model::CONDITION_COLUMNS.iter().map(|it| it.name);
        let expected: Vec<&str> = std::iter::once("id").chain(known).chain(["attributes"]).collect();
        assert_eq!(columns, expected);
    }
}
