//! What a server says of its quota, judged: roots of several kinds, limits of 0 or of the largest number there is, more used
//! than allowed (RFC 9208).

use pli_store::Room;
use pli_wire::imap::{Quota, QuotaResource};

/// Octets beyond which a figure is no measure of a mailbox: a limit of so much is none, a use of so much is an overflow.
const OCTETS: u64 = 1 << 50;

/// Likewise for messages.
const MESSAGES: u64 = 1 << 40;

/// What a server's words come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Judged {
    /// Octets, under the root nearest to its limit.
    pub(super) storage: Option<Room>,
    /// Messages, likewise.
    pub(super) messages: Option<Room>,
    /// Octets that still fit under every root.
    pub(super) left: Option<u64>,
}

/// `None` when nothing that was said can be believed.
pub(super) fn judge(told: &Quota) -> Option<Judged> {
    let rooms = |of: fn(&pli_wire::imap::QuotaRoot) -> Option<QuotaResource>, largest| {
        told.roots
            .iter()
            .filter_map(of)
            .filter_map(move |told| room(told, largest))
    };
    let storage: Vec<Room> = rooms(|root| root.storage, OCTETS).collect();
    let messages: Vec<Room> = rooms(|root| root.messages, MESSAGES).collect();
    let left = |room: &Room| room.limit.map(|limit| limit.saturating_sub(room.used));
    let no_more = messages.iter().any(|room| left(room) == Some(0));
    let judged = Judged {
        storage: nearest(&storage),
        messages: nearest(&messages),
        left: if no_more {
            Some(0)
        } else {
            storage.iter().filter_map(left).min()
        },
    };
    (judged.storage.is_some() || judged.messages.is_some()).then_some(judged)
}

/// One figure: a limit of 0 is what servers say for none, since a mailbox without any room would not be open.
fn room(told: QuotaResource, largest: u64) -> Option<Room> {
    (told.used <= largest).then_some(Room {
        used: told.used,
        limit: Some(told.limit).filter(|limit| (1..=largest).contains(limit)),
    })
}

/// The one that is filled most; those without a limit come last, by what they hold.
fn nearest(rooms: &[Room]) -> Option<Room> {
    rooms.iter().copied().max_by(|a, b| {
        let share = |room: &Room, other: &Room| {
            let (used, limit) = (u128::from(room.used), other.limit.map(u128::from));
            limit.map(|limit| used * limit)
        };
        match (a.limit, b.limit) {
            (Some(_), Some(_)) => share(a, b).cmp(&share(b, a)).then_with(|| b.limit.cmp(&a.limit)),
            (None, None) => a.used.cmp(&b.used),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pli_wire::imap::QuotaRoot;
    use proptest::prelude::*;

    /// What is used, and the limit.
    type Told = (u64, u64);

    fn quota(roots: &[(Option<Told>, Option<Told>)]) -> Quota {
        let resource = |told: Option<(u64, u64)>| told.map(|(used, limit)| QuotaResource { used, limit });
        Quota {
            roots: roots
                .iter()
                .map(|(storage, messages)| QuotaRoot {
                    storage: resource(*storage),
                    messages: resource(*messages),
                })
                .collect(),
        }
    }

    fn room(used: u64, limit: Option<u64>) -> Option<Room> {
        Some(Room { used, limit })
    }

    #[test]
    fn of_several_roots_the_fullest_is_shown_and_the_tightest_decides_what_fits() {
        // A person's, 90 % of a small one; a domain's, half of a huge one; a folder's with next to nothing left.
        let told = quota(&[
            (Some((90, 100)), None),
            (Some((5000, 10_000)), None),
            (Some((3, 8)), None),
        ]);
        let judged = judge(&told).unwrap();
        assert_eq!((judged.storage, judged.left), (room(90, Some(100)), Some(5)));
        // The one that nothing limits is shown only when nothing else is.
        let judged = judge(&quota(&[(Some((7, 0)), None), (Some((1, 1000)), None)])).unwrap();
        assert_eq!(judged.storage, room(1, Some(1000)));
        let judged = judge(&quota(&[(Some((7, 0)), None), (Some((9, 0)), None)])).unwrap();
        assert_eq!((judged.storage, judged.left), (room(9, None), None));
    }

    #[test]
    fn limits_of_nothing_and_of_everything_are_none() {
        for limit in [0, u64::MAX, u64::MAX - 1023, 1 << 60, (1 << 50) + 1] {
            assert_eq!(
                judge(&quota(&[(Some((7, limit)), None)])).unwrap().storage,
                room(7, None),
                "{limit}"
            );
        }
        assert_eq!(
            judge(&quota(&[(None, Some((7, u64::MAX)))])).unwrap().messages,
            room(7, None)
        );
    }

    #[test]
    fn a_use_that_overflowed_is_not_believed_and_one_above_its_limit_is() {
        assert_eq!(judge(&quota(&[(Some((u64::MAX, 100)), None)])), None);
        let judged = judge(&quota(&[(Some((u64::MAX, 100)), Some((5, 10)))])).unwrap();
        assert_eq!((judged.storage, judged.messages), (None, room(5, Some(10))));
        let judged = judge(&quota(&[(Some((250, 100)), None)])).unwrap();
        assert_eq!((judged.storage, judged.left), (room(250, Some(100)), Some(0)));
        assert_eq!(judge(&quota(&[])), None);
    }

    #[test]
    fn a_box_of_as_many_messages_as_it_may_hold_takes_no_octet_more() {
        let judged = judge(&quota(&[(Some((1, 100)), Some((10, 10)))])).unwrap();
        assert_eq!((judged.left, judged.messages), (Some(0), room(10, Some(10))));
        let judged = judge(&quota(&[(None, Some((3, 10)))])).unwrap();
        assert_eq!((judged.storage, judged.left), (None, None));
    }

    proptest! {
        #[test]
        fn whatever_is_told_what_comes_of_it_is_sane(
            roots in proptest::collection::vec(
                (proptest::option::of((any::<u64>(), any::<u64>())), proptest::option::of((0_u64..3000, 0_u64..3000))), 0..8
            )
        ) {
            if let Some(judged) = judge(&quota(&roots)) {
                for room in [judged.storage, judged.messages].into_iter().flatten() {
                    prop_assert!(room.limit != Some(0));
                    prop_assert!(room.used <= OCTETS);
                }
                if let (Some(Room { used, limit: Some(limit) }), Some(left)) = (judged.storage, judged.left) {
                    prop_assert!(left <= limit.saturating_sub(used));
                }
            }
        }

        #[test]
        fn the_order_of_the_roots_changes_nothing(
            mut roots in proptest::collection::vec(((1_u64..500, 0_u64..500), (0_u64..50, 0_u64..50)), 1..6)
        ) {
            let all = |roots: &[(Told, Told)]| {
                judge(&quota(&roots.iter().map(|(s, m)| (Some(*s), Some(*m))).collect::<Vec<_>>())).unwrap()
            };
            let straight = all(&roots);
            roots.reverse();
            prop_assert_eq!(straight.left, all(&roots).left);
            let share = |room: Option<Room>| room.and_then(|room| room.limit.map(|limit| room.used * 1_000_000 / limit));
            prop_assert_eq!(share(straight.storage), share(all(&roots).storage));
        }
    }
}
