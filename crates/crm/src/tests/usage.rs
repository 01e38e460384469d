//! Checks of numbers that are claimed before they are made.

use jiff::{SignedDuration, Timestamp};

use crate::check::check;
use crate::{Crm, Usage, UsageClaim, UsageLimit};

const NOON: Timestamp = Timestamp::constant(1_767_000_000, 0);

async fn claim(crm: &Crm, n_checks: i64, most: &[u64]) -> UsageClaim {
    let since = NOON - SignedDuration::from_hours(24);
    let limits: Vec<UsageLimit> = most.iter().map(|it| UsageLimit { since, most: *it }).collect();
    crm.claim_usage(Usage { method: "contacts", at: NOON, n_checks }, &limits).await.unwrap()
}

#[test]
fn two_processes_never_claim_more_checks_than_the_quota_in_sum() {
    check(async |place| {
        let (crm, other) = (place.open().await, place.open().await);
        let claim_all = async |crm: &Crm| {
            let mut n_granted = 0;
            for _ in 0..20 {
                n_granted += u64::from(claim(crm, 7, &[100]).await.is_granted);
            }
            n_granted
        };
        let (one, two) = tokio::join!(claim_all(&crm), claim_all(&other));
        assert_eq!(one + two, 14, "14 times 7 are 98, and 2 are left");
        assert_eq!(crm.usage_since("contacts", Timestamp::UNIX_EPOCH).await.unwrap(), 98);
    });
}

#[test]
fn a_claim_is_granted_whole_or_not_at_all_and_what_was_not_used_comes_back() {
    check(async |place| {
        let crm = place.open().await;
        let granted = |left| UsageClaim { is_granted: true, left };
        let refused = |left| UsageClaim { is_granted: false, left };
        assert_eq!(claim(&crm, 60, &[100, 90]).await, granted(30));
        assert_eq!(claim(&crm, 31, &[100, 90]).await, refused(30), "the narrower limit counts");
        assert_eq!(claim(&crm, -10, &[100, 90]).await, granted(40));
        assert_eq!(claim(&crm, 40, &[100, 90]).await, granted(0));
        assert_eq!(claim(&crm, 1, &[50]).await, refused(0), "a plan with a smaller quota has nothing left");
    });
}
