//! Loading: what the source says today, beside what people wrote.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use expect_test::expect;
use model::Stage;

use super::{APPROVE, at, changed, edit, of_message, of_template, section, version_words};
use crate::check::{Place, RUN, check, people_of, run_row};
use crate::tests::two::take;
use crate::{Change, Crm, LoadError, MovedFrom, Review, ScenarioSet, ScenarioSets};

const HELLO: &str = "
    hello
      template greeting Good day {{1}}.
      step first greeting
      message ask Which day?
      message bye See you.
      finding W_LONG
    order
      template order Your order {{1}} is on its way.";

/// Edits and approves the greeting and the question of [`HELLO`].
async fn edit_both(crm: &Crm) {
    let review = Review { edit: edit("Ana's greeting"), decision: APPROVE, ..of_template("greeting") };
    crm.review_now(review, 11).await;
    let review = Review { edit: edit("Ana's question"), decision: APPROVE, ..of_message("ask") };
    crm.review_now(review, 11).await;
}

#[test]
fn a_section_is_loaded_with_its_receipt_and_loading_it_again_changes_nothing() {
    check(async |place| {
        let crm = place.open().await;
        let changes = crm.load_section(HELLO, 10).await;
        assert_eq!(changed(&changes), "greeting New, order New, ask New, bye New");
        expect![[r#"
            hello of shop
            order of shop
            message first undecided: greeting
            message ask undecided: Which day?
            message bye undecided: See you.
            template greeting 1 undecided: Good day {{1}}.
            template order 1 undecided: Your order {{1}} is on its way.
            finding W_LONG of shop"#]]
        .assert_eq(&crm.kept_words().await);
        assert_eq!(crm.receipts(RUN, Stage::Translate).await.unwrap().len(), 1);

        edit_both(&crm).await;
        let before = crm.scenario_dump().await;
        let changes = crm.load_section(HELLO, 20).await;
        assert_eq!(changed(&changes), "greeting Unchanged, order Unchanged, ask Unchanged, bye Unchanged");
        assert_eq!(crm.scenario_dump().await, before);
    });
}

#[test]
fn a_later_run_names_itself_and_changes_only_what_changed() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        let later = ScenarioSet {
            run_id: "2026-12-01-winter".to_owned(),
            ..section("shop", &HELLO.replace("See you.", "Goodbye."))
        };
        let changes = crm.load_sections(&[later], 20).await;
        assert_eq!(changed(&changes), "greeting Unchanged, order Unchanged, ask Unchanged, bye Changed");
        let scenario = crm.kept_scenarios().await.unwrap().remove(0);
        assert_eq!((scenario.run_id.as_str(), scenario.changed_at), ("2026-12-01-winter", at(10)));
        assert_eq!(crm.template_versions("greeting", "fr").await.unwrap().len(), 1);
    });
}

#[test]
fn what_a_section_no_longer_has_is_missing_and_comes_back_with_its_edits() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        edit_both(&crm).await;
        let before = crm.kept_words().await;

        let changes = crm.load_section("hello\n message bye Goodbye.", 20).await;
        assert_eq!(changed(&changes), "greeting Missing, order Missing, bye Changed, ask Missing");
        assert_eq!(changes.edits_without_place.iter().map(|it| it.step_id.as_str()).collect::<Vec<_>>(), ["ask"]);
        assert_eq!(changes.missing_scenarios, [("order".to_owned(), "fr".to_owned())]);
        expect![[r#"
            hello of shop
            order of shop (missing)
            message bye undecided: Goodbye.
            message ask approved edited by ana: Ana's question (missing)
            template greeting 2 approved: Ana's greeting (missing)
            template order 1 undecided: Your order {{1}} is on its way. (missing)"#]]
        .assert_eq(&crm.kept_words().await);
        let again = crm.load_section("hello\n message bye Goodbye.", 30).await;
        assert_eq!(changed(&again), "bye Unchanged", "what is missing is told once");

        crm.load_section(HELLO, 40).await;
        assert_eq!(crm.kept_words().await, before);
        crm.load_section("", 50).await;
        assert_eq!(crm.kept_words().await.matches("(missing)").count(), 5, "{}", crm.kept_words().await);
    });
}

#[test]
fn a_decision_on_a_message_holds_while_its_text_does_and_a_comment_stays() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        let review = Review { decision: APPROVE, comment: Some("well said".to_owned()), ..of_message("ask") };
        crm.review_now(review, 11).await;
        crm.load_section(&HELLO.replace("message bye", "message new Hm.\n message bye"), 20).await;
        assert_eq!(crm.kept_message("ask").await.verdict.decided_by, "ana");
        crm.load_section(&HELLO.replace("Which day?", "Which day, please?"), 30).await;
        let message = crm.kept_message("ask").await;
        assert_eq!((message.verdict.decided_by.as_str(), message.verdict.comment.as_str()), ("", "well said"));
    });
}

#[test]
fn an_edit_of_a_step_that_sends_a_template_now_is_told_and_logged() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        edit_both(&crm).await;
        let changes = crm.load_section(&HELLO.replace("message ask Which day?", "step ask greeting"), 20).await;
        assert_eq!(changes.edits_without_place[0].step_id, "ask");
        let message = crm.kept_message("ask").await;
        assert_eq!((message.text.as_str(), message.template.as_str()), ("", "greeting"));
        assert_eq!(
            crm.texts("select text from review where subject = 'message hello fr ask 0'").await,
            "Ana's question"
        );
    });
}

#[test]
fn a_template_moves_between_sections_in_either_direction_with_its_edit() {
    const SHOP: &str = "hello\n template greeting A";
    const BOTH: &str = "order\n template order O\n template greeting A";
    check(async |place| {
        let crm = place.open().await;
        crm.load_sections(&[section("shop", SHOP), section("orders", "order\n template order O")], 10).await;
        let review = Review { edit: edit("Ana's greeting"), decision: APPROVE, ..of_template("greeting") };
        crm.review_now(review, 11).await;
        for (second, sections) in [(20, ["shop", "orders"]), (30, ["orders", "shop"])] {
            // The template goes to the second section, and comes back.
            let moved = sections.map(|it| section(it, if it == "orders" { BOTH } else { "hello" }));
            let changes = crm.load_sections(&moved, second).await;
            assert_eq!(changed(&changes).matches("Missing").count(), 0);
            assert_eq!(
                changes.moved_templates,
                [MovedFrom { name: "greeting".into(), language: "fr".into(), section: "shop".into() }]
            );
            let greeting = crm.kept_template("greeting").await;
            assert_eq!((greeting.scenario.as_str(), greeting.token().as_str()), ("order", "2"));
            let back = sections.map(|it| section(it, if it == "orders" { "order\n template order O" } else { SHOP }));
            let changes = crm.load_sections(&back, second + 5).await;
            assert_eq!(changed(&changes).matches("Missing").count(), 0);
            assert!(crm.kept_words().await.contains("template greeting 2 approved: Ana's greeting\n"));
        }
    });
}

#[test]
fn a_section_with_a_new_name_takes_all_over_and_leaves_nothing_behind() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        edit_both(&crm).await;
        let before = crm.kept_words().await;
        let changes = crm.load_sections(&[section("store", HELLO)], 20).await;
        assert_eq!((changes.moved_scenarios.len(), changes.moved_templates.len()), (2, 2));
        assert_eq!(crm.kept_words().await, before.replace("shop", "store"));
    });
}

#[test]
fn a_text_that_was_changed_by_hand_is_an_edit_and_not_approved() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        edit_both(&crm).await;
        crm.review_now(Review { decision: APPROVE, ..of_template("order") }, 11).await;
        crm.by_hand("update template_version set body = 'By hand' where name = 'order'").await;
        crm.by_hand("update scenario_step set text = 'Also by hand' where step_id = 'ask'").await;
        let noticed = crm.kept_words().await;
        assert!(noticed.contains("template order 2 undecided: By hand\n"), "{noticed}");
        assert!(noticed.contains("message ask undecided edited by database: Also by hand\n"), "{noticed}");

        let changes = crm.load_section(HELLO, 20).await;
        assert_eq!(changes.templates_by_hand, [("order".to_owned(), "fr".to_owned(), 1)]);
        assert_eq!(changes.messages_by_hand.len(), 1);
        assert_eq!(crm.kept_words().await, noticed);
        let versions = crm.template_versions("order", "fr").await.unwrap();
        expect![[r#"
            1 source by ferry: Your order {{1}} is on its way.
            2 edit by database: By hand"#]]
        .assert_eq(&versions.iter().map(version_words).collect::<Vec<_>>().join("\n"));
        expect![[r#"
            message hello fr ask 0: Also by hand
            template order fr: By hand"#]]
        .assert_eq(
            &crm.texts("select subject || ': ' || text from review where made_by = 'database' order by 1").await,
        );
        let before = crm.scenario_dump().await;
        crm.load_section(HELLO, 30).await;
        assert_eq!(crm.scenario_dump().await, before, "it is noticed once");
    });
}

#[test]
fn a_preview_says_what_loading_changes_and_changes_nothing() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section(HELLO, 10).await;
        edit_both(&crm).await;
        let sections =
            [section("shop", "hello\n template greeting B\n message bye C"), section("new", "hi\n template hi D")];
        let before = crm.scenario_dump().await;
        let sets = ScenarioSets::new(sections.to_vec()).unwrap();
        let preview = crm.preview_scenarios(&sets).await.unwrap();
        assert_eq!(crm.scenario_dump().await, before);
        assert_eq!(preview, crm.load_sections(&sections, 20).await);
        assert_eq!(preview.templates_of(Change::Proposed).collect::<Vec<_>>(), [("greeting", "fr")]);
    });
}

/// Polls a future so many times and then drops it, as a kill would. None if it did not end.
async fn killed_after<T>(n_polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), n_polls);
    let killed = poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    });
    killed.await
}

/// A database with edits, one of them by hand.
async fn edited(place: &Place) -> Crm {
    let crm = place.open().await;
    crm.load_section(HELLO, 10).await;
    edit_both(&crm).await;
    crm.by_hand("update template_version set body = 'By hand' where name = 'order'").await;
    crm
}

#[test]
fn a_load_that_is_killed_at_any_statement_has_done_all_or_nothing() {
    check(async |place| {
        let later = HELLO.replace("Good day", "Hello").replace("message bye See you.", "");
        let whole = edited(&place.another("whole").await).await;
        whole.load_section(&later, 20).await;
        let after = whole.scenario_dump().await;

        let crm = edited(place).await;
        let before = crm.scenario_dump().await;
        let sets = ScenarioSets::new(vec![section("shop", &later)]).unwrap();
        let lease = take(&crm, "run", "process 1").await;
        let mut n_kills = 0;
        loop {
            let loaded = crm.load_scenarios(&lease, sets.iter().next().unwrap(), at(20));
            if killed_after(n_kills, loaded).await.is_some() {
                break;
            }
            n_kills += 1;
            let now = crm.scenario_dump().await;
            assert!(now == before || now == after, "killed at poll {n_kills}:\n{now}");
        }
        // How often it waits depends on the machine.
        assert!(n_kills > 0, "it was never killed");
        assert_eq!(crm.scenario_dump().await, after);
        lease.release().await.unwrap();
    });
}

#[test]
fn a_run_whose_lease_was_taken_over_loads_no_scenarios() {
    check(async |place| {
        let crm = place.open().await;
        let lost = take(&crm, "run", "process 1").await;
        let lease = take(&crm, "run", "process 2").await;
        let sets = ScenarioSets::new(vec![section("shop", HELLO)]).unwrap();
        let refused = crm.load_scenarios(&lost, sets.iter().next().unwrap(), at(10)).await;
        assert!(matches!(refused, Err(LoadError::Fenced)));
        assert_eq!(crm.kept_words().await, "");
        lease.release().await.unwrap();
    });
}

#[test]
fn the_receipt_of_a_section_survives_another_plan_of_the_run() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana").await;
        crm.load_section(HELLO, 10).await;
        let mut changed = run_row(RUN, &people_of(RUN, "+33199000001 name=Ana"));
        changed.batches.clear();
        crm.plan_run(&changed).await.unwrap();
        assert!(crm.receipts(RUN, Stage::Load).await.unwrap().is_empty());
        assert_eq!(crm.receipts(RUN, Stage::Translate).await.unwrap().len(), 1);
    });
}
