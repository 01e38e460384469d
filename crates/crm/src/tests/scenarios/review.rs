//! Decisions and edits of people.

use expect_test::expect;

use super::{APPROVE, at, edit, of_message, of_template, section, taken, version_words};
use crate::check::check;
use crate::{NewDecision, Review, ReviewOutcome};

const HELLO: &str = "hello\n template greeting A\n message ask B";
const LATER: &str = "hello\n template greeting A later\n message ask B later";

fn stale(now: &str) -> ReviewOutcome {
    ReviewOutcome::Stale { now: now.to_owned() }
}

#[test]
fn an_edit_is_current_and_a_changed_source_is_proposed_beside_it() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        let review = Review { edit: edit("Ana's A"), decision: APPROVE, ..of_template("greeting") };
        assert_eq!(crm.review_now(review, 11).await, taken("2"));
        let review = Review { edit: edit("Ana's B"), decision: APPROVE, ..of_message("ask") };
        assert!(matches!(crm.review_now(review, 11).await, ReviewOutcome::Taken { .. }));

        crm.load_section(LATER, 20).await;
        expect![[r#"
            hello of shop
            message ask approved edited by ana: Ana's B, proposed B later
            template greeting 2+3 approved: Ana's A, proposed A later"#]]
        .assert_eq(&crm.kept_words().await);
        let versions = crm.template_versions("greeting", "fr").await.unwrap();
        expect![[r#"
            1 source by ferry: A
            2 edit by ana: Ana's A
            3 source by ferry: A later"#]]
        .assert_eq(&versions.iter().map(version_words).collect::<Vec<_>>().join("\n"));
    });
}

#[test]
fn a_review_of_an_older_version_is_refused_and_the_others_of_the_sheet_are_taken() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        let seen = [crm.kept_template("greeting").await.token(), crm.kept_message("ask").await.token()];
        crm.load_section("hello\n template greeting A later\n message ask B\n template new N", 20).await;
        let [template, message] = seen;
        let sheet = [
            Review { seen: template, decision: APPROVE, ..of_template("greeting") },
            Review { seen: message, edit: edit("Ana's B"), ..of_message("ask") },
            Review { seen: "1".into(), decision: APPROVE, ..of_template("nobody") },
            Review { seen: "1".into(), ..of_template("new") },
            Review { seen: "1".into(), decision: Some(NewDecision::ApproveProposed), ..of_template("new") },
        ];
        let outcomes = crm.review(&sheet, "ana", at(30)).await.unwrap();
        let message = crm.kept_message("ask").await.token();
        assert_eq!(
            outcomes,
            [stale("2"), taken(&message), ReviewOutcome::Gone, ReviewOutcome::Unchanged, ReviewOutcome::NoProposal]
        );
        expect![[r#"
            hello of shop
            message ask undecided edited by ana: Ana's B
            template greeting 2 undecided: A later
            template new 1 undecided: N"#]]
        .assert_eq(&crm.kept_words().await);
        assert_eq!(crm.logged_reviews().await.unwrap().len(), 1);
    });
}

#[test]
fn a_sheet_that_is_read_twice_changes_nothing_the_second_time() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        crm.review_now(Review { edit: edit("Ana's A"), ..of_template("greeting") }, 11).await;
        crm.review_now(Review { edit: edit("Ana's B"), ..of_message("ask") }, 11).await;
        crm.load_section(&format!("{LATER}\n template new N\n message more M"), 20).await;
        let take_proposed = Some(NewDecision::ApproveProposed);
        let comment = Some("better".to_owned());
        let mut sheet = [
            Review { decision: take_proposed, comment, ..of_template("greeting") },
            Review { decision: take_proposed, ..of_message("ask") },
            Review { edit: edit("Ana's N"), decision: APPROVE, ..of_template("new") },
            Review { edit: edit("Ana's M"), decision: Some(NewDecision::Reject), ..of_message("more") },
        ];
        sheet[0].seen = crm.kept_template("greeting").await.token();
        sheet[1].seen = crm.kept_message("ask").await.token();
        sheet[2].seen = crm.kept_template("new").await.token();
        sheet[3].seen = crm.kept_message("more").await.token();
        let first = crm.review(&sheet, "ana", at(30)).await.unwrap();
        assert!(first.iter().all(|it| matches!(it, ReviewOutcome::Taken { .. })), "{first:?}");
        let before = crm.scenario_dump().await;
        let second = crm.review(&sheet, "ben", at(40)).await.unwrap();
        assert!(second.iter().all(|it| *it == ReviewOutcome::Unchanged), "{second:?}");
        assert_eq!(crm.scenario_dump().await, before);

        sheet[2].edit = edit("Ana's other N");
        assert_eq!(crm.review(&sheet[2..3], "ana", at(50)).await.unwrap(), [stale("2")]);
    });
}

#[test]
fn of_two_people_who_review_at_once_one_is_told_of_the_other() {
    check(async |place| {
        let (crm, other) = (place.open().await, place.open().await);
        crm.load_section(HELLO, 10).await;
        let of = |text: &str| [Review { seen: "1".into(), edit: edit(text), ..of_template("greeting") }];
        let (ana, ben) = (of("Ana's A"), of("Ben's A"));
        let (one, two) = tokio::join!(crm.review(&ana, "ana", at(20)), other.review(&ben, "ben", at(20)));
        let outcomes = [one.unwrap().remove(0), two.unwrap().remove(0)];
        assert!(outcomes.contains(&taken("2")) && outcomes.contains(&stale("2")), "{outcomes:?}");
        assert_eq!(crm.template_versions("greeting", "fr").await.unwrap().len(), 2);
    });
}

#[test]
fn the_log_keeps_who_changed_what_even_if_the_clock_was_set_back() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        crm.review_now(Review { edit: edit("Ana's A"), decision: APPROVE, ..of_template("greeting") }, 20).await;
        let comment = Some("no".to_owned());
        crm.review_now(Review { decision: Some(NewDecision::Reject), comment, ..of_template("greeting") }, 5).await;
        crm.review_now(Review { edit: edit("Ana's B"), ..of_message("ask") }, 20).await;
        crm.review_now(Review { edit: edit("Ana's later B"), ..of_message("ask") }, 20).await;
        let log = crm.logged_reviews().await.unwrap();
        let words = log.iter().map(|it| {
            let (changed, micros) = (&it.changed, it.at.as_microsecond());
            format!("{micros} {} of {}: {} {changed} {} {}", it.made_by, it.subject, it.decision, it.text, it.comment)
        });
        expect![[r#"
            20000000 ana of message hello fr ask 0:  text Ana's B 
            20000000 ana of template greeting fr: approved text Ana's A 
            20000001 ana of message hello fr ask 0:  text Ana's later B 
            20000001 ana of template greeting fr: rejected text  no"#]]
        .assert_eq(&words.collect::<Vec<_>>().join("\n"));
    });
}

#[test]
fn other_programs_see_the_texts_in_a_view() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        crm.review_now(Review { edit: edit("Ana's A"), decision: APPROVE, ..of_template("greeting") }, 11).await;
        crm.load_sections(&[section("shop", &format!("{LATER}\n template new N"))], 20).await;
        let columns = "name scenario_id version origin category body made_by proposed_version proposed_body decision \
                       decided_by comment is_missing";
        let columns: Vec<String> =
            columns.split_whitespace().map(|it| format!("coalesce(cast({it} as text), '~')")).collect();
        let select = format!("select {} from template_view order by name", columns.join(" || '|' || "));
        expect![[r#"
            greeting|hello|2|edit|UTILITY|Ana's A|ana|3|A later|approved|ana||no
            new|hello|1|source|UTILITY|N|ferry|~|~|undecided|||no"#]]
        .assert_eq(&crm.texts(&select).await);
        let time = match place.url.starts_with("sqlite") {
            true => "select made_at || ' ' || decided_at from template_view where name = 'greeting'",
            false => {
                "select (made_at = timestamptz '1970-01-01T00:00:11Z')::text || ' ' || (decided_at = made_at)::text \
                 from template_view where name = 'greeting'"
            }
        };
        let told = ["1970-01-01T00:00:11.000000Z 1970-01-01T00:00:11.000000Z", "true true"];
        assert_eq!(crm.texts(time).await, told[usize::from(!place.url.starts_with("sqlite"))]);
        assert_eq!(crm.texts("select name from template_view where decided_at is null").await, "new");
    });
}
