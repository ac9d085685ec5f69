//! Streams of clients.

use bytes::Bytes;
use h2::Reason;
use h2::ext::Protocol;
use http::{HeaderMap, Method, Request};

use super::pair::{Pair, WIDE, body, read, read_text, reason, send, write};

const HEAD: &str =
    "POST http://site.test/a HTTP/1.1\r\nhost: site.test\r\ntransfer-encoding: chunked\r\n\r\n";

fn post() -> Request<()> {
    Request::post("http://site.test/a").body(()).unwrap()
}

fn get() -> Request<()> {
    Request::get("http://site.test/a").body(()).unwrap()
}

fn end() -> HeaderMap {
    HeaderMap::from_iter([
        (http::header::HeaderName::from_static("x-end"), http::HeaderValue::from_static("yes")),
        (http::header::CONTENT_LENGTH, http::HeaderValue::from_static("5")),
    ])
}

#[tokio::test]
async fn requests_are_read_in_pieces_of_any_size() {
    let text = format!("{HEAD}5\r\nhello\r\n6\r\n world\r\n0\r\nx-end: yes\r\n\r\n");
    for piece in [1, 2, 3, 7, 50, 4_096] {
        let mut pair = Pair::new((WIDE, WIDE)).await;
        let (_answer, mut stream) = pair.client.send_request(post(), false).unwrap();
        send(&mut stream, b"hello", false).await;
        stream.send_data(Bytes::new(), false).unwrap();
        send(&mut stream, b" world", false).await;
        stream.send_trailers(end()).unwrap();
        let mut answering = pair.answering().await;
        assert_eq!(read_text(&mut answering, piece, text.len()).await.unwrap(), text, "pieces of {piece}");
    }
}

#[tokio::test]
async fn a_body_of_a_known_length_is_read_as_it_is() {
    let mut pair = Pair::new((WIDE, 1)).await;
    let mut request = post();
    request.headers_mut().insert("content-length", "5".parse().unwrap());
    let (_answer, mut stream) = pair.client.send_request(request, false).unwrap();
    // The server takes one byte at a time.
    let sending = tokio::spawn(async move { send(&mut stream, b"hello", true).await });
    let mut answering = pair.answering().await;
    let text = "POST http://site.test/a HTTP/1.1\r\nhost: site.test\r\ncontent-length: 5\r\n\r\nhello";
    assert_eq!(read_text(&mut answering, 4_096, text.len()).await.unwrap(), text);
    sending.await.unwrap();
}

#[tokio::test]
async fn answers_may_be_written_in_pieces_of_any_size() {
    let text = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nConnection: close\r\n\
                Transfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-End: yes\r\n\r\nbehind it";
    for (piece, window) in [(1, WIDE), (2, WIDE), (7, 1), (100, WIDE), (4_096, 3), (4_096, WIDE)] {
        let mut pair = Pair::new((window, WIDE)).await;
        let (answer, _) = pair.client.send_request(get(), true).unwrap();
        let mut answering = pair.answering().await;
        let writing = tokio::spawn(async move {
            write(&mut answering, text.as_bytes(), piece).await.unwrap();
            answering
        });
        let (head, mut stream) = answer.await.unwrap().into_parts();
        assert_eq!((head.status.as_u16(), head.headers.len()), (200, 1), "{:?}", head.headers);
        let (pieces, trailers) = body(&mut stream).await.unwrap();
        assert_eq!(pieces.concat(), b"hello world", "pieces of {piece}");
        assert!(pieces.iter().all(|piece| piece.len() <= window as usize));
        assert_eq!(trailers.get("x-end").unwrap(), "yes");
        drop(writing.await.unwrap());
        assert_eq!((pair.count.alive(), pair.count.wasted()), (0, 0));
    }
}

#[tokio::test]
async fn answers_end_as_their_heads_say() {
    const ANSWERS: [(&str, Method, &[u8]); 6] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello behind", Method::GET, b"hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Method::HEAD, b""),
        ("HTTP/1.1 204 No Content\r\n\r\nbehind", Method::GET, b""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Method::GET, b""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Method::GET, b""),
        ("HTTP/1.0 200 OK\r\n\r\nuntil the end", Method::GET, b"until the end"),
    ];
    for (text, method, wanted) in ANSWERS {
        let mut pair = Pair::new((WIDE, WIDE)).await;
        let request = Request::builder().method(method).uri("http://site.test/").body(()).unwrap();
        let (answer, _) = pair.client.send_request(request, true).unwrap();
        let mut answering = pair.answering().await;
        write(&mut answering, text.as_bytes(), 4_096).await.unwrap();
        answering.shut().unwrap();
        let (pieces, _) = body(answer.await.unwrap().body_mut()).await.unwrap();
        assert_eq!(pieces.concat(), wanted, "{text}");
        // With its answer it has come to its end for who reads it.
        let rest = read_text(&mut answering, 4_096, 1).await.unwrap();
        assert!(!rest.is_empty(), "its head was not read yet");
        while !read(&mut answering, 4_096).await.unwrap().is_empty() {}
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_reset() {
    const BEGINNINGS: [&str; 6] = [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-End: yes\r\n",
        "HTTP/1.0 200 OK\r\n\r\nuntil",
    ];
    for text in BEGINNINGS {
        let mut pair = Pair::new((WIDE, WIDE)).await;
        let (answer, _) = pair.client.send_request(get(), true).unwrap();
        let mut answering = pair.answering().await;
        write(&mut answering, text.as_bytes(), 4_096).await.unwrap();
        drop(answering);
        let told = match answer.await {
            Ok(mut answer) => reason(body(answer.body_mut()).await),
            Err(error) => error.reason(),
        };
        assert_eq!(told, Some(Reason::INTERNAL_ERROR), "{text:?}");
        assert_eq!(pair.count.wasted(), 0, "the client did nothing");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_refused() {
    const NONE: [&str; 5] = [
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX Y: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for text in NONE {
        for piece in [1, 4_096] {
            let mut pair = Pair::new((WIDE, WIDE)).await;
            let (_answer, _) = pair.client.send_request(get(), true).unwrap();
            let mut answering = pair.answering().await;
            assert!(write(&mut answering, text.as_bytes(), piece).await.is_err(), "{text}");
        }
    }
}

/// Where a client gives its request up: what it had written before, and what was read and answered.
#[tokio::test]
async fn a_client_may_give_up_at_every_point() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    for (read_first, answered, ended) in [
        (false, false, false),
        (true, false, false),
        (true, false, true),
        (true, true, false),
        (true, true, true),
    ] {
        let mut pair = Pair::new((WIDE, WIDE)).await;
        let request = if ended { get() } else { post() };
        let (answer, mut stream) = pair.client.send_request(request, ended).unwrap();
        let mut answering = pair.answering().await;
        if read_first {
            read(&mut answering, 4_096).await.unwrap();
        }
        if answered {
            write(&mut answering, ANSWER, 4_096).await.unwrap();
        }
        let answer = if answered { Some(answer.await.unwrap()) } else { None };
        stream.send_reset(Reason::CANCEL);
        // What it has sent is read; then it is gone.
        while let Ok(some) = read(&mut answering, 4_096).await {
            assert!(!some.is_empty(), "no request ends so");
        }
        assert!(write(&mut answering, if answered { b"hello" } else { ANSWER }, 4_096).await.is_err());
        drop((answering, answer));
        assert_eq!((pair.count.alive(), pair.count.wasted()), (0, 1), "{read_first} {answered} {ended}");
    }
}

#[tokio::test]
async fn websocket_is_an_upgrade_whose_key_must_be_read() {
    // RFC 6455 section 4.2.2 of the key that is made of `7`.
    let accept = "6XR4GOS/YxrQiLoKQz9ykzzeTDg=";
    for (answer, status) in [
        (format!("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\nhi"), Ok(200)),
        ("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: a\r\n\r\n".into(), Err(())),
        ("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".into(), Err(())),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into(), Err(())),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".into(), Ok(403)),
    ] {
        let mut pair = Pair::new((WIDE, WIDE)).await;
        let mut request = Request::connect("http://site.test/chat").body(()).unwrap();
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        request.headers_mut().insert("sec-websocket-key", "of another".parse().unwrap());
        let (told, mut stream) = pair.client.send_request(request, false).unwrap();
        let mut answering = pair.answering().await;
        let text = "GET http://site.test/chat HTTP/1.1\r\nhost: site.test\r\nconnection: Upgrade\r\n\
                    upgrade: websocket\r\nsec-websocket-key: BwAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        assert_eq!(read_text(&mut answering, 4_096, text.len()).await.unwrap(), text);
        let written = write(&mut answering, answer.as_bytes(), 4_096).await;
        assert_eq!(written.is_ok(), status.is_ok(), "{answer}");
        let Ok(status) = status else { continue };
        let told = told.await.unwrap();
        assert_eq!(told.status(), status);
        assert!(!told.headers().contains_key("sec-websocket-accept"));
        if status == 200 {
            send(&mut stream, b"0\r\n\r\n", true).await;
            assert_eq!(read_text(&mut answering, 2, 5).await.unwrap(), "0\r\n\r\n");
            assert_eq!(read(&mut answering, 1).await.unwrap(), b"");
            answering.shut().unwrap();
            assert_eq!(body(&mut told.into_body()).await.unwrap().0.concat(), b"hi");
        }
    }
}

#[tokio::test]
async fn a_tunnel_carries_bytes_as_they_are() {
    let mut pair = Pair::new((1, WIDE)).await;
    let request = Request::connect("site.test:443").body(()).unwrap();
    let (told, mut stream) = pair.client.send_request(request, false).unwrap();
    let mut answering = pair.answering().await;
    let text = "CONNECT site.test:443 HTTP/1.1\r\nhost: site.test:443\r\n\r\n";
    assert_eq!(read_text(&mut answering, 5, text.len()).await.unwrap(), text);
    send(&mut stream, b"there", false).await;
    assert_eq!(read_text(&mut answering, 5, 5).await.unwrap(), "there");
    let writing = tokio::spawn(async move {
        write(&mut answering, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nand back", 4_096).await.unwrap();
        answering.shut().unwrap();
        answering
    });
    let told = told.await.unwrap();
    assert!(!told.headers().contains_key("content-length"));
    assert_eq!(body(&mut told.into_body()).await.unwrap().0.concat(), b"and back");
    drop(writing.await.unwrap());
}
