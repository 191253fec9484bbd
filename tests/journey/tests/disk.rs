//! What lies on the disk is unreadable: not one word of a known message, subject, address or token.

mod common;

use common::{LEROY, MARTIN, PASSPHRASE, Stage, files};
use pli_operator::boxes;

#[test]
fn no_file_holds_a_readable_word() {
    let stage = Stage::new(false);
    let known = pli_samples::known_words();
    stage.operator.deliver(known.address, MARTIN, &known.raw).unwrap();
    stage.operator.settle().unwrap();
    stage.add("martin", MARTIN);
    stage.run("martin", &["sync"]);
    let found = stage.json("martin", &["search", known.body_words[0]]);
    assert_eq!(found.len(), 1, "the message is stored and found");

    let words = "Un texte sur la gastroxylographie de Monsieur Trébuchet-Vanadium.\n";
    let letter = stage.letter("lettre.txt", words);
    stage.run(
        "martin",
        &[
            "send",
            "--to",
            LEROY,
            "--subject",
            "Objet molybdique",
            "--text-file",
            &letter,
        ],
    );
    stage.run(
        "martin",
        &[
            "send",
            "--to",
            LEROY,
            "--subject",
            "Objet ruthénique",
            "--text-file",
            &letter,
            "--no-wait",
        ],
    );
    let token = stage.operator.token(boxes::DR_MARTIN).unwrap();

    let mut needles: Vec<String> = Vec::new();
    needles.extend(
        known
            .subject_words
            .iter()
            .chain(&known.body_words)
            .map(|word| (*word).to_owned()),
    );
    needles.extend(
        [
            known.address,
            known.message_id,
            MARTIN,
            LEROY,
            PASSPHRASE,
            "alpha.mssante.test",
        ]
        .map(str::to_owned),
    );
    needles.extend(["gastroxylographie", "Vanadium", "molybdique", boxes::DR_MARTIN].map(str::to_owned));
    needles.push(token.chars().take(24).collect());

    let home = stage.home("martin");
    let everything = files(&home);
    assert!(
        everything.len() >= 3,
        "a store, raw messages, a journal: {everything:?}"
    );
    for file in everything {
        let bytes = std::fs::read(&file).unwrap();
        // Who logs in is asked for before anything is open: the profile's description names them, and no one else.
        let described = file.ends_with("profile.json");
        for needle in needles
            .iter()
            .filter(|needle| !(described && *needle == boxes::DR_MARTIN))
        {
            let utf16: Vec<u8> = needle.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let lower = needle.to_lowercase();
            for form in [needle.as_bytes(), lower.as_bytes(), &utf16] {
                let here = bytes.windows(form.len()).any(|window| window == form);
                assert!(!here, "{} holds « {needle} » in clear", file.display());
            }
        }
        let name = file.to_string_lossy().into_owned();
        assert!(!name.contains("martin@"), "{name} tells an address");
    }
}
