use std::net::IpAddr;

use url::{Host, Url};

/// Where webhooks go: a server that speaks plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The host and the port, as a connection needs them.
    pub(super) address: String,
    /// The host as the header names it.
    pub(super) host: String,
    /// The path of good bodies.
    pub path: String,
}

/// An address that webhooks cannot go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("--to takes the address of a webhook, such as http://127.0.0.1:8443/webhooks/meta")]
    NotAnAddress,
    #[error("--to takes an address with http: to test a server with HTTPS, send to the port behind its certificate")]
    NotHttp,
    #[error("{host} is another machine: add --allow-remote if it is yours and may get invented webhooks")]
    Remote { host: String },
}

impl Target {
    /// Reads an address. A server on another machine has to be allowed.
    pub fn parse(address: &str, allows_remote: bool) -> Result<Self, TargetError> {
        let url = Url::parse(address).map_err(|_| TargetError::NotAnAddress)?;
        if url.scheme() != "http" {
            return Err(TargetError::NotHttp);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(TargetError::NotAnAddress);
        };
        let is_local = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => IpAddr::from(*ip).to_canonical().is_loopback(),
        };
        if !is_local && !allows_remote {
            return Err(TargetError::Remote { host: host.to_string() });
        }
        let address = format!("{host}:{port}");
        let host = url.port().map_or_else(|| host.to_string(), |_| address.clone());
        Ok(Self { address, host, path: url.path().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_sent_to_unless_another_is_allowed() {
        for address in ["http://127.0.0.1:8443/a", "http://localhost/a", "http://[::1]:8443/a", "http://127.9.9.9/a"] {
            assert!(Target::parse(address, false).is_ok(), "{address}");
        }
        for address in ["http://192.0.2.1/a", "http://hooks.example.com/a", "http://localhost.example.com/a"] {
            assert!(matches!(Target::parse(address, false), Err(TargetError::Remote { .. })), "{address}");
            assert!(Target::parse(address, true).is_ok(), "{address}");
        }
        assert_eq!(Target::parse("127.0.0.1:8443", false), Err(TargetError::NotAnAddress));
        assert_eq!(Target::parse("https://127.0.0.1:8443/a", false), Err(TargetError::NotHttp));
    }

    #[test]
    fn an_address_has_a_host_a_port_and_a_path() {
        let target = Target::parse("http://127.0.0.1:8443/webhooks/meta?x=1", false).unwrap();
        assert_eq!([target.address, target.host, target.path], ["127.0.0.1:8443", "127.0.0.1:8443", "/webhooks/meta"]);
        let target = Target::parse("http://localhost", false).unwrap();
        assert_eq!([target.address, target.host, target.path], ["localhost:80", "localhost", "/"]);
    }
}
