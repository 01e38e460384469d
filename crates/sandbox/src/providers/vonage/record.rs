//! A record: a row of a report, in JSON and in CSV. All its values are texts.

use jiff::Timestamp;

use super::Vonage;
use crate::providers::person::OWN_NUMBER;
use crate::providers::{Direction, Provider, Row, World, moment};

/// What of the rows is asked for.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) account: String,
    /// `SMS` or `MESSAGES`.
    pub(super) product: &'static str,
    pub(super) direction: Direction,
    pub(super) status: Option<String>,
    pub(super) is_with_text: bool,
}

impl Wanted {
    pub(super) fn stream(&self) -> &'static str {
        if self.product == "SMS" { "sms" } else { "messages" }
    }

    pub(super) fn has(&self, row: &Row) -> bool {
        row.direction == Some(self.direction) && self.status.as_ref().is_none_or(|it| it == row.status)
    }

    /// The fields of a row, in the order of the document.
    pub(super) fn fields(&self, world: &World, row: &Row) -> Vec<(&'static str, String)> {
        let (is_sms, is_outbound) = (self.product == "SMS", self.direction == Direction::Outbound);
        let person = world.person(row.person);
        let theirs = person.map(|it| it.phone.to_string()).unwrap_or_default();
        let is_american = person.is_some_and(|it| it.is_american());
        let ours = if row.n % 4 == 1 && !is_american { "MaMarque".to_owned() } else { OWN_NUMBER.to_string() };
        let (from, to) = if is_outbound { (ours, theirs) } else { (theirs, OWN_NUMBER.to_string()) };
        let place = if is_american {
            ["310260", "T-Mobile USA, Inc.", "US", "United States"]
        } else {
            ["20801", "Orange France", "FR", "France"]
        };
        let [network, network_name, country, country_name] = place;
        let seconds = 1 + (row.n % 5) as i64;
        let finalized = if row.status == "accepted" || row.status == "submitted" {
            String::new()
        } else {
            moment_text(moment::seconds_after(row.at, seconds))
        };
        let provider = if row.n.is_multiple_of(2) { "whatsapp" } else { "viber_service_msg" };
        let all = [
            (true, "account_id", self.account.clone()),
            (true, "message_id", Vonage.row_id(world, row)),
            (is_outbound, "client_ref", world.hex("client_ref", row.n).get(..40).unwrap_or_default().to_owned()),
            (true, "direction", self.direction.name().to_owned()),
            (true, "from", from),
            (true, "to", to),
            (self.is_with_text, "message_body", row.body.clone().unwrap_or_default()),
            (is_sms, "network", network.to_owned()),
            (is_sms, "network_name", network_name.to_owned()),
            (is_sms || is_outbound, "country", country.to_owned()),
            (is_sms || is_outbound, "country_name", country_name.to_owned()),
            (!is_sms, "provider", provider.to_owned()),
            (true, "date_received", moment_text(row.at)),
            (is_outbound, "date_finalized", finalized),
            (is_outbound, "latency", (seconds * 1000).to_string()),
            (is_outbound, "status", row.status.to_owned()),
            (is_outbound, "error_code", row.error.unwrap_or_default().to_string()),
            (is_outbound && is_sms, "error_code_description", description(row.error).to_owned()),
            (true, "currency", "EUR".to_owned()),
            (true, "total_price", if is_outbound { "0.0650" } else { "0.0000" }.to_owned()),
        ];
        all.into_iter().filter(|it| it.0).map(|(_, name, value)| (name, value)).collect()
    }
}

/// `2026-03-03T09:14:07+0000`: the offset has no colon.
pub(super) fn moment_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

fn description(error: Option<i64>) -> &'static str {
    match error {
        Some(0) => "Delivered",
        Some(2) => "Absent Subscriber - Temporary",
        Some(4) => "Call Barred by User",
        Some(9) => "Illegal Number",
        _ => "Unknown",
    }
}
