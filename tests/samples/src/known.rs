//! A message whose words occur nowhere else, for the test that looks for them on the disk.

use crate::compose::Mail;
use crate::people::MARTIN;

/// A message and the words that only it contains.
#[derive(Debug, Clone)]
pub struct KnownMessage {
    /// The message.
    pub raw: Vec<u8>,
    /// Words of its subject, as text.
    pub subject_words: Vec<&'static str>,
    /// Words of its body, as text.
    pub body_words: Vec<&'static str>,
    /// The sender's address.
    pub address: &'static str,
    /// Its Message-ID, without brackets.
    pub message_id: &'static str,
}

/// The message to look for: none of its words may be readable on the disk.
#[must_use]
pub fn known_words() -> KnownMessage {
    let mail = Mail::new(
        "Dr Zéphyrine QUARTZ <zephyrine.quartzomancie@beta.mssante.test>",
        MARTIN,
        "Xylophagotherapie de Mme WOLFRAMITELLE",
        1_794_900_000,
        "kryptonydrique.7741@beta.mssante.test",
    )
    .text("Bonjour,\n\nLe dosage de vibranotrypsine est de 4,2 et la borborygmographie reste muette.\n\nDr Quartz\n");
    KnownMessage {
        raw: mail.write(),
        subject_words: vec!["Xylophagotherapie", "WOLFRAMITELLE"],
        body_words: vec!["vibranotrypsine", "borborygmographie"],
        address: "zephyrine.quartzomancie@beta.mssante.test",
        message_id: "kryptonydrique.7741@beta.mssante.test",
    }
}
