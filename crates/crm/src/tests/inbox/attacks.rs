//! The inbox by raw SQL: nothing that came in is changed or deleted.

use super::examples::{ANA, at, body, inbox, status, with_broken};
use crate::check::check;
use crate::tests::outbox::attempt;
use crate::{Crm, PurgeBefore};

const REFUSED: [(&str, &str); 19] = [
    ("update event set fact = '{}'", "event: events are never"),
    ("update event set contact_id = null", "event: events are never"),
    ("delete from event", "event: events are never"),
    ("update event_key set number = 9", "event_key: keys are never"),
    ("delete from event_key", "event_key: keys are never"),
    ("update webhook_body set body = webhook_body.digest", "webhook_body: only the raw body may become null"),
    ("update webhook_body set n_new = 0, body = null", "webhook_body: only the raw body may become null"),
    ("update webhook_body set webhook = 'x', body = null", "webhook_body: only the raw body may become null"),
    ("update webhook_body set body = null where body_id = 2", "webhook_body: the body of an open dead letter is kept"),
    ("delete from webhook_body", "webhook_body: rows are never deleted"),
    ("delete from dead_letter", "dead_letter: rows are never deleted"),
    ("update dead_letter set reason = ''", "dead_letter: only the state of an open one changes"),
    ("update dead_letter set state = 'open' where number = 1", "dead_letter: only the state of an open one changes"),
    ("update dead_letter set state = 'lost' where number = 2", ""),
    ("insert into event select * from event", ""),
    ("insert into event_key select digest, 9 from event_key", ""),
    ("insert into webhook_body select * from webhook_body", ""),
    ("insert into dead_letter select 9, body_id, place, reason, at, 'open' from dead_letter", ""),
    (
        "insert into event_key select digest, 9 from event_key where true on conflict (digest) do update set number = 9",
        "",
    ),
];

const ON_SQLITE: [&str; 4] = [
    "insert or replace into event select number, digest, body_id, place, webhook, kind, account, sender, at, received_at, \
     is_signed, contact_id, reading, '{}' from event",
    "replace into event_key select digest, 9 from event_key",
    "update or ignore event set fact = '{}'",
    "replace into webhook_body select body_id, 'x', received_at, digest, body, n_events, n_new, n_broken, is_signed from webhook_body",
];
const ON_POSTGRES: [&str; 4] = [
    "truncate event",
    "truncate event_key, dead_letter",
    "truncate webhook_body",
    "set session_replication_role = replica; delete from event",
];

/// All that the inbox holds.
async fn all(crm: &Crm) -> String {
    let all = [
        "select number || fact || coalesce(reading, '') from event order by 1",
        "select cast(number as text) from event_key order by 1",
        "select body_id || webhook || n_new || is_kept from webhook_body_view order by 1",
        "select number || reason || state from dead_letter order by 1",
    ];
    let mut shown = String::new();
    for sql in all {
        shown += &crm.texts(sql).await;
    }
    shown
}

#[test]
fn nothing_that_came_in_is_changed_or_deleted_by_raw_sql() {
    check(async |place| {
        let crm = place.open().await;
        let bodies =
            vec![with_broken(body([status("a", ANA)]), &["/a"]), with_broken(body([status("b", ANA)]), &["/b"])];
        inbox(place.open().await).store(bodies).await.unwrap();
        crm.drop_dead_letters(&[1]).await.unwrap();
        let before = all(&crm).await;
        let own = if place.url.starts_with("sqlite") { ON_SQLITE } else { ON_POSTGRES };
        for (sql, told) in REFUSED.into_iter().chain(own.map(|it| (it, ""))) {
            let refused = attempt(&crm, sql).await;
            assert_ne!(refused, "done", "{sql}");
            assert!(refused.contains(told), "{sql}: {refused}");
            assert_eq!(all(&crm).await, before, "{sql}");
        }
        assert_eq!(attempt(&crm, "update webhook_body set body = null where body_id = 1").await, "done");
        assert_eq!(crm.purge_bodies(&PurgeBefore::all(at(1_000))).await.unwrap().n_purged, 0);
    });
}
