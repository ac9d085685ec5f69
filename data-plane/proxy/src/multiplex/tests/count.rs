use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};

use crate::multiplex::count::{Count, Counted};

#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn the_connection_is_told_of_the_last_stream_and_of_each_that_was_given_up() {
    let (count, woken) = (Arc::<Count>::default(), Arc::<Woken>::default());
    count.watch(&Waker::from(Arc::clone(&woken)));
    let (first, mut second) = (Counted::new(&count), Counted::new(&count));
    let third = Counted::new(&count);
    assert_eq!(count.alive(), 3);
    drop(first);
    assert_eq!((count.alive(), woken.0.load(Ordering::SeqCst)), (2, 0));
    second.given_up = true;
    drop(second);
    assert_eq!((count.alive(), woken.0.load(Ordering::SeqCst)), (1, 1));
    drop(third);
    assert_eq!((count.alive(), woken.0.load(Ordering::SeqCst)), (0, 2));
}

#[test]
fn streams_that_come_to_their_end_make_up_for_those_that_do_not() {
    let count = Arc::<Count>::default();
    let end = |complete, given_up| {
        let mut stream = Counted::new(&count);
        (stream.complete, stream.given_up) = (complete, given_up);
        drop(stream);
        count.wasted()
    };
    assert_eq!(end(true, false), 0, "nothing is saved up");
    assert_eq!(end(false, true), 1);
    assert_eq!(end(false, true), 2);
    assert_eq!(end(false, false), 2, "this end gave it up");
    assert_eq!(end(true, true), 1, "it had its answer");
    assert_eq!(end(true, false), 0);
}
