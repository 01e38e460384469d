//! The statements of merged contacts: when the merge is undone, and in another database.

use std::fs;

use crate::consent::{consent, import, on_both, rows, world};
use crate::world::World;

const ANA: &str = "+33199000001";
const BEN: &str = "+33199000002";
const YES: [&str; 4] = ["--channel", "whatsapp", "--wording", "news@1"];

/// A world with Ana and Ben, of whom nothing is known about consent.
fn two_people(crm: &str) -> World {
    let world = world(crm);
    world.write("sms.csv", "phone,name,consent\n+33199000001,Ana,\n+33199000002,Ben,\n");
    assert_eq!(world.run().code, 0);
    world
}

fn does(world: &World, arguments: &[&str]) {
    let ended = world.ferry(arguments);
    assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
}

/// What counts for marketing on WhatsApp, by the name of the contact.
fn now(world: &World, crm: &str) -> Vec<String> {
    const NOW: &str = "select name || ' ' || state from contact join consent_now on consent_now.contact_id = contact.contact_id \
        where channel = 'whatsapp' and purpose = 'marketing'";
    rows(world, crm, NOW)
}

#[test]
fn a_yes_that_came_between_a_merge_and_its_undoing_stays_with_who_said_it() {
    on_both(|crm| {
        let world = two_people(crm);
        does(&world, &["merge", ANA, BEN]);
        assert_eq!(import(&world, "phone,state,said_at\n+33199000002,yes,2026-07-01\n", &YES).code, 0);
        assert_eq!(now(&world, crm), ["Ana yes"]);
        does(&world, &["unmerge", ANA, BEN]);
        assert_eq!(now(&world, crm), ["Ben yes"]);
    });
}

#[test]
fn a_decision_between_a_merge_and_its_undoing_stays_with_the_contact_of_the_answer() {
    on_both(|crm| {
        let world = two_people(crm);
        let answer = "phone,state,said_at\n+33199000002,bof,2026-07-01\n";
        assert_eq!(import(&world, answer, &["--channel", "whatsapp"]).code, 3, "an answer to review");
        does(&world, &["merge", ANA, BEN]);
        let because = ["--because", "she said so", "--by", "Eva", "--wording", "news@1"];
        does(&world, &[&["consent", "review", BEN, "--decide", "yes"], &because[..]].concat());
        assert_eq!(now(&world, crm), ["Ana yes"]);
        does(&world, &["unmerge", ANA, BEN]);
        assert_eq!(now(&world, crm), ["Ben yes"]);
    });
}

#[test]
fn a_run_between_a_merge_and_its_undoing_says_of_each_what_its_rows_say() {
    on_both(|crm| {
        let world = two_people(crm);
        does(&world, &["merge", ANA, BEN]);
        world.write("sms.csv", "phone,name,consent\n+33199000001,Ana,\n+33199000002,Ben,yes\n");
        assert_eq!(world.run().code, 0);
        does(&world, &["unmerge", ANA, BEN]);
        const SAID: &str = "select name || ' ' || consent from contact_view where consent is not null";
        assert_eq!(rows(&world, crm, SAID), ["Ben yes"]);
    });
}

/// Exports the ledger, and imports it into another database that has merged nobody.
fn taken_elsewhere(from: &World, arguments: &[&str]) -> World {
    let exported = consent(from, &["export", "--to", "ledger.csv"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let to = two_people("sqlite:ferry.db");
    fs::copy(from.path("ledger.csv"), to.path("ledger.csv")).unwrap();
    let imported = consent(&to, &[&["import", "ledger.csv", "--quiet"], arguments].concat());
    assert_eq!(imported.code, 0, "{imported:?}");
    to
}

#[test]
fn a_ledger_of_merged_contacts_refuses_for_both_elsewhere_and_consents_for_neither_by_the_other() {
    on_both(|crm| {
        let world = two_people(crm);
        does(&world, &["merge", ANA, BEN]);
        assert_eq!(import(&world, "phone,state,said_at\n+33199000002,yes,2026-07-01\n", &YES).code, 0);
        let to = taken_elsewhere(&world, &[]);
        assert_eq!(now(&to, "sqlite:ferry.db"), ["Ben yes"]);

        let stop = "phone,state,said_at,channel\n+33199000002,stop,2026-07-02,sms\n";
        assert_eq!(import(&world, stop, &[]).code, 0);
        let to = taken_elsewhere(&world, &[]);
        assert_eq!(now(&to, "sqlite:ferry.db"), ["Ana stop", "Ben stop"]);
        // The database that wrote the ledger knows all of it.
        let again = consent(&world, &["import", "ledger.csv", "--quiet"]);
        assert!(
            again.out.starts_with("ledger     3 rows: 0 added, 3 known already, 0 to review, 0 refused\n"),
            "{again:?}"
        );
    });
}

#[test]
fn a_day_of_another_zone_is_the_same_day_elsewhere() {
    on_both(|crm| {
        let world = two_people(crm);
        let said = "phone,channel,state,said_at,wording\n\
            +33199000001,whatsapp,stop,2026-06-10,\n\
            +33199000001,whatsapp,yes,2026-06-11T02:00:00Z,news@1\n";
        assert_eq!(import(&world, said, &["--timezone", "America/Los_Angeles"]).code, 0);
        assert_eq!(now(&world, crm), ["Ana stop"]);
        for zone in ["UTC", "Europe/Paris"] {
            let to = taken_elsewhere(&world, &["--timezone", zone]);
            assert_eq!(now(&to, "sqlite:ferry.db"), ["Ana stop"]);
        }
    });
}

#[test]
fn an_export_with_numbers_says_for_how_many_people_there_is_none() {
    on_both(|crm| {
        let world = two_people(crm);
        let stops = "phone,state\n+33199000001,stop\n+33199000008,stop\n+33199000009,stop\n";
        assert_eq!(import(&world, stops, &["--channel", "sms"]).code, 0);
        let without = consent(&world, &["export", "--to", "ledger.csv"]);
        assert_eq!(without.out, "3 statements written to ledger.csv\n");
        let with = consent(&world, &["export", "--to", "ledger.csv", "--with-numbers"]);
        let told = "the column phone is empty for 2 contacts";
        assert!(with.out.contains(told), "{with:?}");
    });
}
