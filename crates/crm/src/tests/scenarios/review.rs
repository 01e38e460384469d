//! Decisions and edits of people.

use expect_test::expect;

use super::{APPROVE, at, edit, of_message, of_template, taken, version_words};
use crate::check::check;
use crate::{NewDecision, Review, ReviewOutcome};

#[test]
fn an_edit_is_current_and_a_changed_source_is_proposed_beside_it() {
    check(async |place| {
        let crm = place.open().await;
        crm.load_section("hello\n template greeting A\n message ask B", 10).await;
        let review = Review { edit: edit("Ana's A"), decision: APPROVE, ..of_template("greeting") };
        assert_eq!(crm.review_now(review, 11).await, taken("2"));
        let review = Review { edit: edit("Ana's B"), decision: APPROVE, ..of_message("ask") };
        assert!(matches!(crm.review_now(review, 11).await, ReviewOutcome::Taken { .. }));

        crm.load_section("hello\n template greeting A later\n message ask B later", 20).await;
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
