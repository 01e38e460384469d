//! Health and metrics.

use super::*;

async fn health(server: &Running) -> (u16, String) {
    let answer = server.ask("GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let of_admin = server.ask_admin("/health").await;
    assert_eq!((answer.status, &answer.body), (of_admin.status, &of_admin.body));
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_database_that_goes_is_an_illness_until_it_is_back() {
    let server = start(Limits { probe_every: Duration::from_millis(5), ..Limits::default() }).await;
    assert_eq!(health(&server).await, (200, "ok\n".to_owned()));
    server.store.set_gone(true);
    let answer = server.ask(signed(BODY)).await;
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
    assert_eq!(health(&server).await, (503, "database gone\n".to_owned()));
    server.store.set_gone(false);
    // No webhook has to come for it.
    soon(async {
        while server.status.illness().is_some() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(health(&server).await, (200, "ok\n".to_owned()));
    assert_eq!(server.ask(signed(BODY)).await.status, 200);
}

#[tokio::test]
async fn events_that_are_not_read_are_an_illness_when_there_are_too_many() {
    let server = start(Limits { most_lag: 10, ..Limits::default() }).await;
    server.status.set_lag(10);
    assert_eq!(health(&server).await.0, 200);
    server.status.set_lag(11);
    assert_eq!(health(&server).await, (503, "lag\n".to_owned()));
    server.wait_for("ferry_webhook_lag_events 11").await;
}

#[tokio::test]
async fn metrics_count_requests_and_name_no_person() {
    let server = start(Limits::default()).await;
    for _ in 0..3 {
        server.ask(signed(r#"{"from":"33199000001"}"#)).await;
    }
    server.ask(post("/webhooks/meta", "", "33199000001")).await;
    server.ask(post("/33199000001", "", "33199000001")).await;
    let answer = server.ask_admin("/metrics").await;
    assert!(answer.head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{}", answer.head);
    assert!(!answer.body.contains("33199000001"));
    let mut lines: Vec<&str> =
        answer.body.lines().filter(|it| it.starts_with("ferry") && !it.contains("commit_seconds")).collect();
    lines.sort_unstable();
    expect_test::expect![[r#"
        ferry_webhook_bodies_total{webhook="meta"} 3
        ferry_webhook_commit_bodies_bucket{le="+Inf"} 3
        ferry_webhook_commit_bodies_bucket{le="1.0"} 3
        ferry_webhook_commit_bodies_bucket{le="16.0"} 3
        ferry_webhook_commit_bodies_bucket{le="256.0"} 3
        ferry_webhook_commit_bodies_bucket{le="4.0"} 3
        ferry_webhook_commit_bodies_bucket{le="64.0"} 3
        ferry_webhook_commit_bodies_count 3
        ferry_webhook_commit_bodies_sum 3.0
        ferry_webhook_connections 0
        ferry_webhook_contradictions_total 0
        ferry_webhook_dead_letters_total{webhook="meta"} 0
        ferry_webhook_derived_events_total 0
        ferry_webhook_duplicates_total{webhook="meta"} 3
        ferry_webhook_events_total{webhook="meta"} 6
        ferry_webhook_failed_commits_total 0
        ferry_webhook_failed_confirmations_total 0
        ferry_webhook_lag_events 0
        ferry_webhook_queue_bodies 0
        ferry_webhook_queue_bytes 0
        ferry_webhook_reading_bytes 0
        ferry_webhook_rejects_total{webhook="",cause="unknown_path"} 1
        ferry_webhook_rejects_total{webhook="meta",cause="unsigned"} 1
        ferry_webhook_requests_total{webhook="",outcome="rejected"} 1
        ferry_webhook_requests_total{webhook="meta",outcome="answered"} 3
        ferry_webhook_requests_total{webhook="meta",outcome="rejected"} 1
        ferry_webhook_unanswered_conversations 0
        ferry_webhook_unanswered_oldest_seconds 0
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
    assert_eq!(server.ask_admin("/webhooks/meta").await.status, 404);
}
