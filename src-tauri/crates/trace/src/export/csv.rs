//! A table for a spreadsheet: UTF-8 with its mark, semicolons, CRLF, a comma in decimals, French headings. What French
//! Excel and LibreOffice open by a double click.
//!
//! A cell of text never is a formula, a number nor a date to them: what they would take for one has an apostrophe before
//! it (`'=1+1`, `'3:5`). A cell that begins with an apostrophe is read by taking that one away. Where a comma or a semicolon
//! within a text is followed by the beginning of a formula, an apostrophe stands between the two as well, for whoever opens
//! the file with another separator.

use std::borrow::Cow;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use ::csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::french;
use crate::entry::Record;
use crate::verify::hex;

/// The headings, in order; a column is never moved nor renamed, new ones come last.
pub(super) const HEADINGS: [&str; 40] = [
    "N°",
    "Date et heure locales",
    "Décalage",
    "Date et heure ISO 8601",
    "Horloge",
    "Écart d'horloge (ms)",
    "Recul de l'horloge (ms)",
    "Boîte aux lettres",
    "Type de boîte",
    "Auteur",
    "Identifiant national",
    "Authentification",
    "Action",
    "Code de l'action",
    "Résultat",
    "Code de réponse",
    "Réponse",
    "Protocole",
    "Demande",
    "Dossier",
    "Dossier de destination",
    "UID",
    "Octets envoyés",
    "Octets reçus",
    "Durée (ms)",
    "Échange",
    "Identifiant interne du message",
    "Message-ID",
    "Expéditeur",
    "Destinataires",
    "Taille (octets)",
    "Serveur",
    "Adresse du serveur",
    "Poste",
    "Adresse du poste",
    "Système",
    "Logiciel",
    "Identifiant de la trace",
    "Empreinte",
    "Empreinte précédente",
];

/// Excel keeps 32,767 characters of a cell, and breaks the table beyond.
const CELL: usize = 32_000;

/// The table while it is being written.
pub(super) struct Table<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> Table<W> {
    /// Begins with the mark and the headings.
    pub(super) fn begin(mut to: W) -> io::Result<Self> {
        // Without it Excel reads the file in the workstation's old code page.
        to.write_all("\u{feff}".as_bytes())?;
        let mut writer = WriterBuilder::new()
            .delimiter(b';')
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .from_writer(to);
        writer.write_record(HEADINGS).map_err(io_error)?;
        Ok(Self { writer })
    }

    /// Adds a trace.
    pub(super) fn add(&mut self, record: &Record) -> io::Result<()> {
        let cells = cells(record);
        self.writer
            .write_record(cells.iter().map(Cow::as_ref))
            .map_err(io_error)
    }

    /// Hands what is left to the file.
    pub(super) fn end(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The disk's own error: whoever asks wants to know whether it is full.
fn io_error(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn cells(record: &Record) -> [Cow<'_, str>; 40] {
    let entry = &record.entry;
    let author = entry.author.as_ref();
    let bal = entry.bal.as_ref();
    let request = &entry.request;
    let server = entry.server.as_ref();
    let station = &entry.workstation;
    // Prefixed by a word, so that a column is of one form all along.
    let prefixed = |word: &str, value: &str| match value {
        "" => Cow::default(),
        value => text(format!("{word} {value}")),
    };
    [
        number(Some(record.sequence.0)),
        Cow::Owned(french::local(entry.at, entry.utc_offset)),
        Cow::Owned(french::zone(entry.utc_offset)),
        Cow::Owned(french::iso(entry.at, entry.utc_offset)),
        french::clock(entry.clock.synchronised).into(),
        number(entry.clock.gap_ms),
        number(record.set_back_ms),
        text(bal.map_or("", |bal| bal.address.as_str())),
        bal.and_then(|bal| bal.kind).map_or("", french::kind).into(),
        text(author.map_or("", |author| author.name.as_str())),
        prefixed(
            "n°",
            author
                .and_then(|author| author.national_id.as_ref())
                .map_or("", |id| id.as_str()),
        ),
        author.map_or("", |author| french::authentication(author.method)).into(),
        french::action(entry.action).into(),
        entry.action.as_str().into(),
        french::result(record).into(),
        text(french::code(&entry.outcome)),
        text(french::answer(&entry.outcome)),
        french::protocol(request.protocol).into(),
        text(request.verb.as_str()),
        text(request.mailbox.as_str()),
        text(request.target.as_str()),
        prefixed("UID", request.uids.as_str()),
        number(Some(request.octets_out)),
        number(Some(request.octets_in)),
        number(Some(entry.duration_ms)),
        // Sixteen hexadecimal digits: a spreadsheet has only fifteen decimal ones.
        entry
            .exchange
            .map_or_else(Cow::default, |exchange| text(format!("x{:016x}", exchange.0))),
        text(entry.mail.as_str()),
        text(entry.message_id.as_ref().map_or("", |id| id.as_str())),
        text(entry.sender.as_ref().map_or("", |sender| sender.as_str())),
        text(recipients(record)),
        number(entry.encoded_size),
        text(server.map_or("", |server| server.name.as_str())),
        text(server.map_or("", |server| server.address.as_str())),
        text(station.host.as_str()),
        text(station.address.as_str()),
        text(french::joined(&[&station.os, &station.os_version], " ")),
        prefixed("Pli", station.pli_version.as_str()),
        // Words before digits: hexadecimal digits may look like a number.
        Cow::Owned(format!("id:{}", record.unique_id)),
        Cow::Owned(format!("sha256:{}", hex(&record.hash))),
        Cow::Owned(format!("sha256:{}", hex(&record.previous))),
    ]
}

/// The recipients; what a cell cannot hold is said.
fn recipients(record: &Record) -> String {
    let all = &record.entry.recipients;
    let mut out = String::new();
    for (place, address) in all.iter().enumerate() {
        // An address has as many characters as octets, or fewer; a few apostrophes fit in what is left of the cell.
        if out.len() + address.as_str().len() > CELL - 500 {
            let left = french::counted((all.len() - place) as u64, "autre destinataire", "autres destinataires");
            out.push_str(&format!(", et {left} : voir l'export JSON Lines"));
            break;
        }
        if place > 0 {
            out.push_str(", ");
        }
        out.push_str(address.as_str());
    }
    out
}

fn number(value: Option<impl ToString>) -> Cow<'static, str> {
    value.map(|value| value.to_string()).unwrap_or_default().into()
}

/// A cell of text, with the apostrophes that keep it one.
fn text<'a>(value: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let value = value.into();
    let starts = begins_formula(&value) || value.starts_with('\'') || looks_counted(&value);
    let within = value
        .char_indices()
        .any(|(place, c)| matches!(c, ',' | ';') && begins_formula(&value[place + 1..]));
    if !starts && !within {
        return value;
    }
    let mut out = String::with_capacity(value.len() + 8);
    if starts {
        out.push('\'');
    }
    for (place, c) in value.char_indices() {
        out.push(c);
        if matches!(c, ',' | ';') && begins_formula(&value[place + 1..]) {
            out.push('\'');
        }
    }
    out.into()
}

/// Whether a spreadsheet might read a formula here: at once, or after what it skips.
fn begins_formula(text: &str) -> bool {
    let skipped = text.trim_start_matches(|c: char| {
        let blank = c.is_whitespace() && !c.is_control();
        blank
            || matches!(
                c,
                '"' | '\'' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            )
    });
    skipped.starts_with(|c: char| {
        c.is_control()
            || matches!(
                c,
                '=' | '+'
                    | '-'
                    | '@'
                    | '|'
                    | '%'
                    | '\u{2212}'
                    // Their full-width and small forms, which some versions take for the same.
                    | '＝' | '＋' | '－' | '＠' | '｜' | '％'
                    | '﹦' | '﹢' | '﹣' | '﹫' | '﹪'
                    | '⁺' | '⁻' | '⁼'
            )
    })
}

/// Whether a spreadsheet would make a number, a date or an hour of a text, and show something else.
fn looks_counted(text: &str) -> bool {
    let sober = |c: char| c.is_ascii_digit() || " .,:/-+eE%\u{a0}\u{202f}".contains(c);
    if !text.contains(|c: char| c.is_ascii_digit()) || !text.chars().all(sober) {
        return false;
    }
    let whole = text.len() <= 11 && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let address = text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok();
    // `250 2.1.5`: a reply and its enhanced code.
    let reply = text.split_once(' ').is_some_and(|(code, enhanced)| {
        code.len() == 3 && enhanced.split('.').count() == 3 && !text.contains([':', '/', ',', '-'])
    });
    !(whole || address || reply)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_text_stays_text() {
        for kept in [
            "",
            "UID STORE 3:5 +FLAGS.SILENT (\\Seen)",
            "claire.martin@medecin.mssante.fr",
            "250 2.1.5",
            "250",
            "0",
            "10.0.0.3",
            "10.0.0.3:993",
            "[::1]:993",
            "Dr d'Artagnan",
        ] {
            assert_eq!(text(kept), kept);
        }
        for (before, after) in [
            ("=1+1", "'=1+1"),
            ("+33612345678", "'+33612345678"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\"=1\"", "'\"=1\""),
            ("'=1", "''=1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("\u{200b}\u{a0}=1", "'\u{200b}\u{a0}=1"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\tx", "'\tx"),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠x", "'＠x"),
            ("3:5", "'3:5"),
            ("3,5", "'3,5"),
            ("1/2", "'1/2"),
            ("1e5", "'1e5"),
            ("899700218896", "'899700218896"),
            ("0750000001", "'0750000001"),
            ("22.04", "'22.04"),
            ("<a,=b@x.fr>", "<a,'=b@x.fr>"),
            ("a@x.fr, +b@x.fr", "a@x.fr,' +b@x.fr"),
            ("a;@b", "a;'@b"),
        ] {
            assert_eq!(text(before), after);
        }
    }

    proptest! {
        #[test]
        fn no_text_begins_a_formula(
            skipped in "[ \"'\u{feff}\u{a0}\u{200b}\t\r\n\u{202e}]{0,4}",
            first in prop::sample::select(vec![
                '=', '+', '-', '@', '|', '%', '\t', '\r', '\n', '\u{0}', '＝', '＋', '－', '＠', '\u{2212}', '﹦', '﹢', '﹣', '﹫',
            ]),
            rest in "(?s).{0,40}",
        ) {
            let value = format!("{skipped}{first}{rest}");
            let cell = text(value.as_str());
            prop_assert!(cell.starts_with('\''));
            prop_assert!(cell.len() > value.len());
            // Read with commas or semicolons, no part begins one either.
            for part in cell.split([',', ';']) {
                prop_assert!(!begins_formula(part) || part.starts_with('\''), "{part:?}");
            }
        }

        #[test]
        fn an_apostrophe_taken_away_gives_the_text_back(value in "[^,;]{0,40}") {
            let cell = text(value.as_str());
            prop_assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), value.as_str());
        }
    }
}
