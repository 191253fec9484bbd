//! Backups, in French.

use pli_contract::view::{Backup, BackupChecked, BackupSchedule};

use super::purge::{every, messages};
use super::{failure, instant, octets};

/// A backup that was written.
pub(crate) fn made(backup: &Backup) -> String {
    let mut text = format!(
        "Sauvegarde écrite, puis relue en entier : {} ({}, {}, {} traces).",
        backup.file,
        octets(backup.octets),
        messages(backup.messages),
        backup.traces
    );
    if backup.unreadable > 0 {
        text.push_str(&format!(
            "\nLe disque n'a pas pu rendre le texte de {} : il sera redemandé à l'opérateur.",
            messages(backup.unreadable)
        ));
    }
    text.push_str("\nSans sa phrase de passe, personne ne peut l'ouvrir : gardez-la ailleurs que sur ce poste.");
    text
}

/// A backup that was due, and made.
pub(crate) fn made_by_itself(backup: &Backup) -> String {
    format!("Sauvegarde prévue. {}", made(backup))
}

/// A backup that was read.
pub(crate) fn checked(found: &BackupChecked) -> String {
    format!("Sauvegarde entière et lisible.\n{}", described(found))
}

/// A backup that was restored.
pub(crate) fn restored(found: &BackupChecked) -> String {
    format!("Sauvegarde restaurée dans ce profil.\n{}", described(found))
}

fn described(found: &BackupChecked) -> String {
    let what = if found.whole { "tout le profil" } else { "une BAL" };
    format!(
        "  {} ({}), {what}, du {} par Pli {}\n  BAL : {}\n  {}, {} brouillons, {} envois, {} traces",
        found.file,
        octets(found.octets),
        instant(&found.at),
        found.version,
        if found.bals.is_empty() {
            "aucune".to_owned()
        } else {
            found.bals.join(", ")
        },
        messages(found.messages),
        found.drafts,
        found.outgoing,
        found.traces
    )
}

/// The backups that are made by themselves.
pub(crate) fn schedule(schedule: &BackupSchedule) -> String {
    let mut text = match (schedule.enabled, &schedule.folder) {
        (true, Some(folder)) => format!(
            "Sauvegarde automatique {} dans {folder} ; les {} dernières sont gardées.",
            every(schedule.every),
            schedule.keep
        ),
        _ => "Pas de sauvegarde automatique.".to_owned(),
    };
    if let Some(last) = &schedule.last {
        text.push_str(&format!("\n  dernière : {}", instant(last)));
    }
    if let Some(next) = &schedule.next {
        text.push_str(&format!("\n  prochaine : {}", instant(next)));
    }
    if let Some(trouble) = &schedule.trouble {
        text.push_str(&format!("\n  La dernière n'a pas pu être faite. {}", failure(trouble)));
    }
    text
}
