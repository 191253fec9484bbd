//! Backups that are not what was written: refused whole, and nothing is changed on the disk.

use std::path::Path;

use pli_engine::{BackupProblem, EngineError, backup_check};

use crate::desk::{MARTIN, SECRET, filled, home, restored, restored_with, saved, tree};

/// What stands before the first frame, and a frame with its tag.
const HEADER: usize = 132;
const FRAME: usize = 256 * 1024 + 16;

fn problem(refused: Result<pli_engine::BackupChecked, EngineError>) -> BackupProblem {
    match refused.unwrap_err() {
        EngineError::Backup(problem) => problem,
        other => panic!("{other}"),
    }
}

/// Neither reading nor restoring it does anything but say so.
fn is_refused(dir: &Path, octets: &[u8], expected: BackupProblem, what: &str) {
    let path = dir.join("damaged.plisauvegarde");
    std::fs::write(&path, octets).unwrap();
    let there = home(dir, "there");
    std::fs::create_dir_all(there.root()).unwrap();
    std::fs::write(
        there.root().join("profile.json"),
        br#"{"version":1,"profile":{"name":"Neuf"}}"#,
    )
    .unwrap();
    let before = tree(there.root());
    assert_eq!(
        problem(backup_check(&path, &SECRET.into(), |_, _| ())),
        expected,
        "{what}"
    );
    assert_eq!(problem(restored(&path, &there)), expected, "{what}");
    assert_eq!(tree(there.root()), before, "{what}: nothing is changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_damage_is_refused_whole() {
    let dir = tempfile::tempdir().unwrap();
    let here = home(dir.path(), "here");
    filled(&here, &[MARTIN], 40, 10_000);
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    saved(&here, &one).await;
    saved(&here, &other).await;
    let (one, other) = (std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
    let frames = (one.len() - HEADER).div_ceil(FRAME);
    assert!(frames >= 4, "{frames} frames");
    let refuse = |octets: &[u8], expected, what: &str| is_refused(dir.path(), octets, expected, what);

    // An octet changed: in each part of the header, and in each frame at its beginning, within, in its tag.
    for place in (8..HEADER).step_by(5) {
        let mut changed = one.clone();
        changed[place] ^= 0x40;
        refuse(
            &changed,
            BackupProblem::Damaged,
            &format!("octet {place} of the header"),
        );
    }
    for frame in 0..frames {
        let begin = HEADER + frame * FRAME;
        let end = (begin + FRAME).min(one.len());
        for place in [begin, begin + (end - begin) / 2, end - 1] {
            let mut changed = one.clone();
            changed[place] ^= 1;
            refuse(&changed, BackupProblem::Damaged, &format!("octet {place}"));
        }
        // A range of octets, as a bad disk gives.
        let mut changed = one.clone();
        changed[begin..end.min(begin + 4_096)].fill(0);
        refuse(&changed, BackupProblem::Damaged, &format!("a range of frame {frame}"));
    }
    // Cut at the end of each frame, and one octet before or after.
    for frame in 0..frames {
        let end = HEADER + frame * FRAME;
        for cut in [end - 1, end, end + 1] {
            refuse(&one[..cut], BackupProblem::Damaged, &format!("cut at {cut}"));
        }
    }
    refuse(&one[..one.len() - 1], BackupProblem::Damaged, "cut by one octet");
    let longer = [one.as_slice(), b"x"].concat();
    refuse(&longer, BackupProblem::Damaged, "one octet more");
    // Two backups of the same profile under the same passphrase, mixed.
    for frame in 0..frames {
        let (begin, end) = (
            HEADER + frame * FRAME,
            (HEADER + (frame + 1) * FRAME).min(one.len()).min(other.len()),
        );
        let mut mixed = one.clone();
        mixed[begin..end].copy_from_slice(&other[begin..end]);
        refuse(&mixed, BackupProblem::Damaged, &format!("frame {frame} of another"));
    }
    let mixed = [&other[..HEADER], &one[HEADER..]].concat();
    refuse(&mixed, BackupProblem::Damaged, "the header of another");
    let doubled = [one.as_slice(), other.as_slice()].concat();
    refuse(&doubled, BackupProblem::Damaged, "two in one");
    // A newer version says so, with its digest.
    let mut newer = one.clone();
    newer[8] = 9;
    let digest = ring::digest::digest(&ring::digest::SHA256, &newer[..HEADER - 32]);
    newer[HEADER - 32..HEADER].copy_from_slice(digest.as_ref());
    refuse(&newer, BackupProblem::Newer, "a newer version");
    // Another file.
    refuse(b"", BackupProblem::NotABackup, "an empty file");
    refuse(&[b'%'; 70_000], BackupProblem::NotABackup, "another file");
    refuse(&one[1..], BackupProblem::NotABackup, "a beginning cut off");

    // And the one that is whole is not refused, but for its passphrase.
    let path = dir.path().join("one");
    let there = home(dir.path(), "there");
    let before = tree(there.root());
    let wrong = restored_with(&path, &there, "une autre phrase");
    assert_eq!(problem(wrong), BackupProblem::WrongPassphrase);
    assert_eq!(tree(there.root()), before);
    restored(&path, &there).unwrap();
    // A profile that holds something is left alone.
    let before = tree(there.root());
    assert_eq!(problem(restored(&path, &there)), BackupProblem::NotEmpty);
    assert_eq!(tree(there.root()), before);
}

#[test]
fn a_folder_and_a_file_that_is_not_there_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let there = home(dir.path(), "there");
    assert!(restored(dir.path(), &there).is_err());
    assert!(matches!(
        restored(&dir.path().join("absent"), &there),
        Err(EngineError::File { .. })
    ));
    assert_eq!(tree(there.root()).len(), 0);
}
