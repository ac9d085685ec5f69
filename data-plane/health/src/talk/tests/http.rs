use super::*;
use crate::script::{HeaderPattern, Piece, TextMatch};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX-Role: slave, \"a,b\", master\r\n\r\nSTATUS=UP";

fn status() -> Expect {
    Expect::new(Pattern::Status(vec![200..=399]))
}

#[test]
fn statuses() {
    let table: [(&[u8], &str); 8] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "L7OK/200 "),
        (b"HTTP/1.0 302 Found\n\n", "L7OK/302 "),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "L7STS/404 Not Found"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "L7STS/100 Continue"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "L7STS/20 OK"),
        (b"SSH-2.0-hello\r\n", "L7RSP "),
        (b"HTTP/1.1 200 OK\r\nfoo bar\r\n\r\n", "L7RSP "),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n", "late L7TOUT "),
    ];
    for (answer, found) in table {
        assert_eq!(words(http(vec![status()]), &[Says(answer)]), found);
    }
    let table: [(&[Does<'_>], &str); 4] = [
        (&[Closes], "L7RSP "),
        (&[Says(b"HTTP/1.1 200 O"), Closes], "L7RSP "),
        (&[Resets], "SOCKERR Connection reset by peer"),
        (&[], "late L7TOUT "),
    ];
    for (does, found) in table {
        assert_eq!(words(http(vec![status()]), does), found);
    }
}

#[test]
fn bodies() {
    let not = Expect { negated: true, ..string("DOWN") };
    let begins = Expect::new(Pattern::Regex(regex("^STATUS=UP")));
    let table = [
        (string("STATUS=UP"), OK, "L7OK/200 "),
        (string("STATUS=DOWN"), OK, "L7RSP/200 HTTP content check did not match"),
        (not.clone(), OK, "L7OK/200 "),
        (
            not,
            b"HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nDOWN",
            "L7RSP/500 HTTP check matched unwanted content",
        ),
        (begins, OK, "L7OK/200 "),
        (
            string("x"),
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "L7RSP/200 HTTP content check could not find a response body",
        ),
        (
            string("UP"),
            b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nU\r\n1\r\nP\r\n0\r\n\r\n",
            "L7OK/500 ",
        ),
        (string("UP"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nUP", "L7RSP "),
        (string("UP"), b"HTTP/1.0 200 OK\r\n\r\nS=", "late L7TOUT "),
    ];
    for (wanted, answer, found) in table {
        assert_eq!(words(http(vec![wanted]), &[Says(answer)]), found);
    }
    let cut = b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nS=OUT";
    assert_eq!(
        words(http(vec![string("UP")]), &[Says(cut), Closes]),
        "L7RSP/200 HTTP content check did not match"
    );
    let mut head = http(vec![string("S")]);
    head.steps[1].action = get("HEAD");
    assert_eq!(words(head, &[Says(OK)]), "L7RSP/200 HTTP content check could not find a response body");
}

#[test]
fn headers() {
    let is = |text: &str| TextMatch::Is(text.as_bytes().into());
    let header =
        |name, value, whole_lines| Expect::new(Pattern::Header(HeaderPattern { name, value, whole_lines }));
    let table = [
        (header(is("x-role"), Some(is("master")), false), "L7OK/200 "),
        (header(is("x-role"), Some(is("\"a,b\"")), false), "L7OK/200 "),
        (header(is("x-role"), Some(is("master")), true), "L7STS/200 OK"),
        (header(is("x-role"), None, false), "L7OK/200 "),
        (header(is("x-none"), None, false), "L7STS/200 OK"),
        (
            header(TextMatch::Begins((*b"X-R").into()), Some(TextMatch::Regex(regex("^mas"))), false),
            "L7OK/200 ",
        ),
        (header(is("x-role"), Some(is("MASTER")), false), "L7STS/200 OK"),
    ];
    for (wanted, found) in table {
        assert_eq!(words(http(vec![wanted]), &[Says(OK)]), found);
    }
}

#[test]
fn several_expectations_of_one_answer() {
    let script = |text: &str| http(vec![status(), string(text)]);
    assert_eq!(words(script("UP"), &[Says(OK)]), "L7OK/200 ");
    assert_eq!(words(script("DOWN"), &[Says(OK)]), "L7RSP/200 HTTP content check did not match");
}

#[test]
fn what_is_said_and_commented() {
    let literal = |text: &str| Some(vec![Piece::Literal(text.as_bytes().into())]);
    let said = Expect { on_success: literal("yes"), on_error: literal("no"), ..status() };
    let mut script = http(vec![said]);
    assert_eq!(words(script.clone(), &[Says(OK)]), "L7OK/200 yes");
    script.steps[2].comment = "com".into();
    assert_eq!(words(script, &[Says(b"HTTP/1.1 500 OK\r\n\r\n")]), "L7STS/500 no comment: com");
    let mut script = http(vec![status()]);
    script.steps[2].comment = "yo".into();
    assert_eq!(words(script, &[Closes]), "L7RSP  comment: yo");
}

#[test]
fn a_404_takes_out_only_what_is_up() {
    let script = || Script { disable_on_404: true, ..http(vec![status()]) };
    let gone = Says(b"HTTP/1.1 404 Not Found\r\n\r\n");
    assert_eq!(words(script(), &[gone]), "L7OKC/404 ");
    let down = Circumstances { down: true, ..Circumstances::default() };
    assert_eq!(hold(script(), down, &[gone]).0.words(), "L7STS/404 Not Found");
}

#[test]
fn endpoints_are_told_their_state() {
    let circumstances = Circumstances { state: "UP 2/3; name=b/s".into(), ..Circumstances::default() };
    let script = Script { send_state: true, ..http(vec![status()]) };
    let (_, sent) = hold(script, circumstances, &[Says(OK)]);
    assert_eq!(
        sent,
        b"GET / HTTP/1.0\r\nX-Haproxy-Server-State: UP 2/3; name=b/s\r\nConnection: close\r\n\r\n"
    );
}
