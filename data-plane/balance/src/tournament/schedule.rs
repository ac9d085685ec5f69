//! Threads that run one step at a time, in an order made of a seed: what meets once in a million runs meets here.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

thread_local! {
    static ME: RefCell<Option<(Arc<Turns>, usize)>> = const { RefCell::new(None) };
}

struct Turns {
    state: Mutex<State>,
    passed: Condvar,
}

struct State {
    seed: u64,
    /// Who still runs.
    running: Vec<usize>,
    now: usize,
}

impl State {
    fn pass(&mut self) {
        if !self.running.is_empty() {
            self.now =
                self.running[(super::tests::roll(&mut self.seed) % self.running.len() as u64) as usize];
        }
    }
}

/// Runs all at once, a step of one after a step of another.
pub(super) fn run(seed: u64, threads: &[&(dyn Fn() + Sync)]) {
    let mut state = State { seed, running: (0..threads.len()).collect(), now: 0 };
    state.pass();
    let turns = Arc::new(Turns { state: Mutex::new(state), passed: Condvar::new() });
    thread::scope(|scope| {
        for (me, thread) in threads.iter().enumerate() {
            let turns = Arc::clone(&turns);
            scope.spawn(move || {
                ME.set(Some((Arc::clone(&turns), me)));
                turns.wait(me, |_| ());
                thread();
                turns.leave(me);
            });
        }
    });
}

/// Before an access that others may come before. Does nothing in threads that nobody schedules.
pub(super) fn step() {
    ME.with_borrow(|me| {
        if let Some((turns, me)) = me {
            turns.wait(*me, State::pass);
        }
    });
}

impl Turns {
    fn wait(&self, me: usize, before: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap();
        before(&mut state);
        self.passed.notify_all();
        let _state = self.passed.wait_while(state, |state| state.now != me).unwrap();
    }

    fn leave(&self, me: usize) {
        let mut state = self.state.lock().unwrap();
        state.running.retain(|&running| running != me);
        state.pass();
        self.passed.notify_all();
    }
}
