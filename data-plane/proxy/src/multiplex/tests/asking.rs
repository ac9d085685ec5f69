//! Streams to servers.

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http::{HeaderMap, HeaderValue, Response, header};

use super::pair::{Pair, WIDE, body, read, read_text, send, write};
use crate::multiplex::asking::Asking;

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: site.test\r\n\r\n";

fn ok(fields: &[(&'static str, &'static str)]) -> Response<()> {
    let mut response = Response::builder();
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap()
}

#[tokio::test]
async fn requests_may_be_written_in_pieces_of_any_size() {
    let text = b"POST /a?b HTTP/1.1\r\nHost: site.test\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\
                 Connection: TE\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-End: yes\r\n\r\nbehind it";
    for (piece, window) in [(1, WIDE), (3, WIDE), (50, 1), (4_096, 1), (4_096, WIDE)] {
        let mut pair = Pair::new((WIDE, window)).await;
        let mut asking = pair.asking();
        let writing = tokio::spawn(async move {
            write(&mut asking, text, piece).await.unwrap();
            asking
        });
        let (request, _respond) = pair.asked().await;
        let (head, mut stream) = request.into_parts();
        assert_eq!(head.uri.to_string(), "https://site.test/a?b");
        assert_eq!(head.headers, HeaderMap::from_iter([(header::TE, HeaderValue::from_static("trailers"))]));
        let (pieces, trailers) = body(&mut stream).await.unwrap();
        assert_eq!(pieces.concat(), b"hello world", "pieces of {piece}");
        assert_eq!(trailers.get("x-end").unwrap(), "yes");
        drop(writing.await.unwrap());
    }
}

#[tokio::test]
async fn one_of_http10_needs_no_host() {
    let mut pair = Pair::new((WIDE, WIDE)).await;
    let mut asking = pair.asking();
    write(&mut asking, b"GET /a HTTP/1.0\r\n\r\n", 4_096).await.unwrap();
    let (request, _) = pair.asked().await;
    assert_eq!((request.uri().authority(), request.uri().path()), (None, "/a"));
    assert!(request.body().is_end_stream());
}

/// Asks, and lets the server answer so.
async fn answered(
    windows: (u32, u32),
    head: &[u8],
    response: Response<()>,
    bodies: &[&'static [u8]],
    trailers: Option<HeaderMap>,
) -> Asking {
    let mut pair = Pair::new(windows).await;
    let mut asking = pair.asking();
    write(&mut asking, head, 4_096).await.unwrap();
    let (_, mut respond) = pair.asked().await;
    let ended = bodies.is_empty() && trailers.is_none();
    let mut stream = respond.send_response(response, ended).unwrap();
    let bodies = bodies.to_vec();
    tokio::spawn(async move {
        for body in bodies {
            send(&mut stream, body, false).await;
        }
        match trailers {
            Some(trailers) => stream.send_trailers(trailers).unwrap(),
            None if !ended => stream.send_data(Bytes::new(), true).unwrap(),
            None => {}
        }
    });
    asking
}

#[tokio::test]
async fn answers_are_read_in_pieces_of_any_size() {
    let mut end = HeaderMap::new();
    end.insert("x-end", HeaderValue::from_static("yes"));
    end.insert(header::CONTENT_TYPE, HeaderValue::from_static("of no trailer"));
    let text = "HTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nx-end: yes\r\n\r\n";
    for piece in [1, 2, 7, 4_096] {
        let mut asking =
            answered((WIDE, WIDE), GET, ok(&[("x-a", "b")]), &[b"hello", b" world"], Some(end.clone())).await;
        assert_eq!(read_text(&mut asking, piece, text.len()).await.unwrap(), text, "pieces of {piece}");
        assert!(read(&mut asking, piece).await.unwrap().is_empty());
    }
}

/// The server may send one byte at a time.
#[tokio::test]
async fn a_small_window_holds_nothing_up() {
    let mut asking = answered((1, WIDE), GET, ok(&[("content-length", "5")]), &[b"hello"], None).await;
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    assert_eq!(read_text(&mut asking, 4_096, text.len()).await.unwrap(), text);
    let mut asking = answered((1, WIDE), GET, ok(&[]), &[b"he"], None).await;
    let text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ne\r\n0\r\n\r\n";
    assert_eq!(read_text(&mut asking, 3, text.len()).await.unwrap(), text);
}

#[tokio::test]
async fn answers_without_a_body_say_so() {
    const HEAD: &[u8] = b"HEAD /a HTTP/1.1\r\nHost: site.test\r\n\r\n";
    let status = |status: u16| Response::builder().status(status).body(()).unwrap();
    for (head, response, text) in [
        (GET, ok(&[]), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        (GET, status(204), "HTTP/1.1 204 No Content\r\n\r\n"),
        (GET, status(304), "HTTP/1.1 304 Not Modified\r\n\r\n"),
        (GET, status(999), "HTTP/1.1 999 \r\ncontent-length: 0\r\n\r\n"),
        (HEAD, ok(&[("content-length", "5")]), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
        (HEAD, ok(&[]), "HTTP/1.1 200 OK\r\n\r\n"),
    ] {
        let mut asking = answered((WIDE, WIDE), head, response, &[], None).await;
        assert_eq!(read_text(&mut asking, 4_096, text.len()).await.unwrap(), text);
        assert!(read(&mut asking, 1).await.unwrap().is_empty(), "{text}");
    }
}

#[tokio::test]
async fn interim_answers_come_first_and_none_of_them_is_a_tunnel() {
    let mut pair = Pair::new((WIDE, WIDE)).await;
    let mut asking = pair.asking();
    write(&mut asking, GET, 4_096).await.unwrap();
    let (_, mut respond) = pair.asked().await;
    let interim = Response::builder().status(103).header("link", "</a>").body(()).unwrap();
    respond.send_informational(interim).unwrap();
    let text = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    assert_eq!(read_text(&mut asking, 4_096, text.len()).await.unwrap(), text);
    let switch = Response::builder().status(101).body(()).unwrap();
    respond.send_informational(switch).unwrap();
    assert!(read(&mut asking, 4_096).await.is_err());
}

#[tokio::test]
async fn a_request_that_cannot_be_made_fails() {
    for text in
        [&b"GET /a HTTP/1.1\r\nHost site.test\r\n\r\n"[..], b"GET /a HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n"]
    {
        let pair = Pair::new((WIDE, WIDE)).await;
        let mut asking = pair.asking();
        assert!(write(&mut asking, text, 4_096).await.is_err());
        assert!(read(&mut asking, 1).await.is_err());
    }
}

/// Where a server gives an exchange up: before its head, behind it, amid the body.
#[tokio::test]
async fn a_server_may_give_up_at_every_point() {
    for step in 0..4 {
        let mut pair = Pair::new((WIDE, WIDE)).await;
        let mut asking = pair.asking();
        let begun: &[u8] = b"POST /a HTTP/1.1\r\nHost: site.test\r\nContent-Length: 500\r\n\r\nbegun";
        write(&mut asking, begun, 4_096).await.unwrap();
        let (request, mut respond) = pair.asked().await;
        let mut held: Option<RecvStream> = None;
        if step == 0 {
            respond.send_reset(Reason::REFUSED_STREAM);
        } else {
            let mut stream = respond.send_response(ok(&[("content-length", "5")]), false).unwrap();
            if step > 1 {
                send(&mut stream, b"hel", false).await;
            }
            if step == 3 {
                let text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel";
                assert_eq!(read_text(&mut asking, 4_096, text.len()).await.unwrap(), text);
            }
            stream.send_reset(Reason::INTERNAL_ERROR);
            held = Some(request.into_body());
        }
        let failed = loop {
            match read(&mut asking, 4_096).await {
                Ok(some) => assert!(!some.is_empty(), "step {step}: it looks whole"),
                Err(error) => break error,
            }
        };
        assert_eq!(failed.kind(), std::io::ErrorKind::ConnectionReset);
        assert!(write(&mut asking, b"more", 4_096).await.is_err(), "step {step}");
        drop(held);
    }
}
