//! A number that could belong to a stranger is rejected, not guessed.

use crate::world::{Ended, World};

/// Runs one list of these columns in a region. `keys` go into its `[[source]]`.
fn run(csv: &str, region: &str, keys: &str, columns: &str) -> (World, Ended) {
    let world = World::empty();
    world.write("list.csv", csv);
    world.write(
        "plan.toml",
        &format!(
            "[run]\nname = \"test\"\ndefault_region = \"{region}\"\n[crm]\nurl = \"sqlite:ferry.db\"\n\
             [gates]\nmax_reject_rate = 1.0\nmax_unreadable = {{ region = 1.0, date = 1.0 }}\n[[source]]\n\
             name = \"list\"\nchannel = \"sms\"\npath = \"list.csv\"\nprofile = \"columns\"\n{keys}\n[source.columns]\n{columns}\n"
        ),
    );
    let ended = world.run();
    (world, ended)
}

/// The numbers of the contacts, and the reasons of the rejected rows.
fn numbers(world: &World) -> Vec<String> {
    let contacts = world.contacts();
    let numbers = contacts.lines().map(|it| it.split('|').next().unwrap().to_owned());
    let mut all: Vec<String> = numbers.collect();
    all.extend(world.rejects().iter().map(|it| it.split(' ').nth(2).unwrap().to_owned()));
    all
}

const PHONE: &str = "phone = \"phone\"";

#[test]
fn a_country_that_is_not_understood_is_not_the_plans_own() {
    let csv = "region,phone\nSchweiz,079 123 45 67\nБългария,088 123 4567\nBelgium / France,06 12 34 56 03\n\
               España,612 34 56 78\nAtlantis,+33199000001\nn/a,01 99 00 00 02\nN.A.,01 99 00 00 03\n#N/A,01 99 00 00 04\n";
    let (world, _) = run(csv, "FR", "", "phone = \"phone\"\nregion = \"region\"");
    assert_eq!(
        numbers(&world),
        [
            "+33199000001",
            "+33199000002",
            "+33199000003",
            "+33199000004",
            "+34612345678",
            "+359881234567",
            "+41791234567",
            "E_REGION_UNKNOWN"
        ]
    );
}

#[test]
fn na_is_namibia_only_in_a_column_of_codes() {
    let columns = "phone = \"phone\"\nregion = \"region\"";
    let (world, _) = run("region,phone\nNA,081 123 4567\nFR,01 99 00 00 01\n", "FR", "", columns);
    assert_eq!(numbers(&world), ["+264811234567", "+33199000001"]);
    let (world, _) = run("region,phone\nNA,01 99 00 00 02\nFrance,01 99 00 00 01\n", "FR", "", columns);
    assert_eq!(numbers(&world), ["+33199000001", "+33199000002"]);
}

#[test]
fn digits_that_are_international_by_definition_are_never_national() {
    let (world, _) = run("MSISDN\n33199000001\n6281200000000\n199000002\n", "DE", "", "phone = \"MSISDN\"");
    assert_eq!(numbers(&world), ["+33199000001", "+6281200000000", "E_INVALID"]);
    // The plan can set this for any column, in either direction.
    let (world, _) = run("phone\n33199000001\n", "DE", "numbers = \"international\"", PHONE);
    assert_eq!(numbers(&world), ["+33199000001"]);
    let (world, _) = run("phone\n0199000001\n0199000002\n", "FR", "numbers = \"national\"", PHONE);
    assert_eq!(numbers(&world), ["+33199000001", "+33199000002"]);
}

#[test]
fn a_log_that_lost_its_plus_signs_is_still_international() {
    let world = World::empty();
    world.write(
        "list.csv",
        "From,To,Body,Status,SentDate,Sid,Direction\n33199009999,12025550101,Promo,delivered,2026-03-03,S1,outbound-api\n\
         33199009999,5531988887766,Promo,delivered,2026-03-03,S2,outbound-api\n\
         919876543210,33199009999,STOP,received,2026-03-03,S3,inbound\n",
    );
    world.write(
        "plan.toml",
        "[run]\nname = \"test\"\ndefault_region = \"FR\"\n[crm]\nurl = \"sqlite:ferry.db\"\n[[source]]\nname = \"log\"\n\
         channel = \"sms\"\npath = \"list.csv\"\nprofile = \"twilio-messages\"\nown_numbers = [\"33199009999\"]\n",
    );
    assert_eq!(world.run().code, 0);
    let contacts = world.contacts();
    let shown: Vec<String> =
        contacts.lines().map(|it| it.split('|').step_by(6).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(shown, ["+12025550101 ", "+5531988887766 ", "+919876543210 stop"], "{contacts}");
}

#[test]
fn an_own_number_that_cannot_be_read_is_an_error_with_its_line() {
    let (_, ended) = run("phone\n+33199000001\n", "FR", "own_numbers = [\"SHOP\", \"+3361\"]", PHONE);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("plan.toml:14: own_numbers: \"+3361\" is not a phone number"), "{}", ended.err);
}

#[test]
fn a_valid_number_is_never_changed_and_old_spellings_of_mexico_and_brazil_are_mended() {
    let csv = "phone\n+52 55 1234 5678\n+52 1 55 1234 5678\n5215512345678\n044 55 1234 5678\n01 55 1234 5678\n";
    let (world, _) = run(csv, "MX", "", PHONE);
    assert_eq!(numbers(&world), ["+525512345678"]);
    let found = world.read("run/manifest.json");
    assert!(found.contains("\"old_spelling_rewritten\": 4"), "{found}");
    let (world, _) = run("phone\n+55 31 8888 7766\n+55 11 2345 6789\n", "BR", "", PHONE);
    assert_eq!(numbers(&world), ["+551123456789", "+5531988887766"]);
}

#[test]
fn a_uri_with_its_country_is_read_and_a_negative_number_is_no_phone() {
    let (world, _) = run("phone\ntel:199000001;phone-context=+33\n-33199000002\n", "FR", "", PHONE);
    assert_eq!(numbers(&world), ["+33199000001", "E_NOT_A_NUMBER"]);
}

#[test]
fn a_later_file_that_contradicts_how_a_source_was_read_is_an_error_that_asks() {
    let columns = "phone = \"phone\"\nlast_at = \"date\"";
    let (world, ended) = run("phone,date\n+33199000001,25/12/2025\n+33199000002,01/02/2026\n", "FR", "", columns);
    assert_eq!(ended.code, 0, "{ended:?}");
    world.replan("name = \"test\"", "name = \"later\"");
    // This file does not reveal the order of its dates, so the default applies.
    world.write("list.csv", "phone,date\n+33199000003,03/04/2026\n");
    assert_eq!(world.ferry(&["run", "--run-dir", "later"]).code, 0);
    assert!(world.contacts().contains("+33199000003|FR|fixed_line|||||2026-04-03T00:00:00Z|"), "{}", world.contacts());
    world.replan("name = \"later\"", "name = \"last\"");
    world.write("list.csv", "phone,date\n+33199000003,12/25/2025\n");
    let ended = world.ferry(&["run", "--run-dir", "last"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("the order of dates in last_at was day-first in the run"), "{}", ended.err);
    assert!(ended.err.contains("date_order"), "{}", ended.err);
}

#[test]
fn dates_that_can_be_read_two_ways_are_asked_about_and_mixed_ones_are_always_an_error() {
    let columns = "phone = \"phone\"\nlast_at = \"date\"";
    let mixed = "phone,date\n+33199000001,25/12/2025\n+33199000002,12/25/2025\n";
    let (_, ended) = run(mixed, "FR", "", columns);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("are written in two ways") && ended.err.contains("date_order"), "{}", ended.err);
    let (world, ended) = run(mixed, "FR", "date_order = \"day-first\"", columns);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("1 of 2 dates (50.0 %) are not understood"), "{}", ended.out);
    assert!(world.contacts().contains("+33199000001|FR|fixed_line|||||2025-12-25T00:00:00Z|"));

    let unclear = "phone,date\n+33199000001,03/04/2026\n";
    let of_region = |region: &str| run(unclear, region, "", columns).0.contacts();
    assert!(of_region("FR").contains("|2026-04-03T00:00:00Z|"));
    assert!(of_region("US").contains("|2026-03-04T00:00:00Z|"));
    let world = World::with_sms(b"phone,name,date\n+33199000001,Ana,03/04/2026\n");
    world.replan("default_region = \"FR\"\n", "");
    world.replan("name = \"name\"", "name = \"name\"\nlast_at = \"date\"");
    let ended = world.run();
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("date_order") && ended.err.contains("region"), "{}", ended.err);
}

#[test]
fn a_judgement_is_made_from_all_rows_however_late_they_say_so() {
    let columns = "phone = \"phone\"\nlast_at = \"date\"";
    // The first 20,000 rows fit both orders; the last one has the month first.
    let rows: String = (0..20_000).map(|n| format!("+331990{n:05},03/04/2026\n")).collect();
    let (world, ended) = run(&format!("phone,date\n{rows}+33199099999,12/25/2025\n"), "FR", "", columns);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(world.contacts().contains("+33199000000|FR|fixed_line|||||2026-03-04T00:00:00Z|"));
    assert!(world.read("run/manifest.json").contains("\"last_at\": \"month-first\""));
}

#[test]
fn local_times_are_read_in_the_zone_of_their_source() {
    let columns = "phone = \"phone\"\nlast_at = \"date\"";
    let csv = "phone,date\n+33199000001,2026-07-01 10:00:00\n";
    let (world, _) = run(csv, "FR", "timezone = \"Europe/Paris\"", columns);
    assert!(world.contacts().contains("|2026-07-01T08:00:00Z|"), "{}", world.contacts());
    let (_, ended) = run(csv, "FR", "timezone = \"Paris\"", columns);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("plan.toml:14: timezone is the name of a time zone"), "{}", ended.err);
}
