//! Where a browser may be sent back to: a literal loopback address, any port, the path exact (RFC 8252 §7.3).
//!
//! What is compared is the text itself, not what a parser makes of it: no escape, no user name, no dot segment, no other
//! spelling of an address can pass for the one that was registered.

/// A redirection that was registered: `http://127.0.0.1/path` or `http://[::1]/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// `http://127.0.0.1` or `http://[::1]`.
    origin: &'static str,
    path: String,
}

const ORIGINS: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

impl Redirect {
    /// Reads what the settings say; `None` when it may not be registered.
    pub(crate) fn registered(text: &str) -> Option<Self> {
        ORIGINS.into_iter().find_map(|origin| {
            let path = text.strip_prefix(origin)?;
            let plain = path.starts_with('/')
                && path.len() <= 256
                && !path.contains("//")
                && path.split('/').all(|part| part != "." && part != "..")
                && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b));
            plain.then(|| Self {
                origin,
                path: path.to_owned(),
            })
        })
    }

    /// Whether a browser may be sent to `address`, the whole text as it came.
    pub(crate) fn allows(&self, address: &str) -> bool {
        let Some(rest) = address
            .strip_prefix(self.origin)
            .and_then(|rest| rest.strip_prefix(':'))
        else {
            return false;
        };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (port, path) = rest.split_at(digits);
        let usual = (1..=5).contains(&digits) && !port.starts_with('0');
        usual && port.parse::<u16>().is_ok() && path == self.path
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn retour() -> Redirect {
        Redirect::registered("http://127.0.0.1/retour").unwrap()
    }

    #[test]
    fn only_the_registered_place_is_allowed() {
        assert!(retour().allows("http://127.0.0.1:1/retour"));
        assert!(retour().allows("http://127.0.0.1:65535/retour"));
        assert!(
            Redirect::registered("http://[::1]/retour")
                .unwrap()
                .allows("http://[::1]:8080/retour")
        );
        for wrong in [
            "",
            "http://127.0.0.1/retour",
            "http://127.0.0.1:/retour",
            "http://127.0.0.1:0/retour",
            "http://127.0.0.1:080/retour",
            "http://127.0.0.1:65536/retour",
            "http://127.0.0.1:99999999999999999999/retour",
            "http://127.0.0.1:+80/retour",
            "http://127.0.0.1:4321/retour/",
            "http://127.0.0.1:4321/retour/x",
            "http://127.0.0.1:4321/RETOUR",
            "http://127.0.0.1:4321/retou%72",
            "http://127.0.0.1:4321//retour",
            "http://127.0.0.1:4321/./retour",
            "http://127.0.0.1:4321/x/../retour",
            "http://127.0.0.1:4321/retour?x",
            "http://127.0.0.1:4321/retour#x",
            "http://127.0.0.1:4321/retour\n",
            " http://127.0.0.1:4321/retour",
            "http://moi@127.0.0.1:4321/retour",
            "http://127.0.0.1:4321@ailleurs.test/retour",
            "http://127.0.0.1.ailleurs.test:4321/retour",
            "http://127.0.0.2:4321/retour",
            "http://127.1:4321/retour",
            "http://2130706433:4321/retour",
            "http://localhost:4321/retour",
            "http://[::1]:4321/retour",
            "https://127.0.0.1:4321/retour",
            "HTTP://127.0.0.1:4321/retour",
            "//127.0.0.1:4321/retour",
            "pli://127.0.0.1:4321/retour",
            "javascript:alert(1)",
        ] {
            assert!(!retour().allows(wrong), "{wrong}");
        }
    }

    #[test]
    fn only_loopback_can_be_registered() {
        for wrong in [
            "http://localhost/retour",
            "https://127.0.0.1/retour",
            "http://127.0.0.1",
            "http://127.0.0.1:80/retour",
            "http://127.0.0.1/re tour",
            "http://127.0.0.1/retour?x",
            "http://127.0.0.1/a/../b",
            "http://127.0.0.1//retour",
            "http://pli.test/retour",
            "http://127.0.0.1.pli.test/retour",
        ] {
            assert_eq!(Redirect::registered(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_allowed_is_spelt_in_one_way(text in "http://127\\.0\\.0\\.1(:[0-9]{0,6})?(/retour)?[:@/0-9a-z.?#%]{0,3}") {
            let port = text
                .strip_prefix("http://127.0.0.1:")
                .and_then(|rest| rest.strip_suffix("/retour"))
                .and_then(|port| port.parse::<u16>().ok())
                .filter(|port| *port > 0);
            let spelt = port.is_some_and(|port| text == format!("http://127.0.0.1:{port}/retour"));
            prop_assert_eq!(retour().allows(&text), spelt);
        }

        #[test]
        fn every_port_is_allowed(port in 1..=65535u32) {
            let place = format!("http://127.0.0.1:{port}/retour");
            prop_assert!(retour().allows(&place));
        }
    }
}
