//! The room of boxes and what weighs there, in French.

use pli_contract::view::{QuotaLevel, QuotaSource, QuotaView, Room, SpaceGroup, SpacePage, SpaceRow};

use super::purge::{messages, why};
use super::{day, instant, octets};

/// The room of a box, and what it means.
pub(crate) fn quota(address: &str, view: &QuotaView) -> String {
    let mut text = match (view.source, &view.storage) {
        (QuotaSource::Server, Some(room)) => format!("{address} : {}", of(room, octets)),
        (QuotaSource::Server, None) => format!("{address} : l'opérateur ne dit pas la place occupée"),
        (QuotaSource::Estimate, _) => format!(
            "{address} : environ {} (estimation d'après ce qui est relevé ici : l'opérateur ne dit pas la place occupée)",
            octets(view.local)
        ),
        (QuotaSource::Unknown, _) => {
            format!("{address} : la place occupée n'est pas encore connue (« pli sync » la demande)")
        }
    };
    if let Some(room) = &view.messages {
        text.push_str(&format!("\n  messages : {}", of(room, |count| count.to_string())));
    }
    if let Some(level) = level(view.level) {
        text.push_str(&format!("\n  {level}"));
    }
    if let Some(forecast) = &view.forecast {
        text.push_str(&format!(
            "\n  pleine vers le {}, à raison de {} par jour",
            day(&forecast.full_on),
            octets(forecast.per_day)
        ));
    }
    if let Some(at) = &view.read_at {
        text.push_str(&format!("\n  relevé du {}", instant(at)));
    }
    text
}

fn of(room: &Room, words: impl Fn(u64) -> String) -> String {
    match (room.limit, room.percent) {
        (Some(limit), Some(percent)) => format!("{} sur {} ({percent} %)", words(room.used), words(limit)),
        (Some(limit), None) => format!("{} sur {}", words(room.used), words(limit)),
        (None, _) => format!("{}, sans limite connue", words(room.used)),
    }
}

/// What a level means, when it means something.
fn level(level: QuotaLevel) -> Option<&'static str> {
    match level {
        QuotaLevel::Fine => None,
        QuotaLevel::High => Some("Elle se remplit. Pour libérer de la place : pli space"),
        QuotaLevel::AlmostFull => Some(
            "Presque pleine : pleine, elle ne recevra plus et n'enverra plus. Pour libérer de la place : pli space",
        ),
        QuotaLevel::Full => Some(
            "PLEINE : elle ne reçoit plus et n'envoie plus. Pour libérer de la place : pli space, ou pli purge sent",
        ),
    }
}

/// The days of a box's past.
pub(crate) fn history(view: &QuotaView) -> String {
    view.history
        .iter()
        .map(|point| format!("  {}  {}", day(&point.on), octets(point.used)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// One group of what weighs.
pub(crate) fn group(group: &SpaceGroup) -> String {
    let label = label(group);
    let mut text = format!("{:>10}  {} : {}", octets(group.octets), label, messages(group.count));
    if group.filed > 0 {
        text.push_str(&format!(", dont {} déjà classés", group.filed));
    }
    text
}

/// The keys that the core uses have words here; a name or an address stands for itself.
fn label(group: &SpaceGroup) -> String {
    match group.key.as_str() {
        "two_years" => "plus de deux ans".to_owned(),
        "year" => "d'un à deux ans".to_owned(),
        "half_year" => "de six mois à un an".to_owned(),
        "quarter" => "de trois à six mois".to_owned(),
        "month" => "d'un à trois mois".to_owned(),
        "recent" => "moins d'un mois".to_owned(),
        "huge" => "10 Mio et plus".to_owned(),
        "large" => "de 5 à 10 Mio".to_owned(),
        "medium" => "de 1 à 5 Mio".to_owned(),
        "small" => "de 100 Kio à 1 Mio".to_owned(),
        "tiny" => "moins de 100 Kio".to_owned(),
        "" => "tous les autres".to_owned(),
        "document" => "documents de santé".to_owned(),
        "pdf" => "PDF".to_owned(),
        "image" => "images".to_owned(),
        "other" => "autres pièces jointes".to_owned(),
        "none" => "sans pièce jointe".to_owned(),
        _ => group.label.clone(),
    }
}

/// One message of what weighs.
pub(crate) fn row(row: &SpaceRow) -> String {
    let mut text = format!(
        "{:>6}  {:>9}  {}  {}  {}",
        row.row.id,
        octets(row.octets),
        instant(&row.row.date),
        row.row.who.name,
        if row.row.subject.is_empty() {
            "(sans objet)"
        } else {
            &row.row.subject
        }
    );
    if row.filed {
        text.push_str("  [classé]");
    }
    if !row.keep.is_empty() {
        let reasons: Vec<&str> = row.keep.iter().map(|reason| why(*reason)).collect();
        text.push_str(&format!("  [à garder : {}]", reasons.join(", ")));
    }
    text
}

/// What a page leaves unsaid.
pub(crate) fn beyond(page: &SpacePage, shown: u32) -> String {
    format!(
        "{} sur {}, {} en tout. La suite : --offset {shown}",
        page.rows.len(),
        messages(page.total),
        octets(page.octets)
    )
}
