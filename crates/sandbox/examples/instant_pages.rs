//! A server of Twilio's list of messages that answers at once, for scripts/bench-pull: pages of a thousand rows, made when it
//! starts.

#![allow(clippy::print_stdout, reason = "it prints its address")]

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

const ROWS: u64 = 1000;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let n_pages = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(200);
    let pages: Vec<String> = (0..n_pages).map(|it| page(it, n_pages)).collect();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("instant on http://{}", listener.local_addr()?);
    let routes = Router::new().route("/2010-04-01/Accounts/{sid}/Messages.json", get(answer));
    axum::serve(listener, routes.with_state(Arc::new(pages))).await
}

async fn answer(
    State(pages): State<Arc<Vec<String>>>,
    Query(query): Query<HashMap<String, String>>,
) -> impl IntoResponse {
    let number: usize = query.get("Page").and_then(|it| it.parse().ok()).unwrap_or(0);
    ([(header::CONTENT_TYPE, "application/json")], pages.get(number).cloned().unwrap_or_default())
}

fn page(number: u64, n_pages: u64) -> String {
    let mut text = String::from(r#"{"messages":["#);
    for row in number * ROWS..(number + 1) * ROWS {
        let comma = if row == number * ROWS { "" } else { "," };
        let person = row % 100_000;
        let _ = write!(
            text,
            r#"{comma}{{"body":"Your order {row} has been shipped, and will be with you in two days.","num_segments":"1","direction":"outbound-api","from":"+33199009999","to":"+331990{person:05}","date_updated":"Tue, 03 Mar 2026 09:14:09 +0000","price":"-0.07600","error_message":null,"uri":"/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages/SM{row:032x}.json","account_sid":"AC00000000000000000000000000000000","num_media":"0","status":"delivered","messaging_service_sid":null,"sid":"SM{row:032x}","date_sent":"Tue, 03 Mar 2026 09:14:07 +0000","date_created":"Tue, 03 Mar 2026 09:14:07 +0000","error_code":null,"price_unit":"USD","api_version":"2010-04-01","subresource_uris":{{"media":"/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages/SM{row:032x}/Media.json"}}}}"#
        );
    }
    let next = match number + 1 {
        next if next == n_pages => "null".to_owned(),
        next => format!(
            r#""/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json?PageSize=1000&Page={next}""#
        ),
    };
    let _ = write!(text, r#"],"page":{number},"page_size":1000,"next_page_uri":{next}}}"#);
    text
}
