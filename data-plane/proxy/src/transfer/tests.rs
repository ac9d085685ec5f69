mod compress;
mod splice;

use super::backlog::MOST;
use super::*;
use tokio::net::UnixStream;

/// A transfer between two sockets whose far ends the test holds.
struct Bench {
    transfer: Transfer,
    from: Stream,
    to: Stream,
    sender: UnixStream,
    receiver: UnixStream,
    scratch: Scratch,
}

impl Bench {
    fn new(framing: Framing, coding: Coding) -> Self {
        let (sender, from) = UnixStream::pair().unwrap();
        let (to, receiver) = UnixStream::pair().unwrap();
        let mut transfer = Transfer::default();
        transfer.begin(framing, coding);
        let scratch = Lender::default().lend();
        Self { transfer, from: Stream::Unix(from), to: Stream::Unix(to), sender, receiver, scratch }
    }

    /// Sends, moves, and tells what has arrived.
    async fn pass(&mut self, bytes: &[u8]) -> (Poll<Result<(), Broken>>, Vec<u8>) {
        self.sender.writable().await.unwrap();
        self.sender.try_write(bytes).unwrap();
        self.moved().await
    }

    async fn moved(&mut self) -> (Poll<Result<(), Broken>>, Vec<u8>) {
        let Self { transfer, from, to, scratch, .. } = self;
        // The sockets' readiness comes with the next turn of the event loop.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        let moved =
            std::future::poll_fn(|cx| Poll::Ready(transfer.poll_move(cx, (from, to), scratch, None))).await;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        let mut arrived = vec![0; 1 << 20];
        let length = self.receiver.try_read(&mut arrived).unwrap_or(0);
        arrived.truncate(length);
        (moved, arrived)
    }
}

fn run(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(test);
}

#[test]
fn a_length_is_counted_down_and_surplus_noticed() {
    run(async {
        let mut bench = Bench::new(Framing::Length(5), Coding::AsIs);
        let (moved, arrived) = bench.pass(b"abc").await;
        assert!(moved.is_pending() && arrived == b"abc" && bench.transfer.rest() == Some(2));
        let (moved, arrived) = bench.pass(b"de!").await;
        assert!(matches!(moved, Poll::Ready(Ok(()))) && arrived == b"de");
        assert!(bench.transfer.is_done() && bench.transfer.has_surplus());
        assert_eq!((bench.transfer.received(), bench.transfer.written()), (5, 5));
    });
}

#[test]
fn what_ends_with_the_connection_is_put_into_chunks() {
    run(async {
        let mut bench = Bench::new(Framing::UntilClose, Coding::Chunk);
        assert_eq!(bench.pass(b"hello").await.1, b"5\r\nhello\r\n");
        assert_eq!(bench.pass(b"world!").await.1, b"6\r\nworld!\r\n");
        drop(std::mem::replace(&mut bench.sender, UnixStream::pair().unwrap().0));
        let (moved, arrived) = bench.moved().await;
        assert!(matches!(moved, Poll::Ready(Ok(()))));
        assert_eq!(arrived, b"0\r\n\r\n");
    });
}

#[test]
fn chunks_are_taken_apart_wherever_they_are_cut() {
    run(async {
        let whole = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n";
        for cut in 1..whole.len() {
            let mut bench = Bench::new(Framing::Chunked, Coding::Unchunk);
            let mut got = bench.pass(&whole[..cut]).await.1;
            got.extend(bench.pass(&whole[cut..]).await.1);
            assert_eq!(got, b"abcde", "cut at {cut}");
            assert!(bench.transfer.is_done());
        }
    });
}

#[test]
fn an_end_that_comes_too_early_is_no_end() {
    run(async {
        let mut bench = Bench::new(Framing::Length(5), Coding::AsIs);
        assert_eq!(bench.pass(b"abc").await.1, b"abc");
        drop(std::mem::replace(&mut bench.sender, UnixStream::pair().unwrap().0));
        assert!(matches!(bench.moved().await.0, Poll::Ready(Err(Broken::SenderClosed))));
    });
}

#[test]
fn a_bad_chunk_is_not_passed_on() {
    run(async {
        let mut bench = Bench::new(Framing::Chunked, Coding::AsIs);
        let (moved, arrived) = bench.pass(b"3\r\nabc\r\nzz").await;
        assert!(matches!(moved, Poll::Ready(Err(Broken::Chunk(InvalidChunk::Size)))));
        assert_eq!(arrived, b"");
    });
}

/// Keeps the sender's socket full until the receiver, who reads nothing, blocks the transfer; how much was sent.
async fn blocked(bench: &mut Bench) -> usize {
    let piece = vec![7; 1 << 20];
    let mut sent = 0;
    for _ in 0..1000 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        sent += bench.sender.try_write(&piece).unwrap_or(0);
        let Bench { transfer, from, to, scratch, .. } = bench;
        let moved =
            std::future::poll_fn(|cx| Poll::Ready(transfer.poll_move(cx, (from, to), scratch, None))).await;
        assert!(moved.is_pending());
    }
    assert!(bench.transfer.is_blocked());
    sent
}

#[test]
fn a_slow_receiver_bounds_what_is_kept_and_shrinks_reads() {
    run(async {
        let mut bench = Bench::new(Framing::UntilClose, Coding::AsIs);
        let sent = blocked(&mut bench).await;
        assert!(bench.transfer.pending.len() <= Scratch::WINDOW + 1, "{}", bench.transfer.pending.len());
        assert_eq!(bench.transfer.window, SMALL_WINDOW);
        assert!(sent < 8 << 20, "{sent} bytes were taken for a receiver that reads none");
    });
}

#[test]
fn what_a_large_read_left_is_accounted_for_and_given_back() {
    run(async {
        let mut bench = Bench::new(Framing::UntilClose, Coding::AsIs);
        bench.transfer.window = Scratch::WINDOW;
        blocked(&mut bench).await;
        let kept = bench.transfer.pending.len();
        assert!(kept > SMALL_WINDOW, "{kept}");
        let other = bench.scratch.backlog.hold(MOST - kept);
        assert!(bench.scratch.backlog.is_full());
        let Bench { transfer, to, receiver, scratch, .. } = &mut bench;
        let mut arrived = vec![0; 1 << 20];
        while transfer.is_blocked() {
            // The sockets' readiness comes with the next turn of the event loop.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let _ = receiver.try_read(&mut arrived);
            let _ = std::future::poll_fn(|cx| Poll::Ready(transfer.poll_flush(cx, to))).await;
        }
        assert!(!scratch.backlog.is_full());
        assert_eq!(transfer.pending.capacity(), 0);
        drop(other);
    });
}

#[test]
fn others_get_their_turn_while_much_is_moved() {
    const LENGTH: usize = 2 * READS * SMALL_WINDOW;
    run(async {
        let mut bench = Bench::new(Framing::Length(LENGTH as u64), Coding::AsIs);
        let _full = bench.scratch.backlog.hold(MOST);
        let (_, arrived) = bench.pass(&vec![7; LENGTH]).await;
        assert!(arrived.len() >= SMALL_WINDOW && arrived.len() < LENGTH, "{}", arrived.len());
        // It goes on by itself: nobody else would wake it.
        let Bench { transfer, from, to, scratch, .. } = &mut bench;
        std::future::poll_fn(|cx| transfer.poll_move(cx, (from, to), scratch, None)).await.unwrap();
    });
}

#[test]
fn reads_are_small_while_the_account_is_full() {
    run(async {
        let mut bench = Bench::new(Framing::UntilClose, Coding::AsIs);
        bench.transfer.window = Scratch::WINDOW;
        let other = bench.scratch.backlog.hold(MOST);
        blocked(&mut bench).await;
        let kept = bench.transfer.pending.len();
        assert!(kept <= SMALL_WINDOW + 1, "{kept}");
        drop(other);
        assert!(!bench.scratch.backlog.is_full());
    });
}

/// How much is taken of what follows a message while large reads are on, and whether the message was whole.
async fn taken_ahead(framing: Framing, message: &[u8], discards: bool) -> (bool, usize) {
    let mut bench = Bench::new(framing, Coding::AsIs);
    bench.transfer.window = Scratch::WINDOW;
    bench.sender.writable().await.unwrap();
    let sent = bench.sender.try_write(&[message, &[b'x'; 100_000]].concat()).unwrap();
    assert!(sent > message.len() + 2 * SMALL_WINDOW);
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    let Bench { transfer, from, to, scratch, .. } = &mut bench;
    let mut next = Vec::new();
    let moved = std::future::poll_fn(|cx| {
        Poll::Ready(if discards {
            transfer.poll_discard(cx, from, scratch, &mut next)
        } else {
            transfer.poll_move(cx, (from, to), scratch, Some(&mut next))
        })
    });
    (matches!(moved.await, Poll::Ready(Ok(()))), next.len())
}

#[test]
fn large_reads_take_little_of_what_follows_a_message() {
    run(async {
        for discards in [false, true] {
            for (framing, message) in
                [(Framing::Length(4), &b"body"[..]), (Framing::Chunked, b"4\r\nbody\r\n0\r\n\r\n")]
            {
                let (whole, ahead) = taken_ahead(framing, message, discards).await;
                assert!(whole && ahead <= SMALL_WINDOW + 1, "{framing:?}: {ahead} bytes");
            }
        }
    });
}
