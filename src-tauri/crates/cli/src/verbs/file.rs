//! `pli message show`: what a message's file holds, without a profile and without the network.

use std::io::Read as _;
use std::path::Path;

use pli_contract::failure::{Code, Failure};
use pli_message::{Defect, Mailbox, Moment, Parsed, Report};

use crate::arguments::MessageVerb;
use crate::french;
use crate::outcome::Trouble;
use crate::say::Voice;

/// The longest file read, in octets: more than any operator takes.
const LIMIT: u64 = 256 * 1024 * 1024;

pub(crate) fn run(voice: Voice, verb: &MessageVerb) -> Result<(), Trouble> {
    let MessageVerb::Show { file } = verb;
    let raw = read(file)?;
    let parsed = pli_message::parse(&raw);
    voice.one(&parsed.view(), |_| french(&parsed));
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, Trouble> {
    let unreadable = || Trouble::Failed(Failure::about(Code::FileUnreadable, file.display().to_string()));
    let mut raw = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(LIMIT + 1).read_to_end(&mut raw))
        .map_err(|_| unreadable())?;
    if raw.len() as u64 > LIMIT {
        return Err(Failure::about(Code::TooLarge, file.display().to_string()).into());
    }
    Ok(raw)
}

fn french(message: &Parsed) -> String {
    let row = &message.row;
    let mut text = format!("De : {}\nÀ : {}\n", named(&row.from), all(&row.to));
    if !row.cc.is_empty() {
        text.push_str(&format!("Copie : {}\n", all(&row.cc)));
    }
    if let Some(date) = row.date {
        text.push_str(&format!("Date : {}\n", moment(date)));
    }
    let subject = if row.display_subject.is_empty() {
        "(sans objet)"
    } else {
        &row.display_subject
    };
    text.push_str(&format!("Objet : {subject}\n"));
    for file in &message.attachments {
        text.push_str(&format!(
            "Pièce jointe {} : {} ({}, {})\n",
            file.part_id,
            file.name,
            file.mime,
            french::octets(file.size)
        ));
    }
    for found in &message.defects {
        text.push_str(&format!("Attention : {}\n", defect(*found)));
    }
    if let Some(report) = &message.report {
        text.push_str(match report {
            Report::Delivery(_) => "C'est un rapport de remise.\n",
            Report::Disposition(_) => "C'est un accusé de lecture.\n",
        });
    }
    text.push('\n');
    text.push_str(&message.text);
    text
}

fn named(mailbox: &Mailbox) -> String {
    if mailbox.name.is_empty() {
        mailbox.address.clone()
    } else {
        format!("{} <{}>", mailbox.name, mailbox.address)
    }
}

fn all(mailboxes: &[Mailbox]) -> String {
    mailboxes.iter().map(named).collect::<Vec<_>>().join(", ")
}

/// A moment at its author's offset, as a person reads it.
fn moment(moment: Moment) -> String {
    let offset = jiff::tz::Offset::from_seconds(i32::from(moment.offset_minutes) * 60).unwrap_or(jiff::tz::Offset::UTC);
    match jiff::Timestamp::from_second(moment.unix) {
        Ok(instant) => instant
            .to_zoned(offset.to_time_zone())
            .strftime("%d/%m/%Y %H:%M")
            .to_string(),
        Err(_) => "date illisible".to_owned(),
    }
}

fn defect(defect: Defect) -> &'static str {
    match defect {
        Defect::NoHeaders => "aucun en-tête n'a pu être lu.",
        Defect::NoMessageId => "le message n'a pas d'identifiant.",
        Defect::NoDate => "le message n'a pas de date lisible.",
        Defect::NoFrom => "le message n'a pas d'expéditeur.",
        Defect::BrokenEncoding => "une partie est mal encodée ; ce qui a pu être lu est montré.",
        Defect::BrokenMultipart => "le message est coupé ou mal découpé.",
        Defect::TooManyParts => "le message a trop de parties ; les dernières sont laissées de côté.",
        Defect::BodyCut => "le texte est trop long ; la fin est laissée de côté.",
        Defect::Unreadable => "le message n'a pas pu être lu ; seul son texte brut est là.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_at_its_author_s_offset() {
        assert_eq!(
            moment(Moment {
                unix: 1_795_298_400,
                offset_minutes: 60
            }),
            "21/11/2026 23:00"
        );
        assert_eq!(
            moment(Moment {
                unix: 0,
                offset_minutes: 0
            }),
            "01/01/1970 00:00"
        );
        assert_eq!(
            moment(Moment {
                unix: 951_782_400,
                offset_minutes: 0
            }),
            "29/02/2000 00:00"
        );
        assert_eq!(
            moment(Moment {
                unix: -1,
                offset_minutes: 0
            }),
            "31/12/1969 23:59"
        );
    }
}
