//! What webhooks tell of messages, and what people do.

use std::collections::BTreeSet;

use super::clocks::{Received, receiver, webhooks};
use super::*;

/// A shore with a receiver, on which everybody reads what arrives, and its templates.
async fn shore_with(settings: Value) -> (Shore, Arc<Received>) {
    let (address, received) = receiver(0).await;
    let mut settings = settings;
    settings["webhooks"] = webhooks(address, json!({}));
    let shore = Shore::new(settings);
    shore.template("rappel", "UTILITY").await;
    shore.template("offre", "MARKETING").await;
    shore.at("09:10:00").await;
    (shore, received)
}

#[tokio::test]
async fn a_message_is_sent_delivered_and_read_with_its_opaque_id_and_its_price() {
    let (shore, received) = shore_with(json!({ "statuses": { "read": 1.0 } })).await;
    let told = shore.send(template("rappel", &person(1), "id-1")).await;
    shore.at("12:00:00").await;
    let statuses = received.items("statuses");
    let names: Vec<&str> = statuses.iter().map(|it| it["status"].as_str().unwrap()).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    for status in &statuses {
        assert_eq!(status["id"], told.body["messages"][0]["id"]);
        assert_eq!(
            (&status["recipient_id"], &status["biz_opaque_callback_data"]),
            (&json!("33199000001"), &json!("id-1"))
        );
        assert!(status["recipient_user_id"].as_str().unwrap().starts_with("FR.1") && status["timestamp"].is_string());
    }
    let priced: Vec<bool> = statuses.iter().map(|it| it.get("pricing").is_some()).collect();
    assert!(priced == [true, true, false] || priced == [true, false, true], "{priced:?}");
    let pricing = json!({ "billable": true, "pricing_model": "PMP", "category": "utility", "type": "regular" });
    assert_eq!(statuses[0]["pricing"], pricing);
    for change in received.changes() {
        let value = &change["value"];
        assert_eq!(value["metadata"], json!({ "display_phone_number": "33199009999", "phone_number_id": NUMBER }));
        assert_eq!((&value["contacts"][0]["wa_id"], &change["field"]), (&json!("33199000001"), &json!("messages")));
    }
}

#[tokio::test]
async fn the_price_names_the_category_and_the_api() {
    let (shore, received) = shore_with(json!({ "statuses": { "free_service_messages": 1 } })).await;
    shore.send(template("offre", &person(1), "a")).await;
    shore.send_marketing(template("offre", &person(2), "b")).await;
    shore.writes("33199000003", "Bonjour").await;
    shore.send(text(&person(3))).await;
    shore.send(text(&person(3))).await;
    shore.at("12:00:00").await;
    let sent = received.items("statuses").into_iter().filter(|it| it["status"] == "sent");
    let mut prices: Vec<String> = sent
        .map(|it| {
            format!("{} {}", it["pricing"]["category"].as_str().unwrap(), it["pricing"]["type"].as_str().unwrap())
        })
        .collect();
    prices.sort();
    assert_eq!(
        prices,
        ["marketing regular", "marketing_lite regular", "service free_customer_service", "service regular"]
    );
}

#[tokio::test]
async fn the_price_comes_with_sent_and_once_more() {
    let (shore, received) = shore_with(json!({ "statuses": { "read": 0.5 } })).await;
    for n in 0..40 {
        shore.send(template("rappel", &person(n), &format!("p{n}"))).await;
    }
    shore.at("12:00:00").await;
    let statuses = received.items("statuses");
    let priced =
        |state: &str| statuses.iter().filter(|it| it["status"] == state && it.get("pricing").is_some()).count();
    assert_eq!(priced("sent"), 40);
    assert_eq!(priced("delivered") + priced("read"), 40, "whether it was read or not");
    assert!(priced("read") > 0 && priced("delivered") > 20);
}

#[tokio::test]
async fn a_message_of_an_advertisement_is_free_and_shows_its_conversation() {
    let (shore, received) = shore_with(json!({ "statuses": { "free_entry_point": 1.0 } })).await;
    shore.send(template("offre", &person(1), "a")).await;
    shore.at("12:00:00").await;
    let sent = &received.items("statuses")[0];
    assert_eq!((&sent["pricing"]["type"], &sent["pricing"]["billable"]), (&json!("free_entry_point"), &json!(false)));
    assert_eq!(sent["conversation"]["origin"]["type"], "referral_conversion");
}

#[tokio::test]
async fn a_failed_status_has_contacts_only_for_pywa() {
    for (profile, has_contacts) in [("meta-doc", false), ("pywa-compat", true)] {
        let people = json!({ "unregistered": [person(1)] });
        let (shore, received) = shore_with(json!({ "statuses": { "profile": profile }, "people": people })).await;
        shore.send(template("rappel", &person(1), "a")).await;
        shore.at("12:00:00").await;
        let value = &received.changes()[0]["value"];
        let status = &value["statuses"][0];
        assert_eq!((&status["status"], &status["errors"][0]["code"]), (&json!("failed"), &json!(131_026)));
        assert!(status.get("recipient_user_id").is_none() && status.get("pricing").is_none());
        assert_eq!(value.get("contacts").is_some(), has_contacts, "{profile}");
        assert_eq!(shore.get("/sandbox/sending").await.body["unknown_recipients"], 1);
    }
}

#[tokio::test]
async fn statuses_can_be_missing_doubled_late_or_in_another_order() {
    let fate = async |statuses: Value| {
        let mut statuses = statuses;
        statuses["read"] = json!(0.0);
        let (shore, received) = shore_with(json!({ "statuses": statuses })).await;
        shore.send(template("rappel", &person(1), "a")).await;
        shore.at("09:20:00").await;
        let soon = received.items("statuses").len();
        shore.at("2026-11-04T12:00:00Z").await;
        (soon, shore.fate("a"))
    };
    assert_eq!(fate(json!({ "missing": 1.0 })).await, (0, String::new()));
    let (n, doubled) = fate(json!({ "doubled": 1.0 })).await;
    assert_eq!((n, doubled.matches("sent").count(), doubled.matches("delivered").count()), (4, 2, 2));
    assert_eq!(fate(json!({ "reordered": 1.0 })).await, (2, "delivered sent".to_owned()));
    let (soon, late) = fate(json!({ "late": 1.0 })).await;
    assert_eq!((soon, late.split(' ').collect::<BTreeSet<_>>()), (0, BTreeSet::from(["delivered", "sent"])));
    assert_eq!(fate(json!({ "never_delivered": 1.0 })).await, (1, "sent".to_owned()));
}

#[tokio::test]
async fn a_late_status_keeps_the_time_at_which_it_happened() {
    let (shore, received) = shore_with(json!({ "statuses": { "late": 1.0, "read": 0.0 } })).await;
    shore.send(template("rappel", &person(1), "a")).await;
    shore.at("2026-11-04T12:00:00Z").await;
    let times: BTreeSet<i64> =
        received.items("statuses").iter().map(|it| it["timestamp"].as_str().unwrap().parse().unwrap()).collect();
    let began = STARTS_AT.parse::<jiff::Timestamp>().unwrap().as_second() + 600;
    assert!(times.iter().all(|it| (began..began + 10).contains(it)), "{times:?}");
    assert!(shore.lines("status").iter().all(|it| it["at"].as_str().unwrap() > "2026-11-02T10:00:00Z"));
}

#[tokio::test]
async fn a_person_who_writes_stop_opens_the_window_and_one_who_stops_in_the_app_gets_no_marketing() {
    let answers = json!([
        { "does": { "writes": "STOP" }, "after": [5.0, 5.0], "when": { "to": [person(1)], "templates": ["offre"] } },
        { "does": "stops", "after": [5.0, 5.0], "when": { "to": [person(2)] } },
        { "does": { "presses": "Stop" }, "after": [5.0, 5.0], "when": { "to": [person(3)] } },
    ]);
    let (shore, received) = shore_with(json!({ "answers": answers })).await;
    for n in 1..5 {
        shore.send(template("offre", &person(n), &format!("p{n}"))).await;
    }
    shore.at("10:00:00").await;
    let messages = received.items("messages");
    assert_eq!(messages.len(), 2);
    let stop = messages.iter().find(|it| it["type"] == "text").unwrap();
    assert_eq!((&stop["text"]["body"], &stop["from"]), (&json!("STOP"), &json!("33199000001")));
    let button = messages.iter().find(|it| it["type"] == "button").unwrap();
    assert_eq!(button["button"], json!({ "payload": "Stop", "text": "Stop" }));
    assert!(button["context"]["id"].as_str().unwrap().starts_with("wamid."));
    let preference = &received.items("user_preferences")[0];
    assert_eq!((&preference["value"], &preference["wa_id"]), (&json!("stop"), &json!("33199000002")));
    shore.send(text(&person(1))).await;
    shore.send(template("offre", &person(2), "again")).await;
    shore.at("11:00:00").await;
    assert_eq!(shore.lines("n")[4]["is_open"], true);
    assert_eq!(shore.fate("again"), "failed 131050");
    let heard: Vec<Value> = shore.lines("inbound").into_iter().map(|it| it["inbound"].clone()).collect();
    assert_eq!(heard.len(), 3);
    assert!(["STOP", "button Stop", "preference stop"].iter().all(|it| heard.contains(&json!(it))), "{heard:?}");
}

#[tokio::test]
async fn a_limit_that_grows_is_told_in_both_documented_forms() {
    for (as_number, expected) in [(false, json!("TIER_10K")), (true, json!(10_000))] {
        let portfolio = json!({ super::super::settings::PORTFOLIO: { "people_a_day": 2 } });
        let statuses = json!({ "capability_as_number": as_number });
        let (shore, received) = shore_with(json!({ "portfolios": portfolio, "statuses": statuses })).await;
        shore.send(template("rappel", &person(1), "a")).await;
        shore.at("20:00:00").await;
        let changes = received.changes();
        let grown = changes.iter().find(|it| it["field"] == "business_capability_update").unwrap();
        assert_eq!(grown["value"]["max_daily_conversations_per_business"], expected);
    }
}

#[tokio::test]
async fn the_same_seed_and_opaque_id_fare_the_same() {
    let settings = json!({ "statuses": { "missing": 0.2, "doubled": 0.2, "never_delivered": 0.2, "reordered": 0.2 } });
    let run = async || {
        let (shore, _) = shore_with(settings.clone()).await;
        for n in 0..40 {
            shore.send(template("rappel", &person(n), &format!("p{n}"))).await;
        }
        shore.at("12:00:00").await;
        let lines = shore.lines("status");
        lines.into_iter().map(|it| (it["at"].clone(), it["opaque"].clone(), it["status"].clone())).collect::<Vec<_>>()
    };
    let (one, other) = (run().await, run().await);
    assert!(one.len() > 60);
    assert_eq!(one, other);
}
