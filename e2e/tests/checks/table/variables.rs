//! Scripts that work something out, and answers to them.

use sluicegate_e2e::Does::{Closes, Hears, HearsHead, Says};

use super::{Case, case, sent};

const HTTP: &[u8] = b"HTTP/1.1 200 OK\r\nX-Back: back, two\r\nContent-Length: 4\r\n\r\nBODY";

pub(super) const CASES: &[Case] = &[
    sent(
        "var_conditions",
        &[
            "option tcp-check",
            "tcp-check set-var(check.a) int(5)",
            "tcp-check set-var(check.a,ifset) int(6)",
            "tcp-check set-var(check.b,ifset) int(6)",
            "tcp-check set-var(check.c,ifnotset) int(6)",
            "tcp-check set-var(check.d,ifnotempty) str()",
            "tcp-check set-var(check.d,ifnotexists) str(new)",
            "tcp-check set-var(check.e) int(5)",
            "tcp-check set-var(check.e,ifgt) int(3)",
            "tcp-check set-var(check.f) int(5)",
            "tcp-check set-var(check.f,iflt) int(3)",
            "tcp-check set-var(check.g) int(1)",
            "tcp-check unset-var(check.g)",
            "tcp-check set-var(check.g,ifexists) int(2)",
            "tcp-check set-var(check.h) str(9)",
            "tcp-check set-var(check.h,iflt) int(8)",
            "tcp-check set-var(check.i,ifexists,iflt) int(8)",
            "tcp-check set-var(sess.j) str(s)",
            "tcp-check set-var-fmt(check.k) \"%[var(check.none)]-%[var(check.a)]\"",
            "tcp-check connect",
            "tcp-check send-lf \"a%[var(check.a)]b%[var(check.b)]c%[var(check.c)]d%[var(check.d)]e%[var(check.e)]\
             f%[var(check.f)]g%[var(check.g)]h%[var(check.h)]i%[var(check.i)]j%[var(sess.j)]k%[var(check.k)].\"",
            "tcp-check expect string ok",
        ],
        &[Hears(27), Says(b"ok")],
    ),
    sent(
        "var_known",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check send-lf \"%[srv_name] %[srv_id] %[be_name] %[be_id] %[nbsrv(var_known)] %{+Q}[srv_name,upper].\"",
            "tcp-check expect string ok",
        ],
        &[Hears(25), Says(b"ok")],
    ),
    sent(
        "var_hexadecimal",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check send-lf \"%[var(check.none)]\"",
            "tcp-check send-binary-lf \"%[str(6865)]6c%[int(6)]f\"",
            "tcp-check expect string ok",
        ],
        &[Hears(4), Says(b"ok")],
    ),
    case(
        "var_no_hexadecimal",
        &["option tcp-check", "tcp-check connect", "tcp-check send-binary-lf \"7%[str(3)]z\""],
        &[],
    ),
    case(
        "var_port",
        &[
            "option tcp-check",
            "tcp-check set-var(check.port) int(PORT)",
            "tcp-check connect port var(check.port)",
            "tcp-check expect string ok",
        ],
        &[Says(b"ok")],
    ),
    case(
        "var_no_port",
        &["option tcp-check", "tcp-check connect port int(0)", "tcp-check expect string ok"],
        &[Says(b"ok")],
    ),
    case(
        "var_expected",
        &[
            "option tcp-check",
            "tcp-check set-var(check.a) str(BODY)",
            "tcp-check connect",
            "tcp-check expect string-lf \"%[var(check.a)]\" on-success \
             \"%[res.len] %[res.payload(0,2)] %[res.payload(2,0)] %[res.payload(0,99)].\"",
        ],
        &[Says(b"BODY"), Closes],
    ),
    case(
        "var_expected_nothing",
        &["option tcp-check", "tcp-check connect", "tcp-check expect string-lf \"%[var(check.a)]\""],
        &[Says(b"BODY"), Closes],
    ),
    case(
        "var_unexpected",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check expect string-lf \"%[str(NOBODY)]\" on-error \"saw %[res.payload(0,4)] of %[be_name]\"",
        ],
        &[Says(b"BODY"), Closes],
    ),
    case(
        "var_binary",
        &["option tcp-check", "tcp-check connect", "tcp-check expect binary-lf \"424F%[str(4459)]\""],
        &[Says(b"BODY"), Closes],
    ),
    case(
        "var_no_binary",
        &["option tcp-check", "tcp-check connect", "tcp-check expect binary-lf \"42%[str(4F445)]\""],
        &[Says(b"BODY"), Closes],
    ),
    case(
        "var_code",
        &[
            "option tcp-check",
            "tcp-check connect",
            "tcp-check expect string 220 status-code \"res.payload(4,3)\"",
        ],
        &[Says(b"220 777 "), Closes],
    ),
    case("var_last", &["option tcp-check", "tcp-check connect", "tcp-check set-var(check.a) int(1)"], &[]),
    case("var_alone", &["option tcp-check", "tcp-check set-var(check.a) int(1)"], &[]),
    case(
        "var_http",
        &[
            "option httpchk",
            "http-check connect",
            "http-check send uri /",
            "http-check expect status 200",
            "http-check set-var(check.two) res.hdr(x-back)",
            "http-check set-var(check.body) res.body",
            "http-check connect",
            "http-check send uri-lf \"/%[var(check.body)]\" hdr x-two \"%[var(check.two)]\" body-lf \"%[srv_name]\"",
            "http-check expect status 200 on-success \
             \"%[var(check.two)] %[var(check.body)] %[status] %[res.hdr_cnt(x-back)] %[res.ver] %[res.body,lower]\"",
        ],
        &[HearsHead, Says(HTTP), Closes],
    ),
    case(
        "var_http_implied",
        &["option httpchk", "http-check send uri /", "http-check set-var(check.a) int(1)"],
        &[HearsHead, Says(HTTP), Closes],
    ),
    case(
        "var_header",
        &[
            "option httpchk",
            "http-check set-var(check.name) str(x-back)",
            "http-check expect hdr name-lf \"%[var(check.name)]\" value-lf \"%[str(two)]\"",
        ],
        &[HearsHead, Says(HTTP), Closes],
    ),
    case(
        "var_no_header",
        &["option httpchk", "http-check expect hdr name x-back value-lf \"%[var(check.none)]\""],
        &[HearsHead, Says(HTTP), Closes],
    ),
    case(
        "var_body",
        &["option httpchk", "http-check expect string-lf \"%[str(body),upper]\""],
        &[HearsHead, Says(HTTP), Closes],
    ),
];
