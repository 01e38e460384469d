//! Bodies that another program gets too.

use super::examples::{ANA, at, body, handed_on, inbox, status};
use crate::check::check;
use crate::{Crm, ForwardCounts, Handed, WaitingBody};

const META: &str = "/webhooks/meta";

/// What is due at a second, as the numbers of the bodies.
async fn due(crm: &Crm, second: i64, n: u32, n_bytes: u64) -> Vec<i64> {
    bodies(crm, second, n, n_bytes).await.iter().map(|it| it.body_id).collect()
}

async fn bodies(crm: &Crm, second: i64, n: u32, n_bytes: u64) -> Vec<WaitingBody> {
    crm.bodies_to_hand_on(META, at(second), n, n_bytes).await.unwrap()
}

async fn counts(crm: &Crm) -> ForwardCounts {
    crm.forward_counts().await.unwrap().remove(META).unwrap_or_default()
}

fn later(second: i64) -> Handed {
    Handed::Later { next_at: at(second), is_refused: true, failure: "status 404".to_owned() }
}

#[test]
fn a_body_waits_with_its_headers_until_the_other_program_has_taken_it() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let group = vec![handed_on(body([status("a", ANA)])), body([status("b", ANA)])];
        inbox.store(group).await.unwrap();
        inbox.store(vec![handed_on(body([status("c", ANA)]))]).await.unwrap();
        // Whoever opens the database later finds them.
        drop((inbox, crm));
        let crm = place.open().await;
        let waiting = bodies(&crm, 500, 10, 1_000).await;
        assert_eq!(waiting.iter().map(|it| it.body_id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(waiting[0].raw.as_deref(), Some(b"a".as_slice()));
        assert_eq!(waiting[0].with, handed_on(body([])).hand_on.unwrap());
        assert_eq!(counts(&crm).await, ForwardCounts { n_waiting: 2, oldest_at: Some(at(500)), n_given_up: 0 });
        assert!(crm.bodies_to_hand_on("/webhooks/other", at(500), 10, 1_000).await.unwrap().is_empty());

        crm.note_handed_on(&[(1, Handed::Done), (3, Handed::Done), (3, Handed::Done)]).await.unwrap();
        assert_eq!(counts(&crm).await, ForwardCounts::default());
    });
}

#[test]
fn the_oldest_come_first_and_no_more_than_fit() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let large = |key: &str| {
            let raw = bytes::Bytes::from(vec![b'x'; 600]);
            crate::ReceivedBody { raw, ..handed_on(body([status(key, ANA)])) }
        };
        inbox.store(vec![large("a"), large("b"), large("c"), large("d")]).await.unwrap();
        assert_eq!(due(&crm, 500, 10, 1_300).await, [1, 2]);
        assert_eq!(due(&crm, 500, 1, 1_300).await, [1]);
        assert_eq!(due(&crm, 500, 10, 0).await, [1]);
        assert_eq!(due(&crm, 499, 10, 9_999).await, [0_i64; 0]);

        crm.note_handed_on(&[(1, later(900)), (2, later(501))]).await.unwrap();
        assert_eq!(due(&crm, 500, 10, 9_999).await, [3, 4]);
        assert_eq!(due(&crm, 501, 10, 9_999).await, [2, 3, 4]);
        let again = bodies(&crm, 900, 1, 0).await;
        assert_eq!((again[0].n_attempts, again[0].n_refused), (1, 1));
    });
}

#[test]
fn what_is_given_up_stays_counted_and_can_be_handed_on_again() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let group = ["a", "b", "c"].map(|it| handed_on(body([status(it, ANA)])));
        inbox.store(group.into()).await.unwrap();
        let given_up = Handed::GivenUp { is_refused: true, failure: "status 404".to_owned() };
        crm.note_handed_on(&[(1, given_up)]).await.unwrap();
        assert_eq!(crm.give_up_handing_on(at(500)).await.unwrap(), 0);
        assert_eq!(crm.give_up_handing_on(at(501)).await.unwrap(), 2);
        assert_eq!(counts(&crm).await, ForwardCounts { n_given_up: 3, ..ForwardCounts::default() });
        let shown =
            crm.texts("select body_id || ' ' || state || ' ' || failure from forward_queue_view order by 1").await;
        assert_eq!(shown, "1 given_up status 404\n2 given_up too old\n3 given_up too old");
        assert_eq!(due(&crm, 9_000, 10, 9_999).await, [0_i64; 0]);

        assert_eq!(crm.hand_on_again(META, at(600)).await.unwrap(), 3);
        assert_eq!(due(&crm, 600, 10, 9_999).await, [1, 2, 3]);
        assert_eq!(crm.give_up_handing_on(at(600)).await.unwrap(), 0);
    });
}

#[test]
fn the_raw_body_of_one_that_waits_is_kept_and_one_without_a_body_breaks_nothing() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        inbox.store(vec![handed_on(body([status("a", ANA)])), body([status("b", ANA)])]).await.unwrap();
        let purged = crm.purge_bodies(&crate::PurgeBefore::all(at(1_000))).await.unwrap();
        assert_eq!((purged.n_purged, purged.n_kept), (1, 1));

        // As in a copy of the database, which holds no raw bodies.
        crm.by_hand("update webhook_body set body = null where body_id = 1").await;
        let waiting = bodies(&crm, 500, 10, 0).await;
        assert_eq!((waiting[0].body_id, waiting[0].raw.as_ref()), (1, None));
        crm.give_up_handing_on(at(1_000)).await.unwrap();
        assert_eq!(crm.hand_on_again(META, at(600)).await.unwrap(), 0);
        assert_eq!(counts(&crm).await.n_given_up, 1);
    });
}

#[test]
fn a_failed_store_leaves_no_row_in_the_queue() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        // The first body has its number already.
        crm.by_hand(
            "insert into forward_queue (body_id, webhook, headers, queued_at, n_attempts, n_refused, next_at, state) \
             values (2, 'x', '[]', 0, 0, 0, 0, 'waiting')",
        )
        .await;
        let group = vec![handed_on(body([status("a", ANA)])), handed_on(body([status("b", ANA)]))];
        assert!(inbox.store(group).await.is_err());
        assert_eq!(counts(&crm).await, ForwardCounts::default());
        assert_eq!(crm.inbox_counts().await.unwrap().total.bodies, 0);
    });
}
