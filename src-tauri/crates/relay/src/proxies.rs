//! Who is really asking, when reverse proxies stand before.

use std::net::{IpAddr, Ipv6Addr};

/// Addresses and networks whose word about the asker is believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(Vec<Network>);

#[derive(Debug, Clone, Copy)]
struct Network {
    address: u128,
    mask: u128,
}

/// Every address as one of IPv6: `::ffff:a.b.c.d` for those of IPv4.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (before, longest) = if address.is_ipv4() { (96, 32) } else { (0, 128) };
        let length = match length {
            Some(length) => length.parse::<u32>().ok().filter(|length| *length <= longest)?,
            None => longest,
        };
        let mask = u128::MAX.checked_shl(128 - (before + length)).unwrap_or(0);
        Some(Self {
            address: number(address) & mask,
            mask,
        })
    }
}

impl Proxies {
    /// Reads addresses and networks; the first that is none is given back.
    pub(crate) fn read(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .map(|text| Network::read(text).ok_or_else(|| text.clone()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn holds(&self, address: IpAddr) -> bool {
        let address = number(address);
        self.0.iter().any(|network| address & network.mask == network.address)
    }

    /// Whether this is a proxy, by whose address many come.
    pub(crate) fn asks_for_others(&self, peer: IpAddr) -> bool {
        self.holds(peer.to_canonical())
    }

    /// The address that asks: that of the connection, or what a proxy of ours says of it. `forwarded` are the values of
    /// `X-Forwarded-For`, each a list; whoever is before us adds at the end, so that only what our own proxies added counts.
    pub(crate) fn asker<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut asker = peer.to_canonical();
        for said in forwarded.rev().flat_map(|list| list.rsplit(',')).take(16) {
            if !self.holds(asker) {
                break;
            }
            let Ok(before) = said.trim().parse::<IpAddr>() else {
                break;
            };
            asker = before.to_canonical();
        }
        asker
    }
}

/// What counts as one address: in IPv6, a whole /64, which is what one subscriber has.
pub(crate) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies: Vec<String> = proxies.iter().map(|&text| text.to_owned()).collect();
        let proxies = Proxies::read(&proxies).unwrap();
        proxies
            .asker(peer.parse().unwrap(), forwarded.iter().copied())
            .to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        assert_eq!(asker(&[], "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(asker(&["10.0.0.0/8"], "10.1.2.3", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(asker(&["10.0.0.0/8"], "11.1.2.3", &["198.51.100.7"]), "11.1.2.3");
        // What the asker wrote itself comes first, and is passed over.
        assert_eq!(
            asker(&["10.0.0.1"], "10.0.0.1", &["1.1.1.1, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            asker(&["10.0.0.1"], "10.0.0.1", &["1.1.1.1", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            asker(&["10.0.0.0/30"], "10.0.0.1", &["198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(asker(&["10.0.0.1"], "10.0.0.1", &["nobody"]), "10.0.0.1");
        assert_eq!(asker(&["10.0.0.1"], "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(
            asker(&["2001:db8::/32"], "2001:db8::1", &["2001:db9::1"]),
            "2001:db9::1"
        );
        assert_eq!(
            asker(&["10.0.0.1"], "::ffff:10.0.0.1", &["198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(asker(&["0.0.0.0/0"], "192.0.2.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn what_is_no_network_is_told() {
        for wrong in [
            "",
            "proxy",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0/8",
            "::/129",
            "10.0.0.1/x",
        ] {
            assert_eq!(Proxies::read(&[wrong.to_owned()]).unwrap_err(), wrong);
        }
    }

    #[test]
    fn one_subscriber_is_one_address() {
        let counted = |text: &str| counted(text.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
