use ::url::{Host, Url};
use thiserror::Error;

use crate::CallError;

/// Why an address is refused. Credentials in it are not repeated.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum UrlError {
    #[error("the address is not a URL such as https://example.com")]
    Malformed,
    #[error("the address must begin with https:// (http:// is only for this machine, such as http://127.0.0.1:8480)")]
    NotHttps,
    #[error("the address must not hold a user name, a password, a query or a fragment: put a token in token_env")]
    Extras,
}

/// Reads the address of a provider. A token must not travel in clear text, so plain HTTP is for
/// loopback alone.
pub fn base_url(text: &str) -> Result<Url, UrlError> {
    let mut url = Url::parse(text.trim()).map_err(|_| UrlError::Malformed)?;
    if url.host().is_none() {
        return Err(UrlError::Malformed);
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(UrlError::Extras);
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(UrlError::NotHttps),
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Whether an address is one of this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Returns the path and the query of a link on a page of `base`, relative or absolute.
///
/// # Errors
///
/// [`CallError::OtherHost`] if the link leaves the scheme, host or port of `base`: credentials would go with it.
pub fn path_of_link(base: &Url, link: &str) -> Result<String, CallError> {
    let url = base.join(link).map_err(|_| CallError::Malformed)?;
    if url.origin() != base.origin() {
        return Err(CallError::OtherHost { host: url.host_str().unwrap_or_default().to_owned() });
    }
    Ok(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

/// Returns a name as one segment of a path, percent-encoded.
pub fn path_segment(name: &str) -> String {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~".contains(&it);
    name.bytes().map(|it| if is_plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_on_its_host() {
        let base = base_url("https://api.example.com/2010").unwrap();
        let path = |link: &str| path_of_link(&base, link).map_err(|it| it.to_string());
        assert_eq!(path("/2010/Messages.json?Page=1"), Ok("/2010/Messages.json?Page=1".to_owned()));
        assert_eq!(path("https://api.example.com/v1?PageToken=a%2Fb"), Ok("/v1?PageToken=a%2Fb".to_owned()));
        for link in [
            "https://evil.example.net/v1",
            "http://api.example.com/v1",
            "https://api.example.com:444/",
            "//evil.example.net/",
        ] {
            assert!(matches!(path_of_link(&base, link), Err(CallError::OtherHost { .. })), "{link}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for address in ["https://gate.example.com", "http://127.0.0.1:8480", "http://[::1]:1/x", "http://localhost"] {
            assert!(base_url(address).is_ok(), "{address}");
        }
        for (address, error) in [
            ("http://gate.example.com", UrlError::NotHttps),
            ("ftp://gate.example.com", UrlError::NotHttps),
            ("file:///etc/passwd", UrlError::Malformed),
            ("gate.example.com", UrlError::Malformed),
            ("https://user:secret@gate.example.com", UrlError::Extras),
            ("https://gate.example.com?token=x", UrlError::Extras),
        ] {
            assert_eq!(base_url(address), Err(error), "{address}");
        }
    }
}
