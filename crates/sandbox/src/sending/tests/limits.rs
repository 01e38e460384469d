//! The limits of the platform, by the clock of the sandbox.

use super::*;

/// The lines about limits that were gone over: `number 81/80`.
fn overs(shore: &Shore) -> Vec<String> {
    let over = |it: Value| format!("{} {}/{}", it["over"].as_str().unwrap(), it["count"], it["limit"]);
    shore.lines("over").into_iter().map(over).collect()
}

/// Sends a utility template to the people of these numbers.
async fn send_to(shore: &Shore, people: std::ops::Range<u32>) -> Vec<String> {
    let mut told = Vec::new();
    for n in people {
        told.push(shore.send(template("rappel", &person(n), &format!("p{n}"))).await.short());
    }
    told
}

async fn shore_with(settings: Value) -> Shore {
    let shore = Shore::new(settings);
    shore.template("rappel", "UTILITY").await;
    shore.template("offre", "MARKETING").await;
    shore
}

#[tokio::test]
async fn a_number_sends_eighty_messages_in_any_second_and_the_next_is_refused() {
    let shore = shore_with(json!({})).await;
    assert!(send_to(&shore, 0..80).await.iter().all(|it| it == "200 accepted"));
    assert_eq!(send_to(&shore, 80..81).await, ["400 130429"]);
    shore.at("09:00:00.999").await;
    assert_eq!(send_to(&shore, 80..81).await, ["400 130429"]);
    shore.at("09:00:01").await;
    assert!(send_to(&shore, 80..160).await.iter().all(|it| it == "200 accepted"));
    assert_eq!(overs(&shore), ["number 81/80", "number 81/80"]);
    assert_eq!(shore.get("/sandbox/sending").await.body["over"], json!({ "number": 2 }));
}

#[tokio::test]
async fn each_number_has_seconds_of_its_own_and_an_upgraded_one_sends_a_thousand() {
    let number = |limit: u32, digits: &str| json!({ "account": ACCOUNT, "messages_a_second": limit, "display_phone_number": digits });
    let numbers = json!({ NUMBER: number(2, "+33 1 99 00 99 99"), "7": number(1_000, "+33 1 99 00 99 98") });
    let shore = shore_with(json!({ "numbers": numbers })).await;
    assert_eq!(send_to(&shore, 0..3).await, ["200 accepted", "200 accepted", "400 130429"]);
    for n in 0..1_000 {
        let told = shore.post("/v26.0/7/messages", template("rappel", &person(n), "x")).await;
        assert_eq!(told.http, 200, "{n}");
    }
    assert_eq!(shore.get("/v26.0/7?fields=throughput").await.body["throughput"]["level"], "HIGH");
    assert_eq!(overs(&shore), ["number 3/2"]);
}

#[tokio::test]
async fn messages_of_people_count_against_the_second_if_the_settings_say_so() {
    let number = json!({ "account": ACCOUNT, "messages_a_second": 2 });
    let shore = shore_with(json!({ "numbers": { NUMBER: number }, "limits": { "number_counts_inbound": true } })).await;
    shore.writes("33199000009", "Bonjour").await;
    assert_eq!(send_to(&shore, 0..2).await, ["200 accepted", "400 130429"]);
}

#[tokio::test]
async fn a_burst_to_one_person_is_paid_back_and_another_number_has_a_pair_of_its_own() {
    let number = |digits: &str| json!({ "account": ACCOUNT, "display_phone_number": digits });
    let shore = shore_with(json!({
        "numbers": { NUMBER: number("+33 1 99 00 99 99"), "7": number("+33 1 99 00 99 98") },
    }))
    .await;
    let send = async || shore.send(text(&person(1))).await.short();
    assert_eq!([send().await, send().await], ["200", "200"]);
    shore.at("09:00:06").await;
    assert_eq!(send().await, "400 131056");
    assert_eq!(shore.post("/v26.0/7/messages", text(&person(1))).await.short(), "200");
    assert_eq!(shore.send(text(&person(2))).await.short(), "200");
    shore.at("09:00:12").await;
    for _ in 0..45 {
        assert_eq!(send().await, "200");
    }
    assert_eq!(send().await, "400 131056");
    shore.at("09:04:41.999").await;
    assert_eq!(send().await, "400 131056");
    shore.at("09:04:42").await;
    assert_eq!(send().await, "200");
    assert_eq!(overs(&shore), ["pair 3/2", "pair 46/45", "pair 46/45"]);
}

#[tokio::test]
async fn a_portfolio_reaches_so_many_people_in_any_day() {
    let portfolio = json!({ super::super::settings::PORTFOLIO: { "people_a_day": 5 } });
    let shore = shore_with(json!({ "portfolios": portfolio, "limits": { "auto_scale": false } })).await;
    assert!(send_to(&shore, 0..6).await.iter().all(|it| it == "200 accepted"), "no answer tells");
    shore.at("10:00:00").await;
    assert_eq!(shore.fate("p5"), "failed 131048");
    assert!(shore.fate("p4").starts_with("sent delivered"), "{}", shore.fate("p4"));
    assert_eq!(overs(&shore), ["portfolio 6/5"]);
    shore.send(template("rappel", &person(1), "again")).await;
    shore.at("2026-11-03T08:59:59.999Z").await;
    shore.send(template("rappel", &person(5), "too early")).await;
    shore.at("2026-11-03T09:00:00Z").await;
    shore.send(template("rappel", &person(5), "a day later")).await;
    shore.at("2026-11-03T09:30:00Z").await;
    assert!(shore.fate("again").starts_with("sent delivered"), "who counts already fits");
    assert_eq!(shore.fate("too early"), "failed 131048");
    assert!(shore.fate("a day later").starts_with("sent delivered"));
}

#[tokio::test]
async fn who_wrote_and_who_gets_nothing_does_not_count_against_the_portfolio() {
    let portfolio = json!({ super::super::settings::PORTFOLIO: { "people_a_day": 1 } });
    let shore = shore_with(json!({
        "portfolios": portfolio, "limits": { "auto_scale": false }, "people": { "unregistered": [person(1)] },
        "statuses": { "failures": [{ "code": 130472, "when": { "to": [person(2)] } }] },
    }))
    .await;
    shore.writes("33199000003", "Bonjour").await;
    send_to(&shore, 1..6).await;
    shore.at("10:00:00").await;
    let fates: Vec<String> = (1..6).map(|n| shore.fate(&format!("p{n}")).replace(" read", "")).collect();
    assert_eq!(fates, ["failed 131026", "failed 130472", "sent delivered", "sent delivered", "failed 131048"]);
}

#[tokio::test]
async fn the_accounts_of_a_portfolio_share_its_limit_and_others_do_not() {
    let portfolios = json!({ "a": { "people_a_day": 1 }, "b": { "people_a_day": 1 } });
    let accounts = json!({ ACCOUNT: { "portfolio": "a" }, "2": { "portfolio": "a" }, "3": { "portfolio": "b" } });
    let number = |account: &str, digits: &str| json!({ "account": account, "display_phone_number": digits });
    let numbers = json!({
        NUMBER: number(ACCOUNT, "+33 1 99 00 99 99"), "22": number("2", "+33 1 99 00 99 98"),
        "33": number("3", "+33 1 99 00 99 97"),
    });
    let shore = shore_with(json!({ "portfolios": portfolios, "accounts": accounts, "numbers": numbers })).await;
    for account in ["2", "3"] {
        let body = json!({ "name": "rappel", "language": "fr", "category": "UTILITY", "components": [
            { "type": "BODY", "text": "Bonjour {{1}}, votre commande est prête chez nous.", "example": { "body_text": [["Ana"]] } },
        ] });
        assert_eq!(shore.post(&format!("/v26.0/{account}/message_templates"), body).await.http, 200);
    }
    shore.send(template("rappel", &person(1), "one")).await;
    shore.post("/v26.0/22/messages", template("rappel", &person(2), "two")).await;
    shore.post("/v26.0/33/messages", template("rappel", &person(3), "three")).await;
    shore.at("10:00:00").await;
    assert_eq!(shore.fate("two"), "failed 131048");
    assert!(shore.fate("one").starts_with("sent") && shore.fate("three").starts_with("sent"));
}

#[tokio::test]
async fn half_of_the_limit_in_a_week_brings_the_next_level_six_hours_later() {
    let shore = Shore::new(json!({ "numbers": { NUMBER: { "account": ACCOUNT, "messages_a_second": 1_000 } } }));
    shore.template("rappel", "UTILITY").await;
    let tier = async || {
        let told = shore.get(&format!("/v26.0/{NUMBER}?fields=whatsapp_business_manager_messaging_limit")).await;
        told.body["whatsapp_business_manager_messaging_limit"].as_str().unwrap().to_owned()
    };
    send_to(&shore, 0..999).await;
    shore.at("16:00:00").await;
    assert_eq!(tier().await, "TIER_2K");
    send_to(&shore, 999..1_000).await;
    shore.at("21:59:59").await;
    assert_eq!(tier().await, "TIER_2K");
    shore.at("22:00:00").await;
    assert_eq!(tier().await, "TIER_10K");
}

#[tokio::test]
async fn other_settings_leave_a_limit_that_has_grown_and_those_of_its_portfolio_set_it_anew() {
    let portfolio = |tier: &str, people: u32| json!({ super::super::settings::PORTFOLIO: { "tier": tier, "people_a_day": people } });
    let shore = shore_with(json!({ "portfolios": portfolio("TIER_2K", 2) })).await;
    let tier = async || {
        let told = shore.get("/sandbox/sending").await.body;
        told["portfolios"][super::super::settings::PORTFOLIO]["tier"].as_str().unwrap().to_owned()
    };
    send_to(&shore, 0..2).await;
    shore.at("20:00:00").await;
    assert_eq!(tier().await, "TIER_10K");
    shore.set(json!({ "portfolios": portfolio("TIER_2K", 2), "faults": [{ "kind": "cut" }] })).await;
    assert_eq!(tier().await, "TIER_10K");
    shore.set(json!({ "portfolios": portfolio("TIER_250", 2) })).await;
    assert_eq!(tier().await, "TIER_250");
}

#[tokio::test]
async fn a_limit_does_not_grow_with_bad_quality_or_if_that_is_off() {
    let portfolio = || json!({ super::super::settings::PORTFOLIO: { "people_a_day": 2 } });
    for more in [
        json!({ "numbers": { NUMBER: { "account": ACCOUNT, "quality_rating": "RED" } } }),
        json!({ "limits": { "auto_scale": false } }),
    ] {
        let mut settings = more;
        settings["portfolios"] = portfolio();
        let shore = shore_with(settings).await;
        send_to(&shore, 0..2).await;
        shore.at("20:00:00").await;
        let told = shore.get("/sandbox/sending").await.body;
        assert_eq!(told["portfolios"][super::super::settings::PORTFOLIO]["tier"], "TIER_2K");
    }
}

#[tokio::test]
async fn the_first_level_is_left_after_two_thousand_messages() {
    let mut portfolio = super::super::portfolio::Portfolio::default();
    let settings: super::super::settings::PortfolioSettings =
        serde_json::from_value(json!({ "tier": "TIER_250" })).unwrap();
    let at = |n: i64| jiff::Timestamp::from_second(1_800_000_000 + n * 400).unwrap();
    let earned = (0..2_000).map(|n| {
        // 216 people a day: under the limit.
        let taken = portfolio.take(n as u64, at(n), &settings);
        assert!(taken.is_ok(), "{n} {taken:?}");
        portfolio.earned(at(n), &settings)
    });
    let earned: Vec<_> = earned.collect();
    assert!(earned[..1_999].iter().all(Option::is_none) && earned[1_999].is_some());
}

#[tokio::test]
async fn messages_are_held_after_the_first_of_a_template_and_go_when_those_are_judged() {
    let pace = json!({ "template": { "first": 2, "seconds": 1_800.0, "verdict": "released" } });
    let shore = shore_with(json!({ "pacing": pace })).await;
    let told = send_to(&shore, 0..4).await;
    let held = "200 held_for_quality_assessment";
    assert_eq!(told, ["200 accepted", "200 accepted", held, held]);
    let outcomes: Vec<Value> = shore.lines("n").into_iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, ["accepted", "accepted", "held", "held"]);
    shore.at("09:29:59").await;
    assert_eq!((shore.fate("p2").as_str(), shore.fate("p1").is_empty()), ("", false));
    assert_eq!(send_to(&shore, 4..5).await, [held]);
    shore.at("10:30:00").await;
    assert!((2..5).all(|n| shore.fate(&format!("p{n}")).starts_with("sent delivered")));
    assert_eq!(send_to(&shore, 5..6).await, ["200 accepted"]);
    let counts = shore.get("/sandbox/sending").await.body;
    assert_eq!((&counts["accepted"], &counts["held"]), (&json!(6), &json!(3)));
}

#[tokio::test]
async fn a_template_of_good_quality_is_not_paced() {
    let pace = json!({ "template": { "first": 0, "seconds": 60.0, "verdict": "released" } });
    let shore = shore_with(json!({ "pacing": pace })).await;
    assert_eq!(send_to(&shore, 0..1).await, ["200 held_for_quality_assessment"]);
    shore.moderate(json!([{ "name": "rappel", "quality": "GREEN" }])).await;
    assert_eq!(send_to(&shore, 1..2).await, ["200 accepted"]);
}

#[tokio::test]
async fn a_bad_judgement_drops_what_was_held() {
    let pace = json!({ "template": { "first": 1, "seconds": 60.0, "verdict": "failed" } });
    let shore = shore_with(json!({ "pacing": pace })).await;
    send_to(&shore, 0..3).await;
    shore.at("10:00:00").await;
    assert_eq!([shore.fate("p1"), shore.fate("p2")], ["failed 132015", "failed 132015"]);
    assert_eq!(send_to(&shore, 3..4).await, ["400 132015"]);
    assert_eq!(shore.send(template("offre", &person(9), "o")).await.short(), "200 accepted");
    let pace = json!({ "portfolio": { "first": 1, "seconds": 60.0, "verdict": "failed" } });
    let shore = shore_with(json!({ "pacing": pace })).await;
    send_to(&shore, 0..2).await;
    assert_eq!(shore.send(template("offre", &person(9), "o")).await.short(), "200 held_for_quality_assessment");
    shore.at("10:00:00").await;
    assert_eq!([shore.fate("p1"), shore.fate("o")], ["failed 132015", "failed 132015"]);
    assert_eq!(send_to(&shore, 3..4).await, ["403 368"]);
}

#[tokio::test]
async fn people_who_stopped_and_people_in_the_united_states_get_no_marketing() {
    let shore = shore_with(json!({ "people": { "stopped": [person(1)] } })).await;
    let (american, canadian) = ("+12025550123", "+14165550123");
    for (name, to, opaque) in [
        ("offre", person(1).as_str(), "stopped"),
        ("rappel", &person(1), "stopped utility"),
        ("offre", american, "american"),
        ("rappel", american, "american utility"),
        ("offre", canadian, "canadian"),
    ] {
        assert_eq!(shore.send(template(name, to, opaque)).await.short(), "200 accepted");
    }
    let resume = json!([{ "from": person(1), "number": NUMBER, "does": "resumes", "at": "2026-11-02T10:00:00Z" }]);
    shore.post("/sandbox/inbound", resume).await;
    shore.at("10:00:00").await;
    shore.send(template("offre", &person(1), "resumed")).await;
    shore.at("11:00:00").await;
    assert_eq!(shore.fate("stopped"), "failed 131050");
    assert_eq!(shore.fate("american"), "failed 131049");
    for opaque in ["stopped utility", "american utility", "canadian", "resumed"] {
        assert!(shore.fate(opaque).starts_with("sent delivered"), "{opaque}: {}", shore.fate(opaque));
    }
}

#[tokio::test]
async fn a_person_gets_so_many_marketing_messages_where_meta_caps_them() {
    let cap = json!({ "marketing_cap": { "most": 2, "hours": 24 } });
    let shore = shore_with(json!({ "limits": cap })).await;
    let brazilian = "+5511960000001";
    let offer = async |to: &str, opaque: &str| {
        assert_eq!(shore.send(template("offre", to, opaque)).await.short(), "200 accepted");
    };
    for n in 0..3 {
        offer(brazilian, &format!("b{n}")).await;
        offer(&person(1), &format!("f{n}")).await;
        shore.at(&format!("1{n}:00:00")).await;
    }
    shore.writes("5511960000001", "Oi").await;
    offer(brazilian, "in the open window").await;
    shore.at("13:00:00").await;
    assert!(["b0", "b1", "f0", "f1", "f2", "in the open window"].iter().all(|it| shore.fate(it).starts_with("sent")));
    assert_eq!(shore.fate("b2"), "failed 131049");
}

#[tokio::test]
async fn a_text_outside_of_the_window_fails_by_a_status_or_by_the_answer() {
    let shore = shore_with(json!({})).await;
    let message = |opaque: &str| {
        let mut message = text(&person(1));
        message["biz_opaque_callback_data"] = json!(opaque);
        message
    };
    assert_eq!(shore.send(message("closed")).await.short(), "200");
    shore.at("09:30:00").await;
    shore.writes("33199000001", "Bonjour").await;
    assert_eq!(shore.send(message("open")).await.short(), "200");
    shore.at("2026-11-03T09:29:59Z").await;
    assert_eq!(shore.send(message("still open")).await.short(), "200");
    shore.at("2026-11-03T09:30:00Z").await;
    assert_eq!(shore.send(message("closed again")).await.short(), "200");
    shore.at("2026-11-03T12:00:00Z").await;
    let fates = ["closed", "open", "still open", "closed again"].map(|it| shore.fate(it).replace(" read", ""));
    assert_eq!(fates, ["failed 131047", "sent delivered", "sent delivered", "failed 131047"]);
    let is_open: Vec<Value> = shore.lines("n").into_iter().map(|it| it["is_open"].clone()).collect();
    assert_eq!(is_open, [false, true, true, false]);
    shore.set(json!({ "limits": { "closed_window_by": "answer" } })).await;
    assert_eq!(shore.send(message("told")).await.short(), "400 131047");
}
