use std::collections::BTreeMap;

use expect_test::expect;
use jiff::Timestamp;
use model::{
    Answer, Condition, ContactId, Digest, Evidence, Identity, IdentityChange, IdentityEvent, IdentityKind, PASSIVE,
    Personal, Registration, Segment, Stage, WaId,
};
use phone::PhoneNumber;

use crate::check::{RUN, check, id_of, receipt};
use crate::{ChannelOverlap, Crm, KeptOutReason, SuppressAction, UnclearCause, Usage};

/// Days from now on which checks were made.
const DAYS: [i64; 3] = [-30, -20, -10];
/// Days from now on which an answer expires; 0 is never.
const EXPIRIES: [i64; 3] = [-1, 10, 0];
const METHODS: [&str; 3] = ["contacts", "waha", PASSIVE];

fn day(now: Timestamp, n: i64) -> Timestamp {
    Timestamp::from_second(now.as_second() + n * 86_400).unwrap()
}

fn evidence(contact_id: ContactId, method: &'static str, at: Timestamp, answer: Answer) -> Evidence {
    let raw = if answer == Answer::Registered { "valid" } else { "invalid" };
    Evidence {
        contact_id,
        method: method.into(),
        variant: None,
        checked_at: at,
        expires_at: None,
        answer,
        price_micros: 1000,
        wa_id: (answer == Answer::Registered).then(|| WaId(Personal("33199000001".to_owned()))),
        raw_status: Some(raw.into()),
    }
}

async fn add(crm: &Crm, evidence: &[Evidence]) {
    let output = Digest::of_parts([b"evidence".as_slice()]);
    let ready = crm.ready_evidence(RUN, evidence, &[receipt(Stage::Verify, output)]);
    let usage = Usage { method: "contacts", at: Timestamp::UNIX_EPOCH, n_checks: evidence.len() as i64 };
    crm.evidence_writer().add(vec![ready], Some(usage)).await.unwrap();
}

#[test]
fn evidence_is_added_once_and_read_back_newest_first() {
    check(async |place| {
        let crm = place.open().await;
        let ana = id_of("+33199000001");
        let at = |n| day("2026-11-28T12:00:00Z".parse().unwrap(), n);
        let variant = PhoneNumber::from_e164("+551160000001");
        let all = [
            Evidence { expires_at: Some(at(30)), ..evidence(ana, "contacts", at(2), Answer::Registered) },
            Evidence { variant, ..evidence(ana, "waha", at(1), Answer::NotRegistered) },
            Evidence { raw_status: None, ..evidence(ana, "waha", at(0), Answer::NoAnswer) },
        ];
        assert!(!crm.has_evidence().await.unwrap());
        add(&crm, &all).await;
        add(&crm, &all).await;
        assert!(crm.has_evidence().await.unwrap());
        assert_eq!(crm.evidence_of(ana).await.unwrap(), all);
        assert_eq!(crm.evidence_of(id_of("+33199000002")).await.unwrap(), []);
        assert_eq!(crm.all_receipts(RUN, Stage::Verify).await.unwrap().len(), 1);
        assert_eq!(crm.usage_since("contacts", day(Timestamp::UNIX_EPOCH, -1)).await.unwrap(), 6);
        let noted = crm.oldest_usage_since("contacts", day(Timestamp::UNIX_EPOCH, -1)).await.unwrap();
        assert_eq!(noted, Timestamp::from_second(60).ok(), "checks are noted for the end of their minute");
        expect![[r#"
            contacts registered  33199000001 valid
            waha no_answer   -
            waha not_registered +551160000001  invalid"#]]
        .assert_eq(
            &crm.texts(
                "select method || ' ' || answer || ' ' || variant || ' ' || coalesce(wa_id, '') || ' ' || coalesce(raw_status, '-') \
                 from evidence_view order by 1",
            )
            .await,
        );
    });
}

#[test]
fn words_of_a_provider_are_kept_alike_whatever_is_in_them() {
    check(async |place| {
        let crm = place.open().await;
        let at = day("2026-11-28T12:00:00Z".parse().unwrap(), 0);
        let odd = |number: &str, raw: String, wa_id: &str| Evidence {
            raw_status: Some(raw.into()),
            wa_id: Some(WaId(Personal(wa_id.to_owned()))),
            ..evidence(id_of(number), "contacts", at, Answer::Registered)
        };
        let all = [
            odd("+33199000001", "val\0id".into(), "33\x006"),
            odd("+33199000002", "\x1b[2J".into(), &"3".repeat(129)),
            odd("+33199000003", "x".repeat(30_000), "33199000003"),
        ];
        add(&crm, &all).await;
        expect![[r#"
            \u{fffd}[2J -
            val\u{fffd}id -
            xxx 129 33199000003"#]]
        .assert_eq(
            &crm.texts(
                "select case when length(raw_status) > 9 then 'xxx ' || length(raw_status) else raw_status end || ' ' || \
                 coalesce(wa_id, '-') from evidence_view order by checked_at, wa_id, raw_status",
            )
            .await
            .lines()
            .map(|it| it.escape_default().to_string())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join("\n"),
        );
    });
}

/// All that one method can have said of a contact, in one or two checks.
fn sayings(id: ContactId, method: &'static str, now: Timestamp) -> Vec<Vec<Evidence>> {
    let mut all = vec![Vec::new()];
    for (n, answer) in Answer::ALL.into_iter().enumerate() {
        let until = |expiry: i64| (expiry != 0).then(|| day(now, expiry));
        let one = |at, expiry| Evidence { expires_at: until(expiry), ..evidence(id, method, day(now, at), answer) };
        for expiry in EXPIRIES {
            all.push(vec![one(DAYS[n % 3], expiry)]);
        }
        // The clock of a machine was wrong.
        all.push(vec![one(40, 0)]);
        let variant = PhoneNumber::from_e164("+551160000001");
        let other = Evidence { variant, ..evidence(id, method, day(now, DAYS[1]), Answer::NotRegistered) };
        all.push(vec![one(DAYS[1], 0), other.clone()]);
        all.push(vec![one(DAYS[2], EXPIRIES[0]), other]);
    }
    let changed = evidence(id, method, day(now, DAYS[1]), Answer::NoAnswer);
    all.push(vec![Evidence { raw_status: Some(model::IDENTITY_CHANGED.into()), ..changed }]);
    all
}

/// Evidence of contacts that differ in what three methods say, at moments of which no two of one contact are the same.
fn all_evidence(now: Timestamp, contacts: &[ContactId]) -> Vec<Evidence> {
    let mut all = Vec::new();
    let mut ids = contacts.iter().copied();
    let n_sayings = sayings(contacts[0], METHODS[0], now).len();
    for (n, id) in (0..).map_while(|n| ids.next().map(|id| (n, id))) {
        let chosen = [n % n_sayings, n / 3 % n_sayings, n / 7 % n_sayings];
        for (m, (method, chosen)) in METHODS.into_iter().zip(chosen).enumerate() {
            let moved = |it: Evidence| {
                let order = (m as i64 + n as i64) % 3;
                Evidence { checked_at: day(it.checked_at, 2 * order), ..it }
            };
            all.extend(sayings(id, method, now).swap_remove(chosen).into_iter().map(moved));
        }
    }
    all
}

#[test]
fn the_views_say_what_the_rules_say() {
    const N_CONTACTS: usize = 700;
    const CONSENTS: [&str; 5] = ["", "consent=yes", "consent=unclear", "consent=no", "consent=stop"];
    check(async |place| {
        let crm = place.open().await;
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let number = |n: usize| format!("+3319900{n:04}");
        let people: Vec<String> =
            (0..N_CONTACTS).map(|n| format!("{} row=sms:{n} {}", number(n), CONSENTS[n / 11 % 5])).collect();
        crm.import(RUN, &people.join("\n")).await;
        let ids: Vec<ContactId> = (0..N_CONTACTS).map(|n| id_of(&number(n))).collect();
        let suppressed: Vec<ContactId> = ids.iter().copied().step_by(13).collect();
        crm.suppress(&suppressed, SuppressAction::Add, "asked", now).await.unwrap();
        add(&crm, &all_evidence(now, &ids)).await;
        let questioned = |contact: &ContactId| IdentityEvent {
            id: contact.to_string(),
            contact: *contact,
            change: IdentityChange::Questioned(Identity {
                kind: IdentityKind::Phone,
                scope: String::new(),
                value: Personal(number(1)),
            }),
            at: now,
            source: "wamid.1".to_owned(),
            note: String::new(),
        };
        let held: Vec<IdentityEvent> = ids.iter().step_by(17).map(questioned).collect();
        assert_eq!(crm.record_identity_events(&held).await.unwrap().refused, 0);

        let (mut registrations, mut segments) = (Vec::new(), Vec::new());
        let mut n_answers: BTreeMap<(&str, bool), u64> = BTreeMap::new();
        let mut by_segment: BTreeMap<Segment, u64> = BTreeMap::new();
        let mut without_hold: BTreeMap<Segment, u64> = BTreeMap::new();
        let each = |it: crate::Exported| {
            let id = it.contact.id;
            segments.push(format!("{id} {}", it.segment().name()));
            *by_segment.entry(it.segment()).or_default() += 1;
            if it.segment() == Segment::Held && it.segment_without_hold().can_be_chosen() {
                *without_hold.entry(it.segment_without_hold()).or_default() += 1;
            }
            if let Some(Registration { answer, method, checked_at, expires_at, wa_id, expired, .. }) = it.registration {
                *n_answers.entry((answer.name(), expired.is_some())).or_default() += 1;
                let micros = |it: Timestamp| it.as_microsecond();
                let expires_at = expires_at.map_or(String::new(), |it| micros(it).to_string());
                let wa_id = wa_id.as_ref().map_or("", WaId::as_str);
                let expired = expired.map_or("", Answer::name);
                let at = micros(checked_at);
                registrations.push(format!("{id} {} {method} {at} {expires_at} {expired} {wa_id}", answer.name()));
            }
            Ok::<_, crate::LoadError>(())
        };
        crm.export(now, each).await.unwrap();

        let hex = if place.url.starts_with("sqlite") { "lower(hex(contact_id))" } else { "encode(contact_id, 'hex')" };
        let of_view = crm
            .texts(&format!(
                "select {hex} || ' ' || answer || ' ' || method || ' ' || checked_at || ' ' || coalesce(cast(expires_at as text), '') \
                 || ' ' || coalesce(expired, '') || ' ' || coalesce(wa_id, '') from registration_now order by contact_id"
            ))
            .await;
        assert_eq!(of_view, registrations.join("\n"));
        assert_eq!(
            crm.texts("select contact_id || ' ' || segment from segment_view order by contact_id").await,
            segments.join("\n")
        );
        for segment in Segment::ALL {
            let condition = Condition::parse(&format!("segment = '{}'", segment.name())).unwrap();
            let expected = if segment.can_be_chosen() { by_segment[&segment] } else { 0 };
            assert_eq!(crm.count_segment(&condition, now).await.unwrap(), expected, "{condition:?}");
            let expected = without_hold.get(&segment).copied().unwrap_or(0);
            assert_eq!(crm.count_held_in_segment(&condition, now).await.unwrap(), expected, "{condition:?}");
        }
        let audience = crm.audience(&Condition::parse("rows >= 0").unwrap(), now).await.unwrap();
        let mut kept_out: BTreeMap<KeptOutReason, u64> = BTreeMap::new();
        audience.kept_out.iter().for_each(|it| *kept_out.entry(it.1).or_default() += 1);
        let of_segments = [Segment::OptedOut, Segment::Suppressed, Segment::Held, Segment::Unclear];
        assert_eq!(kept_out.into_values().collect::<Vec<_>>(), of_segments.map(|it| by_segment[&it]));
        assert_eq!(audience.members.len() + audience.kept_out.len(), N_CONTACTS);
        // Every kind of answer and segment came up.
        assert_eq!(n_answers.len(), 5, "{n_answers:?}");
        assert_eq!(by_segment.len(), Segment::ALL.len(), "{by_segment:?}");
        assert_eq!(crm.registrations(now).await.unwrap().segments, by_segment, "the report counts the same");
    });
}

#[test]
fn times_are_readable_in_views() {
    check(async |place| {
        let crm = place.open().await;
        let ana = id_of("+33199000001");
        let at = |micros| Timestamp::from_microsecond(micros).unwrap();
        let before_1970 = Evidence { expires_at: Some(at(-1)), ..evidence(ana, "a", at(-1_500_000), Answer::NoAnswer) };
        add(&crm, &[before_1970, evidence(ana, "b", at(1_800_000_000_000_001), Answer::NoAnswer)]).await;
        let text = match place.url.starts_with("sqlite") {
            true => "select checked_at || ' ' || coalesce(expires_at, '-') from evidence_view order by method",
            false => {
                "select to_char(checked_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || ' ' || \
                 coalesce(to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '-') \
                 from evidence_view order by method"
            }
        };
        expect![[r#"
            1969-12-31T23:59:58.500000Z 1969-12-31T23:59:59.999999Z
            2027-01-15T08:00:00.000001Z -"#]]
        .assert_eq(&crm.texts(text).await);
    });
}

#[test]
fn contacts_are_counted_by_country_and_source() {
    check(async |place| {
        let crm = place.open().await;
        crm.import(RUN, "+33199000001 row=sms:1\n+33199000002 row=crm:2\nviber=x row=viber:3").await;
        let counted = crm.registrations(Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(counted.countries.values().sum::<u64>(), 3);
        assert!(counted.sources.is_empty(), "sources are counted once somebody was checked");
        add(&crm, &[evidence(id_of("+33199000001"), "contacts", Timestamp::UNIX_EPOCH, Answer::Registered)]).await;
        let counted = crm.registrations(Timestamp::UNIX_EPOCH).await.unwrap();
        let sources: Vec<String> = counted
            .sources
            .iter()
            .map(|((name, answer), n)| format!("{name} {:?} {n}", answer.map(Answer::name)))
            .collect();
        expect![[r#"
            crm None 1
            sms Some("registered") 1
            viber None 1"#]]
        .assert_eq(&sources.join("\n"));
    });
}

/// The counts of a report that need no answers of a provider.
async fn counts(crm: &Crm) -> String {
    let counted = crm.registrations(Timestamp::UNIX_EPOCH).await.unwrap();
    let ChannelOverlap { sms_only, viber_only, both } = counted.channels;
    let segments = counted.segments.iter().map(|(segment, n)| format!("{} {n}", segment.name()));
    let months = counted.last_contact.iter().map(|(month, n)| match month {
        Some(month) => format!("{} {n}", month.strftime("%Y-%m")),
        None => format!("no date {n}"),
    });
    let causes = counted.unclear.iter().map(|UnclearCause { unreadable, contacts }| match unreadable.as_str() {
        "" => format!("unclear words {contacts}"),
        other => format!("{other} {contacts}"),
    });
    let channels = format!("sms {sms_only}, viber {viber_only}, both {both}");
    [channels].into_iter().chain(segments).chain(months).chain(causes).collect::<Vec<_>>().join("\n")
}

#[test]
fn contacts_are_counted_by_channel_month_and_cause_before_and_after_a_verification() {
    check(async |place| {
        let crm = place.open().await;
        let people = "+33199000001 at=2026-01-31 channels=sms+viber
            +33199000002 at=2026-02-01 channels=viber consent=stop
            +33199000003 at=2026-02-28 consent=unclear
            +33199000004 consent=unclear
            viber=x channels=viber";
        crm.import(RUN, people).await;
        crm.suppress(&[id_of("+33199000004")], SuppressAction::Add, "asked", Timestamp::UNIX_EPOCH).await.unwrap();
        let before = counts(&crm).await;
        expect![[r#"
            sms 2, viber 2, both 1
            undecided 2
            opted-out 1
            suppressed 1
            unclear 1
            no date 2
            2026-01 1
            2026-02 2
            unclear words 1"#]]
        .assert_eq(&before);
        // Nobody is registered now either, so all that is counted stays the same.
        add(&crm, &[evidence(id_of("+33199000002"), "contacts", Timestamp::UNIX_EPOCH, Answer::NotRegistered)]).await;
        assert_eq!(counts(&crm).await, before);
    });
}
