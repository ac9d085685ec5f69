use super::*;
use crate::script::Handshake;

/// A script of one of the protocols: steps are not told.
fn protocol(actions: Vec<Action>) -> Script {
    Script { explained: false, ..tcp(actions) }
}

fn handshake(which: Handshake) -> Action {
    expect(Expect::new(Pattern::Handshake(which)))
}

const GREETING: &[u8] = b"\x0a\0\0\0\x0a5.7.1\0abc";

#[test]
fn mysql_greets() {
    let script = || protocol(vec![handshake(Handshake::MysqlGreeting)]);
    let table: [(&[Does<'_>], &str); 6] = [
        (&[Says(GREETING)], "L7OK "),
        (&[Says(&GREETING[..3]), Says(&GREETING[3..])], "L7OK "),
        (&[Says(&GREETING[..6]), Closes], "L7RSP "),
        (&[Says(&GREETING[..6])], "late L7TOUT "),
        (&[Says(b"\x0e\0\0\0\xff\x10\x04Host blocke"), Closes], "L7STS/1040 Host blocke"),
        (&[Closes], "L7RSP TCPCHK got an empty response at step 1"),
    ];
    for (does, found) in table {
        assert_eq!(words(script(), does), found);
    }
}

#[test]
fn mysql_lets_in() {
    let script =
        || protocol(vec![send("x"), handshake(Handshake::MysqlGreeting), handshake(Handshake::MysqlLogin)]);
    let ok = b"\x07\0\0\x02\0\0\0\x02\0\0\0";
    assert_eq!(words(script(), &[Says(GREETING), Says(ok)]), "L7OK ");
    let denied = b"\x0e\0\0\x02\xff\x15\x04#28000denie";
    assert_eq!(words(script(), &[Says(GREETING), Says(denied)]), "L7STS/1045 #28000denie");
    assert_eq!(words(script(), &[Says(GREETING), Says(b"\xff\xff\xff\x02"), Closes]), "L7RSP ");
    let empty = b"\0\0\0\0\xff\0\0\x02";
    assert_eq!(
        words(script(), &[Says(empty), Closes]),
        "L7RSP ",
        "an empty packet is no error by what follows it"
    );
}

#[test]
fn ldap_binds() {
    let script = || protocol(vec![send("x"), handshake(Handshake::LdapBind)]);
    let table: [(&[u8], &str); 9] = [
        (b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", "L7OK "),
        (
            b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x61\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00",
            "L7OK ",
        ),
        (
            b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00",
            "L7STS/49 See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9",
        ),
        (b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00", "L7RSP Not LDAPv3 protocol"),
        (b"\x30\x81\x10\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", "L7RSP Not LDAPv3 protocol"),
        (b"\x30\x0c\x02\x01\x01\x61\xff\x0a\x01\x00\x04\x00\x04\x00", "L7RSP Not LDAPv3 protocol"),
        (b"\x30\x82\x00\x10\x02\x01\x01", "L7RSP "),
        (b"\x30\x84\xff\xff\xff\xff\x02\x01\x01", "L7RSP "),
        (b"\x30", "L7RSP "),
    ];
    for (answer, found) in table {
        assert_eq!(words(script(), &[Says(answer), Closes]), found, "{answer:x?}");
    }
    assert_eq!(words(script(), &[Says(b"\x30\x0c\x02")]), "late L7TOUT ");
}

#[test]
fn a_hello_tells_the_time() {
    let data = Bytes { data: (*b"abcdefgh").into(), unix_time_at: Some(2) };
    let circumstances = Circumstances { unix_seconds: 0x0102_0304, ..Circumstances::default() };
    let script = protocol(vec![Action::Send(data)]);
    assert_eq!(hold(script, circumstances, &[]).1, b"ab\x01\x02\x03\x04gh");
}
