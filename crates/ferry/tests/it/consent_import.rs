//! What becomes of the rows of a file of statements.

use crate::consent::{consent, import, loaded, on_both, rows};

const SAID: &str = "select channel || ' ' || state || ' ' || words from consent where basis = 'record' or basis = 'list'";
const MARKETING: &str = "select channel || ' ' || state from consent_now where purpose = 'marketing' and contact_id in \
    (select contact_id from contact where e164 = '+33199000001')";

#[test]
fn a_stop_of_the_same_date_as_a_yes_is_added_and_wins() {
    on_both(|crm| {
        let world = loaded(crm);
        let said = "phone,channel,state,said_at,wording\n\
            +33199000001,whatsapp,yes,2026-05-01T10:00:00Z,news@1\n\
            +33199000001,sms,yes,2026-05-15,\n\
            +33199000001,sms,stop,2026-05-15,\n";
        let ended = import(&world, said, &[]);
        assert!(ended.out.starts_with("optins     3 rows: 3 added, 0 known already"), "{ended:?}");
        assert_eq!(rows(&world, crm, SAID), ["sms stop stop", "sms yes yes", "whatsapp yes yes"]);
        assert_eq!(rows(&world, crm, MARKETING), ["sms stop", "viber stop", "whatsapp stop"]);
        assert!(import(&world, said, &[]).out.starts_with("optins     3 rows: 0 added, 3 known already"));
    });
}

#[test]
fn a_file_that_is_corrected_from_yes_to_no_refuses() {
    on_both(|crm| {
        let world = loaded(crm);
        let file = |state: &str| {
            format!("phone,channel,state,said_at,wording\n+33199000001,whatsapp,{state},2026-05-01T10:00:00Z,news@1\n")
        };
        for state in ["yes", "no"] {
            let ended = import(&world, &file(state), &[]);
            assert!(ended.out.starts_with("optins     1 row: 1 added, 0 known already"), "{state}: {ended:?}");
        }
        assert!(rows(&world, crm, MARKETING).contains(&"whatsapp no".to_owned()));

        // The same by the state of the command line, and in a list of people who refuse.
        let people = "phone,said_at\n+33199000002,2026-05-01\n";
        for state in ["yes", "stop"] {
            let ended = import(&world, people, &["--channel", "sms", "--state", state, "--source", "shop"]);
            assert!(ended.out.contains("1 added, 0 known already"), "{state}: {ended:?}");
        }
        for state in ["no", "stop"] {
            let ended = import(&world, people, &["--opt-outs", "--state", state, "--source", "list"]);
            assert!(ended.out.contains("1 added, 0 known already"), "{state}: {ended:?}");
        }
        assert!(consent(&world, &["show", "+33199000002"]).out.contains("stop for messages by all: list, \"stop\""));
    });
}
