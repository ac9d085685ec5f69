//! Checks of protocols, and servers that speak them.

use sluicegate_e2e::Does::{Closes, Hangs, Hears, Says};

use super::{Case, case, sent};

pub(super) const CASES: &[Case] = &[
    case("mysql", &["option mysql-check"], &[Says(b"\x0a\0\0\0\x0a5.7.1\0abc")]),
    case("mysql_short", &["option mysql-check"], &[Says(b"\x0a\0\0\0\x0a5"), Closes]),
    case("mysql_hang", &["option mysql-check"], &[Says(b"\x0a\0\0\0\x0a5"), Hangs]),
    case("mysql_error", &["option mysql-check"], &[Says(b"\x0e\0\0\0\xff\x10\x04Host blocke"), Closes]),
    case("mysql_nothing", &["option mysql-check"], &[Closes]),
    sent(
        "mysql_user",
        &["option mysql-check user probe"],
        &[Says(b"\x0a\0\0\0\x0a5.7.1\0abc"), Hears(46), Says(b"\x07\0\0\x02\0\0\0\x02\0\0\0")],
    ),
    sent(
        "mysql_user_old",
        &["option mysql-check user probe pre-41"],
        &[Says(b"\x0a\0\0\0\x0a5.7.1\0abc"), Hears(21), Says(b"\x07\0\0\x02\0\0\0\x02\0\0\0")],
    ),
    case(
        "mysql_user_denied",
        &["option mysql-check user probe"],
        &[Says(b"\x0a\0\0\0\x0a5.7.1\0abc"), Hears(46), Says(b"\x0e\0\0\x02\xff\x15\x04#28000denie"), Closes],
    ),
    sent("pgsql", &["option pgsql-check user probe"], &[Hears(20), Says(b"R\0\0\0\x08\0\0\0\0Sxxx")]),
    case("pgsql_md5", &["option pgsql-check user probe"], &[Hears(20), Says(b"R\0\0\0\x0c\0\0\0\x05abcd")]),
    case(
        "pgsql_error",
        &["option pgsql-check user probe"],
        &[Hears(20), Says(b"E\0\0\0\x20SFATAL\0C28000\0Mno pg_hba"), Closes],
    ),
    case(
        "pgsql_other",
        &["option pgsql-check user probe"],
        &[Hears(20), Says(b"X\0\0\0\x08\0\0\0\0Sxxx"), Closes],
    ),
    case("pgsql_nothing", &["option pgsql-check user probe"], &[Hears(20), Closes]),
    sent("redis", &["option redis-check"], &[Hears(14), Says(b"+PONG\r\n")]),
    case("redis_error", &["option redis-check"], &[Hears(14), Says(b"-NOAUTH need\r\nmore"), Closes]),
    case("redis_nothing", &["option redis-check"], &[Hears(14), Closes]),
    case("redis_hang", &["option redis-check"], &[Hears(14), Hangs]),
    sent(
        "smtp",
        &["option smtpchk"],
        &[Says(b"220 hi there\r\n"), Hears(16), Says(b"250 ok fine\r\n"), Hears(22), Says(b"221 bye\r\n")],
    ),
    sent(
        "smtp_ehlo",
        &["option smtpchk EHLO lb.example.org"],
        &[
            Says(b"220 hi there\r\n"),
            Hears(21),
            Says(b"250-ok fine\r\n250 x\r\n"),
            Hears(27),
            Says(b"221 bye\r\n"),
        ],
    ),
    case("smtp_away", &["option smtpchk"], &[Says(b"554 go away\r\n"), Closes]),
    case("smtp_garbage", &["option smtpchk"], &[Says(b"hello\r\n"), Closes]),
    case("smtp_many", &["option smtpchk"], &[Says(b"220-hi\r\n220 there\r\n"), Closes]),
    case(
        "smtp_no",
        &["option smtpchk"],
        &[Says(b"220 hi there\r\n"), Hears(16), Says(b"550 nope\r\n"), Closes],
    ),
    case(
        "smtp_unfinished",
        &["option smtpchk"],
        &[Says(b"220 hi there\r\n"), Hears(16), Says(b"250-ok fine\r\n"), Closes],
    ),
    case(
        "smtp_no_farewell",
        &["option smtpchk"],
        &[Says(b"220 hi there\r\n"), Hears(16), Says(b"250 ok\r\n"), Hears(22), Closes],
    ),
    sent(
        "ldap",
        &["option ldap-check"],
        &[Hears(14), Says(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00")],
    ),
    case(
        "ldap_long",
        &["option ldap-check"],
        &[
            Hears(14),
            Says(b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x61\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"),
        ],
    ),
    case(
        "ldap_error",
        &["option ldap-check"],
        &[Hears(14), Says(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00")],
    ),
    case(
        "ldap_foreign",
        &["option ldap-check"],
        &[Hears(14), Says(b"\x31\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00"), Closes],
    ),
    case(
        "ldap_other",
        &["option ldap-check"],
        &[Hears(14), Says(b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x31\x04\x00\x04\x00"), Closes],
    ),
    sent("ssl", &["option ssl-hello-chk"], &[Hears(126), Says(b"\x16\x03\x00\x00\x02ab")]),
    case("ssl_alert", &["option ssl-hello-chk"], &[Hears(126), Says(b"\x15\x03\x00\x00\x02ab")]),
    case("ssl_no", &["option ssl-hello-chk"], &[Hears(126), Says(b"HTTP/1.1 400 Bad"), Closes]),
    case("ssl_nothing", &["option ssl-hello-chk"], &[Hears(126), Closes]),
    case("ssl_hang", &["option ssl-hello-chk"], &[Hears(126), Hangs]),
];
