//! Bodies that are large enough to pass through a pipe.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use socket2::{SockRef, Socket};

use super::*;
use crate::stream::Fresh;

const LENGTH: usize = 1 << 20;

/// Bytes of which no piece looks like another.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32).flat_map(u32::to_le_bytes).take(length).collect()
}

/// Moves `message` as fast as the receiver reads, `most` bytes at a time: what arrived, once all was moved and read.
async fn carried(bench: &mut Bench, message: &[u8], most: usize) -> Vec<u8> {
    let (mut sent, mut arrived, mut piece) = (0, Vec::new(), vec![0; most]);
    bench.transfer.window = Scratch::WINDOW;
    loop {
        // The sockets' readiness comes with the next turn of the event loop.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        sent += bench.sender.try_write(&message[sent..]).unwrap_or(0);
        let Bench { transfer, from, to, scratch, .. } = bench;
        let moved =
            std::future::poll_fn(|cx| Poll::Ready(transfer.poll_move(cx, (from, to), scratch, None))).await;
        let read = bench.receiver.try_read(&mut piece).unwrap_or(0);
        arrived.extend_from_slice(&piece[..read]);
        match moved {
            Poll::Ready(Err(broken)) => panic!("{broken}"),
            Poll::Ready(Ok(())) if arrived.len() as u64 == transfer.written() => return arrived,
            _ => {}
        }
    }
}

#[test]
fn they_arrive_as_they_were_whatever_the_receiver_takes() {
    run(async {
        let body = pattern(LENGTH);
        let chunked = [format!("{LENGTH:x}\r\n").as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        for most in [3000, LENGTH] {
            for (framing, message) in [(Framing::Length(LENGTH as u64), &body), (Framing::Chunked, &chunked)]
            {
                let mut bench = Bench::new(framing, Coding::AsIs);
                let arrived = carried(&mut bench, message, most).await;
                assert!(arrived == *message, "{framing:?}, {most} bytes at a time");
                assert!(bench.scratch.has_pipe() && !bench.transfer.has_surplus());
                let total = message.len() as u64;
                assert_eq!((bench.transfer.received(), bench.transfer.written()), (total, total));
            }
        }
    });
}

#[test]
fn without_splice_they_are_copied() {
    run(async {
        let body = pattern(LENGTH);
        let mut bench = Bench::new(Framing::Length(LENGTH as u64), Coding::AsIs);
        bench.scratch.give_pipes_up(&io::ErrorKind::Unsupported.into());
        assert!(carried(&mut bench, &body, LENGTH).await == body);
        assert!(!bench.scratch.has_pipe());
    });
}

/// Whether a connection may carry another message is asked of its readiness.
#[test]
fn behind_them_the_sender_is_seen_to_be_silent_or_not() {
    run(async {
        for surplus in [0, 1] {
            let message = pattern(LENGTH + surplus);
            let mut bench = Bench::new(Framing::Length(LENGTH as u64), Coding::AsIs);
            let arrived = carried(&mut bench, &message, LENGTH).await;
            assert!(arrived == message[..LENGTH] && bench.scratch.has_pipe());
            let quiet = std::future::poll_fn(|cx| Poll::Ready(bench.from.poll_quiet(cx).is_pending())).await;
            assert_eq!((bench.transfer.has_surplus(), quiet), (surplus == 1, true));
        }
    });
}

#[test]
fn an_end_in_the_middle_is_no_end() {
    run(async {
        let mut bench = Bench::new(Framing::Length(LENGTH as u64), Coding::AsIs);
        bench.transfer.window = Scratch::WINDOW;
        assert!(bench.pass(&pattern(100_000)).await.0.is_pending());
        drop(std::mem::replace(&mut bench.sender, UnixStream::pair().unwrap().0));
        assert!(matches!(bench.moved().await.0, Poll::Ready(Err(Broken::SenderClosed))));
        assert!(bench.scratch.has_pipe());
    });
}

/// The engine's end of a TCP connection, and the test's.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (engines, _) = listener.accept().unwrap();
    for socket in [&ours, &engines] {
        socket.set_nonblocking(true).unwrap();
    }
    (engines, ours)
}

fn watched(socket: TcpStream) -> Stream {
    Stream::Tcp(tokio::net::TcpStream::from_std(socket).unwrap())
}

/// splice(2) stops in front of it, and says behind that nothing is there, or that this was the end.
#[test]
fn urgent_data_is_passed_over() {
    run(async {
        for ends in [false, true] {
            let ((from, mut sender), (to, mut receiver)) = (pair(), pair());
            let (mut from, mut to) = (watched(from), watched(to));
            let (mut transfer, mut scratch) = (Transfer::default(), Lender::default().lend());
            transfer.begin(Framing::Tunnel, Coding::AsIs);
            transfer.window = Scratch::WINDOW;
            let body = pattern(140_000);
            sender.write_all(&body[..100_000]).unwrap();
            SockRef::from(&sender).send_out_of_band(b"!").unwrap();
            sender.write_all(&body[100_000..]).unwrap();
            if ends {
                sender.shutdown(Shutdown::Write).unwrap();
            }
            let (mut arrived, mut piece, mut turns) = (Vec::new(), vec![0; LENGTH], 0);
            while arrived.len() < body.len() && turns < 100 {
                // The sockets' readiness comes with the next turn of the event loop.
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                let moved = std::future::poll_fn(|cx| {
                    Poll::Ready(transfer.poll_move(cx, (&mut from, &mut to), &mut scratch, None))
                });
                assert!(!matches!(moved.await, Poll::Ready(Err(_))));
                let read = receiver.read(&mut piece).unwrap_or(0);
                arrived.extend_from_slice(&piece[..read]);
                turns += 1;
            }
            assert!(arrived == body && scratch.has_pipe(), "{} bytes arrived", arrived.len());
        }
    });
}

#[test]
fn a_receiver_that_is_not_watched_yet_takes_them_at_once() {
    run(async {
        let ((from, mut sender), (to, _receiver)) = (pair(), pair());
        let mut from = watched(from);
        let mut to = Stream::Fresh(Fresh::accepted(Socket::from(to), false));
        let (mut transfer, mut scratch) = (Transfer::default(), Lender::default().lend());
        transfer.begin(Framing::Tunnel, Coding::AsIs);
        transfer.window = Scratch::WINDOW;
        sender.write_all(&pattern(100_000)).unwrap();
        while transfer.received() < 100_000 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let moved = std::future::poll_fn(|cx| {
                Poll::Ready(transfer.poll_move(cx, (&mut from, &mut to), &mut scratch, None))
            });
            assert!(moved.await.is_pending());
        }
        assert!(!transfer.is_blocked() && scratch.has_pipe());
        assert!(!to.is_watched(), "nothing had to be waited for");
    });
}

#[test]
fn what_a_receiver_that_is_gone_leaves_is_seen_by_no_other() {
    run(async {
        let body = pattern(LENGTH);
        let mut gone = Bench::new(Framing::Length(LENGTH as u64), Coding::AsIs);
        gone.transfer.window = Scratch::WINDOW;
        drop(std::mem::replace(&mut gone.receiver, UnixStream::pair().unwrap().0));
        let (moved, _) = gone.pass(&body).await;
        assert!(matches!(moved, Poll::Ready(Err(Broken::Receiver(_)))));
        assert!(!gone.scratch.has_pipe(), "it holds bytes");
        let mut next = Bench::new(Framing::Length(LENGTH as u64), Coding::AsIs);
        next.scratch = gone.scratch;
        assert!(carried(&mut next, &body, LENGTH).await == body);
        assert!(next.scratch.has_pipe());
    });
}
