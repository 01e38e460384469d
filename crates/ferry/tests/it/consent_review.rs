//! Decisions about answers that are not understood.

use crate::consent::{consent, import, loaded, on_both, rows};
use crate::world::{Ended, World};

const MARKETING: &str = "select channel || ' ' || state from consent_now where purpose = 'marketing' and contact_id in \
    (select contact_id from contact where e164 = '+33199000001')";
const DECISIONS: &str = "select channel || ' ' || state from consent where basis = 'review'";

/// Ana's answer by WhatsApp is not understood.
const PERHAPS: &str = "phone,channel,state,said_at\n+33199000001,whatsapp,perhaps,2026-05-15\n";

fn decide(world: &World, more: &[&str]) -> Ended {
    let first = ["review", "+33199000001", "--because", "rang", "--by", "Eva"];
    consent(world, &[first.as_slice(), more].concat())
}

#[test]
fn a_decision_has_the_date_of_the_answer_and_lifts_no_later_stop() {
    on_both(|crm| {
        let world = loaded(crm);
        let said = format!("{PERHAPS}+33199000001,sms,stop,2026-06-15\n");
        assert_eq!(import(&world, &said, &[]).code, 3);
        let decided = decide(&world, &["--decide", "yes", "--wording", "news@1"]);
        assert_eq!(decided.code, 0, "{decided:?}");
        assert_eq!(rows(&world, crm, MARKETING), ["sms stop", "viber stop", "whatsapp stop"]);
        let shown = consent(&world, &["show", "+33199000001"]);
        assert!(shown.out.contains("2026-05-15 yes for messages by whatsapp: review, \"perhaps\""), "{shown:?}");
    });
}

#[test]
fn the_same_decision_again_changes_nothing_and_the_answer_is_off_the_list() {
    on_both(|crm| {
        let world = loaded(crm);
        assert_eq!(import(&world, PERHAPS, &[]).code, 3);
        assert!(consent(&world, &["review"]).out.contains("\n2 unclear answers\n"));
        let yes = ["--decide", "yes", "--wording", "news@1"];
        let first = decide(&world, &yes);
        let told = "1 decision recorded, 0 known already, 0 left open, 0 refused; 1 unclear answer left\n";
        assert_eq!((first.code, first.out.as_str()), (0, told), "{first:?}");
        let again = decide(&world, &yes);
        let told = "0 decisions recorded, 1 known already, 0 left open, 0 refused; 1 unclear answer left\n";
        assert_eq!((again.code, again.out.as_str()), (0, told), "{again:?}");
        assert_eq!(rows(&world, crm, DECISIONS), ["whatsapp yes"]);
        assert_eq!(rows(&world, crm, MARKETING), ["sms yes", "whatsapp yes"]);
        let listed = consent(&world, &["review"]);
        assert!(!listed.out.contains("perhaps") && listed.out.contains("\n1 unclear answer\n"), "{listed:?}");
    });
}

#[test]
fn another_decision_about_a_decided_answer_needs_again_and_a_refusal_never_becomes_a_yes() {
    let world = loaded("sqlite:ferry.db");
    assert_eq!(import(&world, PERHAPS, &[]).code, 3);
    let yes = ["--decide", "yes", "--wording", "news@1"];
    assert_eq!(decide(&world, &yes).code, 0);
    let no = decide(&world, &["--decide", "no"]);
    assert!(no.code == 1 && no.err.contains("decided in another way before: --again decides anew"), "{no:?}");
    assert_eq!(decide(&world, &["--decide", "no", "--again"]).code, 0);
    assert!(rows(&world, "sqlite:ferry.db", MARKETING).contains(&"whatsapp no".to_owned()));
    let orders = decide(&world, &["--decide", "yes", "--wording", "orders@1", "--again"]);
    assert!(orders.code == 1 && orders.err.contains("decided to be a refusal, which stays"), "{orders:?}");
    assert_eq!(rows(&world, "sqlite:ferry.db", DECISIONS), ["whatsapp no", "whatsapp yes"]);
}

#[test]
fn two_lines_that_decide_about_one_answer_in_two_ways_are_both_refused() {
    let world = loaded("sqlite:ferry.db");
    assert_eq!(import(&world, PERHAPS, &[]).code, 3);
    assert_eq!(consent(&world, &["review", "--export", "review.csv"]).code, 0);
    let list = world.read("review.csv");
    let [header, rest] = [list.lines().next().unwrap(), list.lines().find(|it| it.contains("perhaps")).unwrap()];
    let row = |decision: &str| rest.replace(",,,,", &format!(",{decision}"));
    let file = |decisions: &[&str]| {
        let rows: String = decisions.iter().map(|it| row(it) + "\n").collect();
        world.write("review.csv", &format!("{header}\n{rows}"));
        consent(&world, &["review", "--import", "review.csv"])
    };
    let both = file(&["no,,rang,Eva", "yes,news@1,rang,Eva"]);
    assert_eq!(both.code, 3, "{both:?}");
    for line in [2, 3] {
        let told = format!("line {line}: lines 2 and 3 decide about one answer in two ways: keep one of them\n");
        assert!(both.out.contains(&told), "{both:?}");
    }
    assert_eq!(rows(&world, "sqlite:ferry.db", DECISIONS), Vec::<String>::new());
    let once = file(&["no,,rang,Eva", "no,,rang twice,Ida"]);
    assert!(once.code == 0 && once.out.starts_with("1 decision recorded, 1 known already, "), "{once:?}");
    let again = file(&["no,,rang,Eva"]);
    assert!(again.code == 0 && again.out.starts_with("0 decisions recorded, 1 known already, "), "{again:?}");
}

#[test]
fn an_answer_by_sms_is_no_yes_to_whatsapp_and_a_mistaken_yes_is_corrected_by_an_import() {
    let world = loaded("sqlite:ferry.db");
    let perhaps = PERHAPS.replace("whatsapp", "sms");
    assert_eq!(import(&world, &perhaps, &[]).code, 3);
    let yes = decide(&world, &["--decide", "yes", "--wording", "news@1", "--channel", "whatsapp"]);
    assert!(
        yes.code == 1 && yes.err.contains("an answer by one channel is no yes to another: import a yes"),
        "{yes:?}"
    );
    assert_eq!(rows(&world, "sqlite:ferry.db", DECISIONS), Vec::<String>::new());
    // A refusal of WhatsApp leaves the answer by SMS open, and the list says so.
    assert_eq!(decide(&world, &["--decide", "no", "--channel", "whatsapp"]).code, 0);
    assert!(consent(&world, &["review"]).out.contains("\n  decided no by whatsapp\n"));

    let said = "phone,channel,state,said_at,wording\n+33199000005,whatsapp,yes,2026-05-15,news@1\n";
    assert_eq!(import(&world, said, &[]).code, 0);
    let no = consent(&world, &["review", "+33199000005", "--decide", "no", "--because", "rang", "--by", "Eva"]);
    assert!(no.code == 1 && no.err.contains("import the right answer with its date: `ferry consent import`"), "{no:?}");
}
