//! Scripts over bytes, and answers to them.

use sluicegate_e2e::Does::{Closes, Floods, Hangs, Hears, HearsHead, Pauses, Resets, Says};

use super::{Case, case, sent, with};

pub(super) const CASES: &[Case] = &[
    case("none", &[], &[]),
    case("tcp_alone", &["option tcp-check"], &[]),
    case("explicit_connect", &["option tcp-check", "tcp-check connect"], &[]),
    with("port 1", "refused", &[], &[]),
    with("port 1", "refused_http", &["option httpchk"], &[]),
    case("refused_step", &["option tcp-check", "tcp-check connect port 1", "tcp-check expect string x"], &[]),
    with("port 1", "refused_first", &["option tcp-check", "tcp-check expect string x"], &[]),
    case(
        "refused_second",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check expect string x",
            "tcp-check connect port 1 comment two",
        ],
        &[Says(b"x")],
    ),
    sent("send_alone", &["option tcp-check", "tcp-check send PING"], &[Hears(4)]),
    sent(
        "redis_master",
        &[
            "option tcp-check",
            "tcp-check send info\\ replication\\r\\n",
            "tcp-check expect string role:master",
        ],
        &[Hears(18), Says(b"$9\r\nrole:master\r\n")],
    ),
    case(
        "redis_slave",
        &[
            "option tcp-check",
            "tcp-check send info\\ replication\\r\\n",
            "tcp-check expect string role:master",
        ],
        &[Hears(18), Says(b"$9\r\nrole:slave\r\n"), Closes],
    ),
    case(
        "string_hang",
        &["option tcp-check", "tcp-check send PING\\r\\n", "tcp-check expect string +PONG"],
        &[Hears(6), Says(b"-ERR no\r\n"), Hangs],
    ),
    case("nothing", &["option tcp-check", "tcp-check expect string +PONG comment hello"], &[Closes]),
    case("reset", &["option tcp-check", "tcp-check expect string +PONG"], &[Pauses(50), Resets]),
    case(
        "commented",
        &[
            "option tcp-check",
            "tcp-check comment hello",
            "tcp-check send x",
            "tcp-check expect string +PONG",
            "tcp-check expect string foo",
        ],
        &[Hears(1), Says(b"+PONG"), Closes],
    ),
    case(
        "comment_kept",
        &[
            "option tcp-check",
            "tcp-check comment one",
            "tcp-check expect string a",
            "tcp-check expect string b",
        ],
        &[Says(b"a"), Closes],
    ),
    case("not", &["option tcp-check", "tcp-check expect ! string BAD"], &[Says(b"BAD")]),
    case("not_good", &["option tcp-check", "tcp-check expect ! string BAD"], &[Says(b"GOOD stuff"), Closes]),
    case("not_short", &["option tcp-check", "tcp-check expect !string BADBAD"], &[Says(b"GO"), Hangs]),
    case("regex", &["option tcp-check", "tcp-check expect rstring ^[0-9]+"], &[Says(b"123")]),
    case(
        "regex_no",
        &["option tcp-check", "tcp-check expect rstring ^[0-9]+ comment numbers"],
        &[Says(b"abc"), Closes],
    ),
    case("hex_regex_no", &["option tcp-check", "tcp-check expect rbinary ^0A0B"], &[Says(b"abc"), Closes]),
    case("hex_regex", &["option tcp-check", "tcp-check expect rbinary ^6162"], &[Says(b"abc")]),
    sent(
        "binary",
        &["option tcp-check", "tcp-check send-binary 50494e47", "tcp-check expect binary 50"],
        &[Hears(4), Says(b"P")],
    ),
    case("binary_no", &["option tcp-check", "tcp-check expect binary 0A0B"], &[Says(b"abc"), Closes]),
    sent(
        "formatted_no",
        &["option tcp-check", "tcp-check send-lf abc", "tcp-check expect string-lf xyz comment hi"],
        &[Hears(3), Says(b"xyw"), Closes],
    ),
    case(
        "own_error",
        &["option tcp-check", "tcp-check expect string x error-status L7STS on-error oops"],
        &[Says(b"abc"), Closes],
    ),
    case(
        "own_ok",
        &["option tcp-check", "tcp-check expect string x ok-status L6OK on-success fine"],
        &[Says(b"xyz"), Closes],
    ),
    case(
        "conditional",
        &["option tcp-check", "tcp-check expect string x ok-status L7OKC on-success fine"],
        &[Says(b"xyz"), Closes],
    ),
    case(
        "conditional_error",
        &["option tcp-check", "tcp-check expect string x error-status L7OKC"],
        &[Says(b"abc"), Closes],
    ),
    case(
        "own_late",
        &["option tcp-check", "tcp-check expect string x tout-status L4TOUT comment c"],
        &[Says(b"abc"), Hangs],
    ),
    case(
        "least",
        &["option tcp-check", "tcp-check expect string x min-recv 5"],
        &[Says(b"abc"), Pauses(100), Says(b"def"), Hangs],
    ),
    case(
        "two_connections",
        &[
            "option tcp-check",
            "tcp-check connect port PORT",
            "tcp-check expect string x",
            "tcp-check connect port PORT comment two",
            "tcp-check expect string xyz",
        ],
        &[Says(b"xyz")],
    ),
    sent(
        "proxy_line",
        &[
            "option tcp-check",
            "tcp-check connect send-proxy",
            "tcp-check send ab",
            "tcp-check expect string x",
        ],
        &[Hears(5), Says(b"xyz")],
    ),
    with(
        "check-send-proxy",
        "proxy_line_of_server",
        &["option httpchk"],
        &[HearsHead, Says(b"HTTP/1.0 200 OK\r\n\r\n"), Closes],
    ),
    case(
        "row",
        &["option tcp-check", "tcp-check expect ! string BAD min-recv 1", "tcp-check expect string GOOD"],
        &[Says(b"GO"), Pauses(100), Says(b"OD BAD"), Hangs],
    ),
    case("flood", &["option tcp-check", "tcp-check expect string NEVER"], &[Floods(1 << 30)]),
    case("flood_regex", &["option tcp-check", "tcp-check expect rstring NEVER"], &[Floods(1 << 30)]),
    with(
        "inter 700ms",
        "one_byte_at_a_time",
        &["option tcp-check", "tcp-check expect string abcdef"],
        &[
            Says(b"a"),
            Pauses(200),
            Says(b"b"),
            Pauses(200),
            Says(b"c"),
            Pauses(200),
            Says(b"d"),
            Pauses(200),
            Says(b"ef"),
        ],
    ),
    case(
        "closed_midway",
        &["option tcp-check", "tcp-check send x", "tcp-check expect string abcdef"],
        &[Hears(1), Says(b"abc"), Closes],
    ),
    case(
        "forgotten",
        &["option tcp-check", "tcp-check expect string ab", "tcp-check send x", "tcp-check expect string cd"],
        &[Says(b"abcd"), Hangs],
    ),
];
