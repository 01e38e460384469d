//! Names that lead into private networks are not called.
//!
//! An address in a plan can come from somebody else. Without this, it could make Ferry send credentials to a service
//! inside the network of the machine, such as the metadata service of a cloud.

use std::error::Error;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::CallError;

/// Resolves names by the system, and refuses addresses of private networks unless they are allowed.
pub(crate) struct Resolver {
    pub(crate) allows_private: bool,
}

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;
pub(crate) type Addresses = std::vec::IntoIter<SocketAddr>;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = lookup(name.as_str().to_owned(), self.allows_private);
        Box::pin(async move { Ok(Box::new(found.await?) as Addrs) })
    }
}

/// Resolves a name by the system. The error is [`CallError::Private`] if an address must not be called.
pub(crate) async fn lookup(host: String, allows_private: bool) -> Result<Addresses, BoxError> {
    let found = tokio::task::spawn_blocking({
        let host = host.clone();
        move || (host, 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>)
    });
    let found = found.await??;
    if !allows_private && found.iter().any(|it| is_private(it.ip())) {
        return Err(Box::new(CallError::Private { host }));
    }
    Ok(found.into_iter())
}

/// Returns whether an address is of a private or link-local network. Loopback is this machine, and is none.
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let is_shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
            ip.is_private() || ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() || is_shared
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private(IpAddr::V4(ip)),
            None => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
        },
    }
}

/// Returns whether an address that is written as a number is of a private network. No name is resolved.
pub(crate) fn is_private_host(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => is_private(IpAddr::V4(ip)),
        Some(url::Host::Ipv6(ip)) => is_private(IpAddr::V6(ip)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_known_by_their_ranges() {
        for address in [
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in ["127.0.0.1", "::1", "93.184.216.34", "172.32.0.1", "2606:2800:220:1::1"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }
}
