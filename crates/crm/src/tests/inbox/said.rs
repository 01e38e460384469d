//! What people say in events, whom it counts for, and what it cancels.

use expect_test::expect;
use jiff::Timestamp;
use model::PreferenceChoice::{Resume, Signup, Stop};
use model::{ConsentChannel, ContactId, Event, Identity, IdentityChange, IdentityEvent, IdentityKind};

use super::examples::{
    ANA, BEN, SCOPED, also, at, body, button, by_sms, call, from_username, in_group, inbox, message, preference,
    status, unsigned, when,
};
use crate::check::{Place, RUN, check, id_of, key};
use crate::tests::outbox::{invitation, people, plan_one, request, start, states};
use crate::tests::two::take;
use crate::{
    ClaimDecision, ClaimDecisions, Claimable, Crm, NewMessage, ReceivedBody, SendOutcome, Settled, StoredBody, WaitsFor,
};

const MARKETING: &str = "marketing_messages";

/// What counts for somebody, as `channel purpose state`, without what nobody has said anything about.
async fn now(crm: &Crm, contact: ContactId) -> String {
    let now = crm.consent_now(contact).await.unwrap();
    let whatsapp = now.iter().filter(|it| it.channel == ConsentChannel::Whatsapp);
    whatsapp.map(|it| format!("{} {}", it.purpose.name(), it.state.name())).collect::<Vec<_>>().join(", ")
}

/// The ledger of somebody, as `channel purpose state basis words`.
pub(super) async fn ledger(crm: &Crm, contact: ContactId) -> String {
    let mut entries = crm.ledger_of(contact).await.unwrap();
    entries.sort_by_key(|it| (it.statement.at.map(|at| at.from), it.statement.purpose));
    let shown = entries.iter().map(|it| {
        let said = &it.statement;
        format!("{} {} {} {}", said.purpose.name(), said.state.name(), said.basis.name(), said.words.0)
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// Stores events in a new database, and gives the ledger of Ana.
async fn heard(place: &Place, name: &str, received: ReceivedBody) -> String {
    let place = place.another(name).await;
    let crm = place.open().await;
    inbox(place.open().await).store(vec![received]).await.unwrap();
    ledger(&crm, id_of(ANA)).await
}

#[test]
fn what_a_person_writes_presses_or_chooses_is_a_statement() {
    check(async |place| {
        let told: [(&str, Event); 16] = [
            ("stop", message("k", ANA, "STOP")),
            ("stop in words of courtesy", message("k", ANA, "Stop, merci !")),
            ("start", message("k", ANA, "START")),
            ("near miss", message("k", ANA, "Stop, o Zé não vem")),
            ("no word", message("k", ANA, "Hello")),
            ("title", button("k", ANA, "Stop", "promo-1")),
            ("payload", button("k", ANA, "No more of this", "STOP")),
            ("payload that goes on", button("k", ANA, "Order", "stop order 12 now")),
            ("group", in_group(message("k", ANA, "Hello"))),
            ("stop in a group", in_group(message("k", ANA, "STOP"))),
            ("call", call("k", ANA, true)),
            ("call of the business", call("k", ANA, false)),
            ("block", preference("k", ANA, MARKETING, Stop)),
            ("resume", preference("k", ANA, MARKETING, Resume)),
            ("resume of something else", preference("k", ANA, "other", Resume)),
            ("sign-up", preference("k", ANA, MARKETING, Signup(None))),
        ];
        let mut lines = String::new();
        for (n, (name, event)) in told.into_iter().enumerate() {
            let signed = heard(place, &format!("signed{n}"), body([event.clone()])).await;
            let unsigned = heard(place, &format!("unsigned{n}"), unsigned([event])).await;
            lines += &format!("{name} | {signed} | {unsigned}\n");
        }
        expect![[r#"
            stop | messages stop message STOP | messages stop message STOP
            stop in words of courtesy | messages stop message Stop, merci ! | messages stop message Stop, merci !
            start | messages yes message START
            conversation yes inbound text | messages unclear event START
            near miss | messages unclear message Stop, o Zé não vem | messages unclear message Stop, o Zé não vem
            no word | conversation yes inbound text | 
            title | messages stop message Stop | messages stop message Stop
            payload | messages stop message STOP | messages stop message STOP
            payload that goes on | conversation yes inbound button | 
            group |  | 
            stop in a group | messages stop message STOP | messages stop message STOP
            call | conversation yes inbound call | 
            call of the business |  | 
            block | marketing stop platform stop marketing_messages | marketing stop platform stop marketing_messages
            resume | marketing yes platform resume marketing_messages | marketing unclear event resume marketing_messages
            resume of something else |  | 
            sign-up |  | 
        "#]]
        .assert_eq(&lines);
    });
}

#[test]
fn what_is_said_by_sms_is_said_about_sms_and_a_stop_ends_marketing_everywhere() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let said = "select channel || ' ' || purpose || ' ' || state || ' ' || words from consent_view order by said_from, purpose";
        let now = "select channel || ' ' || purpose || ' ' || state from consent_now_view order by 1";
        let unheard = Event { channel: None, ..message("n", ANA, "STOP") };
        inbox.store(vec![body([unheard, by_sms(message("a", ANA, "STOP"))])]).await.unwrap();
        assert_eq!(crm.texts(said).await, "sms messages stop STOP");
        expect![[r#"
            sms authentication stop
            sms conversation stop
            sms marketing stop
            sms utility stop
            viber marketing stop
            whatsapp marketing stop"#]]
        .assert_eq(&crm.texts(now).await);
        inbox.store(vec![body([when(101, by_sms(message("b", ANA, "START")))])]).await.unwrap();
        expect![[r#"
            sms authentication yes
            sms conversation yes
            sms marketing yes
            sms utility yes
            viber marketing stop
            whatsapp marketing stop"#]]
        .assert_eq(&crm.texts(now).await);
        inbox.store(vec![body([when(102, by_sms(message("c", ANA, "Hello")))])]).await.unwrap();
        let expected =
            "sms messages stop STOP\nsms conversation yes text\nsms messages yes START\nsms conversation yes text";
        assert_eq!(crm.texts(said).await, expected);
        let channels = "select coalesce(channel, '-') || ' ' || coalesce(reading, '-') from event_view order by number";
        assert_eq!(crm.texts(channels).await, "- -\nsms stop\nsms start\nsms -");
    });
}

#[test]
fn a_start_after_a_stop_lets_the_business_answer_on_whatsapp_and_ends_no_block_of_the_platform() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let stopped = [message("a", ANA, "STOP"), preference("b", ANA, MARKETING, Stop)];
        inbox.store(vec![body(stopped)]).await.unwrap();
        let all = "authentication stop, conversation stop, marketing stop, utility stop";
        assert_eq!(now(&crm, id_of(ANA)).await, all);
        inbox.store(vec![unsigned([when(101, message("c", ANA, "START"))])]).await.unwrap();
        assert_eq!(now(&crm, id_of(ANA)).await, all);
        inbox.store(vec![body([when(102, message("d", ANA, "START"))])]).await.unwrap();
        assert_eq!(now(&crm, id_of(ANA)).await, all.replace("conversation stop", "conversation yes"));
        // The end of the block leaves the word of the person.
        inbox.store(vec![body([when(103, preference("e", ANA, MARKETING, Resume))])]).await.unwrap();
        assert_eq!(now(&crm, id_of(ANA)).await, all.replace("conversation stop", "conversation yes"));
    });
}

#[test]
fn a_stop_cancels_what_waits_in_the_same_transaction() {
    check(async |place| {
        let crm = people(place).await;
        let [ana, ben] = [ANA, BEN].map(id_of);
        crm.plan_messages(&[invitation(ana)], at(1)).await.unwrap()[0].unwrap();
        crm.plan_messages(&[sms_to(ben)], at(1)).await.unwrap()[0].unwrap();
        let inbox = inbox(place.open().await);
        // The last rows of the transaction fail: nothing of it is there.
        fail_bodies(&crm, true).await;
        inbox.store(vec![body([message("k", ANA, "STOP")])]).await.unwrap_err();
        assert_eq!(states(&crm).await, "planned planned");
        assert_eq!(crm.inbox_counts().await.unwrap().total.events, 0);
        assert_eq!(now(&crm, ana).await, "marketing yes");
        fail_bodies(&crm, false).await;
        let stored = inbox.store(vec![body([message("k", ANA, "STOP"), status("s", BEN)])]).await.unwrap();
        assert_eq!((stored[0].n_new, stored[0].n_withdrawals), (2, 1));
        assert_eq!(states(&crm).await, "cancelled planned");
        assert_eq!(now(&crm, ana).await, "authentication stop, conversation stop, marketing stop, utility stop");
    });
}

#[test]
fn a_stop_that_comes_again_is_answered_no_sooner_than_the_first() {
    check(async |place| {
        let crm = people(place).await;
        plan_one(&crm, invitation(id_of(ANA))).await;
        start(&crm).await;
        claim_all(&crm).await;
        // The intent stays younger than the horizon, however slow this machine is.
        crm.by_hand("update outbox set claimed_at = claimed_at + 3600000000").await;
        let stop = body([message("k", ANA, "STOP")]);
        let delivered = body([status("s", ANA)]);
        let server = inbox(place.open().await);
        let millis = |stored: Vec<StoredBody>| stored.iter().map(|it| it.leaving_for.as_millis()).collect::<Vec<_>>();
        let group = vec![stop.clone(), delivered.clone(), stop.clone()];
        assert_eq!(millis(server.store(group).await.unwrap()), [120, 0, 120]);
        assert_eq!(millis(server.store(vec![stop.clone(), delivered]).await.unwrap()), [120, 0]);
        // The first server crashed before it answered.
        let server = inbox(place.open().await);
        assert_eq!(millis(server.store(vec![stop]).await.unwrap()), [120]);
    });
}

#[test]
fn a_message_that_did_not_leave_is_cancelled_if_its_person_stopped_meanwhile() {
    check(async |place| {
        let crm = people(place).await;
        let messages = [plan_one(&crm, invitation(id_of(ANA))).await, plan_one(&crm, sms_to(id_of(BEN))).await];
        start(&crm).await;
        claim_all(&crm).await;
        inbox(place.open().await).store(vec![body([message("k", ANA, "STOP")])]).await.unwrap();
        assert_eq!(states(&crm).await, "intent intent");
        let again = Some((at(6), WaitsFor::TooLate));
        let settled = messages.map(|it| Settled { again, ..Settled::new(it, SendOutcome::NotSent) });
        crm.settle(&settled, at(5)).await.unwrap();
        assert_eq!(states(&crm).await, "cancelled planned");
    });
}

async fn claim_all(crm: &Crm) {
    let all = |it: &Claimable<'_>| vec![ClaimDecision::Send { at: at(5), opens: true }; it.waiting.len()];
    crm.claim(&request(5), &mut |it| ClaimDecisions { of: all(it), pause: None }).await.unwrap();
}

/// Makes the database refuse bodies, or no longer.
async fn fail_bodies(crm: &Crm, fails: bool) {
    let is_sqlite = matches!(crm.dialect(), crate::sql::Dialect::Sqlite);
    let sql = match (is_sqlite, fails) {
        (true, true) => "create trigger refused before insert on webhook_body begin select raise(abort, 'full'); end",
        (true, false) => "drop trigger refused",
        (false, true) => {
            "create trigger refused before insert on webhook_body for each statement execute function refuse_change('full')"
        }
        (false, false) => "drop trigger refused on webhook_body",
    };
    crm.by_hand(sql).await;
}

fn sms_to(contact: ContactId) -> NewMessage {
    NewMessage { channel: ConsentChannel::Sms, basis: Some("soft opt-in".to_owned()), ..invitation(contact) }
}

#[test]
fn a_stop_of_somebody_unknown_counts_when_the_number_is_imported_later() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        // WhatsApp may know a Brazilian number without its ninth digit.
        inbox.store(vec![body([message("a", ANA, "STOP"), message("b", "+551160000001", "STOP")])]).await.unwrap();
        crm.import(RUN, "+33199000001 name=Ana consent=yes\n+5511960000001 name=Bia row=sms:2").await;
        expect![[r#"
            +33199000001|Ana|||stop|0|sms:1
            +5511960000001|Bia|||stop|0|sms:2"#]]
        .assert_eq(&crm.people().await);
        let named = "select count(*) || ' ' || min(contact_view.name) from event_view join contact_view \
            on contact_view.contact_id = event_view.contact_id";
        assert_eq!(crm.texts(named).await, "1 Ana");
    });
}

#[test]
fn a_stop_of_a_merged_person_counts_for_the_one_who_stays() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        crm.import(RUN, "+33199000001 name=Ana\n+33199000002 name=Ben row=sms:2").await;
        let [ana, ben] = [ANA, BEN].map(id_of);
        tell(&crm, "e1", ben, IdentityChange::Observed(identity(IdentityKind::Bsuid, "1001", SCOPED)), 10).await;
        crm.merge(ana, ben).await.unwrap().unwrap();
        inbox.store(vec![body([message("k", BEN, "STOP"), message("m", SCOPED, "STOP")])]).await.unwrap();
        assert_eq!(ledger(&crm, ana).await, "messages stop message STOP\nmessages stop message STOP");
        assert_eq!(ledger(&crm, ben).await, "");
        assert_eq!(crm.events_of(ana, None, 9).await.unwrap().len(), 2);
        inbox.store(vec![body([when(101, message("n", BEN, "START"))])]).await.unwrap();
        let speakers = "select coalesce(identity, '-') from consent_view order by said_from, identity, purpose";
        let ben_spoke = format!("phone::{BEN}");
        let all = [format!("bsuid:1001:{SCOPED}"), ben_spoke.clone(), ben_spoke.clone(), ben_spoke];
        assert_eq!(crm.texts(speakers).await, all.join("\n"));
        // Decisions that come later are seen. The yes goes with its speaker, and the refusals stay with both.
        crm.unmerge(ana, ben, false).await.unwrap().unwrap();
        assert!(now(&crm, ana).await.contains("conversation stop"));
        assert!(now(&crm, ben).await.contains("conversation yes"));
        inbox.store(vec![body([when(101, message("l", BEN, "STOP"))])]).await.unwrap();
        assert_eq!(crm.events_of(ben, None, 9).await.unwrap().len(), 1);
    });
}

/// Tells of an identity of a contact.
async fn tell(crm: &Crm, id: &str, contact: ContactId, change: IdentityChange, second: i64) {
    let (id, source, note) = (id.to_owned(), "test".to_owned(), String::new());
    let event = IdentityEvent { id, contact, change, at: at(second), source, note };
    assert_eq!(crm.record_identity_events(&[event]).await.unwrap().added, 1);
}

fn identity(kind: IdentityKind, scope: &str, value: &str) -> Identity {
    Identity { kind, scope: scope.to_owned(), value: value.to_owned().into() }
}

#[test]
fn a_stop_by_an_id_of_the_business_alone_counts_for_whoever_has_it() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        crm.import(RUN, "+33199000001 name=Ana").await;
        let ana = id_of(ANA);
        // Nobody has the id yet: it is a person of its own.
        inbox.store(vec![body([message("a", SCOPED, "STOP")])]).await.unwrap();
        let unknown = key().of_identity(IdentityKind::Bsuid, "1001", SCOPED);
        assert_eq!(ledger(&crm, unknown).await, "messages stop message STOP");
        let identity_of = "select identity from consent_view";
        assert_eq!(crm.texts(identity_of).await, format!("bsuid:1001:{SCOPED}"));
        let scoped = identity(IdentityKind::Bsuid, "1001", SCOPED);
        tell(&crm, "e1", ana, IdentityChange::Observed(scoped.clone()), 10).await;
        inbox.store(vec![body([message("b", SCOPED, "STOP")])]).await.unwrap();
        // Whoever was heard by it before is Ana too.
        let both = "messages stop message STOP\nmessages stop message STOP";
        assert_eq!(ledger(&crm, ana).await, both);
        // Another account's id is another person's.
        let elsewhere = Event { account: "9".to_owned(), ..message("c", SCOPED, "START") };
        inbox.store(vec![body([elsewhere])]).await.unwrap();
        assert_eq!(ledger(&crm, ana).await, both);
        // Once the id has ended, it is not hers.
        tell(&crm, "e2", ana, IdentityChange::Ended(scoped), 1_000).await;
        inbox.store(vec![body([when(1_001, message("d", SCOPED, "START"))])]).await.unwrap();
        assert_eq!(ledger(&crm, ana).await, both);
    });
}

#[test]
fn a_stop_by_a_user_name_counts_for_whoever_was_last_seen_with_it() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        crm.import(RUN, "+33199000001 name=Ana").await;
        let ana = id_of(ANA);
        tell(&crm, "e1", ana, IdentityChange::Observed(identity(IdentityKind::Username, "", "ana.m")), 10).await;
        let elsewhere = |it| Event { account: "9".to_owned(), ..it };
        inbox.store(vec![body([elsewhere(from_username("a", "ana.m", "STOP"))])]).await.unwrap();
        assert_eq!(ledger(&crm, ana).await, "messages stop message STOP");
    });
}

#[test]
fn a_refusal_counts_for_all_whom_the_ids_name_and_a_yes_for_the_first() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        crm.import(RUN, "+33199000001 name=Ana\n+33199000002 name=Ben row=sms:2").await;
        let [ana, ben] = [ANA, BEN].map(id_of);
        tell(&crm, "e1", ben, IdentityChange::Observed(identity(IdentityKind::Bsuid, "1001", SCOPED)), 10).await;
        inbox.store(vec![body([also(message("a", ANA, "STOP"), SCOPED)])]).await.unwrap();
        inbox.store(vec![body([when(101, also(message("b", ANA, "START"), SCOPED))])]).await.unwrap();
        let told = "messages stop message STOP\nmessages yes message START\nconversation yes inbound text";
        assert_eq!(ledger(&crm, ana).await, told);
        assert_eq!(ledger(&crm, ben).await, "messages stop message STOP");
    });
}

#[test]
fn a_number_that_a_contact_has_since_a_change_leads_to_that_contact() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        crm.import(RUN, "+33199000001 name=Ana").await;
        let [from, to] = [ANA, BEN].map(|it| identity(IdentityKind::Phone, "", it));
        let change = IdentityChange::Changed { to, from: from.value.clone() };
        tell(&crm, "e1", id_of(ANA), change, 10).await;
        inbox.store(vec![body([message("k", BEN, "STOP")])]).await.unwrap();
        assert_eq!(ledger(&crm, id_of(ANA)).await, "messages stop message STOP");
        // Whoever is imported with that number later has refused too, and has said nothing else.
        inbox.store(vec![body([when(101, message("l", BEN, "START"))])]).await.unwrap();
        assert_eq!(ledger(&crm, id_of(BEN)).await, "messages stop message STOP");
    });
}

#[test]
fn a_platform_block_and_the_persons_own_word_live_apart() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let ana = id_of(ANA);
        let block = when(10, preference("a", ANA, MARKETING, Stop));
        inbox.store(vec![body([when(5, message("s", ANA, "STOP")), block])]).await.unwrap();
        let all_stop = "authentication stop, conversation stop, marketing stop, utility stop";
        assert_eq!(now(&crm, ana).await, all_stop);
        // The platform lifts its own block only.
        inbox.store(vec![body([when(20, preference("b", ANA, MARKETING, Resume))])]).await.unwrap();
        assert_eq!(now(&crm, ana).await, all_stop);
        assert!(crm.consent_blocks(ana).await.unwrap().is_empty());
        // The person lifts no block of the platform.
        inbox.store(vec![body([when(30, preference("c", ANA, MARKETING, Stop))])]).await.unwrap();
        inbox.store(vec![body([when(40, message("d", ANA, "START"))])]).await.unwrap();
        inbox.store(vec![body([when(41, message("h", ANA, "Hello"))])]).await.unwrap();
        assert_eq!(now(&crm, ana).await, "authentication stop, conversation yes, marketing stop, utility stop");
        assert_eq!(crm.consent_blocks(ana).await.unwrap().len(), 1);
        // Nor does a word of the platform that nobody has signed.
        inbox.store(vec![unsigned([when(50, preference("e", ANA, MARKETING, Resume))])]).await.unwrap();
        assert_eq!(crm.consent_blocks(ana).await.unwrap().len(), 1);
    });
}

#[test]
fn an_unsigned_yes_stays_for_review_when_words_are_read_anew() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        inbox.store(vec![unsigned([message("k", ANA, "START")])]).await.unwrap();
        let rule = consent::Rule::default();
        let words = consent::Words::default();
        crm.read_statements_anew("other", rule, |_, text| words.message(text).state()).await.unwrap();
        let unclear = crm.unclear_statements().await.unwrap();
        assert_eq!(unclear.len(), 1);
        assert_eq!((unclear[0].contact, unclear[0].statement.words.0.as_str()), (id_of(ANA), "START"));
    });
}

#[test]
fn the_order_of_events_does_not_matter() {
    check(async |place| {
        let told = [
            when(10, message("a", ANA, "Hello")),
            when(20, message("b", ANA, "STOP")),
            when(30, message("c", ANA, "Are you there?")),
            when(25, preference("d", ANA, MARKETING, Stop)),
            when(15, message("e", ANA, "START")),
        ];
        let mut seen = Vec::new();
        for turn in 0..told.len() {
            let place = place.another(&format!("turn{turn}")).await;
            let (inbox, crm) = (inbox(place.open().await), place.open().await);
            let mut told = told.clone();
            told.rotate_left(turn);
            for event in told {
                inbox.store(vec![body([event.clone()]), body([event])]).await.unwrap();
            }
            seen.push(now(&crm, id_of(ANA)).await);
        }
        seen.dedup();
        assert_eq!(seen, ["authentication stop, conversation yes, marketing stop, utility stop"]);
    });
}

#[test]
fn a_message_of_tomorrow_counts_from_when_it_came_in() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        inbox.store(vec![body([when(90_000, message("a", ANA, "Hello"))])]).await.unwrap();
        let later = ReceivedBody { received_at: at(600), ..body([when(590, message("b", ANA, "STOP"))]) };
        inbox.store(vec![later]).await.unwrap();
        assert!(now(&crm, id_of(ANA)).await.contains("conversation stop"));
    });
}

#[test]
fn odd_texts_are_kept_as_the_words_of_a_statement() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        let odd = "STOP \0\u{202e}שלום 🙏🏽";
        inbox.store(vec![body([message("k", ANA, odd), message("l", ANA, "\0STOP🛑")])]).await.unwrap();
        let words = crm.texts("select words from consent order by words").await;
        assert_eq!(words, "STOP \u{fffd}\u{202e}שלום 🙏🏽\n\u{fffd}STOP🛑");
    });
}

#[test]
fn a_restore_takes_back_nothing_that_came_by_a_webhook() {
    check(async |place| {
        let (inbox, crm) = (inbox(place.open().await), place.open().await);
        crm.import(RUN, "+33199000001 name=Ana").await;
        crm.back_up(place.folder()).await.unwrap();
        let told = [message("a", ANA, "START"), message("b", BEN, "STOP"), status("c", ANA)];
        inbox.store(vec![body(told.clone())]).await.unwrap();
        let all = "select number || ' ' || hex from (select number, fact as hex from event) as told order by number";
        let before = (ledger(&crm, id_of(ANA)).await, crm.texts(all).await);
        let lease = take(&crm, "restore", "process 1").await;
        crm.restore(&lease, Some(place.folder()), Timestamp::UNIX_EPOCH).await.unwrap();
        lease.release().await.unwrap();
        assert_eq!((ledger(&crm, id_of(ANA)).await, crm.texts(all).await), before);
        let retracted = "select state from consent_view where retracted = 'yes'";
        assert_eq!(crm.texts(retracted).await, "");
        assert_eq!(inbox.store(vec![body(told)]).await.unwrap()[0].n_new, 0);
        assert!(crm.raw_body(1).await.unwrap().unwrap().raw.is_some());
    });
}
