//! Where lines and fields end.

use super::{Case, refused};
use crate::h1::Fault;

/// Where lines and fields end.
pub(super) const CASES: &[Case] = &[
    refused(
        "content-length with a vertical tab",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \x0b3\r\n\r\nabc",
        Fault::InvalidValue,
    ),
    refused(
        "transfer-encoding with a vertical tab",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        Fault::InvalidValue,
    ),
    refused(
        "transfer-encoding with a form feed",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x0c\r\n\r\n0\r\n\r\n",
        Fault::InvalidValue,
    ),
    refused(
        "transfer-encoding with a NUL",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n",
        Fault::InvalidValue,
    ),
    refused(
        "transfer-encoding behind a bare carriage return",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Fault::BareCarriageReturn,
    ),
    refused(
        "transfer-encoding behind a bare line feed",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Fault::BareLineFeed,
    ),
    refused(
        "transfer-encoding with a blank before the colon",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        Fault::BlankInName,
    ),
    refused(
        "transfer-encoding with a tab before the colon",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
        Fault::BlankInName,
    ),
    refused(
        "transfer-encoding folded",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n , identity\r\n\r\n0\r\n\r\n",
        Fault::ObsoleteFold,
    ),
    refused(
        "content-length with a blank before the colon",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc",
        Fault::BlankInName,
    ),
    refused("folded with a blank", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", Fault::ObsoleteFold),
    refused("folded with a tab", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", Fault::ObsoleteFold),
    refused(
        "blank line with a blank in it",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n \r\n\r\n",
        Fault::ObsoleteFold,
    ),
    refused(
        "blank before the first header",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        Fault::BlankBeforeFirstField,
    ),
    refused(
        "tab before the first header",
        b"GET / HTTP/1.1\r\n\tX: a\r\nHost: a\r\n\r\n",
        Fault::BlankBeforeFirstField,
    ),
    refused("line feeds alone", b"GET / HTTP/1.1\nHost: a\n\n", Fault::BareLineFeed),
    refused("line feed alone behind a header", b"GET / HTTP/1.1\r\nHost: a\n\r\n", Fault::BareLineFeed),
    refused("line feed alone ends the head", b"GET / HTTP/1.1\r\nHost: a\r\n\n", Fault::BareLineFeed),
    refused(
        "carriage return inside a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        Fault::BareCarriageReturn,
    ),
    refused(
        "carriage return twice",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n",
        Fault::BareCarriageReturn,
    ),
    refused(
        "carriage return alone ends the head",
        b"GET / HTTP/1.1\r\nHost: a\r\n\rX",
        Fault::BareCarriageReturn,
    ),
    refused("carriage return in a name", b"GET / HTTP/1.1\r\nHost: a\r\nX\rY: a\r\n\r\n", Fault::InvalidName),
    refused(
        "carriage return behind the version",
        b"GET / HTTP/1.1\rHost: a\r\n\r\n",
        Fault::BareCarriageReturn,
    ),
    refused("name empty", b"GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", Fault::InvalidName),
    refused("line without a colon", b"GET / HTTP/1.1\r\nHost: a\r\nXa\r\n\r\n", Fault::InvalidName),
    refused("blank inside a name", b"GET / HTTP/1.1\r\nHost: a\r\nX Y: a\r\n\r\n", Fault::BlankInName),
    refused("NUL in a name", b"GET / HTTP/1.1\r\nHost: a\r\nX\x00Y: a\r\n\r\n", Fault::InvalidName),
    refused("non-ascii name", b"GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: a\r\n\r\n", Fault::InvalidName),
    refused("slash in a name", b"GET / HTTP/1.1\r\nHost: a\r\nX/Y: a\r\n\r\n", Fault::InvalidName),
    refused("DEL in a name", b"GET / HTTP/1.1\r\nHost: a\r\nX\x7f: a\r\n\r\n", Fault::InvalidName),
    refused("NUL in a value", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", Fault::InvalidValue),
    refused("bell in a value", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x07b\r\n\r\n", Fault::InvalidValue),
    refused("backspace in a value", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x08b\r\n\r\n", Fault::InvalidValue),
    refused(
        "vertical tab in a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x0bb\r\n\r\n",
        Fault::InvalidValue,
    ),
    refused("form feed in a value", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x0cb\r\n\r\n", Fault::InvalidValue),
    refused("escape in a value", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x1bb\r\n\r\n", Fault::InvalidValue),
    refused("DEL in a value", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n", Fault::InvalidValue),
    refused(
        "five empty lines first",
        b"\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Fault::TooManyEmptyLines,
    ),
    refused("line feed before the request", b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Fault::BareLineFeed),
    refused(
        "carriage return before the request",
        b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Fault::BareCarriageReturn,
    ),
];
