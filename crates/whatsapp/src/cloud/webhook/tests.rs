//! Bodies in, events out.

mod bodies;
mod business;
mod people;
mod pywa;
mod shown;

use expect_test::Expect;

use super::read_events;
use shown::shown;

/// Compares the events of a value of `field` with lines. The entry is of account 102 and of time 1767000000, and the
/// value of number 106.
fn check(field: &str, value: &str, expected: Expect) {
    expected.assert_eq(&shown(&read_events(body(field, value).as_bytes()).unwrap()));
}

/// A body with one change. The value gets the metadata of a number unless it has `"bare"`.
fn body(field: &str, value: &str) -> String {
    let metadata =
        r#"{"messaging_product":"whatsapp","metadata":{"display_phone_number":"12025550100","phone_number_id":"106"}"#;
    let value = value.trim();
    let value = match value.strip_prefix("bare ") {
        Some(value) => value.to_owned(),
        None => format!("{metadata},{}", value.trim_start_matches('{')),
    };
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102","time":1767000000,"changes":[{{"field":"{field}","value":{value}}}]}}]}}"#
    )
}
