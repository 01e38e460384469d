//! The ledger by raw SQL: nothing is changed or deleted, and a refusal is never retracted away.

use jiff::Timestamp;
use model::{ConsentPurpose, ContactId, Personal, Statement, WordingName};

use crate::check::{Place, RUN, check, id_of};
use crate::{Crm, Wording};

const PEOPLE: &str = "+33199000001 name=Ana consent=stop\n+33199000002 name=Ben consent=yes row=sms:2";

/// The attempts that both databases refuse, with a part of what they say. Without such a part, SQLite may ignore it.
const REFUSED: [(&str, &str); 17] = [
    ("update consent set state = 'yes'", "consent: statements are never changed"),
    ("update consent set said_from = 1 where false", ""),
    ("delete from consent", "consent: statements are never"),
    ("delete from consent where state = 'stop'", "consent: statements are never"),
    ("update consent_retraction set number = 2", "consent_retraction: rows are never changed"),
    ("delete from consent_retraction", "consent_retraction: rows are never"),
    ("update wording set purposes = 'marketing+utility'", "wording: a version is never changed"),
    ("delete from wording", "wording: a version is never"),
    (
        "insert into wording select name, version, language, 'other', digest, 'utility', 2 from wording",
        "", // a version that is there
    ),
    (
        "insert into consent_retraction select contact_id, statement_id, 1, 1, 'x' from consent where state = 'stop'",
        "consent_retraction: a refusal stays unless",
    ),
    (
        "insert into consent_retraction select contact_id, statement_id, 2, 1, 'x' from consent where state = 'stop'",
        "consent_retraction: the retractions of a statement are numbered from 1",
    ),
    (
        "insert into consent select contact_id, statement_id, channel, purpose, 'yes', said_from, said_until, basis, words, \
         source_row, first_run, first_run_at, identity, place, wording, wording_version, proof, proof_digest from consent \
         where true on conflict (contact_id, statement_id) do update set state = excluded.state",
        "",
    ),
    ("insert into consent (contact_id, statement_id) select contact_id, 7 from contact", ""),
    (
        "insert into consent (contact_id, statement_id, channel, purpose, state, basis, words, source_row, first_run, \
         first_run_at) select contact_id, 7, 'sms', 'messages', 'maybe', 'record', '', 'a:1', 'a', 1 from contact",
        "",
    ),
    // No rule would find a refusal with such a channel or basis.
    (
        "insert into consent (contact_id, statement_id, channel, purpose, state, basis, words, source_row, first_run, \
         first_run_at) select contact_id, 7, 'WhatsApp', 'messages', 'stop', 'maybe', '', 'a:1', 'a', 1 from contact",
        "",
    ),
    (
        "insert into consent select contact_id, statement_id, 'all', purpose, 'stop', said_from, said_until, 'record', 'no', \
         source_row, first_run, first_run_at, identity, place, wording, wording_version, proof, proof_digest from consent",
        "onsent", // SQLite: another statement has this id; PostgreSQL: the key is there already
    ),
    ("insert into consent_reading (basis, words, state, read_at) values ('maybe', 'x', 'yes', 1)", "constraint"),
];

/// What only SQLite has.
const ON_SQLITE: [&str; 5] = [
    "insert or replace into consent select contact_id, statement_id, channel, purpose, 'yes', said_from, said_until, basis, \
     words, source_row, first_run, first_run_at, identity, place, wording, wording_version, proof, proof_digest from consent",
    "replace into consent select contact_id, statement_id, channel, purpose, 'yes', 9, 9, basis, words, source_row, first_run, \
     first_run_at, identity, place, wording, wording_version, proof, proof_digest from consent",
    "update or replace consent set statement_id = 1",
    "update or ignore consent set state = 'yes'",
    "insert or replace into wording select name, version, language, 'other', digest, 'utility', 2 from wording",
];

const ON_POSTGRES: [&str; 5] = [
    "truncate consent",
    "truncate wording, consent_retraction",
    "set session_replication_role = replica; update consent set state = 'yes'",
    "set session_replication_role = replica; delete from consent",
    "with gone as (delete from consent returning contact_id) select count(*) from gone",
];

async fn people(place: &Place) -> Crm {
    let crm = place.open().await;
    crm.import(RUN, PEOPLE).await;
    let wording = Wording {
        name: WordingName { name: "web".to_owned(), version: "1".to_owned() },
        language: "en".to_owned(),
        text: "Send me offers".to_owned(),
        purposes: vec![ConsentPurpose::Marketing],
    };
    crm.record_wordings(&[wording], Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
    assert_eq!(attempt(&crm, RETRACT).await, None);
    crm
}

/// Retracts the only yes.
const RETRACT: &str =
    "insert into consent_retraction select contact_id, statement_id, 1, 1, 'x' from consent where state = 'yes'";

/// All that the ledger holds.
async fn ledger(crm: &Crm) -> String {
    let consent =
        "select channel || state || coalesce(cast(said_from as text), '-') || words from consent order by words";
    let wording = "select name || version || text || purposes from wording";
    let retraction = "select cast(number as text) from consent_retraction";
    [crm.texts(consent).await, crm.texts(wording).await, crm.texts(retraction).await].join("\n")
}

/// Runs a statement as another program does. Gives the error, or none if the database takes it.
async fn attempt(crm: &Crm, sql: &str) -> Option<String> {
    let mut tx = crm.begin("change the ledger by hand").await.unwrap();
    let done = tx.execute_script(format!("{sql};")).await;
    match done {
        Ok(()) => {
            tx.commit().await.unwrap();
            None
        }
        Err(error) => Some(format!("{error:?}")),
    }
}

#[test]
fn no_statement_is_changed_or_deleted_by_raw_sql() {
    check(async |place| {
        let crm = people(place).await;
        let before = ledger(&crm).await;
        let own = if place.url.starts_with("sqlite") { ON_SQLITE } else { ON_POSTGRES };
        for (sql, told) in REFUSED.into_iter().chain(own.map(|it| (it, ""))) {
            let refused = attempt(&crm, sql).await;
            assert_eq!(ledger(&crm).await, before, "{sql}");
            assert!(told.is_empty() || refused.as_deref().is_some_and(|it| it.contains(told)), "{sql}: {refused:?}");
        }
        if place.url.starts_with("sqlite") {
            // With triggers that fire for what REPLACE deletes, and without checks.
            for pragma in ["recursive_triggers = on", "ignore_check_constraints = on"] {
                for sql in REFUSED.map(|it| it.0).into_iter().chain(ON_SQLITE).filter(|it| !it.contains("'maybe'")) {
                    attempt(&crm, &format!("pragma {pragma}; {sql}")).await;
                    assert_eq!(ledger(&crm).await, before, "{pragma}: {sql}");
                }
            }
        }
    });
}

#[test]
fn a_refusal_is_retracted_only_if_the_same_words_are_held_as_a_refusal() {
    check(async |place| {
        let crm = people(place).await;
        let said_again = |id: i64, state: &str| {
            format!(
                "insert into consent select contact_id, {id}, channel, purpose, '{state}', said_from, said_until, basis, words, \
                 source_row, first_run, first_run_at, identity, place, wording, wording_version, proof, proof_digest \
                 from consent where state = 'stop' and statement_id not in (8, 9)"
            )
        };
        let retract = "insert into consent_retraction select contact_id, statement_id, 1, 1, 'x' from consent \
             where state = 'stop' and statement_id <> 9";
        assert_eq!(attempt(&crm, &said_again(8, "yes")).await, None);
        assert!(attempt(&crm, retract).await.is_some_and(|it| it.contains("a refusal stays unless")));
        assert_eq!(attempt(&crm, &said_again(9, "stop")).await, None);
        assert_eq!(attempt(&crm, retract).await, None);
    });
}

#[test]
fn a_yes_can_be_retracted_and_is_held_again_when_it_is_said_again() {
    check(async |place| {
        let crm = people(place).await;
        let consent = "select coalesce(consent, 'none') from contact_view order by e164";
        assert_eq!(crm.texts(consent).await, "stop\nnone");
        crm.import("2026-12-01-winter", PEOPLE).await;
        assert_eq!(crm.texts(consent).await, "stop\nyes");
        assert_eq!(crm.texts("select cast(number as text) from consent_retraction order by 1").await, "1\n2");
    });
}

#[test]
fn the_ledger_shows_all_that_was_said_of_a_contact_and_what_is_retracted() {
    check(async |place| {
        let crm = people(place).await;
        crm.import("2026-12-01-winter", "+33199000003 consent=no row=crm:1").await;
        let [ana, ben] = ["+33199000001", "+33199000003"].map(id_of);
        crm.merge(ana, ben).await.unwrap().unwrap();
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        let entries = crm.ledger_of(ana).await.unwrap();
        let told: Vec<_> = entries.iter().map(|it| (it.statement.state.name(), it.is_retracted)).collect();
        assert_eq!(told, [("stop", false), ("no", true)]);
        let now = crm.consent_now(ana).await.unwrap();
        assert!(now.iter().all(|it| it.state.name() == "stop"), "{now:?}");
    });
}

#[test]
fn an_unclear_answer_of_a_merged_contact_is_one_answer_of_the_one_who_stays() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 name=Ana consent=unclear\n+33199000002 name=Ben consent=unclear row=sms:2").await;
        crm.import("2026-12-01-winter", "+33199000003 name=Cy consent=unclear row=sms:3").await;
        let [ana, ben, cy] = ["+33199000001", "+33199000002", "+33199000003"].map(id_of);
        let unclear = async || {
            let mut ids: Vec<_> = crm.unclear_statements().await.unwrap().iter().map(|it| it.contact).collect();
            ids.dedup();
            ids.sort_unstable_by_key(|it| [ana, ben, cy].iter().position(|id| id == it));
            ids
        };
        assert_eq!(unclear().await, [ana, ben, cy]);
        crm.merge(ana, ben).await.unwrap().unwrap();
        assert_eq!(unclear().await, [ana, cy]);
        crm.merge(cy, ana).await.unwrap().unwrap();
        assert_eq!(unclear().await, [cy]);
        crm.unmerge(cy, ana, false).await.unwrap().unwrap();
        assert_eq!(unclear().await, [ana, cy]);
    });
}

#[test]
fn each_statement_that_is_recorded_is_added_or_known() {
    check(async |place| {
        let crm = people(place).await;
        let mut said: Vec<(ContactId, Statement)> = Vec::new();
        for contact in ["+33199000001", "+33199000002"].map(id_of) {
            said.extend(crm.ledger_of(contact).await.unwrap().into_iter().map(|it| (contact, it.statement)));
        }
        let new = |(contact, it): &(ContactId, Statement)| {
            (*contact, Statement { row: "list:1".into(), words: Personal("x".to_owned()), ..it.clone() })
        };
        let both = vec![new(&said[0]), said[0].clone(), new(&said[1]), new(&said[0])];
        assert_eq!(crm.record_each_statement(&both).await.unwrap(), [true, false, true, false]);
        assert_eq!(crm.record_each_statement(&both).await.unwrap(), [false; 4]);
        assert_eq!(crm.record_statements(&both).await.unwrap().known, 4);
    });
}

#[test]
fn a_refusal_is_not_retracted_because_its_words_were_said_about_another_channel() {
    check(async |place| {
        let crm = people(place).await;
        let copy = |id: i64, channel: &str| {
            format!(
                "insert into consent (contact_id, statement_id, channel, purpose, state, basis, words, source_row, \
                 first_run, first_run_at) select contact_id, {id}, '{channel}', purpose, state, basis, words, source_row, \
                 first_run, first_run_at from consent where state = 'stop' and statement_id <> 8 and statement_id <> 7"
            )
        };
        const RETRACT_STOP: &str = "insert into consent_retraction select contact_id, statement_id, 1, 1, 'x' from consent \
            where state = 'stop' and statement_id <> 7 and statement_id <> 8";
        assert_eq!(attempt(&crm, &copy(7, "email")).await, None);
        assert!(attempt(&crm, RETRACT_STOP).await.is_some_and(|it| it.contains("a refusal stays unless")));
        assert_eq!(attempt(&crm, &copy(8, "all")).await, None);
        assert_eq!(attempt(&crm, RETRACT_STOP).await, None);
    });
}

#[test]
fn an_entry_of_the_suppression_list_is_not_deleted_by_raw_sql() {
    check(async |place| {
        let crm = people(place).await;
        crm.suppress(&[id_of("+33199000002")], crate::SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        for sql in ["delete from suppression", "update suppression set action = 'remove'"] {
            assert!(attempt(&crm, sql).await.is_some_and(|it| it.contains("suppression: entries are never")), "{sql}");
        }
        assert_eq!(crm.suppressed().await.unwrap().len(), 1);
    });
}

#[test]
fn nobody_whom_the_suppression_list_is_about_is_forgotten_by_raw_sql() {
    check(async |place| {
        let crm = people(place).await;
        // Both are suppressed in one call, so their entries have one time, action and reason.
        let both = ["+33199000001", "+33199000002"].map(id_of);
        crm.suppress(&both, crate::SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        let list = async || {
            let entries = "select action || digest_of || reason from suppression";
            let links = "select cast(at as text) from suppression_contact";
            [crm.texts(entries).await, crm.texts(links).await].join("\n")
        };
        let before = list().await;
        let one = "(select min(digest) from suppression)";
        let mut attempts = vec![
            "delete from suppression_contact".to_owned(),
            format!("delete from suppression_contact where digest = {one}"),
            "update suppression_contact set key_id = 'other'".to_owned(),
            format!("delete from suppression where digest = {one}"),
        ];
        match place.url.starts_with("sqlite") {
            true => attempts.extend(
                [
                    "insert or replace into suppression select key_id, digest, at, action, 'sha256', reason from suppression",
                    "replace into suppression select key_id, digest, at, action, digest_of, 'other' from suppression",
                    "replace into suppression_contact select contact_id, key_id, digest, 7 from suppression_contact",
                ]
                .map(str::to_owned),
            ),
            false => attempts.push("truncate suppression_contact".to_owned()),
        }
        for sql in attempts {
            attempt(&crm, &sql).await;
            assert_eq!(list().await, before, "{sql}");
            assert_eq!(crm.suppressed().await.unwrap().len(), 2, "{sql}");
        }
    });
}

/// Adds a statement of Ben with these columns.
fn said(columns: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("contact_id", "contact_id"),
        ("statement_id", "7"),
        ("channel", "'sms'"),
        ("purpose", "'messages'"),
        ("state", "'stop'"),
        ("said_from", "1767225600000000"),
        ("said_until", "1767225600000000"),
        ("basis", "'record'"),
        ("words", "'x'"),
        ("source_row", "'a:1'"),
        ("first_run", "'a'"),
        ("first_run_at", "1767225600000000"),
    ];
    for it in columns {
        all.retain(|known| known.0 != it.0);
        all.push(*it);
    }
    let names: Vec<&str> = all.iter().map(|it| it.0).collect();
    let values: Vec<&str> = all.iter().map(|it| it.1).collect();
    let (names, values) = (names.join(", "), values.join(", "));
    format!("insert into consent ({names}) select {values} from contact where name = 'Ben'")
}

#[test]
fn a_statement_that_cannot_have_been_said_is_refused() {
    check(async |place| {
        let crm = people(place).await;
        let before = ledger(&crm).await;
        for columns in [
            // A yes of next month would outrank every refusal until then.
            &[("state", "'yes'"), ("said_from", "1769904000000000"), ("said_until", "1769904000000000")][..],
            &[("basis", "'message'"), ("said_from", "1769904000000000"), ("said_until", "1769904000000000")],
            // Nanoseconds, and seconds before 1970.
            &[("said_from", "1767225600000000000"), ("said_until", "1767225600000000000")],
            &[("said_from", "-1"), ("said_until", "-1")],
            &[("said_until", "1767225600000000000")],
            &[("first_run_at", "1767225600000000000")],
            // An end without a beginning, and one before it.
            &[("said_from", "null")],
            &[("said_until", "null")],
            &[("said_until", "1767225500000000")],
            &[("proof", "'paper'")],
            &[("contact_id", "substr(contact_id, 1, 7)")],
        ] {
            let told = attempt(&crm, &said(columns)).await;
            assert!(told.as_ref().is_some_and(|it| it.to_lowercase().contains("check")), "{columns:?}: {told:?}");
            assert_eq!(ledger(&crm).await, before);
        }
        for (n, columns) in [
            // A clock that is wrong by a day, a refusal that begins later, and one without a date.
            &[("state", "'yes'"), ("said_from", "1767312000000000"), ("said_until", "1767312000000000")][..],
            &[("said_from", "1769904000000000"), ("said_until", "1769904000000000")],
            &[("said_from", "null"), ("said_until", "null")],
            &[("proof", "'form:1'")],
        ]
        .into_iter()
        .enumerate()
        {
            let id = (100 + n).to_string();
            let columns = [columns, &[("statement_id", id.as_str())]].concat();
            assert_eq!(attempt(&crm, &said(&columns)).await, None, "{columns:?}");
        }
        let [first, last] = [model::ContactId([0; 16]), model::ContactId([255; 16])];
        let read = crm.statements_between(first, last).await.unwrap();
        assert_eq!(read.values().map(Vec::len).sum::<usize>(), 5, "all can be read");
    });
}

#[test]
fn a_stop_with_the_id_of_a_yes_is_an_error_and_the_same_statement_is_one() {
    check(async |place| {
        let crm = people(place).await;
        let yes = [("state", "'yes'"), ("words", "'x'")];
        assert_eq!(attempt(&crm, &said(&yes)).await, None);
        let before = ledger(&crm).await;
        for other in [&[("state", "'stop'")][..], &[("state", "'yes'"), ("said_until", "1767225600000001")]] {
            assert!(attempt(&crm, &said(other)).await.is_some(), "{other:?}");
            assert_eq!(ledger(&crm).await, before);
        }
        let again = said(&yes) + if place.url.starts_with("sqlite") { "" } else { " on conflict do nothing" };
        assert_eq!(attempt(&crm, &again).await, None);
        assert_eq!(ledger(&crm).await, before);
    });
}

#[test]
fn a_stop_in_a_message_is_never_read_as_a_yes() {
    check(async |place| {
        let crm = people(place).await;
        let whatsapp = |basis, id| {
            said(&[("basis", basis), ("statement_id", id), ("channel", "'whatsapp'"), ("words", "'Stopp'")])
        };
        assert_eq!(attempt(&crm, &whatsapp("'message'", "8")).await, None);
        let read = |basis: &str, state: &str| {
            format!(
                "insert into consent_reading (basis, words, state, read_at) values ('{basis}', 'Stopp', '{state}', 1)"
            )
        };
        for state in ["yes", "unclear"] {
            let told = attempt(&crm, &read("message", state)).await;
            assert!(told.is_some_and(|it| it.contains("a person's own STOP")), "{state}");
        }
        assert_eq!(attempt(&crm, &read("message", "no")).await, None);
        let later = [
            "update consent_reading set state = 'yes'",
            "insert into consent_reading values ('message', 'Stopp', 'yes', 2) \
             on conflict (basis, words) do update set state = excluded.state",
            "delete from consent_reading",
        ];
        for sql in later {
            assert!(attempt(&crm, sql).await.is_some(), "{sql}");
        }
        if place.url.starts_with("sqlite") {
            assert!(
                attempt(&crm, "replace into consent_reading values ('message', 'Stopp', 'yes', 2)").await.is_some()
            );
        }
        // A cell of a list is what somebody has written about the person, and may be read anew.
        assert_eq!(attempt(&crm, &whatsapp("'cell'", "9")).await, None);
        assert_eq!(attempt(&crm, &read("cell", "yes")).await, None);
        let state = "select basis || ' ' || state from consent_read where words = 'Stopp' order by 1";
        assert_eq!(crm.texts(state).await, "cell yes\nmessage no");
    });
}

#[test]
fn words_that_are_taught_as_a_yes_leave_a_stop_in_a_message_as_it_is() {
    check(async |place| {
        let crm = people(place).await;
        let stop = said(&[("basis", "'message'"), ("words", "'Stopp'")]);
        assert_eq!(attempt(&crm, &stop).await, None);
        let words = "select state from consent_read where words = 'Stopp'";
        for (n, state) in ["yes", "unclear"].into_iter().enumerate() {
            let read = |_: model::Basis, words: &str| {
                (words == "Stopp").then(|| model::ConsentState::from_name(state).unwrap())
            };
            crm.read_statements_anew(&n.to_string(), consent::Rule::default(), read).await.unwrap();
            assert_eq!(crm.texts(words).await, "stop", "read as {state}");
        }
        let read = |_: model::Basis, words: &str| (words == "Stopp").then_some(model::ConsentState::No);
        crm.read_statements_anew("no", consent::Rule::default(), read).await.unwrap();
        assert_eq!(crm.texts(words).await, "no");
    });
}
