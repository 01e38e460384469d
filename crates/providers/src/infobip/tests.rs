//! Infobip's pages, and the driver against an Infobip in this process.

use expect_test::expect;
use pages::{PullFinding, Window};
use serde_json::{Value, json};

use crate::test_server::{Asked, Reply, Server, connection, options, rows_by_profile};
use crate::{PageRead, PullError, Stream, provider, pull, stream_of};

fn stream(name: &str) -> Box<dyn Stream> {
    let spec = stream_of(provider("infobip").unwrap(), Some(name)).unwrap();
    (spec.open)(&connection(&["https://abc12.api.infobip.com"]))
}

fn window() -> Option<Window> {
    Some(Window { since: "2026-03-03T09:00:00Z".parse().unwrap(), until: "2026-03-03T10:00:00Z".parse().unwrap() })
}

fn read(name: &str, page: &Value) -> PageRead {
    let stream = stream(name);
    stream.read(&stream.first(window()).unwrap(), page.to_string().as_bytes()).unwrap()
}

/// The rows, the path of the next call, and the total.
fn shown(page: &PageRead) -> String {
    let rows = page.rows.iter().map(|it| format!("{} {}\n", it.id, it.at.map(|it| it.to_string()).unwrap_or_default()));
    let next = page.next.as_ref().map(|it| format!("next {}\n", it.path)).unwrap_or_default();
    let total = page.total.map(|it| format!("total {it}\n")).unwrap_or_default();
    rows.collect::<String>() + &next + &total
}

#[test]
fn each_stream_begins_with_its_call() {
    let calls: String = ["people", "blocklist", "logs", "viber-logs", "viber-templates", "reports", "inbox"]
        .map(|it| format!("{it} {}\n", stream(it).first(window()).unwrap().path))
        .concat();
    expect![[r#"
        people /people/2/persons?limit=1000&includeTotalCount=true&orderBy=createdAt:asc&page=1
        blocklist /platform/1/blocklists?size=1000&page=0
        logs /sms/3/logs?limit=1000&useCursor=true&sentSince=2026-03-03T09:00:00.000%2B0000&sentUntil=2026-03-03T10:00:00.000%2B0000
        viber-logs /viber/2/logs?limit=1000&useCursor=true&sentSince=2026-03-03T09:00:00.000%2B0000&sentUntil=2026-03-03T10:00:00.000%2B0000
        viber-templates /viber/1/senders/Ma%20Marque/templates?size=100&page=0
        reports /sms/3/reports?limit=1000
        inbox /sms/1/inbox/reports?limit=1000
    "#]]
    .assert_eq(&calls);
}

#[test]
fn a_page_of_people_leads_to_the_next_number_and_an_empty_one_ends_the_list() {
    let person = |id: u64| {
        json!({"id": id, "externalId": "CLI-00042", "firstName": "Awa", "createdAt": "2025-11-02T08:30:00",
            "contactInformation": {"phone": [{"number": "33199000001"}, {"number": "33199000002"}]}})
    };
    expect![[r#"
        90210 
        90211 
        next /people/2/persons?limit=1000&includeTotalCount=true&orderBy=createdAt:asc&page=2
        total 2
    "#]]
    .assert_eq(&shown(&read("people", &json!({"persons": [person(90210), person(90211)], "totalCount": 2}))));
    expect![[""]].assert_eq(&shown(&read("people", &json!({"persons": []}))));
}

#[test]
fn one_person_can_be_blocked_for_several_senders_and_channels() {
    let entry = |channel: &str| {
        json!({"sender": "MaMarque", "destination": "33199000001", "sourceType": "MO", "channel": channel,
            "accountKey": "8F", "createdDate": "2026-03-03T09:14:07.123Z"})
    };
    let page = json!({"results": [entry("SMS"), entry("VIBER")],
        "paging": {"page": 0, "size": 1000, "totalPages": 1, "totalResults": 2}});
    expect![[r#"
        33199000001|MaMarque|SMS|MO|8F|2026-03-03T09:14:07.123Z 2026-03-03T09:14:07.123Z
        33199000001|MaMarque|VIBER|MO|8F|2026-03-03T09:14:07.123Z 2026-03-03T09:14:07.123Z
        next /platform/1/blocklists?size=1000&page=1
        total 2
    "#]]
    .assert_eq(&shown(&read("blocklist", &page)));
}

#[test]
fn a_page_of_a_log_leads_to_its_cursor_with_the_same_filters() {
    let row = json!({"messageId": "m1", "sender": "MaMarque", "destination": "33199000001",
        "sentAt": "2026-03-03T10:14:07.000+0100", "status": {"groupName": "DELIVERED"}});
    let page = json!({"results": [row], "cursor": {"limit": 1000, "nextCursor": "a+b=="}});
    expect![[r#"
        m1 2026-03-03T09:14:07Z
        next /sms/3/logs?limit=1000&useCursor=true&sentSince=2026-03-03T09:00:00.000%2B0000&sentUntil=2026-03-03T10:00:00.000%2B0000&cursor=a%2Bb%3D%3D
    "#]]
    .assert_eq(&shown(&read("logs", &page)));
    // The cursor behind the cursor has the filters too, once.
    let stream = stream("logs");
    let second = read("logs", &page).next.unwrap();
    let third = stream.read(&second, page.to_string().as_bytes()).unwrap().next.unwrap();
    assert_eq!(third.path.matches("cursor=a").count(), 1);
    let full = json!({"results": vec![json!({"messageId": "m1"}); 1000]}).to_string();
    assert!(stream.read(&second, full.as_bytes()).is_err(), "a full page must say what follows it");
    assert_eq!(shown(&read("viber-logs", &json!({"results": [], "cursor": {"limit": 1000, "nextCursor": null}}))), "");
}

#[test]
fn the_templates_of_a_viber_sender_are_told_apart_by_their_versions() {
    let template = |version: &str| {
        json!({"templateId": "t1", "version": version, "sender": "Ma Marque", "category": "TRANSACTIONAL",
            "status": "APPROVED", "params": [{"type": "TEXT", "name": "nom", "example": "Awa"}],
            "body": [{"language": "fr", "template": "Bonjour {{nom}}"}]})
    };
    let page = json!({"templates": [template("1"), template("2")], "paging": {"page": 0, "totalResults": 2}});
    expect![[r#"
        t1|1 
        t1|2 
        next /viber/1/senders/Ma%20Marque/templates?size=100&page=1
        total 2
    "#]]
    .assert_eq(&shown(&read("viber-templates", &page)));
}

#[test]
fn an_error_of_either_generation_is_an_error_with_status_200_too() {
    let old = |id: &str| json!({"requestError": {"serviceException": {"messageId": id, "text": "no"}}});
    let new = |code: &str| json!({"errorCode": code, "description": "no", "action": "wait", "violations": []});
    let mut text = String::new();
    for body in
        [old("UNAUTHORIZED"), old("TOO_MANY_REQUESTS"), old("GENERAL_ERROR"), new("E401"), new("E429"), new("E500")]
    {
        let stream = stream("people");
        let error = stream.read(&stream.first(None).unwrap(), body.to_string().as_bytes()).unwrap_err();
        let refused = super::error::read_error(403, body.to_string().as_bytes());
        text += &format!("{error} / {refused}\n");
    }
    expect![[r#"
        the provider refused the call (200) / the provider refused the call (403)
        the provider asks to slow down / the provider asks to slow down
        the provider failed (500) / the provider failed (500)
        the provider refused the call (200, code 401) / the provider refused the call (403, code 401)
        the provider asks to slow down / the provider asks to slow down
        the provider failed (500) / the provider failed (500)
    "#]]
    .assert_eq(&text);
    let stream = stream("people");
    let single = json!({"id": 90210, "firstName": "Awa"}).to_string();
    assert!(stream.read(&stream.first(None).unwrap(), single.as_bytes()).is_err(), "one person is not a list");
}

/// People on pages of five, which `change` may change before the n-th call.
fn people(n_people: u64, change: impl Fn(usize, &mut Vec<u64>) + Send + 'static) -> impl FnMut(&Asked) -> Reply {
    let mut people: Vec<u64> = (100..100 + n_people).collect();
    let mut n_calls = 0;
    move |asked| {
        change(n_calls, &mut people);
        n_calls += 1;
        let skipped = (asked.number("page").unwrap() - 1) * 5;
        let persons: Vec<Value> = people.iter().skip(skipped).take(5).map(|it| json!({"id": it})).collect();
        Reply::json(&json!({"persons": persons, "totalCount": people.len()}))
    }
}

fn numbers(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(|it| it.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_read_again_if_their_number_changes_while_they_are_read() {
    let server = Server::start(people(100, |n_call, people| {
        if n_call == 8 {
            people.drain(3..6);
        }
    }))
    .await;
    let home = tempfile::tempdir().unwrap();
    let pulled = pull_people(&server, home.path()).await;
    assert_eq!(server.ids_kept("infobip", "people", home.path()), numbers(100..200));
    assert!(pulled.coverage.is_complete);
    // Three people came who are not there any more; the second pass brought those whom the first had missed.
    let findings = [PullFinding::TotalDiffers { claimed: 97, records: 100 }, PullFinding::Moved { times: 2 }];
    assert_eq!(pulled.coverage.findings, findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_goes_while_another_comes_hides_nobody() {
    let server = Server::start(people(100, |n_call, people| {
        if n_call == 8 {
            people.remove(3);
            people.push(999);
        }
    }))
    .await;
    let home = tempfile::tempdir().unwrap();
    pull_people(&server, home.path()).await;
    let everybody: Vec<String> = (100..200).chain([999]).map(|it| it.to_string()).collect();
    assert_eq!(server.ids_kept("infobip", "people", home.path()), everybody);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_shorter_than_its_number_says_is_read_again() {
    let mut people = people(20, |_, _| {});
    let mut n_calls = 0;
    let server = Server::start(move |asked| {
        n_calls += 1;
        match people(asked) {
            // The second page of two passes.
            Reply::Answer(_, body) if n_calls == 2 || n_calls == 7 => {
                let mut page: Value = serde_json::from_slice(&body).unwrap();
                page["persons"].as_array_mut().unwrap().truncate(2);
                Reply::json(&page)
            }
            reply => reply,
        }
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let pulled = pull_people(&server, home.path()).await;
    assert_eq!(server.ids_kept("infobip", "people", home.path()), numbers(100..120));
    assert!(!pulled.coverage.findings.iter().any(|it| matches!(it, PullFinding::TotalDiffers { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_on_one_page_is_read_once_and_a_longer_one_until_nothing_is_new() {
    for (n_people, n_calls) in [(0, 1), (5, 2), (6, 6), (100, 42)] {
        let server = Server::start(people(n_people, |_, _| {})).await;
        let home = tempfile::tempdir().unwrap();
        let pulled = pull_people(&server, home.path()).await;
        assert_eq!(server.take_lines().len(), n_calls, "{n_people} people");
        assert_eq!(pulled.coverage.findings, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pass_that_is_stopped_goes_on_behind_its_last_page() {
    let mut people = people(40, |_, _| {});
    let mut n_calls = 0;
    let server = Server::start(move |asked| {
        n_calls += 1;
        if n_calls == 13 { Reply::Answer(403, b"{}".to_vec()) } else { people(asked) }
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    server.pull("infobip", "people", home.path(), &options).await.unwrap_err();
    server.take_lines();
    pull_people(&server, home.path()).await;
    // Eight pages and an empty one are a pass, and the calls 10 to 12 are the pages 1 to 3 of the second.
    let pages: Vec<String> =
        server.take_lines().iter().map(|it| it.rsplit_once("&page=").unwrap().1.to_owned()).collect();
    assert_eq!(pages, ["4", "5", "6", "7", "8", "9"]);
}

async fn pull_people(server: &Server, home: &std::path::Path) -> crate::Pulled {
    let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    server.pull("infobip", "people", home, &options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn received_messages_are_fetched_until_there_are_none_and_only_if_the_plan_allows_it() {
    let mut left: Vec<u64> = (0..250).collect();
    let server = Server::start(move |_| {
        let given: Vec<Value> =
            left.drain(..left.len().min(100)).map(|it| json!({"messageId": it.to_string()})).collect();
        Reply::json(&json!({"messageCount": given.len(), "pendingMessageCount": left.len(), "results": given}))
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let options = options("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    let infobip = provider("infobip").unwrap();
    let inbox = stream_of(infobip, Some("inbox")).unwrap();
    let forbidden = connection(&["http://127.0.0.1:1"]);
    let error = pull(infobip, inbox, &forbidden, home.path(), &options, &|_| {}).await.unwrap_err();
    assert!(matches!(error, PullError::Consumes));
    let pulled = server.pull("infobip", "inbox", home.path(), &options).await.unwrap();
    assert_eq!(server.take_lines(), vec!["GET /sms/1/inbox/reports?limit=1000"; 4]);
    assert_eq!(server.ids_kept("infobip", "inbox", home.path()).len(), 250);
    assert_eq!(pulled.coverage.rows, 250);
}

/// The rows of a stream whose first page is this, and whose others are empty.
async fn rows_of(name: &str, page: Value, empty: Value) -> String {
    let mut n_calls = 0;
    let server = Server::start(move |_| {
        n_calls += 1;
        Reply::json(if n_calls == 1 { &page } else { &empty })
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let options = options("2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z");
    server.pull("infobip", name, home.path(), &options).await.unwrap();
    rows_by_profile("infobip", name, home.path()).join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profiles_read_the_pages() {
    let person = json!({"id": 90210, "externalId": "CLI-00042", "firstName": "Awa", "createdAt": "2025-11-02T08:30:00",
        "contactInformation": {"phone": [{"number": "33199000001"}, {"number": "33199000002"}],
            "viberBots": [{"applicationId": "boutique-bot", "userId": "Zk9x5WqRq0uJ8yT1o2n3Qw=="}]}});
    let nobody = json!({"persons": [], "totalCount": 1});
    expect![[r#"
        33199000001||
        33199000002||"#]]
    .assert_eq(&rows_of("people", json!({"persons": [person], "totalCount": 1}), nobody).await);

    let entry = |channel: &str, destination: &str| {
        json!({"sender": "MaMarque", "destination": destination, "sourceType": "MO", "channel": channel,
            "accountKey": "8F", "createdDate": "2026-03-03T09:14:07.123Z"})
    };
    let entries = [entry("SMS", "33199000001"), entry("WHATSAPP", "33199000002"), entry("APPLE_MB", "urn:mbid:AQAAY3")];
    let paging = json!({"page": 0, "size": 1000, "totalPages": 1, "totalResults": 3});
    expect![[r#"
        33199000001|stop|2026-03-03T09:14:07.123Z
        33199000002|stop|2026-03-03T09:14:07.123Z
        urn:mbid:AQAAY3|stop|2026-03-03T09:14:07.123Z"#]]
    .assert_eq(
        &rows_of("blocklist", json!({"results": entries, "paging": paging}), json!({"results": [], "paging": paging}))
            .await,
    );

    let sent = |to: &str| {
        json!({to: "33199000001", "sender": "MaMarque", "messageId": "m1", "sentAt": "2026-03-03T10:14:07.000+0100",
            "doneAt": "2026-03-03T10:14:09.000+0100", "messageCount": 1,
            "price": {"pricePerMessage": 0.01, "currency": "EUR"},
            "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"},
            "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "permanent": false},
            "platform": {"entityId": "e", "applicationId": "a"}})
    };
    for (name, to) in [("logs", "destination"), ("viber-logs", "destination"), ("reports", "to")] {
        let rows = rows_of(name, json!({"results": [sent(to)]}), json!({"results": []})).await;
        assert_eq!(rows, "33199000001||2026-03-03T10:14:07.000+0100", "{name}");
    }

    let received = json!({"messageId": "817790313235066447", "from": "33199000001", "to": "33199009999", "text": "STOP",
        "cleanText": "STOP", "keyword": "STOP", "receivedAt": "2026-03-03T09:14:07.000+0000", "smsCount": 1});
    let page = |results: Value| json!({"results": results, "messageCount": 1, "pendingMessageCount": 0});
    assert_eq!(
        rows_of("inbox", page(json!([received])), page(json!([]))).await,
        "33199000001|STOP|2026-03-03T09:14:07.000+0000"
    );
}
