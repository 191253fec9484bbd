//! A word when mail arrives while the person looks elsewhere: that it arrived, and how many; and when a box fills up or is
//! about to lose something. Never from whom, about what or whom, nor in which BAL, locked or not: a notification is seen by
//! whoever passes by, and kept by the desktop.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod system;

pub(crate) use system::Notifier;

/// What a notification speaks of: one of each at a time.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Mail that arrived.
    Mail,
    /// A box that fills up, or is about to lose something.
    Boxes,
}

/// The only words there are about mail.
pub(crate) fn words(count: u32) -> String {
    match count {
        0 | 1 => "Nouveau message".to_owned(),
        count => format!("{count} nouveaux messages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_several() {
        assert_eq!(words(1), "Nouveau message");
        assert_eq!(words(12), "12 nouveaux messages");
    }
}
