use super::*;

const KEEPS: Audience = Audience { head_only: false, say: None, grpc: false };
const CLOSES: Audience = Audience { say: Some(Persistence::Close), ..KEEPS };

fn text(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap()
}

fn page(page: &[u8], audience: Audience) -> String {
    let mut out = Vec::new();
    Desk::default().page(page, audience, &mut out).unwrap();
    text(out)
}

#[test]
fn a_built_in_page_is_a_whole_response() {
    let mut out = Vec::new();
    Desk::default().built_in(503, None, CLOSES, &mut out).unwrap();
    let out = text(out);
    let (head, body) = out.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        head,
        format!(
            "HTTP/1.1 503 Service Unavailable\r\nCache-Control: no-cache\r\nContent-Type: text/html\r\n\
             Content-Length: {}\r\nConnection: close",
            body.len()
        )
    );
    assert!(body.starts_with("<html><body><h1>503 Service Unavailable</h1>\n"));
}

#[test]
fn every_status_of_the_engine_has_words() {
    for status in [400, 408, 413, 414, 417, 431, 500, 501, 502, 503, 504, 505] {
        assert_ne!(reason(status), reason(599), "{status}");
        assert_ne!(explanation(status), explanation(599), "{status}");
    }
}

#[test]
fn clients_of_grpc_are_told_in_its_words() {
    let calls = Audience { grpc: true, ..KEEPS };
    let told = |status: u16| {
        let mut out = Vec::new();
        Desk::default().built_in(status, None, calls, &mut out).unwrap();
        text(out)
    };
    assert_eq!(
        told(503),
        "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nContent-Type: application/grpc\r\ngrpc-status: 14\r\n\
         grpc-message: 503 Service Unavailable: No server is available to handle this request.\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let codes = [
        (400, "13"),
        (401, "16"),
        (403, "7"),
        (404, "12"),
        (413, "2"),
        (429, "14"),
        (500, "2"),
        (502, "14"),
        (504, "14"),
    ];
    for (status, code) in codes {
        let told = told(status);
        assert!(told.contains(&format!("\r\ngrpc-status: {code}\r\n")), "{told}");
    }
    // What is no error is what the rule says.
    assert!(told(200).contains("Content-Type: text/html"));
}

/// A message of gRPC is printable ASCII without `%`, or has to be escaped.
#[test]
fn words_for_statuses_pass_as_a_message_of_grpc() {
    for status in 100..600 {
        let words = [reason(status), explanation(status)].concat();
        assert!(words.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'%'), "{words}");
    }
}

#[test]
fn statuses_without_a_body_have_none() {
    let mut desk = Desk::default();
    let mut out = Vec::new();
    let mut draft = desk.draft(204).unwrap();
    draft.body(|body| body.extend_from_slice(b"nothing"));
    draft.finish(KEEPS, &mut out).unwrap();
    assert_eq!(text(out), "HTTP/1.1 204 No Content\r\n\r\n");
}

#[test]
fn a_page_is_framed_anew() {
    let old = b"HTTP/1.0 503 Busy\r\nConnection: close\r\nContent-Length: 999\r\nX: y\r\n\r\nsorry";
    assert_eq!(page(old, KEEPS), "HTTP/1.1 503 Busy\r\nX: y\r\nContent-Length: 5\r\n\r\nsorry");
    assert_eq!(
        page(old, Audience { head_only: true, ..CLOSES }),
        "HTTP/1.1 503 Busy\r\nX: y\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
    );
}

#[test]
fn a_page_that_is_no_response_is_told() {
    let mut desk = Desk::default();
    let mut out = Vec::new();
    assert_eq!(desk.page(b"HTTP/1.1 503 Busy\r\n", KEEPS, &mut out), Err(InvalidPage::Short));
    assert!(matches!(desk.page(b"<html>", KEEPS, &mut out), Err(InvalidPage::Head(_))));
    assert!(out.is_empty());
}

#[test]
fn a_header_with_a_line_end_is_not_made() {
    let mut desk = Desk::default();
    let mut draft = desk.draft(302).unwrap();
    assert_eq!(draft.header(b"Location", b"/\r\nX: y"), Err(InvalidEdit::Value));
}
