use std::io::Read;

use proptest::prelude::*;
use sluicegate_model::compression::{Algorithm, ContentCoding};

use super::*;
use crate::compression::{Coders, Memory, decoded};

const GZIP: Algorithm = Algorithm { coding: ContentCoding::Gzip, level: 1 };

fn bench(framing: Framing) -> Bench {
    let mut bench = Bench::new(framing, Coding::Compress);
    bench.transfer.compress_with(Coders::new(Memory::default()).take(GZIP).unwrap());
    bench
}

/// The content of chunks that gzip went into, and the trailers; `None`: they are not complete.
fn read(chunks: &[u8]) -> (String, Option<String>) {
    let (mut packed, mut at) = (Vec::new(), 0);
    let mut chunked = crate::h1::Chunked::default();
    let mut trailers = None;
    while at < chunks.len() {
        if chunked.is_past_content() && trailers.is_none() {
            trailers = Some(String::from_utf8(chunks[at..].to_vec()).unwrap());
        }
        let step = chunked.step(&chunks[at..]).unwrap();
        packed.extend_from_slice(&chunks[at..][step.data]);
        at += step.used;
        assert!(step.used > 0, "bytes behind the end");
    }
    let mut text = Vec::new();
    let whole = flate2::read::GzDecoder::new(&*packed).read_to_end(&mut text);
    assert_eq!(whole.is_ok(), chunked.is_done());
    (String::from_utf8(text).unwrap(), trailers.filter(|_| chunked.is_done()))
}

#[test]
fn a_length_becomes_chunks() {
    run(async {
        let mut bench = bench(Framing::Length(5));
        let mut got = bench.pass(b"abc").await.1;
        let (moved, arrived) = bench.pass(b"de!").await;
        got.extend(arrived);
        assert!(matches!(moved, Poll::Ready(Ok(()))));
        assert_eq!(read(&got), ("abcde".to_owned(), Some("\r\n".to_owned())));
        assert!(bench.transfer.is_done() && bench.transfer.has_surplus());
        assert_eq!((bench.transfer.received(), bench.transfer.written()), (5, got.len() as u64));
        assert_eq!(bench.transfer.compressor().unwrap().bytes().0, 5);
    });
}

#[test]
fn chunks_are_packed_anew_wherever_they_are_cut_and_trailers_stay() {
    run(async {
        let whole = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\nZ: 1\r\n\r\n";
        for cut in 1..whole.len() {
            let mut bench = bench(Framing::Chunked);
            let mut got = bench.pass(&whole[..cut]).await.1;
            got.extend(bench.pass(&whole[cut..]).await.1);
            let expected = ("abcde".to_owned(), Some("X: y\r\nZ: 1\r\n\r\n".to_owned()));
            assert_eq!(read(&got), expected, "cut at {cut}");
            assert!(bench.transfer.is_done());
        }
    });
}

#[test]
fn a_sender_that_pauses_is_read_to_its_last_byte() {
    run(async {
        let mut bench = bench(Framing::Chunked);
        let mut got = bench.pass(b"6\r\nfirst \r\n").await.1;
        assert_eq!(read(&got), ("first ".to_owned(), None));
        // Nothing came, so nothing is to be brought out.
        assert_eq!(bench.moved().await.1, b"");
        got.extend(bench.pass(b"6\r\nsecond\r\n").await.1);
        assert_eq!(read(&got), ("first second".to_owned(), None));
    });
}

#[test]
fn a_body_without_content_has_one_chunk_of_its_own() {
    run(async {
        let mut bench = bench(Framing::Chunked);
        let got = bench.pass(b"0\r\n\r\n").await.1;
        assert_eq!(read(&got), (String::new(), Some("\r\n".to_owned())));
    });
}

#[test]
fn an_end_that_comes_too_early_ends_no_compressed_body() {
    run(async {
        let mut bench = bench(Framing::Length(50));
        let got = bench.pass(b"abc").await.1;
        assert_eq!(read(&got), ("abc".to_owned(), None));
        drop(std::mem::replace(&mut bench.sender, UnixStream::pair().unwrap().0));
        assert!(matches!(bench.moved().await.0, Poll::Ready(Err(Broken::SenderClosed))));
    });
}

#[test]
fn a_large_body_passes_a_receiver_that_reads_late() {
    run(async {
        let content: Vec<u8> =
            (0..3_000_000_u32).map(|at| (at.wrapping_mul(at) >> 11) as u8 & 0x7f).collect();
        let mut bench = bench(Framing::Length(content.len() as u64));
        let (mut sent, mut got) = (0, Vec::new());
        while !bench.transfer.is_done() {
            sent += bench.sender.try_write(&content[sent..]).unwrap_or(0);
            let (moved, arrived) = bench.moved().await;
            assert!(!matches!(moved, Poll::Ready(Err(_))), "{moved:?}");
            got.extend(arrived);
        }
        got.extend(bench.moved().await.1);
        assert!(read(&got).0.into_bytes() == content);
        // Reads stay small, whatever the receiver takes.
        assert_eq!(bench.transfer.window, SMALL_WINDOW);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_body_in_any_pieces_comes_back(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..5_000), 0..8),
        cuts in proptest::collection::vec(1..9_000_usize, 1..20),
        coding in 1..ContentCoding::ALL.len(),
        chunked: bool,
    ) {
        let coding = ContentCoding::ALL[coding];
        let content = chunks.concat();
        let mut raw = content.clone();
        let mut framing = Framing::Length(content.len() as u64);
        if chunked || content.is_empty() {
            framing = Framing::Chunked;
            raw.clear();
            for chunk in &chunks {
                raw.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                raw.extend_from_slice(chunk);
                raw.extend_from_slice(b"\r\n");
            }
            raw.extend_from_slice(b"0\r\nA: b\r\n\r\n");
        }
        let mut transfer = Transfer::default();
        transfer.begin(framing, Coding::Compress);
        let algorithm = Algorithm { coding, level: coding.levels().2 };
        transfer.compress_with(Coders::new(Memory::default()).take(algorithm).unwrap());
        let (mut scratch, mut sent, mut rest) = (Lender::default().lend(), Vec::new(), &*raw);
        for cut in cuts.iter().cycle() {
            let (piece, behind) = rest.split_at((*cut).min(rest.len()));
            scratch.window(piece.len())[..piece.len()].copy_from_slice(piece);
            let (start, end) = transfer.recode(&mut scratch, piece.len(), None).unwrap();
            sent.extend_from_slice(scratch.slice(start, end));
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert!(transfer.is_received() && !transfer.has_surplus());
        let (mut packed, mut at, mut body) = (Vec::new(), 0, crate::h1::Chunked::default());
        while at < sent.len() {
            let step = body.step(&sent[at..]).unwrap();
            packed.extend_from_slice(&sent[at..][step.data]);
            at += step.used;
        }
        prop_assert!(body.is_done() && decoded(coding, &packed) == content);
    }
}
