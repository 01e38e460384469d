//! Requests in files.

use expect_test::expect;

use super::*;

#[test]
fn what_is_written_into_a_file_is_read_back() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("bodies.jsonl");
    for kind in [WebhookKind::Meta, WebhookKind::Dialog360] {
        let all: Vec<Webhook> = traffic(kind, TrafficSettings { cut_off: 0.0, slow: 0.0, ..bad_settings() }).collect();
        let mut file = WebhookWriter::create(&path).unwrap();
        for webhook in &all {
            file.add(webhook).unwrap();
        }
        file.finish().unwrap();
        let read: Vec<Webhook> = WebhookFile::open(&path).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, all);
    }
}

#[test]
fn a_request_of_another_program_needs_a_path_headers_and_a_body() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("traffic.jsonl");
    let lines = [
        r#"{"kind": "meta", "path": "/a", "headers": [["X-A", "1"]], "body": "{}", "faults": ["reordered", "late"], "cases": [], "send_ms": 7, "status": 200}"#,
        r#"{"path": "/a", "headers": [], "body": "\u00e9", "faults": ["forged"], "status": 401}"#,
        "",
        r#"{"path": "/a", "headers": {}}"#,
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let read: Vec<_> = WebhookFile::open(&path).unwrap().collect();
    let [Ok(first), Ok(second), Err(third)] = &read[..] else { panic!("{read:?}") };
    assert_eq!((first.trick, first.is_late, first.expected, &*first.body), (Trick::Good, true, 200, &b"{}"[..]));
    assert_eq!((second.trick, second.is_late, second.expected), (Trick::Forged, false, 401));
    assert_eq!(&*second.body, "é".as_bytes());
    let told = third.to_string().replace(home.path().to_str().unwrap(), "…");
    expect!["…/traffic.jsonl:4: this is not a request: a line is a JSON object with path, headers and body"]
        .assert_eq(&told);
}
