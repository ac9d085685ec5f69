use super::*;
use crate::fixture::{ANY_PORT, Site};

#[test]
fn a_connection_takes_two_of_what_is_not_needed_elsewhere() {
    let of = |files, needed| Room::of(files, needed, 2);
    assert_eq!(of(1024, 44), Room { clients: 401, idle: 57 });
    assert_eq!(of(64, 44), Room { clients: 7, idle: 1 });
    assert_eq!(of(20, 44), Room { clients: 1, idle: 0 });
    assert_eq!(of(u64::MAX, 44).clients, u32::MAX);
}

#[test]
fn a_listener_takes_one_on_each_worker() {
    let site = Site::default().frontend("main", "app", |_| {}).backend("app", |_| {});
    let without = needed(&site.runtime(), 4);
    let with = needed(&site.listener("web", ANY_PORT, "main").runtime(), 4);
    assert_eq!(with, without + 4);
}
