use super::*;

fn body(input: &str, closed: bool) -> Option<(String, bool)> {
    match read(input.as_bytes(), closed, false) {
        Answer::Read(read) => Some((String::from_utf8_lossy(&read.body).into_owned(), read.whole)),
        Answer::Partial | Answer::Bad => None,
    }
}

#[test]
fn every_cut_of_an_answer_is_partial_and_never_bad() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.0 200\n\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nA: b\r\n\r\n",
    ] {
        for cut in 0..answer.len() {
            assert_ne!(read(&answer.as_bytes()[..cut], false, false), Answer::Bad, "{:?}", &answer[..cut]);
        }
        assert_eq!(body(answer, true), Some(("ok".into(), true)), "{answer:?}");
    }
}

#[test]
fn what_is_no_answer_is_bad() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: ";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for answer in [
        "SSH-2.0-x".to_owned(),
        "\r\n".into(),
        "HTTP/1.x 200".into(),
        "HTTP/1.1 x\r\n\r\n".into(),
        "HTTP/1.1 99999\r\n\r\n".into(),
        "HTTP/1.1 200x\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\n: empty\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\n folded: a\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n".into(),
        format!("{length}1\r\nContent-Length: 2\r\n\r\n"),
        format!("{length}-1\r\n\r\n"),
        format!("{length}99999999999999999999999\r\n\r\n"),
        format!("{chunked}zz\r\n"),
        format!("{chunked}{}", "0".repeat(40)),
        format!("{chunked}123456789\r\n"),
        format!("{chunked}2\r\nokay\r\n"),
    ] {
        assert_eq!(read(answer.as_bytes(), false, false), Answer::Bad, "{answer:?}");
    }
}

#[test]
fn bodies_end_where_they_are_said_to() {
    let table = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", false, ("abc", true)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nab", false, ("ab", false)),
        ("HTTP/1.1 200 OK\r\n\r\nab", false, ("ab", false)),
        ("HTTP/1.1 200 OK\r\n\r\nab", true, ("ab", true)),
        ("HTTP/1.1 304 No\r\n\r\nab", false, ("", true)),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n1\r\na\r\n1\r\nb",
            true,
            ("ab", false),
        ),
    ];
    for (answer, closed, (wanted, whole)) in table {
        assert_eq!(body(answer, closed), Some((wanted.into(), whole)), "{answer:?}");
    }
    let Answer::Read(head) = read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, true) else {
        panic!()
    };
    assert!(head.whole && head.body.is_empty());
}

#[test]
fn parts_are_as_they_came() {
    let Answer::Read(head) = read(b"HTTP/2.0 020  Not so \r\nA:  b \r\n\tc\r\n\r\n", true, false) else {
        panic!()
    };
    assert_eq!((head.code, head.digits, head.reason), (20, &b"020"[..], &b"Not so "[..]));
    assert_eq!(head.headers, [(&b"A"[..], Cow::from(&b"b  \tc"[..]))]);
}
