//! What counts is read by the words and the rule of the plan, and a command says so where it was not.

use crate::consent::{PLAN, WHATSAPP_NOW, consent, import, loaded, on_both, rows, world};

const TO_NEWS: [&str; 4] = ["--channel", "whatsapp", "--wording", "news@1"];
const STOP_AND_YES: &str = "phone,state,said_at\n0199000001,stop,2026-01-10\n0199000001,yes,2026-06-11\n";

/// The plan with the strictest rule.
fn strictest(crm: &str) -> String {
    PLAN.replace("CRM", crm).replace("[business]", "[merge]\nconsent = \"strictest\"\n\n[business]")
}

#[test]
fn the_rule_of_the_plan_holds_from_the_first_import_on() {
    on_both(|crm| {
        let world = world(crm);
        world.write("plan.toml", &strictest(crm));
        assert_eq!(import(&world, STOP_AND_YES, &TO_NEWS).code, 0);
        assert_eq!(rows(&world, crm, WHATSAPP_NOW), [""; 0]);
    });
}

#[test]
fn nothing_is_proved_by_a_rule_that_the_plan_has_no_longer() {
    on_both(|crm| {
        let world = loaded(crm);
        assert_eq!(import(&world, STOP_AND_YES, &TO_NEWS).code, 0);
        world.write("plan.toml", &strictest(crm));
        let proof = consent(&world, &["prove", "0199000001", "--channel", "whatsapp", "--purpose", "marketing"]);
        assert_eq!(proof.code, 1, "{proof:?}");
        assert!(proof.err.contains("other words or another rule") && proof.err.contains("ferry run"), "{proof:?}");
        let shown = consent(&world, &["show", "0199000001"]);
        assert!(shown.out.contains("read by other words or another rule than those of the plan"), "{shown:?}");
        assert_eq!(import(&world, "phone,state,said_at\n0199000002,no,2026-07-01\n", &TO_NEWS).code, 0);
        assert_eq!(rows(&world, crm, WHATSAPP_NOW), [""; 0]);
        assert!(!consent(&world, &["show", "0199000001"]).out.contains("read by other words"));
    });
}

#[test]
fn a_word_that_is_taught_later_tells_of_the_answers_that_were_imported_with_it() {
    on_both(|crm| {
        let world = loaded(crm);
        let plan = |words: &str| {
            let words = format!("[clean.consent_words]\n{words}\n\n[business]");
            world.write("plan.toml", &PLAN.replace("CRM", crm).replace("[business]", &words));
        };
        plan("yes = [\"à voir\"]");
        assert_eq!(import(&world, "phone,state,said_at\n0199000001,à voir,2026-05-01\n", &TO_NEWS).code, 0);
        assert_eq!(rows(&world, crm, WHATSAPP_NOW), ["marketing yes"]);

        plan("no = [\"à voir\"]");
        let ended = world.ferry(&["run", "--new", "--quiet"]);
        assert!(
            ended.out.contains("1 imported answer of other meaning by these words: import their file again"),
            "{ended:?}"
        );
        assert_eq!(import(&world, "phone,state,said_at\n0199000001,à voir,2026-05-01\n", &TO_NEWS).code, 0);
        assert_eq!(rows(&world, crm, WHATSAPP_NOW), [""; 0]);
    });
}

#[test]
fn a_consent_to_whatsapp_in_an_export_counts_only_with_its_date() {
    on_both(|crm| {
        let world = world(crm);
        let columns = "consent = \"consent\"\nconsent_at = \"date\"";
        let plan = PLAN.replace("CRM", crm).replace("consent = \"consent\"", columns);
        let plan = plan.replace("profile =", "consent_channel = \"whatsapp\"\nwording = \"news@1\"\nprofile =");
        world.write("plan.toml", &plan);
        let dates = ["2026-03-01", "2031-03-01", "1999-03-01", "2006-03-01", "hier", ""];
        let row = |(n, date): (usize, &str)| format!("+3319900000{n},Ana,yes,{date}\n");
        let list: String = (1..).zip(dates).map(row).collect();
        world.write("sms.csv", &format!("phone,name,consent,date\n{list}"));
        world.run();
        assert_eq!(rows(&world, crm, WHATSAPP_NOW), ["marketing yes"]);
        let shown = consent(&world, &["prove", "+33199000006", "--channel", "whatsapp", "--purpose", "marketing"]);
        assert!(shown.err.contains("has no date, so it covers no purpose"), "{shown:?}");
    });
}
