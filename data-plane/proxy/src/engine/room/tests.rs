use super::*;
use crate::fixture::{ANY_PORT, Site, nowhere};

#[test]
fn a_connection_takes_two_of_what_is_not_needed_elsewhere() {
    let of = |files, needed| Room::of(files, needed, 2);
    assert_eq!(of(1024, 44), Room { clients: 459, idle: 30 });
    assert_eq!(of(64, 44), Room { clients: 9, idle: 0 });
    assert_eq!(of(20, 44), Room { clients: 1, idle: 0 });
    assert_eq!(of(u64::MAX, 44).clients, u32::MAX);
}

#[test]
fn a_listener_takes_one_on_each_worker() {
    let site = Site::default().frontend("main", "app", |_| {}).backend("app", |_| {});
    let without = needed(&site.runtime(), 4, 1024);
    let with = needed(&site.listener("web", ANY_PORT, "main").runtime(), 4, 1024);
    assert_eq!(with, without + 4);
}

#[test]
fn an_endpoint_takes_one_for_its_check_while_they_are_few() {
    let mut site = Site::default().backend("app", |_| {});
    let without = needed(&site.runtime(), 1, 1024);
    for number in 1..=100 {
        site = site.endpoint("app", &format!("s{number}"), nowhere(number), |_| {});
        let checks = u64::from(number).min(1024 / CHECKS);
        assert_eq!(needed(&site.runtime(), 1, 1024), without + checks);
    }
}

#[test]
fn of_many_files_no_more_is_kept_for_idle_connections_than_workers_keep() {
    let room = Room::of(1 << 20, 44, 2);
    assert_eq!(room.idle, IN_ALL);
    let held_back = 44 + 2 * IN_ALL as u64;
    assert_eq!(u64::from(room.clients), ((1 << 20) - held_back) / PER_CONNECTION);
}

#[test]
fn a_limit_that_there_is_no_room_for_is_told_once() {
    let shortage = Shortage::default();
    let told = [
        (None, 400),
        // Nothing but this has changed, the limit in force included.
        (Some(1_000), 400),
        (Some(1_000), 400),
        (Some(1_000), 398),
        (Some(2_000), 398),
        (Some(300), 398),
        (Some(2_000), 398),
    ]
    .map(|(asked, room)| shortage.is_news(asked, room));
    assert_eq!(told, [false, true, false, false, true, false, true]);
}
