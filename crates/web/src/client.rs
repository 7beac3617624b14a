//! The network that a request comes from, by which tries are counted.

use axum::extract::ConnectInfo;
use http::{HeaderName, request::Parts};
use serde::Deserialize;
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whoever sends a request, as the network knows them: their address over IPv4, their /64 over IPv6, of which anybody who has
/// one address has all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client([u8; 16]);

impl Client {
    /// The operator at the control socket, and a test that says nothing else: nobody who comes by the network.
    pub const HERE: Self = Self(Ipv6Addr::LOCALHOST.octets());

    /// Who sends this. Where the connection comes from a proxy that the operator trusts, it is whom the last of its kind saw:
    /// the rightmost address of `X-Forwarded-For` that is no such proxy. What stands left of it anybody may have written.
    pub fn of(parts: &Parts, proxies: &[Network]) -> Self {
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Self::HERE;
        };
        let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
        let mut client = peer.ip();
        let values: Vec<_> = parts.headers.get_all(FORWARDED_FOR).iter().collect();
        let hops = values.iter().rev().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops {
            let (true, Some(address)) = (trusted(client), address(hop)) else { break };
            client = address;
        }
        Self::at(client)
    }

    /// Whoever has this address.
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().octets()),
            IpAddr::V6(address) => {
                let mut octets = address.octets();
                octets[8..].fill(0);
                Self(octets)
            }
        }
    }

    /// Its 16 bytes.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }
}

/// The address in a hop of `X-Forwarded-For`. Some proxies write the port behind it.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let with_port = || text.parse().ok().map(|peer: SocketAddr| peer.ip());
    text.parse().ok().or_else(with_port)
}

/// Addresses with the same beginning (CIDR, RFC 4632): `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    first: u128,
    bits: u32,
}

impl Network {
    /// Whether an address is one of them.
    pub fn contains(self, address: IpAddr) -> bool {
        let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
        (number(address) ^ self.first) & mask == 0
    }
}

/// IPv4 as it is mapped into IPv6.
fn number(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl TryFrom<String> for Network {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no address, and no network such as 10.0.0.0/8");
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > width {
            return Err(wrong());
        }
        Ok(Self { first: number(address), bits: 128 - width + bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> Client {
        let mut request = http::Request::builder();
        for value in forwarded {
            request = request.header(FORWARDED_FOR, value.as_bytes());
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        Client::of(&parts, &proxies)
    }

    fn at(address: &str) -> Client {
        Client::at(address.parse().unwrap())
    }

    #[test]
    fn a_forwarded_address_is_believed_from_a_trusted_proxy_alone() {
        let proxies = &["10.0.0.0/8", "2001:db8:1::/48"];
        assert_eq!(client("203.0.113.7", &["198.51.100.1"], proxies), at("203.0.113.7"));
        assert_eq!(client("10.0.0.1", &["198.51.100.1"], &[]), at("10.0.0.1"));
        assert_eq!(client("10.0.0.1", &["198.51.100.1"], proxies), at("198.51.100.1"));
        assert_eq!(client("10.0.0.1", &["8.8.8.8, 198.51.100.1, 10.9.9.9"], proxies), at("198.51.100.1"));
        assert_eq!(client("10.0.0.1", &["8.8.8.8", "198.51.100.1"], proxies), at("198.51.100.1"));
        assert_eq!(client("10.0.0.1", &["8.8.8.8, rubbish"], proxies), at("10.0.0.1"));
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.1"], proxies), at("198.51.100.1"));
        assert_eq!(client("2001:db8:1::5", &["2001:db8:2::9"], proxies), at("2001:db8:2::9"));
        assert_eq!(client("10.0.0.1", &[], proxies), at("10.0.0.1"));
        // What cannot be read is not passed over: what stands left of it, whoever asks may have written.
        assert_eq!(client("10.0.0.1", &["8.8.8.8", "é"], proxies), at("10.0.0.1"));
        assert_eq!(client("10.0.0.1", &["é, 198.51.100.1"], proxies), at("198.51.100.1"));
        assert_eq!(client("10.0.0.1", &["198.51.100.1:4711"], proxies), at("198.51.100.1"));
        assert_eq!(client("10.0.0.1", &["[2001:db8:2::9]:4711"], proxies), at("2001:db8:2::9"));
    }

    #[test]
    fn nobody_who_comes_by_the_network_is_the_operator() {
        for peer in ["::1", "127.0.0.1", "::ffff:127.0.0.1", "::"] {
            assert_ne!(at(peer), Client::HERE, "{peer}");
        }
    }

    #[test]
    fn whoever_has_one_address_of_a_network_has_all() {
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("203.0.113.7"), at("203.0.113.8"));
    }

    #[test]
    fn networks_are_written_as_everywhere() {
        for good in ["10.0.0.0/8", "::1", "192.0.2.1", "2001:db8::/32", "0.0.0.0/0", "::/0"] {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "10/8", "2001:db8::/129", "host", "10.0.0.0/-1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("8.8.8.8".parse().unwrap()) && !all.contains("2001:db8::1".parse().unwrap()));
    }
}
