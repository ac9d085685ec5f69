use std::io::Read;

use proptest::prelude::*;

use super::*;

/// All that do something, at their usual levels, and at the ends of these.
fn all() -> Vec<Algorithm> {
    let codings = ContentCoding::ALL.into_iter().filter(|coding| *coding != ContentCoding::Identity);
    codings
        .flat_map(|coding| {
            let (least, most, usual) = coding.levels();
            [least, usual, most].map(|level| Algorithm { coding, level })
        })
        .collect()
}

/// What a client reads of it.
pub(crate) fn decoded(coding: ContentCoding, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match coding {
        ContentCoding::Identity => out.extend_from_slice(bytes),
        ContentCoding::Gzip => drop(flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap()),
        ContentCoding::Deflate => drop(flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut out).unwrap()),
        ContentCoding::RawDeflate => {
            flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut out).unwrap();
        }
        ContentCoding::Brotli => drop(brotli::Decompressor::new(bytes, 4096).read_to_end(&mut out).unwrap()),
        ContentCoding::Zstd => out = zstd::stream::decode_all(bytes).unwrap(),
    }
    out
}

/// Text that repeats itself here and there.
fn text(length: usize) -> Vec<u8> {
    let words =
        (0_u32..).flat_map(|number| format!("line {} of {}\n", number * number % 977, number).into_bytes());
    words.take(length).collect()
}

/// What nothing makes shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

struct Body {
    coder: Coder,
    room: Vec<u8>,
    out: Vec<u8>,
}

impl Body {
    fn new(algorithm: Algorithm) -> Self {
        Self { coder: Coder::new(algorithm).unwrap(), room: vec![0; 224 << 10], out: Vec::new() }
    }

    fn run(&mut self, input: &[u8], until: Until) {
        let filled = self.coder.run(input, until, &mut self.room).unwrap();
        self.out.extend_from_slice(&self.room[..filled]);
    }
}

#[test]
fn a_body_comes_back_as_it_was_and_the_next_one_too() {
    for algorithm in all() {
        let mut body = Body::new(algorithm);
        for content in [text(100_000), Vec::new(), noise(70_000), b"x".to_vec()] {
            for piece in content.chunks(16_384) {
                body.run(piece, Until::Free);
            }
            body.run(b"", Until::Finish);
            assert!(decoded(algorithm.coding, &body.out) == content, "{algorithm:?}");
            body.out.clear();
            if !body.coder.restart() {
                assert_eq!(algorithm.coding, ContentCoding::Brotli);
                body.coder = Coder::new(algorithm).unwrap();
            }
        }
    }
}

#[test]
fn what_is_flushed_can_be_read() {
    for algorithm in all() {
        let mut body = Body::new(algorithm);
        body.run(b"data: first\n\n", Until::Flush);
        let mut reader: Box<dyn Read> = match algorithm.coding {
            ContentCoding::Gzip => Box::new(flate2::read::GzDecoder::new(&*body.out)),
            ContentCoding::Deflate => Box::new(flate2::read::ZlibDecoder::new(&*body.out)),
            ContentCoding::Brotli => Box::new(brotli::Decompressor::new(&*body.out, 4096)),
            ContentCoding::Zstd => Box::new(zstd::stream::read::Decoder::new(&*body.out).unwrap()),
            _ => Box::new(flate2::read::DeflateDecoder::new(&*body.out)),
        };
        let mut read = [0; 13];
        reader.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"data: first\n\n", "{algorithm:?}");
    }
}

#[test]
fn output_that_does_not_fit_is_a_fault_and_no_loss() {
    for algorithm in all() {
        let mut coder = Coder::new(algorithm).unwrap();
        assert_eq!(coder.run(&noise(10_000), Until::Finish, &mut [0; 100]), Err(CoderFault), "{algorithm:?}");
    }
}

#[test]
fn identity_has_no_coder() {
    assert!(Coder::new(Algorithm { coding: ContentCoding::Identity, level: 0 }).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_pieces_with_flushes_anywhere_come_back(
        pieces in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..3_000), any::<bool>()), 0..12),
        noisy: bool,
    ) {
        let pieces: Vec<(Vec<u8>, bool)> = pieces
            .into_iter()
            .map(|(piece, flush)| (if noisy { piece } else { text(piece.len() * 4) }, flush))
            .collect();
        let content: Vec<u8> = pieces.iter().flat_map(|(piece, _)| piece.clone()).collect();
        for coding in ContentCoding::ALL.into_iter().filter(|coding| *coding != ContentCoding::Identity) {
            let mut body = Body::new(Algorithm { coding, level: coding.levels().2 });
            for (piece, flush) in &pieces {
                body.run(piece, if *flush { Until::Flush } else { Until::Free });
            }
            body.run(b"", Until::Finish);
            prop_assert!(decoded(coding, &body.out) == content, "{:?}", coding);
        }
    }
}
