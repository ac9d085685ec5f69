use super::*;
use crate::compression::decoded;
use sluicegate_model::compression::ContentCoding;

const GZIP: Algorithm = Algorithm { coding: ContentCoding::Gzip, level: 1 };

#[test]
fn a_compressor_goes_back_when_its_body_ends_or_breaks() {
    let memory = Memory::default();
    let coders = Coders::new(memory.clone());
    let mut room = vec![0; 4096];
    let mut whole = coders.take(GZIP).unwrap();
    assert_eq!(memory.taken(), Coder::bytes(GZIP));
    whole.add(b"content", &mut room).unwrap();
    whole.finish(&mut room).unwrap();
    assert_eq!((memory.taken(), coders.spare(), whole.is_finished()), (0, 1, true));
    assert_eq!(whole.add(b"more", &mut room), Err(CoderFault));
    let mut broken = coders.take(GZIP).unwrap();
    assert_eq!(coders.spare(), 0);
    broken.add(b"half of", &mut room).unwrap();
    drop(broken);
    drop(whole);
    assert_eq!((memory.taken(), coders.spare()), (0, 1));
    // Nothing is left in it of the body that broke.
    let mut next = coders.take(GZIP).unwrap();
    let mut filled = next.add(b"another", &mut room).unwrap();
    filled += next.finish(&mut room[filled..]).unwrap();
    assert_eq!(decoded(ContentCoding::Gzip, &room[..filled]), b"another");
    assert_eq!(next.bytes(), (7, filled as u64));
}

#[test]
fn another_level_is_another_compressor() {
    let coders = Coders::new(Memory::default());
    drop(coders.take(GZIP));
    let other = coders.take(Algorithm { level: 9, ..GZIP });
    assert_eq!(coders.spare(), 1);
    drop(other);
    assert_eq!(coders.spare(), 2);
}

#[test]
fn there_are_no_more_than_memory_is_for() {
    let memory = Memory::default();
    let (one, other) = (Coders::new(memory.clone()), Coders::new(memory.clone()));
    let held = one.take(GZIP);
    memory.exhaust();
    assert!(other.take(GZIP).is_none());
    drop(held);
    assert!(other.take(GZIP).is_some());
    assert_eq!(memory.taken(), MEMORY - Coder::bytes(GZIP));
}

#[test]
fn a_worker_keeps_no_more_than_it_may() {
    let coders = Coders::new(Memory::default());
    let many: Vec<_> = (0..20).map(|_| coders.take(GZIP).unwrap()).collect();
    drop(many);
    assert_eq!(coders.spare(), KEPT / Coder::bytes(GZIP));
}

#[test]
fn what_is_kept_back_has_a_bound() {
    // Brotli would keep half a megabyte of what it cannot make shorter.
    for coding in [ContentCoding::Brotli, ContentCoding::Zstd, ContentCoding::Gzip] {
        let algorithm = Algorithm { coding, level: coding.levels().2 };
        let mut compressor = Coders::new(Memory::default()).take(algorithm).unwrap();
        let (mut room, mut state) = (vec![0; 200 << 10], 1_u64);
        let mut piece = vec![0; 40 << 10];
        for _ in 0..40 {
            piece.fill_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            });
            compressor.add(&piece, &mut room).unwrap();
        }
        compressor.finish(&mut room).unwrap();
        assert!(compressor.bytes().1 >= compressor.bytes().0, "{coding:?}");
    }
}
