//! Orders of templates: claimed once, counted, and settled.

use expect_test::expect;
use jiff::Timestamp;

use crate::check::check;
use crate::{AccountTemplate, ClaimResult, Crm, ObservedTemplate, OrderClaim, OrderKind, OrderLimit, OrderOutcome};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A template that `holder` begins to order at a second.
fn sending(name: &str, holder: &str, second: i64) -> AccountTemplate {
    let claim = OrderClaim { holder: holder.into(), claimed_at: at(second), unknown_until: at(second + 300) };
    AccountTemplate {
        account: "shop".into(),
        name: name.into(),
        language: "fr".into(),
        template_id: None,
        digest: "d".into(),
        category: "UTILITY".into(),
        status: "SENDING".into(),
        reason: None,
        scenario: "hello".into(),
        changed_at: second,
        claim: Some(claim),
        sent_body: Some("{}".into()),
        observed: ObservedTemplate::default(),
        untold: String::new(),
    }
}

fn taken(sending: &AccountTemplate) -> AccountTemplate {
    AccountTemplate { template_id: Some("7".into()), status: "APPROVED".into(), claim: None, ..sending.clone() }
}

async fn claim(crm: &Crm, before: Option<&AccountTemplate>, claimed: &AccountTemplate, most: usize) -> ClaimResult {
    let limits = [OrderLimit { hours: 1, most }];
    crm.claim_order(before, claimed, OrderKind::Submit, &limits).await.unwrap()
}

/// Whether a listing of second 50 can change a row.
async fn observed(crm: &Crm, before: &AccountTemplate, now: &AccountTemplate) -> bool {
    let changed = [(before.clone(), now.clone())];
    crm.observe_account_templates("shop", &changed, at(50)).await.unwrap()[0]
}

#[test]
fn of_two_processes_one_claims_an_order_and_the_other_is_told_of_it() {
    check(async |place| {
        let (crm, other) = (place.open().await, place.open().await);
        let (first, second) = (sending("hello", "a", 10), sending("hello", "b", 11));
        let (one, two) = tokio::join!(claim(&crm, None, &first, 100), claim(&other, None, &second, 100));
        let (winner, lost) = if one == ClaimResult::Claimed { (first, two) } else { (second, one) };
        assert_eq!(lost, ClaimResult::Lost(Some(Box::new(winner.clone()))));
        assert_eq!(crm.account_templates("shop").await.unwrap(), [winner]);
    });
}

#[test]
fn an_order_is_claimed_only_by_a_process_that_knows_the_present_row() {
    check(async |place| {
        let crm = place.open().await;
        let first = sending("hello", "a", 10);
        assert_eq!(claim(&crm, None, &first, 100).await, ClaimResult::Claimed);
        let approved = taken(&first);
        assert!(crm.end_order(&first, &approved, OrderKind::Submit, OrderOutcome::Taken).await.unwrap());

        let again = sending("hello", "b", 20);
        let lost = ClaimResult::Lost(Some(Box::new(approved.clone())));
        assert_eq!(claim(&crm, None, &again, 100).await, lost, "it was read before the first order");
        assert_eq!(claim(&crm, Some(&first), &again, 100).await, lost, "it was read during the first order");
        assert_eq!(claim(&crm, Some(&approved), &again, 100).await, ClaimResult::Claimed);
    });
}

#[test]
fn an_answer_that_comes_after_a_listing_has_settled_the_order_changes_nothing() {
    check(async |place| {
        let crm = place.open().await;
        let first = sending("hello", "a", 10);
        assert_eq!(claim(&crm, None, &first, 100).await, ClaimResult::Claimed);
        let mut approved = taken(&first);
        approved.observed.observed_at = Some(at(50));
        assert!(observed(&crm, &first, &approved).await);

        let refused = AccountTemplate { status: "REFUSED".into(), claim: None, ..first.clone() };
        assert!(!crm.end_order(&first, &refused, OrderKind::Submit, OrderOutcome::Refused).await.unwrap());
        assert!(!observed(&crm, &first, &refused).await);
        assert_eq!(crm.account_templates("shop").await.unwrap(), [approved]);
    });
}

#[test]
fn orders_are_counted_for_a_limit_unless_they_were_refused() {
    check(async |place| {
        let crm = place.open().await;
        for (name, second, outcome) in
            [("one", 10, OrderOutcome::Refused), ("two", 20, OrderOutcome::Unknown), ("three", 30, OrderOutcome::Taken)]
        {
            let order = sending(name, "a", second);
            assert_eq!(claim(&crm, None, &order, 2).await, ClaimResult::Claimed);
            let status = format!("{outcome:?}");
            let ended = AccountTemplate { status, claim: None, ..order.clone() };
            assert!(crm.end_order(&order, &ended, OrderKind::Submit, outcome).await.unwrap());
        }
        expect![[r#"
            Limited { limit: OrderLimit { hours: 1, most: 2 }, n_orders: 2, free_at: 1970-01-01T01:00:20Z }"#]]
        .assert_eq(&format!("{:?}", claim(&crm, None, &sending("four", "a", 40), 2).await));
        assert_eq!(claim(&crm, None, &sending("four", "a", 3621), 2).await, ClaimResult::Claimed);

        let submitted = crm.submitted_templates("shop").await.unwrap();
        assert_eq!(submitted.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["four", "three", "two"]);
    });
}

#[test]
fn everything_that_was_observed_is_read_as_it_was_written() {
    check(async |place| {
        let crm = place.open().await;
        let first = sending("hello", "a", 10);
        assert_eq!(claim(&crm, None, &first, 100).await, ClaimResult::Claimed);
        let every = ObservedTemplate {
            observed_at: Some(at(1)),
            status_at: Some(at(2)),
            status_since: Some(at(3)),
            disable_at: Some(at(4)),
            pause: "FIRST_PAUSE".into(),
            quality: "RED".into(),
            quality_at: Some(at(5)),
            category_at: Some(at(6)),
            previous_category: "UTILITY".into(),
            announced_category: "MARKETING".into(),
            announced_for: Some(at(7)),
            differs: Some("[]".into()),
        };
        let now = AccountTemplate { observed: every, untold: "[1]".into(), sent_body: None, ..taken(&first) };
        assert!(crm.end_order(&first, &now, OrderKind::Submit, OrderOutcome::Taken).await.unwrap());
        assert_eq!(crm.account_templates("shop").await.unwrap(), [now]);
    });
}

#[test]
fn a_listing_is_noted_for_every_row_that_is_not_being_ordered_and_never_an_older_one() {
    check(async |place| {
        let crm = place.open().await;
        let (first, second) = (sending("one", "a", 10), sending("two", "a", 11));
        for it in [&first, &second] {
            assert_eq!(claim(&crm, None, it, 100).await, ClaimResult::Claimed);
        }
        assert!(crm.end_order(&first, &taken(&first), OrderKind::Submit, OrderOutcome::Taken).await.unwrap());
        for second in [60, 50] {
            assert_eq!(crm.observe_account_templates("shop", &[], at(second)).await.unwrap(), Vec::<bool>::new());
        }
        let seen: Vec<_> =
            crm.account_templates("shop").await.unwrap().iter().map(|it| it.observed.observed_at).collect();
        assert_eq!(seen, [Some(at(60)), None]);
    });
}

#[test]
fn alerts_are_kept_until_they_were_told_and_newer_ones_stay() {
    check(async |place| {
        let crm = place.open().await;
        let first = sending("hello", "a", 10);
        assert_eq!(claim(&crm, None, &first, 100).await, ClaimResult::Claimed);
        let flagged = AccountTemplate { untold: "[1]".into(), ..taken(&first) };
        assert!(observed(&crm, &first, &flagged).await);
        let paused = AccountTemplate { untold: "[1,2]".into(), changed_at: 20, ..flagged.clone() };
        assert!(observed(&crm, &flagged, &paused).await);
        let untold = async || crm.account_templates("shop").await.unwrap()[0].untold.clone();
        crm.tell_account_templates(std::slice::from_ref(&flagged)).await.unwrap();
        assert_eq!(untold().await, "[1,2]");
        crm.tell_account_templates(std::slice::from_ref(&paused)).await.unwrap();
        assert_eq!(untold().await, "");
    });
}
