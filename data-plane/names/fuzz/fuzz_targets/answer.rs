//! Any bytes as the answers of name servers. The first input byte chooses what is asked for, the second how many seats
//! there are; a message follows for each step of time, its length in two bytes before it.
//!
//! Checked: records come each once and are of the kind that was asked for; no two seats get the same record; who has one
//! that is still there keeps it; and what is lost is empty.
#![no_main]

use std::collections::HashSet;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sluicegate_names::{Hold, Key, Known, Question, Reply, Seat, Want, share};

const ID: u16 = 0;

fn read(question: &Question, message: &[u8]) -> Option<Reply> {
    let reply = question.read(ID, message).ok()?;
    if let Reply::Records(records) = &reply {
        assert!(!records.is_empty());
        let keys: HashSet<&Key> = records.iter().map(|record| &record.key).collect();
        assert_eq!(keys.len(), records.len(), "each once");
        for record in records {
            let fits = match &record.key {
                Key::Address(ip) => ip.is_ipv4() == (question.want() == Want::V4) && record.ip == Some(*ip),
                Key::Service { target, .. } => question.want() == Want::Service && !target.is_empty(),
            };
            assert!(fits, "of the kind that was asked for");
            assert!(record.endpoint_weight().is_none_or(|weight| weight <= 256));
        }
    }
    Some(reply)
}

fuzz_target!(|data: &[u8]| {
    let [which, seats, rest @ ..] = data else { return };
    let mut rest = rest;
    let want = [Want::V4, Want::V6, Want::Service][usize::from(which % 3)];
    let question = Question::new("app.test", want).expect("a name");
    let second = Duration::from_secs(1);
    let hold = Hold { nx: second, refused: second * 2, timeout: second * 3, other: second, obsolete: second };
    let mut known = Known::new(Duration::ZERO);
    let mut held: Vec<Option<Key>> = vec![None; usize::from(seats % 16)];
    let mut now = Duration::ZERO;
    while let [high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (message, after) = after.split_at(length);
        rest = after;
        now += second;
        match read(&question, message) {
            Some(Reply::Records(records)) => known.found(records, now, &hold),
            Some(Reply::Failed(lack)) => {
                let lost = known.failed(lack.into(), now, &hold);
                assert!(!lost || known.records().is_empty());
            }
            Some(Reply::Truncated) | None => {}
        }
        let given = {
            let seats: Vec<Seat<'_>> =
                held.iter().map(|has| Seat { has: has.as_ref(), shares: false, prefers: &|_| false }).collect();
            share(&seats, known.records())
        };
        let places: HashSet<usize> = given.iter().copied().flatten().collect();
        assert_eq!(places.len(), given.iter().flatten().count(), "no two have the same");
        let now_held: Vec<Option<Key>> =
            given.iter().map(|place| place.map(|place| known.records()[place].key.clone())).collect();
        for (had, has) in held.iter().zip(&now_held) {
            let stays = had.as_ref().is_some_and(|had| known.records().iter().any(|record| record.key == *had));
            assert!(!stays || had == has, "who has one that is still there keeps it");
        }
        held = now_held;
    }
});
