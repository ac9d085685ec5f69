//! Whom the request is for.

use super::{Case, refused};
use crate::h1::Fault;

/// Whom the request is for.
pub(super) const CASES: &[Case] = &[
    refused("host missing", b"GET / HTTP/1.1\r\nX: y\r\n\r\n", Fault::MissingHost),
    refused("host missing, no header at all", b"GET / HTTP/1.1\r\n\r\n", Fault::MissingHost),
    refused("host twice", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Fault::RepeatedHost),
    refused("host twice, same", b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", Fault::RepeatedHost),
    refused("host twice in http/1.0", b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", Fault::RepeatedHost),
    refused("host with userinfo", b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Fault::InvalidHost),
    refused("host with user and password", b"GET / HTTP/1.1\r\nHost: u:p@a\r\n\r\n", Fault::InvalidHost),
    refused("host with a path", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Fault::InvalidHost),
    refused("host with a blank", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Fault::InvalidHost),
    refused("host as a list", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", Fault::InvalidHost),
    refused("host with a query", b"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", Fault::InvalidHost),
    refused("host with a fragment", b"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", Fault::InvalidHost),
    refused("host with a port of letters", b"GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", Fault::InvalidHost),
    refused("host with a port over 65535", b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", Fault::InvalidHost),
    refused("host with two ports", b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", Fault::InvalidHost),
    refused("host with a signed port", b"GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", Fault::InvalidHost),
    refused("host with only a port", b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", Fault::InvalidHost),
    refused("host with an unclosed literal", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", Fault::InvalidHost),
    refused("host with a literal that is none", b"GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", Fault::InvalidHost),
    refused(
        "host with bytes behind a literal",
        b"GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n",
        Fault::InvalidHost,
    ),
    refused("host with a bad escape", b"GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", Fault::InvalidHost),
    refused("host with a backslash", b"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", Fault::InvalidHost),
    refused("host with a quote", b"GET / HTTP/1.1\r\nHost: a\"b\r\n\r\n", Fault::InvalidHost),
    refused("host with an angle bracket", b"GET / HTTP/1.1\r\nHost: a<b\r\n\r\n", Fault::InvalidHost),
    refused("host with non-ascii", b"GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n", Fault::InvalidHost),
    refused("host of a bare IPv6 address", b"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", Fault::InvalidHost),
    refused("host with a scheme", b"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", Fault::InvalidHost),
    refused(
        "host of the target and the header differ",
        b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
        Fault::HostMismatch,
    ),
    refused(
        "port of the target and the header differ",
        b"GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n",
        Fault::HostMismatch,
    ),
    refused(
        "host empty beside an absolute target",
        b"GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n",
        Fault::HostMismatch,
    ),
    refused("host missing beside an absolute target", b"GET http://a/ HTTP/1.1\r\n\r\n", Fault::MissingHost),
    refused(
        "host of CONNECT and the header differ",
        b"CONNECT a:1 HTTP/1.1\r\nHost: b:1\r\n\r\n",
        Fault::HostMismatch,
    ),
];
