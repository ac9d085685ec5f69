//! Tests of the codec, one file per part.

mod chunked;
mod differential;
mod edits;
mod framing;
mod parse;
mod properties;
mod refused;
mod scan;

use super::{Edits, Head, InvalidHead, Limits, Parsed, View};

/// A request that must parse, and its head's length.
fn request(buf: &[u8]) -> (Head, usize) {
    let mut head = Head::new();
    match head.parse_request(buf, &Limits::default()) {
        Ok(Parsed::Complete { head_len }) => (head, head_len),
        other => panic!("{other:?} for {:?}", String::from_utf8_lossy(buf)),
    }
}

/// A response that must parse.
fn response(buf: &[u8]) -> Head {
    let mut head = Head::new();
    match head.parse_response(buf, &Limits::default()) {
        Ok(Parsed::Complete { .. }) => head,
        other => panic!("{other:?} for {:?}", String::from_utf8_lossy(buf)),
    }
}

fn parse_request(buf: &[u8]) -> Result<Parsed, InvalidHead> {
    Head::new().parse_request(buf, &Limits::default())
}

fn parse_response(buf: &[u8]) -> Result<Parsed, InvalidHead> {
    Head::new().parse_response(buf, &Limits::default())
}

/// The head as sent, whichever way it is rendered.
fn rendered(head: &Head, buf: &[u8], edits: &Edits) -> Vec<u8> {
    let view = View::new(head, buf, edits);
    let mut out = Vec::new();
    view.render(&mut out);
    let mut room = vec![0; out.len() + 7];
    assert_eq!(view.render_before(&mut room), Some(7));
    assert_eq!(room[7..], out);
    assert_eq!(view.render_before(&mut room[8..]), None);
    out
}
