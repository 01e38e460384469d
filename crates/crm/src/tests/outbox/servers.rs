//! What only a server has: roles, schemas, and several who write at once.

use std::fmt::Write as _;

use expect_test::expect;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::task::yield_now;

use crate::check::{Place, check, id_of};
use crate::sql::Dialect;
use crate::tests::outbox::rows::{ANA, BEN, DAN, RawMessage, people, stop};
use crate::{Crm, SuppressAction, ddl};

/// A session of its own.
struct Session(PgConnection);

impl Session {
    async fn open(place: &Place) -> Self {
        Self(PgConnection::connect(&place.url).await.unwrap())
    }

    /// Runs statements, and gives the words of the server if it refuses them.
    async fn run(&mut self, sql: &str) -> String {
        match sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.0).await {
            Ok(_) => "done".to_owned(),
            Err(sqlx::Error::Database(error)) => error.message().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    async fn done(&mut self, sql: &str) {
        assert_eq!(self.run(sql).await, "done", "{sql}");
    }

    /// Whether somebody waits for a lock of an intent or a withdrawal.
    async fn is_waited_for(&mut self) -> bool {
        let waiting = "select exists (select 1 from pg_locks where classid = 4928464 and not granted)";
        sqlx::query_scalar(waiting).fetch_one(&mut self.0).await.unwrap()
    }
}

/// Runs a test on PostgreSQL alone.
fn on_a_server(test: impl AsyncFn(&Place)) {
    check(async |place| {
        if !place.url.starts_with("sqlite") {
            test(place).await;
        }
    });
}

const TO_INTENT: &str = "update outbox set state = 'intent', intent_at = 2";

fn sql(message: RawMessage) -> String {
    message.sql(Dialect::Postgres)
}

/// What every role tries. The outbox holds a planned message to Ana, who has sent STOP since.
fn all_attempts() -> Vec<(&'static str, String)> {
    let with = "with new as (select * from outbox limit 1)";
    vec![
        (
            "enter without consent",
            sql(RawMessage { consent: "null", ..RawMessage { contact: DAN, ..RawMessage::new(2) } }),
        ),
        ("enter after STOP", sql(RawMessage { step: "two", ..RawMessage::new(2) })),
        ("enter as accepted", sql(RawMessage { state: "accepted", ..RawMessage::sms(2, DAN) })),
        ("enter twice", sql(RawMessage::sms(2, ANA).clone())),
        ("intent after STOP", TO_INTENT.into()),
        ("intent by the view", "update outbox_view set state = 'intent'".into()),
        (
            "intent by merge",
            format!(
                "merge into outbox using {with_new} as new on outbox.message_id = new.message_id \
            when matched then update set state = 'intent', intent_at = 2",
                with_new = "(select message_id from outbox)"
            ),
        ),
        (
            "intent in a query",
            format!(
                "{with}, changed as (update outbox set state = 'intent', intent_at = 2 returning 1) \
            select count(*) from changed"
            ),
        ),
        ("accepted", "update outbox set state = 'accepted'".into()),
        ("delete", "delete from outbox".into()),
        ("truncate", "truncate outbox".into()),
        ("truncate keys", "truncate send_key".into()),
        ("truncate all", "truncate outbox, send_key, sending_basis, ferry_meta cascade".into()),
        ("delete keys", "delete from send_key".into()),
        ("epoch", "update ferry_meta set value = '0' where key = 'outbox_epoch'".into()),
        ("statement", "update consent set state = 'yes'".into()),
        ("delete statements", "delete from consent".into()),
        (
            "own search path",
            "create temp view consent_now as select contact_id, 'whatsapp'::text as channel, \
            'marketing'::text as purpose, 'yes'::text as state, 11::bigint as statement_id from contact; \
            set local search_path = pg_temp, ferry_roles; update ferry_roles.outbox set state = 'intent', intent_at = 2"
                .into(),
        ),
    ]
}

/// Makes all attempts as a role, each in a transaction of its own.
async fn attempts(session: &mut Session) -> String {
    let mut told = String::new();
    for (name, attempt) in all_attempts() {
        session.done("begin").await;
        writeln!(told, "{name}: {}", session.run(&attempt).await).unwrap();
        session.done("rollback").await;
    }
    told
}

/// Roles and a schema, as `ferry crm ddl` makes them.
struct Roles {
    loader: String,
    reader: String,
}

impl Roles {
    async fn make(session: &mut Session) -> Self {
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let [loader, reader] = ["loader", "reader"].map(|it| format!("ferry_{it}_{}", hex::encode(random)));
        session.done(&format!("create role {loader}; create role {reader}")).await;
        session.done(&ddl("ferry_roles", &loader, Some(&reader), true)).await;
        Self { loader, reader }
    }

    async fn drop(self, session: &mut Session) {
        let Self { loader, reader } = self;
        for sql in [
            "drop schema ferry_roles cascade".to_owned(),
            format!("drop owned by {loader}"),
            format!("drop owned by {reader}"),
            format!("drop role {loader}, {reader}"),
        ] {
            session.done(&sql).await;
        }
    }
}

#[test]
fn no_role_gets_around_the_outbox() {
    on_a_server(async |place| {
        let mut session = Session::open(place).await;
        let roles = Roles::make(&mut session).await;
        let crm = people(&Place {
            url: format!("{}&options[search_path]=ferry_roles", place.url),
            folder: tempfile::tempdir().unwrap(),
        })
        .await;
        crm.by_hand(&RawMessage::new(1).sql(Dialect::Postgres)).await;
        crm.by_hand(&stop(&crm, ANA, "sms", 90)).await;
        session.done("set search_path = ferry_roles").await;

        session.done(&format!("set role {}", roles.loader)).await;
        let as_loader = attempts(&mut session).await;
        expect![[r#"
            enter without consent: outbox: no consent that counts for this purpose on WhatsApp
            enter after STOP: outbox: no consent that counts for this purpose on WhatsApp
            enter as accepted: outbox: a message begins as planned, as an intent or as unknown
            enter twice: outbox: the contact has refused this purpose on the channel, or is not understood
            intent after STOP: outbox: no consent that counts for this purpose on WhatsApp
            intent by the view: cannot update view "outbox_view"
            intent by merge: outbox: no consent that counts for this purpose on WhatsApp
            intent in a query: outbox: no consent that counts for this purpose on WhatsApp
            accepted: outbox: the state of a message cannot change in this way
            delete: outbox: messages are never deleted
            truncate: outbox: messages are never deleted
            truncate keys: outbox: keys that were taken are never given back
            truncate all: outbox: messages are never deleted
            delete keys: outbox: keys that were taken are never given back
            epoch: outbox: the epoch can only be raised
            statement: consent: statements are never changed or deleted; retract one and add another
            delete statements: consent: statements are never changed or deleted; retract one and add another
            own search path: outbox: no consent that counts for this purpose on WhatsApp
        "#]]
        .assert_eq(&as_loader);

        session.done("reset role; set session_replication_role = replica").await;
        assert_eq!(attempts(&mut session).await, as_loader);

        session.done(&format!("set session_replication_role = origin; set role {}", roles.reader)).await;
        expect![[r#"
            enter without consent: permission denied for table outbox
            enter after STOP: permission denied for table outbox
            enter as accepted: permission denied for table outbox
            enter twice: permission denied for table outbox
            intent after STOP: permission denied for table outbox
            intent by the view: cannot update view "outbox_view"
            intent by merge: permission denied for table outbox
            intent in a query: permission denied for table outbox
            accepted: permission denied for table outbox
            delete: permission denied for table outbox
            truncate: permission denied for table outbox
            truncate keys: permission denied for table send_key
            truncate all: permission denied for table outbox
            delete keys: permission denied for table send_key
            epoch: permission denied for table ferry_meta
            statement: permission denied for table consent
            delete statements: permission denied for table consent
            own search path: permission denied for table outbox
        "#]]
        .assert_eq(&attempts(&mut session).await);
        session.done("reset role").await;
        crm.close().await;
        roles.drop(&mut session).await;
    });
}

#[test]
fn triggers_find_the_tables_beside_them_whatever_the_search_path_of_the_caller_is() {
    on_a_server(async |place| {
        let (crm, mut session, _) = ready(&place.another("elsewhere").await).await;
        for search_path in ["public", "pg_temp, public"] {
            session.done(&format!("set search_path = {search_path}")).await;
            session.done(&TO_INTENT.replace("outbox", "elsewhere.outbox")).await;
        }
        crm.by_hand(&stop(&crm, ANA, "whatsapp", 90)).await;
        let refused = "outbox: no consent that counts for this purpose on WhatsApp";
        assert_eq!(session.run(&TO_INTENT.replace("outbox", "elsewhere.outbox")).await, refused);
    });
}

/// A message to Ana that waits, and two sessions.
async fn ready(place: &Place) -> (Crm, Session, Session) {
    let crm = people(place).await;
    crm.by_hand(&RawMessage::new(1).sql(Dialect::Postgres)).await;
    (crm, Session::open(place).await, Session::open(place).await)
}

#[test]
fn a_withdrawal_waits_for_an_intent_that_is_being_committed() {
    on_a_server(async |place| {
        let (crm, mut sender, mut person) = ready(place).await;
        let stop = stop(&crm, ANA, "whatsapp", 90);
        sender.done("begin").await;
        sender.done(TO_INTENT).await;
        person.done("set lock_timeout = '1ms'; begin").await;
        person.done(&stop).await;
        assert_eq!(person.run("commit").await, "canceling statement due to lock timeout");
        sender.done("commit").await;
        person.done(&format!("begin; {stop}; commit")).await;
        assert_eq!(sender.run(TO_INTENT).await, "outbox: no consent that counts for this purpose on WhatsApp");
    });
}

#[test]
fn an_intent_waits_for_a_withdrawal_that_is_being_committed_and_sees_it() {
    on_a_server(async |place| {
        let (crm, mut sender, mut person) = ready(place).await;
        // A commit does the same, and ends at once.
        person.done("begin; set constraints all immediate").await;
        person.done(&stop(&crm, ANA, "whatsapp", 90)).await;
        let sending = tokio::spawn(async move { sender.run(TO_INTENT).await });
        while !person.is_waited_for().await {
            assert!(!sending.is_finished(), "the intent did not wait");
            yield_now().await;
        }
        person.done("commit").await;
        assert_eq!(sending.await.unwrap(), "outbox: no consent that counts for this purpose on WhatsApp");
    });
}

#[test]
fn a_retraction_and_a_suppression_wait_as_well() {
    on_a_server(async |place| {
        let (crm, mut sender, mut person) = ready(place).await;
        crm.suppress(&[id_of(ANA)], SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        crm.suppress(&[id_of(ANA)], SuppressAction::Remove, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        crm.by_hand(&RawMessage { step: "two", ..RawMessage::new(2) }.sql(Dialect::Postgres)).await;
        sender.done("begin").await;
        sender.done(&format!("{TO_INTENT} where step = 'two'")).await;
        person.done("set lock_timeout = '1ms'").await;
        let entry = "select key_id, digest, at + 9, 'add', digest_of, reason from suppression where action = 'remove'";
        for withdrawal in [
            "insert into consent_retraction select contact_id, statement_id, 1, 1, 'x' from consent where statement_id = 11",
            "insert into suppression_contact select contact_id, 'key', digest, 1 from suppression_contact",
            &format!("insert into suppression {entry}"),
        ] {
            assert_eq!(person.run(withdrawal).await, "canceling statement due to lock timeout", "{withdrawal}");
        }
        sender.done("commit").await;
        person.done(&format!("insert into suppression {entry}")).await;
        let refused = "outbox: the contact is suppressed";
        assert_eq!(sender.run(&format!("{TO_INTENT} where step = 'two'")).await, refused);
    });
}

#[test]
fn people_do_not_wait_for_the_messages_to_others() {
    on_a_server(async |place| {
        let (crm, mut sender, mut person) = ready(place).await;
        sender.done("begin").await;
        sender.done(TO_INTENT).await;
        person.done("set lock_timeout = '1ms'").await;
        person.done(&stop(&crm, BEN, "whatsapp", 90)).await;
        sender.done("commit").await;
    });
}

#[test]
fn a_transaction_that_cannot_see_a_withdrawal_makes_no_intent() {
    on_a_server(async |place| {
        let (crm, mut sender, mut person) = ready(place).await;
        for isolation in ["repeatable read", "serializable"] {
            sender.done(&format!("begin isolation level {isolation}")).await;
            sender.done("select count(*) from outbox").await;
            if isolation == "repeatable read" {
                person.done(&stop(&crm, ANA, "whatsapp", 90)).await;
            }
            let refused = "outbox: an intent needs a transaction that is read committed";
            assert_eq!(sender.run(TO_INTENT).await, refused);
            sender.done("rollback").await;
        }
    });
}

#[test]
fn two_who_plan_the_same_message_at_once_plan_it_once() {
    on_a_server(async |place| {
        let (_crm, mut one, mut other) = ready(place).await;
        one.done("begin").await;
        one.done(&sql(RawMessage::sms(2, BEN))).await;
        other.done("set lock_timeout = '1ms'").await;
        let again = sql(RawMessage::sms(3, BEN));
        assert_eq!(other.run(&again).await, "canceling statement due to lock timeout");
        one.done("commit").await;
        assert_eq!(other.run(&again).await, "outbox: this step of the campaign is taken for the contact");
    });
}

#[test]
fn rows_that_are_copied_in_pass_the_same_gate() {
    on_a_server(async |place| {
        let (_crm, mut session, _) = ready(place).await;
        let id = "b".repeat(32);
        let recipient = "ab".repeat(32);
        let mut copy = session
            .0
            .copy_in_raw(
                "copy outbox (message_id, campaign, step, contact_id, channel, purpose, recipient, state, epoch, planned_at) \
                 from stdin",
            )
            .await
            .unwrap();
        let contact = id_of(DAN);
        let row = format!("{id}\traw\tone\t\\\\x{contact}\twhatsapp\tmarketing\t\\\\x{recipient}\tintent\t1\t1\n");
        copy.send(row.into_bytes()).await.unwrap();
        let refused = copy.finish().await.unwrap_err();
        let told = refused.as_database_error().unwrap().message().to_owned();
        assert_eq!(told, "outbox: an intent has a moment");
    });
}
