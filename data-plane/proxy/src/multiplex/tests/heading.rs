use std::io;

use crate::h1::Kind;
use crate::multiplex::heading::Heading;

const HEAD: &[u8] = b"GET /a HTTP/1.1\r\nHost: site.test\r\n\r\n";

/// Writes it in pieces: what stands behind the head, and the target.
fn written(bytes: &[u8], piece: usize) -> io::Result<Option<(usize, Vec<u8>)>> {
    let (mut heading, mut at) = (Heading::default(), 0);
    for piece in bytes.chunks(piece) {
        let taken = heading.take(piece, Kind::Request, |head, bytes| Ok(head.target(bytes).to_vec()))?;
        at += taken.0;
        if let Some(target) = taken.1 {
            return Ok(Some((at, target)));
        }
        assert_eq!(taken.0, piece.len(), "all of a part is taken");
    }
    Ok(None)
}

#[test]
fn a_head_may_come_in_pieces_of_any_size() {
    let bytes = [HEAD, b"and its body"].concat();
    for piece in 1..bytes.len() {
        let (at, target) = written(&bytes, piece).unwrap().unwrap();
        assert_eq!((at, target.as_slice()), (HEAD.len(), &b"/a"[..]), "pieces of {piece}");
        assert_eq!(written(&HEAD[..HEAD.len() - 1], piece).unwrap(), None);
    }
}

#[test]
fn what_is_no_head_is_an_error() {
    for piece in [1, 5, 100] {
        assert!(written(b"GET /a HTTP/1.1\r\nHost site.test\r\n\r\n", piece).is_err());
        assert!(written(b"HTTP/1.1 200 OK\r\n\r\n", piece).is_err());
    }
    let mut heading = Heading::default();
    assert!(heading.take::<()>(HEAD, Kind::Request, |_, _| Err(io::ErrorKind::InvalidData.into())).is_err());
}
