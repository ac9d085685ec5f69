//! Scripts over HTTP, and answers to them.

use sluicegate_e2e::Does::{Closes, Floods, Hangs, HearsHead, Pauses, Resets, Says};

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case("http", &["option httpchk"], &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]),
    case(
        "http_404",
        &["option httpchk"],
        &[HearsHead, Says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "http_404_taken_out",
        &["option httpchk", "http-check disable-on-404"],
        &[HearsHead, Says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "body",
        &["option httpchk GET /", "http-check expect string STATUS=UP"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nSTATUS=UP")],
    ),
    case(
        "body_no",
        &["option httpchk GET /", "http-check expect string STATUS=UP"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nSTATUS=DOWN")],
    ),
    case(
        "body_chunked",
        &["option httpchk GET /", "http-check expect string STATUS=UP"],
        &[
            HearsHead,
            Says(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nSTAT\r\n5\r\nUS=UP\r\n0\r\n\r\n",
            ),
        ],
    ),
    case(
        "body_none",
        &["option httpchk GET /", "http-check expect string STATUS=UP"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "body_of_500",
        &["option httpchk GET /", "http-check expect string STATUS=UP"],
        &[HearsHead, Says(b"HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nSTATUS=UP")],
    ),
    case(
        "body_not",
        &["option httpchk GET /", "http-check expect ! string DOWN"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nSTATUS=DOWN")],
    ),
    case(
        "body_regex",
        &["option httpchk GET /", "http-check expect rstring ^UP$"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nUP")],
    ),
    case(
        "body_to_close",
        &["option httpchk GET /", "http-check expect string UP"],
        &[HearsHead, Says(b"HTTP/1.0 200 OK\r\n\r\nS=UP"), Closes],
    ),
    case(
        "body_to_close_no",
        &["option httpchk GET /", "http-check expect string UP"],
        &[HearsHead, Says(b"HTTP/1.0 200 OK\r\n\r\nS=OUT"), Closes],
    ),
    case(
        "body_cut",
        &["option httpchk GET /", "http-check expect string UP"],
        &[HearsHead, Says(b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nS=OUT"), Closes],
    ),
    case(
        "status_regex_not",
        &["option httpchk GET /", "http-check expect ! rstatus ^5"],
        &[HearsHead, Says(b"HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "status_not",
        &["option httpchk GET /", "http-check expect ! status 500-599,404"],
        &[HearsHead, Says(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "header",
        &["option httpchk GET /", "http-check expect hdr name x-role value master"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Role: slave, master\r\n\r\n")],
    ),
    case(
        "header_line",
        &["option httpchk GET /", "http-check expect fhdr name x-role value master"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Role: slave, master\r\n\r\n")],
    ),
    case(
        "header_parts",
        &["option httpchk GET /", "http-check expect hdr name -m beg X-RO value -m reg ^mas"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Role: slave, master\r\n\r\n")],
    ),
    case(
        "header_none",
        &["option httpchk GET /", "http-check expect hdr name x-foo"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Role: slave, master\r\n\r\n")],
    ),
    case("http_nothing", &["option httpchk GET /"], &[HearsHead, Closes]),
    case("http_reset", &["option httpchk GET /"], &[HearsHead, Resets]),
    case("http_garbage", &["option httpchk GET /"], &[HearsHead, Says(b"SSH-2.0-hello\r\n"), Closes]),
    case("http_garbage_hang", &["option httpchk GET /"], &[HearsHead, Says(b"SSH-2.0-hello\r\n"), Hangs]),
    case("http_part_of_line", &["option httpchk GET /"], &[HearsHead, Says(b"HTTP/1.1 200 O"), Closes]),
    case(
        "http_part_of_head",
        &["option httpchk GET /"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nA: b\r\n"), Closes],
    ),
    case(
        "http_part_hang",
        &["option httpchk GET /"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nA: b\r\n"), Hangs],
    ),
    case("http_hang", &["option httpchk GET /"], &[HearsHead, Hangs]),
    case("http_bare", &["option httpchk GET /"], &[HearsHead, Says(b"HTTP/1.1 200\r\n\r\n"), Closes]),
    case(
        "http_100",
        &["option httpchk GET /"],
        &[HearsHead, Says(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), Closes],
    ),
    case("http_lines", &["option httpchk GET /"], &[HearsHead, Says(b"HTTP/1.0 200 OK\n\n"), Closes]),
    case(
        "http_bad_header",
        &["option httpchk GET /"],
        &[HearsHead, Says(b"HTTP/1.0 200 OK\r\nfoo bar\r\n\r\n"), Closes],
    ),
    case(
        "http_two_lengths",
        &["option httpchk GET /"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), Closes],
    ),
    case(
        "http_two",
        &["option httpchk GET /", "http-check expect status 200", "http-check expect string UP"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nDOWN")],
    ),
    case(
        "http_rounds",
        &[
            "option httpchk",
            "http-check connect port PORT",
            "http-check send meth GET uri /a",
            "http-check expect status 200",
            "http-check connect",
            "http-check send meth GET uri /b ver HTTP/1.1 hdr host x",
            "http-check expect status 200",
        ],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "http_said",
        &["option httpchk GET /", "http-check expect status 200 on-success yes on-error no"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "http_said_no",
        &["option httpchk GET /", "http-check expect status 200 on-success yes on-error no comment com"],
        &[HearsHead, Says(b"HTTP/1.1 500 OK\r\nContent-Length: 0\r\n\r\n")],
    ),
    case(
        "http_flood",
        &["option httpchk GET /", "http-check expect string NEVER"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\n\r\n"), Floods(1 << 30)],
    ),
    case(
        "http_head_flood",
        &["option httpchk GET /"],
        &[HearsHead, Says(b"HTTP/1.1 200 OK\r\nA: "), Floods(1 << 30)],
    ),
    case(
        "http_slow",
        &["timeout check 5s", "option httpchk GET /"],
        &[
            HearsHead,
            Says(b"HTTP/1.1"),
            Pauses(300),
            Says(b" 200 O"),
            Pauses(300),
            Says(b"K\r\n"),
            Pauses(300),
            Says(b"\r\n"),
        ],
    ),
];
