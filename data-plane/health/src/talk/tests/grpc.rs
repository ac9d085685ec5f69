//! What servers of gRPC say of their health, and what they should not.

use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\n";
const SERVING: &[u8] = b"\x08\x01";

fn framed(message: &[u8]) -> Vec<u8> {
    [b"\0\0\0\0", &[message.len() as u8][..], message].concat()
}

/// An answer with a body in one chunk, and trailers.
fn answer(head: &str, body: &[u8], trailers: &str) -> Vec<u8> {
    let size = format!("{:x}\r\n", body.len());
    let head = format!("{head}transfer-encoding: chunked\r\n\r\n");
    [head.as_bytes(), size.as_bytes(), body, b"\r\n0\r\n", trailers.as_bytes(), b"\r\n"].concat()
}

fn said(answer: &[u8]) -> String {
    words(Script::asking_grpc("", "localhost"), &[Says(answer)])
}

fn states(message: &[u8]) -> String {
    said(&answer(HEAD, &framed(message), "grpc-status: 0\r\n"))
}

#[test]
fn a_service_is_asked_about() {
    let asked = |service| hold(Script::asking_grpc(service, "a:1"), Circumstances::default(), &[Closes]).1;
    let head = |length| {
        format!(
            "POST /grpc.health.v1.Health/Check HTTP/1.1\r\nhost: a:1\r\ncontent-type: application/grpc\r\n\
             te: trailers\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    };
    assert_eq!(asked(""), [head(5).as_bytes(), b"\0\0\0\0\0"].concat());
    assert_eq!(asked("a.B"), [head(10).as_bytes(), b"\0\0\0\0\x05\n\x03a.B"].concat());
    let long = "x".repeat(300);
    let expected = [head(308).as_bytes(), b"\0\0\0\x01\x2f\n\xac\x02", long.as_bytes()].concat();
    assert_eq!(asked(&long), expected);
}

#[test]
fn the_state_counts() {
    for (message, expected) in [
        (SERVING, "L7OK/0 "),
        (b"", "L7STS/0 UNKNOWN"),
        (b"\x08\0", "L7STS/0 UNKNOWN"),
        (b"\x08\x02", "L7STS/0 NOT_SERVING"),
        (b"\x08\x03", "L7STS/0 SERVICE_UNKNOWN"),
        (b"\x08\x80\x01", "L7STS/0 state 128"),
        // The last one counts, and what is not known is passed over.
        (b"\x08\x02\x08\x01", "L7OK/0 "),
        (b"\x10\x05\x19abcdefgh\x22\x02hi\x2dabcd\x08\x01", "L7OK/0 "),
    ] {
        assert_eq!(states(message), expected, "{}", message.escape_ascii());
    }
}

#[test]
fn a_status_of_an_error_is_told() {
    let refused = |fields: &str| said(format!("{HEAD}content-length: 0\r\n{fields}\r\n").as_bytes());
    assert_eq!(
        refused("grpc-status: 5\r\ngrpc-message: no %22a%22, 5%, %zz\r\n"),
        "L7STS/5 NOT_FOUND: no \"a\", 5%, %zz"
    );
    assert_eq!(refused("grpc-status: 12\r\n"), "L7STS/12 UNIMPLEMENTED");
    assert_eq!(refused("grpc-status: 99\r\n"), "L7STS/99 another status");
    let late = answer(HEAD, &framed(SERVING), "grpc-status: 14\r\n");
    assert_eq!(said(&late), "L7STS/14 UNAVAILABLE");
    let http = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(said(http), "L7STS/503 Service Unavailable");
}

#[test]
fn what_is_no_answer_is_told() {
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n";
    let none = "the answer is no message about health";
    for (answer, expected) in [
        (answer(html, b"hello", ""), "the answer is none of gRPC"),
        (answer("HTTP/1.1 200 OK\r\n", b"hello", ""), "the answer is none of gRPC"),
        (answer(HEAD, &framed(SERVING), ""), "the answer has no status of gRPC"),
        (answer(HEAD, &framed(SERVING), "grpc-status: x\r\n"), "the answer has no status of gRPC"),
        (answer(HEAD, &framed(SERVING), "grpc-status: -1\r\n"), "the answer has no status of gRPC"),
        (answer(HEAD, b"\x01\0\0\0\x02\x08\x01", "grpc-status: 0\r\n"), none),
        (answer(HEAD, b"\0\0\0\0\x03\x08\x01", "grpc-status: 0\r\n"), none),
        (answer(HEAD, &framed(SERVING).repeat(2), "grpc-status: 0\r\n"), none),
        (answer(HEAD, &framed(b"\x0a\x01x"), "grpc-status: 0\r\n"), none),
        (answer(HEAD, &framed(b"\x08"), "grpc-status: 0\r\n"), none),
        (answer(HEAD, &framed(&[0xff; 11]), "grpc-status: 0\r\n"), none),
        (b"SSH-2.0-x\r\n".to_vec(), ""),
    ] {
        assert_eq!(said(&answer), format!("L7RSP {expected}"), "{}", answer.escape_ascii());
    }
    let whole = answer(HEAD, &framed(SERVING), "grpc-status: 0\r\n");
    let script = || Script::asking_grpc("", "a");
    assert_eq!(words(script(), &[Closes]), "L7RSP ");
    assert_eq!(words(script(), &[Resets]), "SOCKERR Connection reset by peer");
    assert_eq!(words(script(), &[]), "late L7TOUT ");
    assert_eq!(words(script(), &[Says(&whole[..whole.len() - 1]), Closes]), "L7RSP the answer is cut");
    assert_eq!(words(script(), &[Says(&whole[..whole.len() - 1])]), "late L7TOUT ");
    let pieces: Vec<_> = whole.chunks(1).map(Says).collect();
    assert_eq!(words(script(), &pieces), "L7OK/0 ");
}

#[test]
fn only_checks_of_http_speak_http2() {
    let wants = |script: Script| {
        let circumstances = Circumstances { http2: true, ..Circumstances::default() };
        match Talk::new(Arc::new(script), circumstances).want() {
            Want::Connect { http2, .. } => http2,
            other => panic!("{other:?}"),
        }
    };
    assert!(wants(http(Vec::new())));
    assert!(!wants(tcp(vec![send("x")])));
    assert!(!wants(Script::asking_agent(b"x")));
    // Its answers have no words for their status.
    let refused = [Says(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")];
    let status = || http(vec![Expect::new(Pattern::Status(vec![200..=399]))]);
    assert_eq!(words(status(), &refused), "L7STS/503 Service Unavailable");
    let circumstances = Circumstances { http2: true, ..Circumstances::default() };
    assert_eq!(hold(status(), circumstances, &refused).0.words(), "L7STS/503 ");
}
