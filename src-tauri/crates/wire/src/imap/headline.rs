//! What a trace keeps of a received message's header (EX_GDT_5050): Message-ID and addresses, never the subject.

use pli_terms::{Address, MessageId, Uid};

use crate::audit::TracedMessage;

/// Most recipients kept.
const RECIPIENTS: usize = 100;

/// Reads a header block. What cannot be read is left out: the trace never stops the mail.
pub(super) fn traced(uid: Option<Uid>, size: Option<u64>, header: &[u8]) -> TracedMessage {
    let mut message = TracedMessage {
        uid,
        size,
        ..TracedMessage::default()
    };
    for (name, value) in fields(&String::from_utf8_lossy(header)) {
        match name.as_str() {
            "message-id" if message.message_id.is_none() => message.message_id = MessageId::parse(&value),
            "from" if message.from.is_none() => message.from = addresses(&value).next(),
            "to" | "cc" => {
                let room = RECIPIENTS.saturating_sub(message.to.len());
                message.to.extend(addresses(&value).take(room));
            }
            _ => {}
        }
    }
    message
}

/// The fields, unfolded, names in lower case.
fn fields(header: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in header.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

/// The addresses of a field: what stands in angle brackets, or the word with an `@`. Quoted names are skipped, for they
/// may hold anything.
fn addresses(value: &str) -> impl Iterator<Item = Address> {
    let mut bare = String::with_capacity(value.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in value.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            ',' | ';' | '<' | '>' | ':' => bare.push(' '),
            _ => bare.push(c),
        }
    }
    let words: Vec<Address> = bare
        .split_whitespace()
        .filter(|word| word.contains('@'))
        .filter_map(|word| Address::parse(word).ok())
        .collect();
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_and_addresses_are_read_and_the_subject_is_not() {
        let header = b"Subject: Monsieur DUPONT\r\nFrom: \"Martin, Dr <faux@x.fr>\" <dr.martin@alpha.mssante.test>\r\n\
            To: Labo <labo@beta.mssante.test>,\r\n dr.leroy@alpha.mssante.test\r\nMessage-ID:\r\n <a.b@c.d>\r\n\r\n";
        let traced = traced(Uid::new(7), Some(1234), header);
        assert_eq!(traced.message_id.as_ref().unwrap().as_str(), "a.b@c.d");
        assert_eq!(traced.from.as_ref().unwrap().as_str(), "dr.martin@alpha.mssante.test");
        let to: Vec<&str> = traced.to.iter().map(Address::as_str).collect();
        assert_eq!(to, ["labo@beta.mssante.test", "dr.leroy@alpha.mssante.test"]);
        assert!(!format!("{traced:?}").contains("DUPONT"));
    }

    proptest! {
        #[test]
        fn reading_anything_never_panics(header in proptest::collection::vec(any::<u8>(), 0..600)) {
            let message = traced(None, None, &header);
            prop_assert!(message.to.len() <= RECIPIENTS);
        }
    }
}
