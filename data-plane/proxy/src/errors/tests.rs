use sluicegate_proto::v1::Kind;
use tokio::time::Instant;

use super::*;
use crate::fixture::{Site, key};
use crate::live::Live;

fn frontends(count: usize) -> Vec<Arc<LiveFrontend>> {
    let live = Live::new(1);
    let site = Site::default().backend("app", |_| {});
    let site = (0..count).fold(site, |site, number| site.frontend(&format!("f{number}"), "app", |_| {}));
    let draft = live.draft(site.runtime());
    let of = |number| Arc::clone(&draft.frontends[&key(Kind::Frontend, &format!("f{number}"))]);
    (0..count).map(of).collect()
}

fn keep(captures: &Captures, frontend: &Arc<LiveFrontend>, bytes: &[u8]) {
    let mut exchange = Exchange::new(Instant::now(), Peer::Unix);
    exchange.frontend = Some(Arc::clone(frontend));
    let wrong = Wrong { bytes, position: 3, reason: &"no good" };
    captures.keep(&exchange, false, Duration::from_secs(1), wrong);
}

#[test]
fn the_newest_of_each_frontend_is_kept_and_cut() {
    let captures = Captures::default();
    let both = frontends(2);
    keep(&captures, &both[0], b"first");
    keep(&captures, &both[1], b"second");
    keep(&captures, &both[0], &vec![b'x'; MAX_CAPTURED_BYTES + 5]);
    let (events, kept) = captures.read();
    let seen: Vec<_> =
        kept.iter().map(|it| (it.event, it.frontend.name(), it.bytes.len(), it.length)).collect();
    let long = MAX_CAPTURED_BYTES;
    assert_eq!((events, seen), (3, vec![(1, "f1", 6, 6), (2, "f0", long, long + 5)]));
    assert_eq!((kept[0].position, kept[0].reason.as_str()), (3, "no good"));
}

#[test]
fn the_oldest_goes_where_there_are_too_many() {
    let captures = Captures::default();
    for frontend in frontends(MAX_TOLD_ERRORS + 2) {
        keep(&captures, &frontend, b"x");
    }
    let (events, kept) = captures.read();
    assert_eq!((events, kept.len(), kept[0].event), (258, MAX_TOLD_ERRORS, 2));
}
