//! One trace in the report: a row of five cells, and beneath it the lines of all that the row does not say.

use pli_terms::Wording;

use super::typeface::{Typeface, wrap};
use crate::entry::{Protocol, Record};
use crate::export::french;
use crate::verify::hex;

/// The headings of the table.
pub(super) const HEADINGS: [&str; 5] = [
    "N°",
    "Date et heure",
    "Boîte et auteur",
    "Action et demande",
    "Résultat",
];
/// How wide the columns are, in points, with the space at their right.
pub(super) const WIDTHS: [f32; 5] = [44.0, 68.0, 148.0, 150.0, 105.0];
/// The space at the right of a column, in points.
pub(super) const GAP: f32 = 7.0;
/// The size of a cell's text, in points.
pub(super) const CELL_SIZE: f32 = 7.5;
/// The size of a detail's text, in points.
pub(super) const DETAIL_SIZE: f32 = 6.5;

/// A row, set in lines.
pub(super) struct Row {
    /// The lines of each cell.
    pub(super) cells: [Vec<String>; 5],
    /// Whether its result is to be noticed: a failure, a refusal, no answer. Then its first line is bold.
    pub(super) notable: bool,
    /// The lines beneath.
    pub(super) details: Vec<String>,
}

/// Sets a trace.
pub(super) fn row(face: &Typeface, record: &Record) -> Row {
    let notable = record.entry.is_failure() || record.unanswered;
    let paragraphs = cells(record);
    let mut cells = [const { Vec::new() }; 5];
    for (column, texts) in paragraphs.iter().enumerate() {
        let texts: Vec<&String> = texts.iter().filter(|text| !text.is_empty()).collect();
        for (place, text) in texts.iter().enumerate() {
            let bold = column == 4 && place == 0 && notable;
            let weight = if bold { &face.bold } else { &face.book };
            cells[column].extend(lines(
                weight,
                text,
                place + 1 < texts.len(),
                CELL_SIZE,
                WIDTHS[column] - GAP,
            ));
        }
    }
    let width = WIDTHS[1..].iter().sum::<f32>() - GAP;
    let texts = details(record);
    let details = (texts.iter().enumerate())
        .flat_map(|(place, text)| lines(&face.book, text, place + 1 < texts.len(), DETAIL_SIZE, width))
        .collect();
    Row {
        cells,
        notable,
        details,
    }
}

/// Whoever reads the text without its lines needs a space between two paragraphs.
fn lines(face: &super::typeface::Face, text: &str, more: bool, size: f32, width: f32) -> Vec<String> {
    let mut lines = wrap(face, text, size, width);
    if let Some(last) = lines.last_mut().filter(|_| more) {
        last.push(' ');
    }
    lines
}

fn cells(record: &Record) -> [Vec<String>; 5] {
    let entry = &record.entry;
    let date = french::local(entry.at, entry.utc_offset);
    let (day, hour) = date.split_once(' ').unwrap_or((&date, ""));
    let mut who = Vec::new();
    if let Some(bal) = &entry.bal {
        who.push(match bal.kind {
            Some(kind) => format!("{} ({})", bal.address, french::kind(kind).to_lowercase()),
            None => bal.address.to_string(),
        });
    }
    who.push(match &entry.author {
        Some(author) => {
            let id = author.national_id.as_ref().map(|id| format!(" (n°\u{a0}{id})"));
            let method = french::authentication(author.method);
            format!("{}{}, {method}", author.name, id.unwrap_or_default())
        }
        None => "Personne n'était encore authentifié".to_owned(),
    });
    let request = &entry.request;
    let asked = french::joined(&[&request.verb, &request.mailbox], " ");
    let asked = match (request.protocol, asked.as_str()) {
        (Protocol::Local, "") => String::new(),
        (Protocol::Local, asked) => asked.to_owned(),
        (protocol, asked) => format!("{} : {asked}", french::protocol(protocol)),
    };
    let labelled = |label: &str, words: &Wording| match words.as_str() {
        "" => String::new(),
        words => format!("{label} {words}"),
    };
    [
        vec![french::number(record.sequence.0)],
        vec![day.to_owned(), hour.to_owned(), french::zone(entry.utc_offset)],
        who,
        vec![
            french::action(entry.action).to_owned(),
            asked,
            labelled("vers", &request.target),
            labelled("UID", &request.uids),
        ],
        vec![
            french::result(record).to_owned(),
            french::code(&entry.outcome),
            french::answer(&entry.outcome).to_owned(),
        ],
    ]
}

fn details(record: &Record) -> Vec<String> {
    let entry = &record.entry;
    let mut out = Vec::new();
    let mut message = Vec::new();
    if let Some(id) = &entry.message_id {
        message.push(format!("Message-ID : {id}"));
    }
    if !entry.mail.is_empty() {
        message.push(format!("identifiant interne : {}", entry.mail));
    }
    if let Some(size) = entry.encoded_size {
        message.push(format!("taille : {}", french::counted(size, "octet", "octets")));
    }
    out.push(message.join(" · "));
    let mut people = Vec::new();
    if let Some(sender) = &entry.sender {
        people.push(format!("Expéditeur : {sender}"));
    }
    if !entry.recipients.is_empty() {
        let addresses: Vec<&str> = entry.recipients.iter().map(|address| address.as_str()).collect();
        let label = match addresses.len() {
            1 => "destinataire".to_owned(),
            count => format!("{} destinataires", french::number(count as u64)),
        };
        people.push(format!("{label} : {}", addresses.join(", ")));
    }
    out.push(people.join(" · "));
    out.push(exchange(record));
    let station = &entry.workstation;
    let mut place = vec![format!("Poste : {}", named(&station.host, &station.address))];
    place.push(french::joined(&[&station.os, &station.os_version], " "));
    if !station.pli_version.is_empty() {
        place.push(format!("Pli {}", station.pli_version));
    }
    place.push(clock(record));
    place.retain(|part| !part.is_empty());
    out.push(place.join(" · "));
    out.push(format!("Trace {} · empreinte {}", record.unique_id, hex(&record.hash)));
    out.retain(|text| !text.is_empty());
    out
}

/// The server and how the exchange went.
fn exchange(record: &Record) -> String {
    let entry = &record.entry;
    let mut parts = Vec::new();
    if let Some(server) = &entry.server {
        parts.push(format!("Serveur : {}", named(&server.name, &server.address)));
    }
    let request = &entry.request;
    if request.protocol != Protocol::Local || request.octets_out > 0 || request.octets_in > 0 {
        parts.push(format!(
            "{} et {}",
            french::counted(request.octets_out, "octet envoyé", "octets envoyés"),
            french::counted(request.octets_in, "octet reçu", "octets reçus"),
        ));
    }
    parts.push(format!("durée : {}\u{a0}ms", french::number(entry.duration_ms)));
    if let Some(exchange) = entry.exchange {
        parts.push(format!("échange {:016x}", exchange.0));
    }
    parts.join(" · ")
}

fn clock(record: &Record) -> String {
    let clock = record.entry.clock;
    let mut out = format!("horloge : {}", french::clock(clock.synchronised).to_lowercase());
    if let Some(gap) = clock.gap_ms {
        let sign = if gap < 0 { "−" } else { "+" };
        out.push_str(&format!(
            ", écart mesuré {sign}{}\u{a0}ms",
            french::number(gap.unsigned_abs())
        ));
    }
    if let Some(back) = record.set_back_ms {
        out.push_str(&format!(", reculée de {}\u{a0}ms", french::number(back)));
    }
    out
}

/// `name (address)`, or the one that is known.
fn named(name: &Wording, address: &Wording) -> String {
    match (name.as_str(), address.as_str()) {
        (name, "") => name.to_owned(),
        ("", address) => address.to_owned(),
        (name, address) => format!("{name} ({address})"),
    }
}
