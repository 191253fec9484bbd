//! `pli traces verify FILE`: an export and its manifest, without a profile, a store or a keyring.

use std::path::Path;

use crate::french;
use crate::outcome::Trouble;
use crate::say::Voice;

pub(crate) fn verify(
    voice: Voice,
    file: &Path,
    manifest: Option<&Path>,
    fingerprint: Option<&str>,
) -> Result<(), Trouble> {
    let checked = pli_contract::check_export(file, manifest, fingerprint)?;
    voice.one(&checked, french::journal::checked);
    if checked.sound { Ok(()) } else { Err(Trouble::Said) }
}
