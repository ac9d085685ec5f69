use sluicegate_proto::v1::{self, format_piece::Piece as Wire};

use super::*;
use crate::fake::{Fake, format, literal, piece, sampled};

fn alias(name: &str) -> v1::FormatPiece {
    piece(Wire::Alias(name.into()))
}

fn quoted(piece: v1::FormatPiece) -> v1::FormatPiece {
    v1::FormatPiece { quote: true, ..piece }
}

fn hexadecimal(piece: v1::FormatPiece) -> v1::FormatPiece {
    v1::FormatPiece { hexadecimal: true, ..piece }
}

fn rendered(pieces: Vec<v1::FormatPiece>, style: Style) -> String {
    let message = Fake::new("GET", "/a b\"\u{1}").with("X", "a\r\nb").with("Empty", "");
    let mut out = Vec::new();
    render(&format(pieces), &message, style, &mut Scratch::default(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn logs_show_what_is_missing_and_escape_what_is_strange() {
    let line = vec![
        alias("cp"),
        literal(" "),
        alias("CC"),
        literal(" "),
        quoted(alias("CC")),
        literal(" "),
        quoted(alias("r")),
        literal(" "),
        alias("hr"),
        literal(" "),
        sampled("hdr(none)"),
        literal(" "),
        sampled("path"),
    ];
    assert_eq!(rendered(line, Style::Log), "40000 - \"\" \"GET /#22#01 HTTP/1.1\" {a|b} - /a b#22#01");
}

#[test]
fn hexadecimal_numbers_and_addresses() {
    let pieces = vec![
        hexadecimal(alias("cp")),
        literal(":"),
        hexadecimal(sampled("src")),
        literal(":"),
        hexadecimal(sampled("src_port")),
        literal(":"),
        hexadecimal(sampled("method")),
    ];
    assert_eq!(rendered(pieces, Style::Log), "9C40:C0000207:9C40:GET");
}

#[test]
fn headers_stay_one_line() {
    assert_eq!(rendered(vec![literal("<"), sampled("hdr(x)"), literal(">")], Style::Header), "<a  b>");
    assert_eq!(rendered(vec![sampled("hdr(none)"), sampled("hdr(empty)")], Style::Header), "");
    assert_eq!(rendered(vec![sampled("str(%0d%0aSet-Cookie)|url_dec")], Style::Header), "  Set-Cookie");
}

#[test]
fn bodies_are_as_they_are() {
    assert_eq!(rendered(vec![sampled("hdr(x)"), sampled("src")], Style::Body), "a\r\nb192.0.2.7");
}

#[test]
fn formats_take_the_last_value_of_a_header() {
    let message = Fake::new("GET", "/?a=1&a=2").with("X", "1, 2").with("X", "3, 4");
    let pieces = ["hdr(x)", "hdr(x!1)", "req.fhdr(x)", "urlp(a)"].map(sampled).to_vec();
    let mut out = Vec::new();
    render(&format(pieces), &message, Style::Body, &mut Scratch::default(), &mut out);
    assert_eq!(out, b"413, 41");
}
