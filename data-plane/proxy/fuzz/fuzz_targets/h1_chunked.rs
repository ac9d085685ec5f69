//! Any bytes as a chunked body. The first input byte is the size of the pieces in which they arrive.
//!
//! Checked: no panic; pieces get the same verdict as the whole; the decoder's content, chunked again, decodes to the
//! same content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_engine::h1::{CHUNK_END, Chunked, Fed, InvalidChunk, LAST_CHUNK, chunk_header};

fn feed(bytes: &[u8], size: usize) -> Result<(Fed, bool), InvalidChunk> {
    let (mut chunked, mut total) = (Chunked::default(), Fed::default());
    for piece in bytes.chunks(size) {
        let fed = chunked.feed(piece)?;
        assert!(fed.used <= piece.len() && fed.data <= fed.used as u64);
        assert!(fed.used == piece.len() || chunked.is_done());
        total.used += fed.used;
        total.data += fed.data;
    }
    Ok((total, chunked.is_done()))
}

/// The content of a sound body.
fn content(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut chunked, mut rest, mut pieces) = (Chunked::default(), bytes, Vec::new());
    while !rest.is_empty() && !chunked.is_done() {
        let step = chunked.step(rest).expect("sound before");
        assert!(step.used > 0);
        if !step.data.is_empty() {
            pieces.push(rest[step.data].to_vec());
        }
        rest = &rest[step.used..];
    }
    pieces
}

fuzz_target!(|data: &[u8]| {
    let Some((&control, bytes)) = data.split_first() else { return };
    let whole = feed(bytes, usize::MAX);
    assert_eq!(feed(bytes, usize::from(control) + 1), whole);
    assert_eq!(feed(bytes, 1), whole);
    let Ok((fed, done)) = whole else { return };

    let pieces = content(bytes);
    assert_eq!(pieces.iter().map(|piece| piece.len() as u64).sum::<u64>(), fed.data);
    if !done {
        return;
    }
    let mut again = Vec::new();
    for piece in &pieces {
        again.extend_from_slice(chunk_header(piece.len() as u64).as_ref());
        again.extend_from_slice(piece);
        again.extend_from_slice(CHUNK_END);
    }
    again.extend_from_slice(LAST_CHUNK);
    assert_eq!(feed(&again, usize::MAX), Ok((Fed { used: again.len(), data: fed.data }, true)));
    assert_eq!(content(&again), pieces);
});
