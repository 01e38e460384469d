//! What webhooks bring: each event once, broken parts kept, and what people say in it.

mod attacks;
mod confirm;
mod examples;
mod forward;
mod people;
mod said;

use bytes::Bytes;
use expect_test::expect;
use model::BrokenEvent;

use crate::check::check;
use crate::{Crm, DeadLetterState, PurgeBefore, StoredBody, WebhookCounts};
use examples::{ANA, at, body, inbox, status, with_broken};

/// Events as `number kind reading`, one a line.
async fn events(crm: &Crm) -> String {
    crm.texts("select number || ' ' || kind || ' ' || coalesce(reading, '-') from event_view order by number").await
}

async fn total(crm: &Crm) -> WebhookCounts {
    crm.inbox_counts().await.unwrap().total
}

fn counts(bodies: u64, events: u64, duplicates: u64, dead: u64) -> WebhookCounts {
    WebhookCounts { bodies, events, duplicates, dead, ..WebhookCounts::default() }
}

#[test]
fn an_event_that_comes_again_adds_nothing() {
    check(async |place| {
        let inbox = inbox(place.open().await);
        let crm = place.open().await;
        let twice = body([status("a", ANA), status("a", ANA), status("b", ANA)]);
        let group = vec![twice.clone(), body([status("b", ANA), status("c", ANA)])];
        let stored = inbox.store(group.clone()).await.unwrap();
        let expected = |body_id, n_events, n_new| StoredBody { body_id, n_events, n_new, ..StoredBody::default() };
        assert_eq!(stored, [expected(1, 3, 2), expected(2, 2, 1)]);
        assert_eq!(inbox.store(group.clone()).await.unwrap(), [expected(3, 3, 0), expected(4, 2, 0)]);
        assert_eq!(total(&crm).await, counts(4, 3, 7, 0));
        assert_eq!(events(&crm).await, "1 status -\n2 status -\n3 status -");
        assert_eq!(crm.purge_bodies(&PurgeBefore::all(at(1_000))).await.unwrap().n_purged, 4);
        assert_eq!(inbox.store(group).await.unwrap(), [expected(5, 3, 0), expected(6, 2, 0)]);
        assert_eq!(total(&crm).await, counts(6, 3, 12, 0));
    });
}

#[test]
fn of_two_who_store_the_same_events_at_once_each_event_is_stored_once() {
    check(async |place| {
        let crm = place.open().await;
        let bodies: Vec<_> = (0..20).map(|n| body([status(&format!("s{n}"), ANA), status("all", ANA)])).collect();
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let (inbox, bodies) = (inbox(place.open().await), bodies.clone());
            tasks.push(tokio::spawn(async move {
                let mut n_new = 0;
                for body in bodies {
                    n_new += inbox.store(vec![body]).await.unwrap()[0].n_new;
                }
                n_new
            }));
        }
        let mut n_new = 0;
        for task in tasks {
            n_new += task.await.unwrap();
        }
        assert_eq!(n_new, 21);
        assert_eq!(total(&crm).await, counts(80, 21, 139, 0));
        let numbers = crm.events_after(0, 100).await.unwrap().iter().map(|it| it.number).collect::<Vec<_>>();
        assert_eq!(numbers, (1..=21).collect::<Vec<_>>());
    });
}

#[test]
fn a_raw_body_is_in_no_backup_and_gone_from_the_file_once_it_is_purged() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        // Longer than a page of the file.
        let secret = "body that nobody keeps ".repeat(2_000);
        let with = |event, text: &str| crate::ReceivedBody { raw: Bytes::from(text.to_owned()), ..body([event]) };
        let broken = with_broken(with(status("b", ANA), "body that nobody could read"), &["/entry/0"]);
        inbox.store(vec![with(status("a", ANA), &secret), broken]).await.unwrap();
        assert_eq!(crm.raw_body(1).await.unwrap().unwrap().raw.unwrap().len(), secret.len());

        let files = crm.back_up(place.folder()).await.unwrap();
        let copies: Vec<u8> = files.iter().flat_map(|it| std::fs::read(place.folder().join(it)).unwrap()).collect();
        assert!(!has(&copies, "nobody keeps"));
        assert_eq!(crm.raw_body(1).await.unwrap().unwrap().raw.unwrap().len(), secret.len());

        assert_eq!(crm.purge_bodies(&PurgeBefore::all(at(1_000))).await.unwrap().n_purged, 1);
        assert_eq!(crm.raw_body(1).await.unwrap().unwrap().raw, None);
        if let Some(path) = place.file() {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
            let file = std::fs::read(path).unwrap();
            assert!(!has(&file, "nobody keeps") && has(&file, "nobody could read"));
        }
    });
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|it| it == text.as_bytes())
}

#[test]
fn an_unsigned_event_does_not_take_the_place_of_a_signed_one() {
    check(async |place| {
        let inbox = inbox(place.open().await);
        let unsigned = crate::ReceivedBody { is_signed: false, ..body([status("a", ANA)]) };
        assert_eq!(inbox.store(vec![unsigned, body([status("a", ANA)])]).await.unwrap()[1].n_new, 1);
        let crm = place.open().await;
        assert_eq!(crm.texts("select signed from event_view order by number").await, "no\nyes");
        assert_eq!(total(&crm).await, WebhookCounts { unsigned_bodies: 1, ..counts(2, 2, 0, 0) });
    });
}

#[test]
fn one_broken_event_costs_one_event_and_is_kept_until_somebody_decides() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let broken = with_broken(body([status("a", ANA), status("b", ANA)]), &["/entry/0/changes/1", "/entry/2"]);
        let no_json = with_broken(crate::ReceivedBody { raw: Bytes::from_static(b"{\0"), ..body([]) }, &[""]);
        let stored = inbox.store(vec![broken.clone(), no_json.clone(), broken.clone()]).await.unwrap();
        assert_eq!(stored.iter().map(|it| (it.n_new, it.n_broken)).collect::<Vec<_>>(), [(2, 2), (0, 1), (0, 2)]);
        inbox.store(vec![broken.clone()]).await.unwrap();
        assert_eq!(total(&crm).await, counts(4, 2, 4, 3));
        let letters = crm.dead_letters(0, 10).await.unwrap();
        let shown = letters.iter().map(|it| format!("{} {} {:?} {}", it.number, it.body_id, it.place, it.reason));
        expect![[r#"
            1 1 "/entry/0/changes/1" it has no id
            2 1 "/entry/2" it has no id
            3 2 "" it has no id"#]]
        .assert_eq(&shown.collect::<Vec<_>>().join("\n"));
        assert_eq!(crm.dead_letters(2, 10).await.unwrap().len(), 1);
        assert_eq!(crm.raw_body(2).await.unwrap().unwrap().raw.unwrap().as_ref(), b"{\0");
        assert_eq!(crm.raw_body(99).await.unwrap(), None);

        // The body of an open dead letter stays.
        let purged = crm.purge_bodies(&PurgeBefore::all(at(1_000))).await.unwrap();
        assert_eq!((purged.n_purged, purged.n_kept), (2, 2));
        assert!(crm.raw_body(3).await.unwrap().unwrap().raw.is_none());

        // A later version reads one of the two parts.
        let read = with_broken(body([status("a", ANA), status("c", ANA)]), &["/entry/2"]).read;
        let retried = inbox.retry(1, &read).await.unwrap().unwrap();
        assert_eq!((retried.n_new, retried.n_done, retried.n_open), (1, 1, 1));
        let again = inbox.retry(1, &read).await.unwrap().unwrap();
        assert_eq!((again.n_new, again.n_done, again.n_open), (0, 0, 1));
        assert_eq!(inbox.retry(99, &read).await.unwrap(), None);
        assert_eq!(crm.drop_dead_letters(&[1, 3, 99]).await.unwrap(), 1);
        let states = crm.dead_letters(0, 10).await.unwrap().into_iter().map(|it| it.state).collect::<Vec<_>>();
        assert_eq!(states, [DeadLetterState::Done, DeadLetterState::Open, DeadLetterState::Dropped]);
        assert_eq!(total(&crm).await, counts(4, 3, 4, 1));
        let purged = crm.purge_bodies(&PurgeBefore::all(at(1_000))).await.unwrap();
        assert_eq!((purged.n_purged, purged.n_kept), (1, 1));
    });
}

#[test]
fn two_broken_parts_of_one_place_are_one_dead_letter() {
    check(async |place| {
        let inbox = inbox(place.open().await);
        let mut received = with_broken(body([]), &["/a", "/a"]);
        received.read.broken.push(BrokenEvent { place: "/\0\u{202e}b".to_owned(), reason: "nul \0".to_owned() });
        inbox.store(vec![received]).await.unwrap();
        let crm = place.open().await;
        assert_eq!(crm.texts("select place from dead_letter_view order by number").await, "/a\n/\u{fffd}\u{fffd}b");
    });
}

#[test]
fn a_body_of_three_megabytes_is_kept_byte_for_byte() {
    check(async |place| {
        let inbox = inbox(place.open().await);
        let raw: Vec<u8> = (0..3 << 20).map(|it: u32| (it * 31 % 251) as u8).collect();
        let big: Vec<_> = (0..1_000).map(|n| status(&format!("s{n}"), ANA)).collect();
        let received = crate::ReceivedBody { raw: raw.clone().into(), ..body(big) };
        assert_eq!(inbox.store(vec![received]).await.unwrap()[0].n_new, 1_000);
        let crm = place.open().await;
        assert_eq!(crm.raw_body(1).await.unwrap().unwrap().raw.unwrap(), raw);
        let first = crm.events_after(0, 600).await.unwrap();
        let rest = crm.events_after(first[599].number, 600).await.unwrap();
        assert_eq!((rest.len(), rest[399].place), (400, 999));
    });
}

#[test]
fn events_are_read_back_as_they_came_but_for_their_key_and_the_words_of_people() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let odd = "\0 \u{202e}שלום 🙏🏽 \"'";
        let mut told = examples::message("k", ANA, odd);
        told.account = odd.to_owned();
        told.sender = odd.to_owned();
        if let model::EventContent::Message(message) = &mut told.content {
            message.payload = Some(odd.to_owned());
            message.person.username = Some(odd.to_owned().into());
            message.person.user_id = Some(odd.to_owned().into());
        }
        inbox.store(vec![body([told.clone()]), body([status("s", ANA)])]).await.unwrap();
        let ana = crate::check::id_of(ANA);
        let found = crm.events_of(ana, None, 10).await.unwrap();
        assert_eq!(found.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(crm.events_of(ana, Some(2), 10).await.unwrap(), found[1..]);
        told.key = String::new().into();
        if let model::EventContent::Message(message) = &mut told.content {
            message.text = None;
        }
        assert_eq!(found[1].event, told);
        assert!(!crm.texts("select fact from event").await.contains("🙏🏽 \\\"'\",\"text"));
        let account = crm.texts("select account from event where number = 1").await;
        assert_eq!(account, "\u{fffd} \u{fffd}שלום 🙏🏽 \"'");
    });
}

#[test]
fn a_cursor_moves_in_the_transaction_of_what_is_derived() {
    check(async |place| {
        let crm = place.open().await;
        let mut tx = crm.begin("derive").await.unwrap();
        assert_eq!(tx.event_cursor("delivery").await.unwrap(), 0);
        tx.move_event_cursor("delivery", 7).await.unwrap();
        drop(tx);
        let mut tx = crm.begin("derive").await.unwrap();
        assert_eq!(tx.event_cursor("delivery").await.unwrap(), 0);
        tx.move_event_cursor("delivery", 7).await.unwrap();
        tx.move_event_cursor("delivery", 9).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(crm.texts("select name || number from event_cursor").await, "delivery9");
    });
}
