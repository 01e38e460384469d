//! Who has or had a number, and contacts that are held because of it.

use crate::schemas::on;
use crate::suppression::with_input;
use crate::world::{Postgres, World, texts};

const SMS: &[u8] = b"phone,name\n+33199000001,Ana\n+33199000002,Ben\n";

/// Records that Ana has another number now, as an event of WhatsApp will.
const CHANGED: &str = "insert into identity_event (event_id, number, contact_id, event, kind, scope, value, from_kind, \
    from_scope, from_value, at, recorded_at, source, note) select 'wamid.1', 1, contact_id, 'changed', 'phone', '', \
    '+33199000003', 'phone', '', '+33199000001', 1764590400000000, 1764590400000000, 'wamid.1', '' \
    from contact where e164 = '+33199000001'";

/// Runs a test on both databases: the world after a run and the event.
fn on_both(test: impl Fn(&World, &str)) {
    let world = World::with_sms(SMS);
    assert_eq!(world.run().code, 0);
    let path = world.path("ferry.db");
    rusqlite::Connection::open(&path).unwrap().execute(CHANGED, []).unwrap();
    test(&world, &format!("sqlite:{}", path.display()));
    if let Some(postgres) = Postgres::create() {
        let world = World::with_sms(SMS);
        world.replan("sqlite:ferry.db", &postgres.url);
        assert_eq!(world.run().code, 0);
        on(&postgres.url, CHANGED);
        test(&world, &postgres.url);
    }
}

#[test]
fn the_history_of_a_number_is_shown_and_its_contact_is_released_by_a_person() {
    on_both(|world, url| {
        let held = "select reason from contact_hold";
        assert_eq!(texts(url, held), ["number_changed"]);
        for query in ["01 99 00 00 01", "+33199000003"] {
            let shown = world.ferry(&["identity", "show", query]);
            assert_eq!(shown.code, 0, "{shown:?}");
            for line in [
                "held         since 2025-12-01T12:00:00Z, because the person has changed to another number; nothing is sent",
                "had          phone +33199000001, until 2025-12-01T12:00:00Z",
                "has          phone +33199000003, since 2025-12-01T12:00:00Z",
                "event        2025-12-01T12:00:00Z changed: phone +33199000001 to phone +33199000003, by wamid.1",
            ] {
                assert!(shown.out.contains(line), "{line}: {}", shown.out);
            }
        }
        let traced = world.ferry(&["trace", "+33199000001", "--run-dir", "run"]).out;
        assert!(traced.contains("identity event   2025-12-01T12:00:00Z changed: phone +33199000001"), "{traced}");

        for by in ["", "  "] {
            let refused = world.ferry(&["identity", "acknowledge", "+33199000003", "--by", by]);
            assert_eq!(refused.code, 2, "{refused:?}");
            assert!(refused.err.contains("a name is needed: who decides this"), "{refused:?}");
        }
        let old = world.ferry(&["identity", "acknowledge", "+33199000001", "--by", "Eva"]);
        assert!(old.err.contains("the contact has another number since 2025-12-01"), "{old:?}");
        assert_eq!(texts(url, held), ["number_changed"]);
        let acknowledge = ["identity", "acknowledge", "+33199000003", "--by", "Eva", "--note", "called her"];
        let released = world.ferry(&acknowledge);
        assert!(released.out.ends_with("because the person has changed to another number\n"), "{released:?}");
        assert_eq!((released.code, texts(url, held)), (0, Vec::<String>::new()));
        let again = world.ferry(&acknowledge);
        assert!(again.out.contains("was not held: nothing changed"), "{again:?}");
        let shown = world.ferry(&["identity", "show", "+33199000001", "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
        let person = &shown["people"][0];
        assert_eq!((&person["hold"], &person["events"][1]["source"]), (&serde_json::Value::Null, &"Eva".into()));
        assert_eq!(person["events"][1]["note"], "called her");
    });
}

#[test]
fn a_number_that_nobody_had_is_an_error() {
    on_both(|world, _| {
        let shown = world.ferry(&["identity", "show", "+33199000009"]);
        assert_eq!(shown.code, 1, "{shown:?}");
        assert!(shown.err.contains("nobody has or had that phone number or id"), "{shown:?}");
    });
}

const HELD: &str = "the number may belong to another person now; `ferry export segment held` lists such contacts, \
    `ferry identity acknowledge CONTACT --by NAME` releases one";

/// The names in a list of contacts, each with the value of column `held`.
fn names(world: &World) -> Vec<String> {
    let mut reader = csv::Reader::from_path(world.path("list.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let [name, held] = ["name", "held"].map(|it| header.iter().position(|column| column == it).unwrap());
    let mut names: Vec<String> =
        reader.records().map(|it| it.unwrap()).map(|it| format!("{} {}", &it[name], &it[held])).collect();
    names.sort();
    names
}

#[test]
fn a_held_contact_is_in_no_list_for_sending_and_the_user_hears_of_it() {
    on_both(|world, _| {
        world.replan("[gates]", "[[segment]]\nname = \"everyone\"\nwhere = \"rows >= 1\"\n\n[gates]");
        let exported = |segment: &str| world.ferry(&["export", "segment", segment, "--to", "list.csv"]).out;
        for segment in ["undecided", "everyone"] {
            assert_eq!(
                exported(segment),
                format!("1 contact is held and left out: {HELD}\n1 contact of segment {segment} written to list.csv\n")
            );
            assert_eq!(names(world), ["Ben false"]);
        }
        let json = world.ferry(&["export", "segment", "undecided", "--to", "list.csv", "--format", "json"]).out;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["contacts"], &json["held_back"]), (&1.into(), &1.into()));
        assert_eq!(exported("ready"), exported("ready").replace("held", ""), "nobody would be ready");
        assert_eq!(exported("held"), "1 contact of segment held written to list.csv\n");
        assert_eq!(names(world), ["Ana true"]);

        let acknowledged = world.ferry(&["identity", "acknowledge", "+33199000003", "--by", "Eva"]);
        assert_eq!(acknowledged.code, 0, "{acknowledged:?}");
        assert_eq!(exported("everyone"), "2 contacts of segment everyone written to list.csv\n");
        assert_eq!(names(world), ["Ana false", "Ben false"]);
    });
}

#[test]
fn all_contacts_have_the_held_ones_marked() {
    on_both(|world, url| {
        let exported = world.ferry(&["export", "contacts", "--to", "list.csv"]);
        assert_eq!(exported.out, format!("1 of them is held: {HELD}\n2 contacts written to list.csv\n"));
        assert_eq!(names(world), ["Ana true", "Ben false"]);
        let json = world.ferry(&["export", "contacts", "--to", "list.csv", "--format", "json"]).out;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["held"], 1);
        let marked = "select name || ' ' || held || ' ' || segment from contact_view \
            join segment_view on segment_view.contact_id = contact_view.contact_id order by 1";
        assert_eq!(texts(url, marked), ["Ana yes held", "Ben no undecided"]);
    });
}

#[test]
fn a_run_and_the_status_tell_how_many_contacts_are_held() {
    on_both(|world, _| {
        world.replan("[gates]", "[[segment]]\nname = \"everyone\"\nwhere = \"rows >= 1\"\n\n[gates]");
        let ran = world.run();
        assert!(ran.out.contains(&format!("held       1 contact: {HELD}\n")), "{ran:?}");
        assert!(ran.out.contains("segments   of the plan: everyone 1 (1 held)\n"), "{ran:?}");
        let ran = world.run_json();
        assert_eq!((&ran["held"], &ran["plan_segments"][0]["held"]), (&1.into(), &1.into()));
        let status = world.ferry(&["status", "--run-dir", "run"]).out;
        assert!(status.contains(&format!("held     1 contact: {HELD}\n")), "{status}");
        let report = world.read("run/report.html");
        assert!(report.contains("ferry export segment held "), "the report lists them");
        let traced = world.ferry(&["trace", "+33199000001", "--run-dir", "run"]).out;
        assert!(traced.contains("  segment          held\n"), "{traced}");
    });
}

#[test]
fn what_is_imported_of_the_new_number_is_of_the_person_who_has_it_and_a_yes_of_the_old_one_is_refused() {
    on_both(|world, url| {
        assert_eq!(world.ferry(&["identity", "acknowledge", "+33199000003", "--by", "Eva"]).code, 0);
        let state = "select consent.state || ' ' || coalesce(e164, '-') from consent left join contact using (contact_id) order by 1";
        world.write(
            "said.csv",
            "phone,channel,state,said_at\n+33199000003,sms,stop,2026-06-01\n+33199000001,sms,yes,2026-07-01\n",
        );
        let ended = world.ferry(&["consent", "import", "said.csv"]);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(ended.out.contains("1: somebody has left this number for another"), "{ended:?}");
        assert_eq!(texts(url, state), ["stop +33199000001"]);
        // The SHA-256 of +33199000003.
        let digest = "f29ad831820ab9d25f6a951a9f6f58271a8e5c4359598f9bd10cf272f47e35d1\n";
        let suppressed = with_input(world, &["suppress", "--sha256"], digest);
        assert!(
            suppressed.code == 0 && texts(url, "select 'held back' from suppressed") == ["held back"],
            "{suppressed:?}"
        );
    });
}
