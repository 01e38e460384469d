//! Finds links that lead nowhere on the phone of a customer: other apps, the machine of a developer, networks of a company.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use model::Finding;
use regex::Regex;

use crate::rules;

static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s<>"“”]*|\blocalhost\b(?::\d+)?[^\s<>"“”]*"#).ok());

/// Schemes that every phone opens, with and without `//`.
const SCHEMES: [&str; 4] = ["http", "https", "tel", "mailto"];

/// Endings of names that only a private network knows (RFC 2606, RFC 6762, RFC 8375).
const PRIVATE: [&str; 7] = [".localhost", ".local", ".internal", ".lan", ".intranet", ".home.arpa", ".invalid"];

/// Why a customer cannot open a link, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dead {
    pub(crate) why: String,
    pub(crate) fix: &'static str,
    pub(crate) instead: Option<String>,
}

impl Dead {
    pub(crate) fn of(link: &str) -> Option<Self> {
        let (scheme, rest) = link.split_once("://").unwrap_or(("http", link));
        let scheme = scheme.to_ascii_lowercase();
        let is_app = !SCHEMES.contains(&scheme.as_str());
        let chat = ["viber", "whatsapp", "tg"].contains(&scheme.as_str()).then(|| instead(rest));
        if is_app {
            let why = format!("“{scheme}://” opens another app, or nothing");
            return Some(Self { why, fix: "write an https address", instead: chat });
        }
        let host = host(rest);
        (scheme.starts_with("http") && is_private(&host)).then(|| Self {
            why: format!("“{host}” is not on the internet"),
            fix: "write the public address",
            instead: None,
        })
    }

    pub(crate) fn finding(self, place: &str) -> Finding {
        let finding = Finding::new(&rules::DEAD_LINK, place, self.why);
        finding.fixed_by(self.instead.unwrap_or_else(|| self.fix.to_owned()))
    }
}

/// The links of a text that a customer cannot open.
pub(crate) fn check(text: &str, place: &str) -> Vec<Finding> {
    let chars = |bytes: usize| text[..bytes].chars().count();
    let links = LINK.iter().flat_map(|it| it.find_iter(text));
    links
        .filter_map(|it| Some(Dead::of(it.as_str())?.finding(place).at((chars(it.start()), chars(it.end())))))
        .collect()
}

/// A chat of WhatsApp in place of one of another app.
fn instead(rest: &str) -> String {
    let decoded = rest.replace("%2B", "+").replace("%2b", "+");
    let numbers = decoded.split(['?', '&', '=', '/']).map(|it| it.trim_start_matches('+'));
    let is_number = |it: &&str| it.len() >= 8 && it.bytes().all(|it| it.is_ascii_digit());
    match numbers.clone().find(is_number) {
        Some(number) => format!("write https://wa.me/{number}, if the number has WhatsApp"),
        None => "write https://wa.me/ with the number of the business".to_owned(),
    }
}

/// The host of an address, without a user and a port, in small letters.
fn host(rest: &str) -> String {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches(['.', ',', ';', ')', '!']).to_ascii_lowercase()
}

fn is_private(host: &str) -> bool {
    if host.is_empty() || host.contains(['{', '}']) {
        return false;
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_private() || address.is_loopback() || address.is_link_local() || address.is_unspecified();
    }
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        let first = address.segments()[0];
        return address.is_loopback() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
    }
    !host.contains('.') || PRIVATE.iter().any(|it| host.ends_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with the links of a text, and what is to be written instead.
    fn found(text: &str) -> Vec<String> {
        check(text, "/text").iter().map(|it| it.message.clone()).collect()
    }

    #[test]
    fn a_customer_cannot_open_a_private_address() {
        for link in [
            "http://localhost/site/results.php?x=1",
            "https://127.0.0.1:8080/a",
            "http://192.168.1.4",
            "http://10.0.0.3/x",
            "http://[fd00::1]/",
            "https://shop.internal/a",
            "http://intranet/menu",
            "localhost:3000",
        ] {
            assert_eq!(found(&format!("See {link} now")).len(), 1, "{link}");
        }
        for text in [
            "See https://example.com/localhost/a",
            "http://8.8.8.8/",
            "https://{{1}}/a",
            "Call tel:+12025550118 or mailto:ana@example.com",
            "Ratio 3://4",
            "http://münchen.de",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_link_to_another_app_has_a_chat_of_whatsapp_in_its_place() {
        let fix = |text: &str| check(text, "/text").remove(0).fix.unwrap_or_default();
        assert_eq!(
            fix("Write: viber://chat?number=+380671234567"),
            "write https://wa.me/380671234567, if the number has WhatsApp"
        );
        assert_eq!(
            fix("viber://chat?number=%2B380671234567"),
            "write https://wa.me/380671234567, if the number has WhatsApp"
        );
        assert_eq!(fix("viber://pa?chatURI=shop"), "write https://wa.me/ with the number of the business");
        assert_eq!(fix("ftp://files.example.com/a"), "write an https address");
    }
}
