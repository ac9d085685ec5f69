use std::os::unix::fs::PermissionsExt;

use sluicegate_proto::v1::{Generation, Resource};

use super::*;

fn snapshot(number: u64) -> Update {
    Update {
        generation: Some(Generation { epoch: 1, number, hash: vec![7; 32].into() }),
        changed: vec![Resource { order: "a".repeat(1_000), ..Resource::default() }],
        ..Update::default()
    }
}

fn file(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join(SNAPSHOT)
}

#[test]
fn what_was_saved_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::open(dir.path()).unwrap();
    assert_eq!(state.load().unwrap(), None);
    state.save(&snapshot(1)).unwrap();
    state.save(&snapshot(2)).unwrap();
    assert_eq!(state.load().unwrap(), Some(snapshot(2)));
    assert_eq!(fs::metadata(file(&dir)).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!dir.path().join("snapshot.new").exists());
}

#[test]
fn what_was_left_half_written_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::open(dir.path()).unwrap();
    state.save(&snapshot(1)).unwrap();
    fs::write(dir.path().join("snapshot.new"), "half").unwrap();
    assert_eq!(state.load().unwrap(), Some(snapshot(1)));
    state.save(&snapshot(2)).unwrap();
    assert_eq!(state.load().unwrap(), Some(snapshot(2)));
}

fn corruption(dir: &tempfile::TempDir, state: &StateDir, bytes: &[u8]) -> Corruption {
    fs::write(file(dir), bytes).unwrap();
    match state.load() {
        Err(StateError::Corrupt { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_whole_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::open(dir.path()).unwrap();
    state.save(&snapshot(1)).unwrap();
    let good = fs::read(file(&dir)).unwrap();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let corrupt = |bytes: &[u8]| corruption(&dir, &state, bytes);
    assert_eq!(corrupt(b""), Corruption::Short);
    assert_eq!(corrupt(&good[..40]), Corruption::Short);
    assert_eq!(corrupt(&changed(0)), Corruption::Mark);
    assert_eq!(corrupt(&changed(16)), Corruption::Schema(SCHEMA ^ 1));
    assert!(matches!(corrupt(&changed(27)), Corruption::TooLong(_)));
    assert!(matches!(corrupt(&good[..good.len() - 1]), Corruption::Length { .. }));
    assert!(matches!(corrupt(&[&good[..], b"x"].concat()), Corruption::Length { .. }));
    assert_eq!(corrupt(&changed(good.len() - 1)), Corruption::Checksum);
    assert_eq!(corrupt(&changed(30)), Corruption::Checksum);
    state.save(&Update { base: vec![1; 32].into(), ..snapshot(1) }).unwrap();
    let partial = fs::read(file(&dir)).unwrap();
    assert_eq!(corrupt(&partial), Corruption::Partial);
}

#[test]
fn the_id_stays_and_the_directory_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/er");
    let state = StateDir::open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(matches!(StateDir::open(&path), Err(StateError::InUse(_))));
    assert_eq!(state.proxy_id("first").unwrap(), "first");
    assert_eq!(state.proxy_id("second").unwrap(), "first");
    drop(state);
    assert_eq!(StateDir::open(&path).unwrap().proxy_id("third").unwrap(), "first");
}
