//! Fetching `https://autoconfig.{domain}/mail/config-v1.1.xml`.

use std::net::SocketAddr;
use std::time::Duration;

use pli_terms::{Address, Domain};

use super::{Servers, config_file};
use crate::{Network, WireError};

/// Largest file read.
const LARGEST: usize = 256 << 10;

/// How long the whole may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The servers that a domain's file names. `None` when there is no such host, no such file, or nothing usable in it.
pub(super) async fn servers(
    network: &Network,
    domain: &Domain,
    address: &Address,
    port: u16,
) -> Result<Option<Servers>, WireError> {
    let host = format!("autoconfig.{domain}");
    let addresses = match network.resolver.addresses(&host).await {
        Ok(addresses) => addresses,
        Err(WireError::Resolve { absent: true, .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let failed = |reason: &str| WireError::Discovery {
        domain: domain.clone(),
        reason: reason.to_owned(),
    };
    let settings = network
        .connector
        .https_client_config()
        .await
        .map_err(|source| WireError::Tls {
            host: host.clone(),
            source,
        })?;
    let addresses: Vec<SocketAddr> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    // No redirection is followed: it could lead out of the trust space. No proxy: TLS is to the domain itself.
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(settings)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .resolve_to_addrs(&host, &addresses)
        .timeout(PATIENCE)
        .build()
        .map_err(|_| failed("preparing the request"))?;
    let url = if port == 443 {
        format!("https://{host}/mail/config-v1.1.xml")
    } else {
        format!("https://{host}:{port}/mail/config-v1.1.xml")
    };
    let mut answer = client
        .get(url)
        .send()
        .await
        .map_err(|error| told(&error, &host, domain))?;
    match answer.status().as_u16() {
        200 => {}
        500.. => return Err(failed("the server is unwell")),
        _ => return Ok(None),
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| told(&error, &host, domain))? {
        if body.len() + chunk.len() > LARGEST {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(config_file::read(&String::from_utf8_lossy(&body), address))
}

/// A TLS refusal is told as one; anything else may pass.
fn told(error: &reqwest::Error, host: &str, domain: &Domain) -> WireError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(source) = inner
            .downcast_ref::<std::io::Error>()
            .and_then(pli_tls::TlsError::within)
        {
            return WireError::Tls {
                host: host.to_owned(),
                source,
            };
        }
        cause = inner.source();
    }
    let reason = if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection failed"
    };
    WireError::Discovery {
        domain: domain.clone(),
        reason: reason.to_owned(),
    }
}
