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

#[test]
fn no_byte_of_a_client_goes_where_it_may_not_be_whatever_its_place() {
    // Lengths at which the scan takes other steps, and the places where its steps meet.
    let cases =
        [1, 3, 4, 5, 7, 8, 13, 16, 17, 32, 33, 41].map(|length| (length, [0, length / 2, length - 1]));
    for (length, place) in cases.into_iter().flat_map(|(length, places)| places.map(|place| (length, place)))
    {
        for byte in 0..=u8::MAX {
            let mut target = vec![b'a'; length];
            target[place] = byte;
            for (style, mark, test) in STYLES {
                let mut expected = Vec::new();
                for &byte in &target {
                    match (test(byte), mark) {
                        (false, _) => expected.push(byte),
                        (true, Some(mark)) => expected.extend(format!("{mark}{byte:02X}").into_bytes()),
                        (true, None) => expected.push(b' '),
                    }
                }
                let mut out = b"x".to_vec();
                escape(&target, style, &mut out);
                assert_eq!(out[1..], expected, "{style:?}");
                out.truncate(1);
                out.extend_from_slice(&target);
                escape_from(1, style, &mut b"left".to_vec(), &mut out);
                assert_eq!(out[1..], expected, "{style:?}");
            }
        }
    }
}

type Rule = (Style, Option<char>, fn(u8) -> bool);

const STYLES: [Rule; 4] = [
    (Style::Log, Some('#'), |byte| !byte.is_ascii_graphic() && byte != b' ' || b"\"#".contains(&byte)),
    (Style::Body, None, |_| false),
    (Style::Header, None, |byte| b"\r\n\0".contains(&byte)),
    (Style::Location, Some('%'), |byte| !byte.is_ascii_graphic() || b"\"<>\\^`{|}".contains(&byte)),
];
