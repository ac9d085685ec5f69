use super::*;
use crate::v1::{ObjectId, Resource};

fn update(resources: usize) -> Update {
    Update {
        base: Bytes::from_static(&[7; 32]),
        changed: (0..resources)
            .map(|number| Resource { order: format!("{number:0100}"), ..Resource::default() })
            .collect(),
        removed: vec![ObjectId::default()],
        ..Update::default()
    }
}

#[test]
fn goes_in_pieces_and_comes_back() {
    for resources in [0, 1, 20_000] {
        let sent = update(resources);
        let encoded = encode(&sent).unwrap();
        let pieces: Vec<_> = pieces(encoded.clone()).collect();
        assert_eq!(pieces.len(), encoded.len().div_ceil(MAX_CHUNK_BYTES));
        let mut reassembler = Reassembler::new();
        let last = pieces.len() - 1;
        for (at, piece) in pieces.into_iter().enumerate() {
            let whole = reassembler.push(piece).unwrap();
            assert_eq!(whole.is_some(), at == last);
            if let Some(whole) = whole {
                assert_eq!(decode(whole).unwrap(), sent);
            }
        }
    }
}

#[test]
fn an_empty_update_is_one_piece() {
    let mut all = pieces(Bytes::new());
    let only = all.next().unwrap();
    assert!(only.last && all.next().is_none());
    assert_eq!(Reassembler::new().push(only), Ok(Some(Bytes::new())));
}

fn piece(data: &'static [u8], last: bool, total_bytes: u64) -> Chunk {
    Chunk { data: Bytes::from_static(data), last, total_bytes }
}

#[test]
fn an_update_over_the_limit_is_refused_at_its_first_piece() {
    let mut reassembler = Reassembler::with_limit(10);
    let refused = reassembler.push(piece(b"ab", false, 11));
    assert_eq!(refused, Err(InvalidChunk::UpdateTooLong { bytes: 11, limit: 10 }));
    assert_eq!(reassembler.push(piece(b"0123456789", true, 10)), Ok(Some(Bytes::from_static(b"0123456789"))));
}

#[test]
fn pieces_that_do_not_fit_are_refused() {
    let mut reassembler = Reassembler::new();
    assert_eq!(reassembler.push(piece(b"", false, 4)), Err(InvalidChunk::Empty));
    assert_eq!(reassembler.push(piece(b"abcde", false, 4)), Err(InvalidChunk::Length { total: 4, bytes: 5 }));
    assert_eq!(reassembler.push(piece(b"abc", true, 4)), Err(InvalidChunk::Length { total: 4, bytes: 3 }));
    assert_eq!(reassembler.push(piece(b"ab", false, 4)), Ok(None));
    assert_eq!(reassembler.push(piece(b"cd", true, 5)), Err(InvalidChunk::TotalChanged { first: 4, now: 5 }));
    let long = Chunk { data: vec![0; MAX_CHUNK_BYTES + 1].into(), last: true, total_bytes: 1 << 20 };
    assert_eq!(reassembler.push(long), Err(InvalidChunk::ChunkTooLong { bytes: MAX_CHUNK_BYTES + 1 }));
}

#[test]
fn too_many_objects_are_counted_before_they_are_decoded() {
    let bomb: Bytes = [0x22, 0].repeat(MAX_RESOURCES + 1).into();
    assert_eq!(decode(bomb), Err(InvalidChunk::TooManyResources { count: MAX_RESOURCES + 1 }));
}

#[test]
fn other_bytes_are_refused() {
    for bytes in [&b"\xff"[..], b"\x22\xff", b"\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x08\x01"] {
        assert!(decode(Bytes::copy_from_slice(bytes)).is_err(), "{bytes:?}");
    }
}
