//! The mailbox's quota (RFC 9208).

use imap_proto::Response;
use imap_proto::rfc2087::QuotaResourceName;

use super::session::Session;
use super::{Quota, QuotaResource, QuotaRoot};
use crate::WireError;
use crate::audit::Action;
use crate::trail::Request;

/// Roots taken at most: no mailbox has so many.
const ROOTS: usize = 32;

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
                        Response::Quota(told) => {
                            let mut root = QuotaRoot::default();
                            for resource in &told.resources {
                                let (slot, unit) = match &resource.name {
                                    QuotaResourceName::Storage => (&mut root.storage, 1024),
                                    QuotaResourceName::Message => (&mut root.messages, 1),
                                    QuotaResourceName::Atom(_) => continue,
                                };
                                *slot = Some(QuotaResource {
                                    used: resource.usage.saturating_mul(unit),
                                    limit: resource.limit.saturating_mul(unit),
                                });
                            }
                            let known = root == QuotaRoot::default() || quota.roots.contains(&root);
                            if !known && quota.roots.len() < ROOTS {
                                quota.roots.push(root);
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
            Ok(_) => Ok((!quota.roots.is_empty()).then_some(quota)),
            Err(WireError::Refused { .. } | WireError::NotUnderstood { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
