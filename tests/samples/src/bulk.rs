//! Volume for the benchmarks: many messages, most of their bytes in attachments, cheap to generate.

use crate::Sample;
use crate::chance::Chance;
use crate::compose::{Mail, base64_lines, text_part};
use crate::letters_tables::SPECIALTIES;
use crate::people::{MARTIN, patients};

/// The latest date of a bulk message: the 17th of November 2026, 08:00 UTC.
const LAST: i64 = 1_794_902_400;
/// The largest attachment, encoded.
const LARGEST: f64 = 19.0 * 1024.0 * 1024.0;

/// `count` messages in the inbox whose bytes add up to `total_bytes` within 2 %, the same for the same seed.
///
/// Sizes have a long tail, as in real boxes: half of the messages are below a few kilobytes, a few reach 19 MB. A
/// message is made when it is asked for, so that the whole never sits in memory.
pub fn bulk(count: usize, total_bytes: u64, seed: u64) -> impl Iterator<Item = Sample> {
    let scale = scale(count, total_bytes, seed);
    let people = patients();
    let block = filler(seed);
    (0..count).map(move |at| {
        let mut chance = Chance::new(seed ^ (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let payload = payload(&mut chance, scale);
        let patient = &people[at % people.len()];
        let specialty = chance.pick(&SPECIALTIES);
        let date = LAST - ((count - at) as i64) * 2371;
        let subject = format!(
            "{} — {} {} n° {at}",
            specialty.subject, patient.birth_name, patient.first_name
        );
        let mut text = String::from("Chère consœur,\n\n");
        for _ in 0..=chance.below(6) {
            text.push_str(chance.pick::<&str>(specialty.findings));
            text.push_str("\n\n");
        }
        text.push_str(chance.pick::<&str>(specialty.conclusions));
        text.push_str("\n\nBien confraternellement,\n");
        let mut mail = Mail::new(
            specialty.sender,
            MARTIN,
            subject,
            date,
            format!("volume.{seed}.{at}@beta.mssante.test"),
        );
        if at % 7 == 3 {
            mail = mail.answering(&format!("volume.{seed}.{}@beta.mssante.test", at - 1), &[]);
        }
        let raw = write(&mail, &text, payload, &block, &mut chance);
        let flags: &[&str] = if at + 60 > count { &[] } else { &["\\Seen"] };
        Sample::new("INBOX", flags, date + 2, raw)
    })
}

fn write(mail: &Mail, text: &str, payload: usize, block: &str, chance: &mut Chance) -> Vec<u8> {
    let mut raw = mail.header_block();
    raw.reserve(payload + 4096);
    if payload < 2048 {
        raw.extend(text_part("text/plain", text));
        return raw;
    }
    let boundary = "=_volume_3f1c";
    raw.extend(format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n").into_bytes());
    raw.extend(text_part("text/plain", text));
    raw.extend(
        format!(
            "--{boundary}\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"document.pdf\"\r\n\r\n"
        )
        .into_bytes(),
    );
    // Whole lines of one prepared block, from a place that differs, so that no two attachments are alike.
    let lines = block.len() / 78;
    let mut at = chance.below(lines as u64) as usize;
    let mut left = payload / 78;
    while left > 0 {
        let take = left.min(lines - at);
        raw.extend_from_slice(&block.as_bytes()[at * 78..(at + take) * 78]);
        left -= take;
        at = 0;
    }
    raw.extend(format!("--{boundary}--\r\n").into_bytes());
    raw
}

/// One megabyte of Base64 in full lines, not compressible.
fn filler(seed: u64) -> String {
    let mut chance = Chance::new(seed);
    let bytes: Vec<u8> = (0..57 * 14_000 / 8).flat_map(|_| chance.next().to_le_bytes()).collect();
    base64_lines(&bytes[..bytes.len() - bytes.len() % 57])
}

/// The encoded size of a message's attachment: a Pareto law cut at 19 MB.
fn payload(chance: &mut Chance, scale: f64) -> usize {
    let uniform = (chance.below(1_000_000) as f64 + 1.0) / 1_000_001.0;
    (scale * (uniform.powf(-0.9) - 1.0)).min(LARGEST) as usize
}

/// The scale of the law that gives the total that was asked for, found by halving.
fn scale(count: usize, total_bytes: u64, seed: u64) -> f64 {
    // Headers and text of one message, measured over a thousand.
    const AROUND: u64 = 1_560;
    let total = |scale: f64| -> u64 {
        (0..count)
            .map(|at| {
                let mut chance = Chance::new(seed ^ (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
                let size = payload(&mut chance, scale);
                AROUND + if size < 2048 { 0 } else { size as u64 + 260 }
            })
            .sum()
    };
    let (mut low, mut high) = (0.0, LARGEST);
    for _ in 0..48 {
        let middle = (low + high) / 2.0;
        if total(middle) < total_bytes {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_volume_is_the_one_asked_for_and_the_same_twice() {
        let sizes: Vec<usize> = bulk(2000, 247_000_000, 7).map(|sample| sample.raw.len()).collect();
        let total: usize = sizes.iter().sum();
        assert!((242_000_000..252_000_000).contains(&total), "{total}");
        let again = bulk(2000, 247_000_000, 7).nth(123).unwrap();
        assert_eq!(bulk(2000, 247_000_000, 7).nth(123).unwrap(), again);
        let small = sizes.iter().filter(|size| **size < 64 * 1024).count();
        assert!(small > 1000, "most messages are small: {small}");
    }

    #[test]
    fn every_attachment_is_complete_base64() {
        for sample in bulk(200, 20_000_000, 3) {
            let parsed = mail_parser::MessageParser::default().parse(&sample.raw).unwrap();
            assert!(parsed.parts.iter().all(|part| !part.is_encoding_problem));
        }
    }
}
