//! The system's keyring: Secret Service, macOS Keychain, Windows Credential Manager.

use zeroize::Zeroizing;

/// The name under which secrets stand in the keyring, where people can see it.
const SERVICE: &str = "Pli";

/// Why the keyring does not give or take a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyringTrouble {
    Absent(String),
    Locked,
    Refused,
    NoEntry,
    Other(String),
}

pub(crate) fn set(entry: &str, secret: &[u8]) -> Result<(), KeyringTrouble> {
    let secret = Zeroizing::new(secret.to_vec());
    apart(entry, move |entry| entry.set_secret(&secret))
}

pub(crate) fn get(entry: &str) -> Result<Zeroizing<Vec<u8>>, KeyringTrouble> {
    apart(entry, |entry| entry.get_secret().map(Zeroizing::new))
}

pub(crate) fn remove(entry: &str) -> Result<(), KeyringTrouble> {
    apart(entry, |entry| entry.delete_credential())
}

/// Whether the keyring would take a secret now, as far as that can be known without asking the person anything.
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) fn look() -> Result<(), KeyringTrouble> {
    use secret_service::EncryptionType;
    use secret_service::blocking::SecretService;
    alone(|| {
        let service =
            SecretService::connect(EncryptionType::Plain).map_err(|error| KeyringTrouble::Absent(error.to_string()))?;
        let locked = match service.get_default_collection() {
            Ok(collection) => collection.is_locked(),
            // It is made with the first secret.
            Err(secret_service::Error::NoResult) => Ok(false),
            Err(error) => Err(error),
        };
        match locked {
            Ok(false) => Ok(()),
            Ok(true) => Err(KeyringTrouble::Locked),
            Err(error) => Err(platform(&error)),
        }
    })?
}

/// Elsewhere the session that runs the program has its keyring open.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(crate) fn look() -> Result<(), KeyringTrouble> {
    Ok(())
}

/// The Secret Service client blocks on an executor of its own, which a thread that already drives one may not do: each
/// call has a thread to itself.
fn apart<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, KeyringTrouble> {
    let name = name.to_owned();
    let call = move || {
        keyring::Entry::new(SERVICE, &name)
            .and_then(|entry| work(&entry))
            .map_err(trouble)
    };
    alone(call)?
}

fn alone<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Result<T, KeyringTrouble> {
    let thread = std::thread::Builder::new().name("keyring".to_owned()).spawn(call);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(_)) => Err(KeyringTrouble::Other("its client stopped".to_owned())),
        Err(e) => Err(KeyringTrouble::Other(e.to_string())),
    }
}

fn trouble(error: keyring::Error) -> KeyringTrouble {
    match error {
        keyring::Error::NoEntry => KeyringTrouble::NoEntry,
        keyring::Error::NoDefaultStore => KeyringTrouble::Absent(match keyring::Entry::store_status() {
            Err(e) => e.to_string(),
            Ok(()) => "no store".to_owned(),
        }),
        keyring::Error::NoStorageAccess(cause) => without_access(cause.as_ref()),
        keyring::Error::PlatformFailure(cause) => platform(cause.as_ref()),
        // The rest may hold what is stored: say the kind only.
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            KeyringTrouble::Other("what it holds is not a secret of ours".to_owned())
        }
        keyring::Error::Ambiguous(_) => KeyringTrouble::Other("it holds several secrets of this name".to_owned()),
        other => KeyringTrouble::Other(other.to_string()),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn without_access(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> KeyringTrouble {
    match cause.downcast_ref::<secret_service::Error>() {
        Some(secret_service::Error::Prompt | secret_service::Error::PromptDisconnected) => KeyringTrouble::Refused,
        _ => KeyringTrouble::Locked,
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn without_access(_: &(dyn std::error::Error + Send + Sync + 'static)) -> KeyringTrouble {
    KeyringTrouble::Locked
}

#[cfg(all(unix, not(target_os = "macos")))]
fn platform(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> KeyringTrouble {
    match cause.downcast_ref::<secret_service::Error>() {
        Some(secret_service::Error::Unavailable) => KeyringTrouble::Absent(cause.to_string()),
        Some(secret_service::Error::Locked) => KeyringTrouble::Locked,
        Some(secret_service::Error::Prompt | secret_service::Error::PromptDisconnected) => KeyringTrouble::Refused,
        _ => KeyringTrouble::Other(cause.to_string()),
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn platform(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> KeyringTrouble {
    KeyringTrouble::Other(cause.to_string())
}
