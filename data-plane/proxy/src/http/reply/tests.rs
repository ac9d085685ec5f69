use super::*;

const KEEPS: Audience = Audience { head_only: false, say: None };
const CLOSES: Audience = Audience { head_only: false, say: Some(Persistence::Close) };

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
