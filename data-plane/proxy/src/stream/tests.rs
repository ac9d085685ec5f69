use std::future::poll_fn;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream as Peer};
use std::task::Waker;

use super::*;

/// A connection that was just accepted, and its other end.
fn accepted() -> (Stream, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = Peer::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    (Stream::Fresh(Fresh::accepted(ours.into(), false)), peer)
}

#[tokio::test]
async fn what_is_there_is_read_without_watching() {
    let (mut stream, mut peer) = accepted();
    peer.write_all(b"GET").unwrap();
    let mut buffer = [0; 8];
    let mut now = Context::from_waker(Waker::noop());
    assert!(matches!(stream.poll_read(&mut now, &mut buffer), Poll::Ready(Ok(3))));
    assert!(!stream.is_watched());
    assert!(matches!(stream.poll_write(&mut now, b"answer"), Poll::Ready(Ok(6))));
    assert!(!stream.is_watched());
    peer.write_all(b" /").unwrap();
    // The second read has the event loop say when: it is a wait, however much is there.
    assert!(stream.poll_read(&mut now, &mut buffer).is_pending());
    assert!(stream.is_watched());
    assert_eq!(poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await.unwrap(), 2);
}

#[tokio::test]
async fn a_write_that_must_wait_is_watched() {
    let (mut stream, mut peer) = accepted();
    let piece = vec![7; 1 << 20];
    let mut now = Context::from_waker(Waker::noop());
    let mut sent = 0;
    while let Poll::Ready(written) = stream.poll_write(&mut now, &piece) {
        sent += written.unwrap();
    }
    assert!(stream.is_watched());
    let reader = std::thread::spawn(move || {
        let mut got = Vec::new();
        peer.read_to_end(&mut got).unwrap();
        got.len()
    });
    sent += poll_fn(|cx| stream.poll_write(cx, &piece)).await.unwrap();
    drop(stream);
    assert_eq!(reader.join().unwrap(), sent);
}

#[tokio::test]
async fn last_bytes_arrive_although_the_peer_has_said_more() {
    for watched in [false, true] {
        let (mut stream, mut peer) = accepted();
        if watched {
            stream.watch().unwrap();
        }
        assert_eq!(poll_fn(|cx| stream.poll_write_last(cx, b"answer")).await.unwrap(), 6);
        peer.write_all(b"more").unwrap();
        poll_fn(|cx| stream.poll_shutdown(cx)).await.unwrap();
        drop(stream);
        let mut answer = [0; 6];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"answer");
    }
}

#[tokio::test]
async fn a_reset_is_asked_for_before_and_after_watching() {
    for watched in [false, true] {
        let (mut stream, mut peer) = accepted();
        if watched {
            stream.watch().unwrap();
        }
        stream.reset_on_close();
        drop(stream);
        let error = peer.read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn a_look_at_what_never_grows_ends_with_the_stream() {
    for watched in [false, true] {
        let (mut stream, mut peer) = accepted();
        peer.write_all(b"part").unwrap();
        if watched {
            stream.watch().unwrap();
        }
        let mut buffer = [0; 8];
        assert_eq!(poll_fn(|cx| stream.poll_peek(cx, &mut buffer, 0)).await.unwrap(), 4);
        drop(peer);
        assert_eq!(poll_fn(|cx| stream.poll_peek(cx, &mut buffer, 4)).await.unwrap(), 0);
        assert_eq!(poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await.unwrap(), 4);
    }
}

#[tokio::test]
async fn what_is_taken_is_what_was_looked_at() {
    for watched in [false, true] {
        let (mut stream, mut peer) = accepted();
        peer.write_all(b"headrest").unwrap();
        if watched {
            stream.watch().unwrap();
        }
        let mut buffer = [0; 8];
        assert_eq!(poll_fn(|cx| stream.poll_peek(cx, &mut buffer, 0)).await.unwrap(), 8);
        stream.take(&mut buffer[..4]).unwrap();
        assert_eq!((stream.is_watched(), &buffer[..4]), (watched, b"head".as_slice()));
        assert_eq!(poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await.unwrap(), 4);
        assert_eq!(&buffer[..4], b"rest");
        assert!(stream.take(&mut buffer).is_err(), "nothing is there");
    }
}
