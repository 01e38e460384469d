//! The faults of pages, at each provider whose pages have links or tokens.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{SECRET, Shown, basic};

/// A read in pages: the first path, the list of rows, what a row is known by, and the next path from a body.
struct Pages {
    scheme: &'static str,
    first: &'static str,
    list: &'static str,
    id: &'static str,
    next: fn(&Value) -> Option<String>,
}

const READS: [Pages; 5] = [
    Pages { scheme: "AccessKey", first: "/contacts?limit=8", list: "items", id: "id", next: link },
    Pages { scheme: "AccessKey", first: "/messages?limit=100", list: "items", id: "id", next: link },
    Pages {
        scheme: "AccessKey",
        first: "/workspaces/a1405560-c8d3-4b1a-877d-3f449ad95352/contacts?limit=8",
        list: "results",
        id: "id",
        next: |it| {
            after("/workspaces/a1405560-c8d3-4b1a-877d-3f449ad95352/contacts?limit=8&pageToken=", &it["nextPageToken"])
        },
    },
    Pages {
        scheme: "Basic",
        first: "/v1/projects/p/contacts?page_size=8",
        list: "contacts",
        id: "id",
        next: |it| after("/v1/projects/p/contacts?page_size=8&page_token=", &it["next_page_token"]),
    },
    Pages {
        scheme: "App",
        first: "/sms/3/logs?useCursor=true&limit=4",
        list: "results",
        id: "messageId",
        next: |it| after("/sms/3/logs?useCursor=true&limit=4&cursor=", &it["cursor"]["nextCursor"]),
    },
];

fn link(body: &Value) -> Option<String> {
    let link = body["links"]["next"].as_str()?;
    Some(link.strip_prefix("http://sandbox.example").unwrap().to_owned())
}

fn after(path: &str, token: &Value) -> Option<String> {
    token.as_str().filter(|it| !it.is_empty()).map(|it| format!("{path}{it}"))
}

/// The ids of all pages, at most 40 of them.
async fn read(shown: &Shown, pages: &Pages) -> Vec<Vec<String>> {
    let (mut read, mut next) = (Vec::new(), Some(pages.first.to_owned()));
    let header = match pages.scheme {
        "Basic" => basic("key"),
        scheme => ("authorization", format!("{scheme} {SECRET}")),
    };
    while let Some(path) = next.filter(|_| read.len() < 40) {
        let told = shown.send("GET", &path, std::slice::from_ref(&header), "").await;
        assert_eq!(told.status, 200, "{path}: {told:?}");
        let rows = told.body[pages.list].as_array().unwrap();
        read.push(rows.iter().map(|it| it[pages.id].as_str().unwrap().to_owned()).collect());
        next = (pages.next)(&told.body);
    }
    read
}

#[tokio::test]
async fn no_fault_of_links_loses_a_row_for_whoever_goes_on() {
    for pages in &READS {
        let shown = Shown::without_rates();
        let all: Vec<Vec<String>> = read(&shown, pages).await;
        let rows: BTreeSet<&String> = all.iter().flatten().collect();
        assert!(all.len() > 3 && all.len() < 10, "{}: {}", pages.first, all.len());
        for (fault, n_more_pages, n_more_rows) in
            [("repeat-page=2", 2, 2 * all[0].len()), ("empty-page=2", 2, 0), ("small-page=2", 1, 0)]
        {
            shown.control("faults", &json!([fault])).await;
            let faulty = read(&shown, pages).await;
            assert_eq!(faulty.iter().flatten().collect::<BTreeSet<_>>(), rows, "{fault} {}", pages.first);
            let n_rows: usize = faulty.iter().map(Vec::len).sum();
            assert_eq!(
                (faulty.len(), n_rows),
                (all.len() + n_more_pages, rows.len() + n_more_rows),
                "{fault} {}",
                pages.first
            );
        }
        shown.control("faults", &json!(["loop-page"])).await;
        assert_eq!(read(&shown, pages).await.len(), 40, "{}", pages.first);
    }
}

#[tokio::test]
async fn a_body_with_an_error_has_the_shape_of_the_provider() {
    let shown = Shown::without_rates();
    shown.control("faults", &json!(["error-body"])).await;
    for (path, scheme, field) in [
        ("/contacts", "AccessKey", "/errors/0/code"),
        ("/workspaces/a1405560-c8d3-4b1a-877d-3f449ad95352/contacts", "AccessKey", "/code"),
        ("/sms/3/logs", "App", "/errorCode"),
        ("/people/2/persons", "App", "/requestError/serviceException/messageId"),
        ("/v2/messaging_optouts", "Bearer", "/errors/0/title"),
    ] {
        let told = shown.send("GET", path, &[("authorization", format!("{scheme} {SECRET}"))], "").await;
        assert_eq!((told.status, told.body.pointer(field).is_some()), (200, true), "{path}: {told:?}");
    }
}
