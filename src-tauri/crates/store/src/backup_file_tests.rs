//! Every damage that a file can have.

use super::*;

/// A key that costs nothing to make.
fn key() -> BackupKey {
    BackupKey {
        costs: COSTS,
        salt: [3; 16],
        key: Zeroizing::new([7; 32]),
    }
}

fn written(octets: &[u8]) -> Vec<u8> {
    let mut writer = BackupWriter::begin(Vec::new(), &key()).unwrap();
    // In pieces that fit no frame.
    for piece in octets.chunks(100_003) {
        writer.put(piece).unwrap();
    }
    let expected = HEADER + octets.len() + TAG * octets.len().div_ceil(FRAME).max(1);
    let file = writer.finish().unwrap();
    assert_eq!(file.len(), expected);
    file
}

fn read(file: &[u8]) -> Result<Vec<u8>, BackupFileError> {
    let mut reader = BackupReader::open_with(file, &key())?;
    let mut octets = Vec::new();
    while !reader.is_at_end() {
        let mut one = [0; 1];
        reader.fill(&mut one)?;
        octets.push(one[0]);
    }
    assert!(matches!(reader.fill(&mut [0; 1]), Err(BackupFileError::Damaged)));
    Ok(octets)
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

#[test]
fn what_was_put_comes_back() {
    for length in [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 17] {
        let octets = sample(length);
        assert_eq!(read(&written(&octets)).unwrap(), octets, "{length}");
    }
}

#[test]
fn any_octet_changed_is_refused() {
    let file = written(&sample(2 * FRAME + 500));
    let places = (0..HEADER + 40).chain((HEADER..file.len()).step_by(4_999)).chain([
        HEADER + FRAME + TAG - 1,
        HEADER + FRAME + TAG,
        file.len() - 1,
    ]);
    for place in places {
        let mut changed = file.clone();
        changed[place] ^= 1;
        let refused = read(&changed);
        let right = match place {
            0..8 => matches!(refused, Err(BackupFileError::NotABackup)),
            _ => matches!(refused, Err(BackupFileError::Damaged)),
        };
        assert!(right, "octet {place}: {refused:?}");
    }
}

#[test]
fn any_cut_and_anything_after_the_end_is_refused() {
    let file = written(&sample(3 * FRAME + 500));
    let frame = FRAME + TAG;
    let ends: Vec<usize> = (0..=3).map(|frames| HEADER + frames * frame).collect();
    let cuts = (0..HEADER + 20)
        .chain(
            ends.iter()
                .flat_map(|end| [end.saturating_sub(1), *end, end + 1, end + TAG]),
        )
        .chain([file.len() - 1, file.len() - TAG]);
    for cut in cuts {
        let refused = read(&file[..cut]);
        let right = if cut < 8 {
            matches!(refused, Err(BackupFileError::NotABackup))
        } else {
            matches!(refused, Err(BackupFileError::Damaged))
        };
        assert!(right, "cut at {cut}: {refused:?}");
    }
    for more in [1, TAG, frame] {
        let mut longer = file.clone();
        longer.extend(std::iter::repeat_n(0, more));
        assert!(matches!(read(&longer), Err(BackupFileError::Damaged)), "{more} more");
    }
}

#[test]
fn frames_moved_left_out_repeated_or_of_another_backup_are_refused() {
    let frame = FRAME + TAG;
    let (one, other) = (written(&sample(3 * FRAME)), written(&sample(3 * FRAME)));
    assert_ne!(one, other, "each file has a key of its own");
    let part = |file: &[u8], number: usize| file[HEADER + number * frame..HEADER + (number + 1) * frame].to_vec();
    let head = one[..HEADER].to_vec();
    let made = |parts: &[Vec<u8>]| [vec![head.clone()], parts.to_vec()].concat().concat();
    assert!(read(&made(&[part(&one, 0), part(&one, 1), part(&one, 2)])).is_ok());
    for wrong in [
        made(&[part(&one, 1), part(&one, 0), part(&one, 2)]),
        made(&[part(&one, 0), part(&one, 2)]),
        made(&[part(&one, 0), part(&one, 0), part(&one, 1), part(&one, 2)]),
        made(&[part(&one, 0), part(&other, 1), part(&one, 2)]),
        made(&[part(&other, 0), part(&other, 1), part(&other, 2)]),
        made(&[part(&one, 2)]),
    ] {
        assert!(matches!(read(&wrong), Err(BackupFileError::Damaged)));
    }
}

#[test]
fn another_file_a_newer_one_and_a_wrong_passphrase_are_told_apart() {
    assert!(matches!(read(b""), Err(BackupFileError::NotABackup)));
    assert!(matches!(read(&sample(5_000)), Err(BackupFileError::NotABackup)));
    let file = written(b"something");
    let mut newer = file.clone();
    newer[8] = 2;
    let digest = sha256(&newer[..HEADER - 32]);
    newer[HEADER - 32..HEADER].copy_from_slice(&digest);
    assert!(matches!(
        read(&newer),
        Err(BackupFileError::Newer {
            found: 2,
            known: VERSION
        })
    ));
    let wrong = BackupKey {
        key: Zeroizing::new([8; 32]),
        ..key()
    };
    assert!(matches!(
        BackupReader::open_with(&file[..], &wrong).map(|_| ()),
        Err(BackupFileError::WrongPassphrase)
    ));
    // A cost that would take the machine down is not ours, whatever its digest says.
    let mut dear = file;
    dear[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    let digest = sha256(&dear[..HEADER - 32]);
    dear[HEADER - 32..HEADER].copy_from_slice(&digest);
    assert!(matches!(
        BackupReader::open(&dear[..], &"une phrase de passe".into()).map(|_| ()),
        Err(BackupFileError::Damaged)
    ));
}

#[test]
fn a_passphrase_opens_and_its_key_can_be_kept() {
    assert!(matches!(
        BackupKey::of(&"trop court".into()),
        Err(VaultError::PassphraseTooShort { minimum: 12 })
    ));
    let phrase: SecretString = "une phrase de passe".into();
    let kept = BackupKey::from_text(&BackupKey::of(&phrase).unwrap().to_text()).unwrap();
    assert_eq!(format!("{kept:?}"), "BackupKey(…)");
    let mut writer = BackupWriter::begin(Vec::new(), &kept).unwrap();
    writer.put(b"abc").unwrap();
    let file = writer.finish().unwrap();
    let mut reader = BackupReader::open(&file[..], &phrase).unwrap();
    let mut octets = [0; 3];
    reader.fill(&mut octets).unwrap();
    assert!(reader.is_at_end() && &octets == b"abc");
    let other = BackupReader::open(&file[..], &"une autre phrase".into());
    assert!(matches!(other.map(|_| ()), Err(BackupFileError::WrongPassphrase)));
    assert!(BackupKey::from_text("{}").is_none());
}
