use super::*;

#[test]
fn idle_connections_are_counted_by_kind() {
    let reserve = Reserve::new(Pool::default());
    assert!(reserve.admit(true) && reserve.admit(false) && reserve.admit(true));
    assert_eq!(reserve.idle(), Idle { all: 3, proven: 2 });
    reserve.release(true);
    assert_eq!(reserve.idle(), Idle { all: 2, proven: 1 });
    reserve.release(false);
    reserve.release(true);
    assert_eq!(reserve.idle(), Idle::default());
}

#[test]
fn the_limit_is_of_all_workers_together() {
    let reserve = Reserve::new(Pool { max_idle: Some(100), ..Pool::default() });
    let admitted = || (0..80).filter(|round| reserve.admit(round % 2 == 0)).count();
    let all: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(admitted)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(all, 100);
    assert_eq!(reserve.idle().all, 100);
    let none = Reserve::new(Pool { max_idle: Some(0), ..Pool::default() });
    assert!(!none.admit(false));
}
