use std::future::poll_fn;
use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::task::Poll;

use super::header::{Unmet, poll_read};
use crate::proxy_protocol::{Header, Invalid};
use crate::stream::{Fresh, Peer, Stream};
use crate::transfer::Lender;

const LINE: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222\r\n";

/// A connection that was just accepted, and its other end.
fn accepted() -> (Stream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    (Stream::Fresh(Fresh::accepted(ours.into(), false)), peer)
}

/// As a connection's task reads it; `None`: all of `until` bytes were seen, and are not enough.
async fn read_until(stream: &mut Stream, seen: &mut usize, until: usize) -> Option<Result<Header, Unmet>> {
    let lender = Lender::default();
    poll_fn(|cx| {
        let mut scratch = lender.lend();
        let read = poll_read(stream, &mut scratch, seen, cx);
        lender.restore(scratch);
        match read {
            Poll::Pending if *seen == until => Poll::Ready(None),
            read => read.map(Some),
        }
    })
    .await
}

async fn read(stream: &mut Stream) -> Result<Header, Unmet> {
    read_until(stream, &mut 0, usize::MAX).await.unwrap()
}

/// The client of the header, and what can be read behind it.
async fn behind(mut stream: Stream) -> (Option<Peer>, Vec<u8>) {
    let client = read(&mut stream).await.unwrap().client();
    let mut buffer = [0; 64];
    let length = poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await.unwrap();
    (client, buffer[..length].to_vec())
}

fn told() -> Option<Peer> {
    Some(Peer::Ip("192.0.2.7:1111".parse().unwrap()))
}

#[tokio::test]
async fn what_follows_a_header_is_left() {
    let (stream, mut peer) = accepted();
    peer.write_all(&[LINE, b"GET / HTTP/1.1\r\n"].concat()).unwrap();
    assert_eq!(behind(stream).await, (told(), b"GET / HTTP/1.1\r\n".to_vec()));
}

#[tokio::test]
async fn a_header_may_come_in_pieces() {
    let (mut stream, mut peer) = accepted();
    let (mut seen, mut sent) = (0, 0);
    for piece in LINE[..LINE.len() - 1].chunks(7) {
        peer.write_all(piece).unwrap();
        sent += piece.len();
        assert_eq!(read_until(&mut stream, &mut seen, sent).await, None);
    }
    peer.write_all(b"\nrest").unwrap();
    assert_eq!(behind(stream).await, (told(), b"rest".to_vec()));
}

/// Longer than the first look at it.
#[tokio::test]
async fn a_long_header_is_read() {
    let (stream, mut peer) = accepted();
    let addresses = [192, 0, 2, 7, 198, 51, 100, 9, 0x04, 0x57, 0x08, 0xae];
    let padding = [&[4, 0x3a, 0x98][..], &[0; 15_000]].concat();
    let length = u16::try_from(addresses.len() + padding.len()).unwrap().to_be_bytes();
    let start = b"\r\n\r\n\0\r\nQUIT\n\x21\x11";
    peer.write_all(&[start, &length[..], &addresses, &padding, b"rest"].concat()).unwrap();
    assert_eq!(behind(stream).await, (told(), b"rest".to_vec()));
}

#[tokio::test]
async fn a_client_that_leaves_before_its_header_is_told_from_one_that_lies() {
    let table: [(&[u8], Unmet); 4] = [
        (b"", Unmet::Closed),
        (b"PROX", Unmet::Truncated),
        (&LINE[..LINE.len() - 1], Unmet::Truncated),
        (b"GET / HTTP/1.1\r\n\r\n", Unmet::Invalid(Invalid::Foreign)),
    ];
    for (sent, unmet) in table {
        let (mut stream, mut peer) = accepted();
        peer.write_all(sent).unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read(&mut stream).await, Err(unmet), "{}", sent.escape_ascii());
    }
}
