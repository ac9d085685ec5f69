use super::*;
use crate::v1::Kind;

#[test]
fn hexadecimal_comes_back() {
    let hash = ContentHash::of(b"sluice");
    assert_eq!(ContentHash::from_hex(&hash.to_string()), Ok(hash));
    assert_eq!(hash.short().len(), 8);
    assert_eq!(ContentHash::from_hex(&hash.to_string().to_uppercase()), Err(InvalidHash));
    assert_eq!(ContentHash::from_hex("00"), Err(InvalidHash));
    assert_eq!(ContentHash::try_from(&hash.0[..31]), Err(InvalidHash));
}

#[test]
fn snapshot_hash_tells_parts_apart() {
    let one = ObjectKey::new("ab", "c", Kind::Backend, "d").unwrap();
    let other = ObjectKey::new("a", "bc", Kind::Backend, "d").unwrap();
    let content = ContentHash::of(b"");
    assert_ne!(snapshot_hash([(&one, content)]), snapshot_hash([(&other, content)]));
    assert_ne!(snapshot_hash([(&one, content)]), snapshot_hash([(&one, ContentHash::of(b"x"))]));
    assert_eq!(snapshot_hash([(&one, content)]), snapshot_hash([(&one, content)]));
}
