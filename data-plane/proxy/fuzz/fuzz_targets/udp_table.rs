//! Any operations on a table of UDP sessions.
//!
//! Checked after each: there are no more sessions than may be; all are in the order of their last use, each once, and found
//! by their flow; a ticket is that of one session only.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use sluicegate_engine::udp::table::{Flow, Full, Table, Ticket};

fn flow(number: u8) -> Flow {
    let local = (number & 1 == 1).then(|| [127, 0, 0, number & 2].into());
    Flow { client: ([192, 0, 2, 1], u16::from(number)).into(), local }
}

fuzz_target!(|bytes: &[u8]| {
    let [limit, steps @ ..] = bytes else { return };
    let limit = usize::from(*limit % 32);
    let mut table: Table<(u8, u32)> = Table::new(limit);
    let mut tickets: Vec<(Ticket, (u8, u32))> = Vec::new();
    let mut serial = 0;
    for step in steps.chunks_exact(2) {
        let (what, number) = (step[0] % 5, step[1]);
        let ticket = tickets.get(usize::from(number)).copied();
        let before = table.len();
        match (what, ticket) {
            (0 | 1, _) => {
                serial += 1;
                match table.insert(flow(number), (number, serial)) {
                    Ok((ticket, _)) => tickets.push((ticket, (number, serial))),
                    Err(Full) => assert!(table.len() == limit || limit == 0),
                }
            }
            (2, _) => {
                let found = table.touch(&flow(number)).copied();
                if let Some(value) = found {
                    assert_eq!((value.0, table.iter().last().map(|(_, it)| *it)), (number, found));
                }
            }
            (3, Some((ticket, value))) => {
                if let Some(removed) = table.remove(ticket) {
                    assert_eq!((removed, table.len()), (value, before - 1));
                }
            }
            (4, Some((ticket, _))) => table.used(ticket),
            _ => {
                if let Some((ticket, &value)) = table.oldest() {
                    assert_eq!(table.iter().next().map(|(_, it)| *it), Some(value));
                    assert_eq!(table.remove(ticket), Some(value));
                    assert_eq!(table.remove(ticket), None);
                }
            }
        }
        assert!(table.len() <= limit);
        let all: Vec<_> = table.iter().map(|(flow, value)| (*flow, *value)).collect();
        assert_eq!(all.len(), table.len());
        assert_eq!(all.iter().map(|(flow, _)| *flow).collect::<HashSet<_>>().len(), all.len());
        assert!(all.iter().all(|(known, value)| *known == flow(value.0)));
    }
});
