use super::*;

const WANTED: &[RangeInclusive<u16>] = &[200..=399];

fn judge(received: &str, closed: bool) -> Option<(Status, Option<u16>)> {
    verdict(received.as_bytes(), closed, WANTED).map(|verdict| (verdict.status, verdict.code))
}

#[test]
fn statuses_are_judged() {
    assert_eq!(judge("HTTP/1.1 200 OK\r\n", false), Some((Status::L7Ok, Some(200))));
    assert_eq!(judge("HTTP/1.0 302 Found\n", false), Some((Status::L7Ok, Some(302))));
    assert_eq!(judge("HTTP/1.1 404\r\n", false), Some((Status::L7Status, Some(404))));
    let verdict = verdict(b"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n", false, WANTED).unwrap();
    assert_eq!(verdict, Verdict { status: Status::L7Status, code: Some(503), info: "Service Unavailable" });
    let narrow = super::verdict(b"HTTP/1.1 200 OK\r\n", false, &[204..=204]).unwrap();
    assert_eq!(narrow.status, Status::L7Status);
}

#[test]
fn every_cut_of_an_answer_waits_and_then_judges() {
    let answer = "HTTP/1.1 200 OK\r\n";
    for cut in 0..answer.len() {
        assert_eq!(judge(&answer[..cut], false), None, "{cut}");
        assert_eq!(judge(&answer[..cut], true), Some((Status::L7Response, None)), "{cut}");
    }
}

#[test]
fn what_is_no_http_is_an_invalid_response() {
    for answer in [
        "SSH-2.0",
        "HTTP/2.0 200 OK\r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.x 200 OK\r\n",
        "HTTP/1.1 2000\r\n",
        "\r\n",
    ] {
        assert_eq!(judge(answer, false), Some((Status::L7Response, None)), "{answer:?}");
    }
    let endless = format!("HTTP/1.1 200 {}", "x".repeat(MAX_STATUS_LINE_BYTES));
    assert_eq!(judge(&endless, false), Some((Status::L7Response, None)));
}

#[test]
fn requests_close_and_tell_their_length() {
    let request = Request { method: "POST", uri: "/health", version: "HTTP/1.1", body: b"ping" };
    let headers = [("Host", &b"app"[..]), ("Connection", b"keep-alive")];
    let mut out = Vec::new();
    request.render(headers.into_iter(), &mut out);
    let expected = "POST /health HTTP/1.1\r\nHost: app\r\nContent-Length: 4\r\nConnection: close\r\n\r\nping";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let request = Request { method: "OPTIONS", uri: "/", version: "HTTP/1.0", body: b"" };
    let mut out = Vec::new();
    request.render(std::iter::empty(), &mut out);
    assert_eq!(out, b"OPTIONS / HTTP/1.0\r\nConnection: close\r\n\r\n");
}
