//! What the receiver reads from the bodies.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use model::{EventContent, EventsRead};
use providers::TwilioRequest;
use whatsapp::read_events;

use super::*;

fn read(webhook: &Webhook) -> EventsRead {
    read_events(&webhook.body).unwrap()
}

fn callback(webhook: &Webhook) -> EventsRead {
    let url = format!("{URL}{}", webhook.path.strip_prefix("/webhooks/x").unwrap());
    TwilioRequest { url: &url, is_form: true, body: &webhook.body }.events()
}

fn is_good(webhook: &Webhook) -> bool {
    webhook.expected == 200 && webhook.trick != Trick::Truncated
}

/// The kind of an event: what it is about, and the word that tells more.
fn kind(content: &EventContent) -> String {
    match content {
        EventContent::Status(it) => format!("status {:?}", it.state),
        EventContent::Message(it) => format!("message {}{}", it.kind, if it.is_standby { " (standby)" } else { "" }),
        EventContent::Preference(it) => format!("preference {}", it.category),
        EventContent::Identity(it) => format!("identity {:?}", it.change),
        EventContent::Call(it) => {
            format!("call {} {}", it.event, if it.is_by_person { "of a person" } else { "to a person" })
        }
        EventContent::Template(_) => "template".to_owned(),
        EventContent::Number(it) => it.about.clone(),
        EventContent::Account(it) => it.about.clone(),
        EventContent::Other(it) if it.is_known => format!("{} {}", it.field, it.kind).trim_end().to_owned(),
        EventContent::Other(it) => format!("{} {} (not known)", it.field, it.kind),
    }
}

#[test]
fn every_event_of_a_good_body_is_read_and_no_two_are_the_same() {
    for kind in [WebhookKind::Meta, WebhookKind::Dialog360] {
        for profile in [Profile::MetaDoc, Profile::PywaCompat] {
            let settings = TrafficSettings { events: 4_000, profile, late: 0.1, large: 1, ..settings() };
            let (mut keys, mut n_bodies) = (BTreeSet::new(), 0);
            let traffic = traffic(kind, settings);
            let n_events = traffic.n_events();
            for webhook in traffic {
                let read = read(&webhook);
                assert!(read.broken.is_empty(), "{:?}", read.broken);
                assert_eq!(read.events.len() as u32, webhook.n_events);
                keys.extend(read.events.into_iter().map(|it| it.key.0));
                n_bodies += 1;
            }
            assert_eq!((keys.len() as u64, n_events), (5_000, 5_000), "{kind} {profile}");
            assert_eq!(n_bodies == 4_001, profile == Profile::PywaCompat, "{n_bodies}");
        }
    }
}

#[test]
fn events_are_of_all_kinds() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for webhook in traffic(WebhookKind::Meta, TrafficSettings { events: 8_000, ..settings() }) {
        for event in read(&webhook).events {
            *kinds.entry(kind(&event.content)).or_default() += 1;
        }
    }
    let shown: String = kinds.iter().map(|(kind, n)| format!("{n} {kind}\n")).collect();
    expect![[r#"
        30 account_alerts
        36 account_review_update
        23 account_update
        32 business_capability_update
        84 call RINGING to a person
        84 call connect of a person
        84 call terminate of a person
        84 call terminate to a person
        20 group_participants_update group_participants_add
        68 hologram_update  (not known)
        16 identity KeyChanged
        13 identity NumberChanged
        15 identity UserIdChanged
        73 message audio
        501 message button
        36 message contacts
        72 message document
        40 message edit
        82 message image
        323 message interactive
        27 message location
        29 message order
        63 message reaction
        59 message sticker
        2576 message text
        68 message text (standby)
        31 message unsupported
        65 message video
        38 message_template_components_update
        34 messages hologram (not known)
        32 messages revoke
        25 messaging_handovers control_passed
        50 phone_number_name_update
        42 phone_number_quality_update
        168 preference marketing_messages
        29 security
        818 status Delivered
        200 status Failed
        35 status Held
        683 status Read
        985 status Sent
        204 template
        23 user_actions marketing_messages_link_click
    "#]]
    .assert_eq(&shown);
}

#[test]
fn one_body_holds_several_numbers_and_accounts() {
    let of = |webhook: &Webhook| {
        let events = read(webhook).events;
        let senders: BTreeSet<_> = events.iter().map(|it| it.sender.clone()).filter(|it| !it.is_empty()).collect();
        (events.iter().map(|it| it.account.clone()).collect::<BTreeSet<_>>().len(), senders.len())
    };
    let most = |profile| {
        let found = traffic(WebhookKind::Meta, TrafficSettings { profile, ..settings() }).map(|it| of(&it));
        found.fold((0, 0), |(accounts, senders), it| (accounts.max(it.0), senders.max(it.1)))
    };
    assert_eq!(most(Profile::MetaDoc).0, 3);
    assert!(most(Profile::MetaDoc).1 >= 5);
    assert_eq!(most(Profile::PywaCompat), (1, 1));
}

#[test]
fn failed_statuses_have_no_contacts_where_meta_documents_none() {
    let failed = |profile| {
        let all = traffic(WebhookKind::Dialog360, TrafficSettings { profile, events: 2_000, ..settings() });
        let bodies: Vec<serde_json::Value> = all.map(|it| serde_json::from_slice(&it.body).unwrap()).collect();
        let changes = bodies.into_iter().flat_map(|it| it["entry"].as_array().unwrap().clone());
        let values = changes.flat_map(|it| it["changes"].as_array().unwrap().clone()).map(|it| it["value"].clone());
        let failed = values.filter(|it| it.pointer("/statuses/0/status").is_some_and(|it| it == "failed"));
        failed.map(|it| it.get("contacts").is_some()).collect::<Vec<_>>()
    };
    let (documented, compatible) = (failed(Profile::MetaDoc), failed(Profile::PywaCompat));
    assert!(documented.len() > 20 && documented.iter().all(|it| !it), "{documented:?}");
    assert!(compatible.len() > 20 && compatible.iter().all(|it| *it), "{compatible:?}");
}

#[test]
fn copies_bring_no_new_event_and_what_must_not_count_has_events_of_its_own() {
    let settings = TrafficSettings { events: 3_000, ..bad_settings() };
    let (mut good, mut copied, mut forged) = (BTreeSet::new(), Vec::new(), Vec::new());
    for webhook in traffic(WebhookKind::Meta, settings) {
        match webhook.trick {
            Trick::Truncated => assert!(read_events(&webhook.body).is_err()),
            trick => {
                let keys = read(&webhook).events.into_iter().map(|it| it.key.0);
                match trick {
                    Trick::Good | Trick::Large => good.extend(keys),
                    Trick::Forged => forged.extend(keys),
                    _ => copied.extend(keys),
                }
            }
        }
    }
    assert_eq!(good.len(), 4_000);
    assert!(copied.len() > 300 && copied.iter().all(|it| good.contains(it)), "{}", copied.len());
    assert!(forged.len() > 50 && forged.iter().all(|it| !good.contains(it)), "{}", forged.len());
}

#[test]
fn the_same_seed_gives_the_same_requests_and_another_seed_gives_others() {
    let all = |seed| traffic(WebhookKind::Meta, TrafficSettings { seed, ..bad_settings() }).collect::<Vec<_>>();
    let (one, again, other) = (all(1), all(1), all(2));
    assert_eq!(one, again);
    let bodies: BTreeSet<&[u8]> = one.iter().map(|it| &*it.body).collect();
    // Where a body was cut after its first letter nothing differs.
    let n_shared = other.iter().filter(|it| it.body.len() > 60 && bodies.contains(&*it.body)).count();
    assert_eq!(n_shared, 0);
}

#[test]
fn a_late_event_happened_days_before_those_around_it() {
    let days = |late: f64| {
        let all = traffic(WebhookKind::Meta, TrafficSettings { late, ..settings() });
        let now = settings().starts_at;
        let events: Vec<_> = all.flat_map(|it| read(&it).events).filter_map(|it| it.at).collect();
        events.into_iter().map(|it| now.duration_since(it).as_hours() / 24).collect::<BTreeSet<_>>()
    };
    assert_eq!(days(0.0), BTreeSet::from([0]));
    assert_eq!(days(0.5), (0..=8).collect());
}

#[test]
fn all_of_them_are_sent_in_another_order() {
    let order = |shuffled| {
        let all = traffic(WebhookKind::Meta, TrafficSettings { shuffled, ..settings() });
        all.map(|it| it.body).collect::<Vec<_>>()
    };
    let (straight, mut shuffled) = (order(0.0), order(1.0));
    let n_moved = straight.iter().zip(&shuffled).filter(|(one, other)| one != other).count();
    assert!(n_moved * 10 > straight.len() * 9, "{n_moved} of {}", straight.len());
    let mut straight = straight;
    straight.sort();
    shuffled.sort();
    assert_eq!(straight, shuffled);
}

#[test]
fn a_large_body_is_of_nearly_three_megabytes() {
    for kind in [WebhookKind::Meta, WebhookKind::Dialog360, WebhookKind::Twilio] {
        let large = traffic(kind, TrafficSettings { large: 2, ..settings() }).filter(|it| it.trick == Trick::Large);
        let sizes: Vec<usize> = large.map(|it| it.body.len()).collect();
        assert!(sizes.len() == 2 && sizes.iter().all(|it| (2_900_000..=3_000_000).contains(it)), "{sizes:?}");
    }
}

#[test]
fn every_callback_of_twilio_is_one_event_and_statuses_bring_back_an_id() {
    let settings = TrafficSettings { events: 2_000, doubled: 0.2, ..settings() };
    let (mut kinds, mut keys, mut n_opaque) = (BTreeMap::<String, usize>::new(), BTreeSet::new(), 0);
    for webhook in traffic(WebhookKind::Twilio, settings).filter(is_good) {
        let read = callback(&webhook);
        assert_eq!((read.events.len(), read.broken.len()), (1, 0), "{:?}", read.broken);
        let event = read.events.into_iter().next().unwrap();
        n_opaque += usize::from(matches!(&event.content, EventContent::Status(it) if it.opaque_id.is_some()));
        if keys.insert(event.key.0) {
            *kinds.entry(kind(&event.content)).or_default() += 1;
        }
    }
    assert_eq!(keys.len(), 2_000);
    assert!(n_opaque > 500, "{n_opaque}");
    expect![[r#"
        103 message button
        75 message location
        102 message media
        683 message text
        172 status Accepted
        260 status Delivered
        66 status Failed
        208 status Read
        331 status Sent
    "#]]
    .assert_eq(&kinds.iter().map(|(kind, n)| format!("{n} {kind}\n")).collect::<String>());
}
