//! The mailbox's quota (RFC 9208).

use imap_proto::Response;
use imap_proto::rfc2087::QuotaResourceName;

use super::session::Session;
use super::{Quota, QuotaResource};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

impl Session {
    pub(super) async fn read_quota(&mut self) -> Result<Option<Quota>, WireError> {
        if !self.capabilities.quota() {
            return Ok(None);
        }
        let mut quota = Quota::default();
        let line = "GETQUOTAROOT INBOX";
        let told = self
            .command(
                Request::verb(Action::ReadQuota, line),
                "GETQUOTAROOT",
                line,
                |response| {
                    match response {
                        Response::Quota(root) => {
                            for resource in &root.resources {
                                let (slot, unit) = match &resource.name {
                                    QuotaResourceName::Storage => (&mut quota.storage, 1024),
                                    QuotaResourceName::Message => (&mut quota.messages, 1),
                                    QuotaResourceName::Atom(_) => continue,
                                };
                                let found = QuotaResource {
                                    used: resource.usage.saturating_mul(unit),
                                    limit: resource.limit.saturating_mul(unit),
                                };
                                *slot = Some(slot.map_or(found, |known| tighter(known, found)));
                            }
                        }
                        Response::QuotaRoot(_) => {}
                        _ => return false,
                    }
                    true
                },
            )
            .await;
        match told {
            Ok(_) => Ok((quota.storage.is_some() || quota.messages.is_some()).then_some(quota)),
            Err(WireError::Refused { .. } | WireError::NotUnderstood { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Of two limits on the same thing, the one nearer to being reached.
fn tighter(a: QuotaResource, b: QuotaResource) -> QuotaResource {
    let left = |resource: QuotaResource| resource.limit.saturating_sub(resource.used);
    if left(b) < left(a) { b } else { a }
}
