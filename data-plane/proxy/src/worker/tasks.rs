//! The tasks of a worker's connections: woken when a soft stop begins, called upon when an operator asks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

use crate::sessions::{Called, Ending, Listing, Which};

/// Tasks that are woken at one time for a call: what traffic there is goes on between.
const WOKEN: usize = 256;

/// Tasks by place; free places are used again.
#[derive(Debug)]
pub(crate) struct Tasks {
    places: RefCell<Places>,
    /// Number of the newest call. A task compares it with the one that it heard last, which for a new one is 0: so both
    /// cost it one comparison.
    call: Cell<u32>,
    asked: RefCell<Option<Asked>>,
    worker: u64,
    workers: u64,
}

#[derive(Debug, Default)]
struct Places {
    tasks: Vec<Option<Task>>,
    free: Vec<u32>,
    /// Tasks so far.
    serial: u64,
}

#[derive(Debug)]
struct Task {
    waker: Waker,
    id: u64,
    /// The newest call that it heard.
    heard: u32,
}

/// What tasks are called for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// To tell of themselves.
    List(Listing),
    /// To end, and how many did.
    End(Which, u64),
}

impl Tasks {
    /// Of the worker of this number, out of so many: no two of their tasks have one id.
    pub(super) fn new(worker: usize, workers: usize) -> Self {
        Self {
            places: RefCell::default(),
            call: Cell::new(1),
            asked: RefCell::default(),
            worker: worker as u64,
            workers: workers.max(1) as u64,
        }
    }

    pub(super) fn wake(&self) {
        let wakers: Vec<Waker> =
            self.places.borrow().tasks.iter().flatten().map(|task| task.waker.clone()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Puts a question to one task, or to all, and waits until each has heard it or is gone, or who asked has given up.
    /// One call at a time.
    pub(crate) async fn ask(&self, asked: Asked, given_up: impl Fn() -> bool) -> Option<Asked> {
        let only = match &asked {
            Asked::List(listing) => listing.only,
            Asked::End(Which::Session(id), _) => Some(*id),
            Asked::End(Which::At(_) | Which::AtAny(_), _) => None,
        };
        self.asked.replace(Some(asked));
        self.call.set(self.call.get().wrapping_add(1).max(1));
        let mut from = 0;
        'all: while let Some(next) = self.wake_some(from, only) {
            while !self.have_heard(from, next, only) {
                if given_up() {
                    break 'all;
                }
                tokio::task::yield_now().await;
            }
            from = next;
        }
        self.asked.take()
    }

    /// Wakes the next tasks that have not heard of the present call; where those behind them begin.
    fn wake_some(&self, from: usize, only: Option<u64>) -> Option<usize> {
        let places = self.places.borrow();
        let rest = places.tasks.get(from..).filter(|rest| !rest.is_empty())?;
        let mut woken = 0;
        for (offset, task) in rest.iter().enumerate() {
            if let Some(task) = task
                && self.concerns(task, only)
            {
                task.waker.wake_by_ref();
                woken += 1;
                if woken == WOKEN {
                    return Some(from + offset + 1);
                }
            }
        }
        Some(places.tasks.len())
    }

    fn have_heard(&self, from: usize, to: usize, only: Option<u64>) -> bool {
        let places = self.places.borrow();
        let woken = places.tasks.get(from..to).unwrap_or_default();
        !woken.iter().flatten().any(|task| self.concerns(task, only))
    }

    /// Whether the present call is for a task that has not heard it.
    fn concerns(&self, task: &Task, only: Option<u64>) -> bool {
        task.heard != self.call.get() && only.is_none_or(|id| id == task.id)
    }
}

/// A task's place among those of its worker; left when dropped.
#[derive(Debug)]
pub struct Registration {
    tasks: Rc<Tasks>,
    place: Cell<u32>,
    heard: Cell<u32>,
}

/// Of a task that has not been polled.
const NOWHERE: u32 = u32::MAX;

impl Registration {
    pub(super) fn new(tasks: &Rc<Tasks>) -> Self {
        Self { tasks: Rc::clone(tasks), place: Cell::new(NOWHERE), heard: Cell::new(0) }
    }

    /// Whether there is something to hear: at the first poll, and when somebody asks.
    #[inline]
    pub fn is_called(&self) -> bool {
        self.heard.get() != self.tasks.call.get()
    }

    /// Takes a place at the first poll, and answers what is asked. Where the task is to end: why.
    #[cold]
    pub(crate) fn hear(&self, waker: &Waker, called: &impl Called) -> Option<Ending> {
        let call = self.tasks.call.get();
        self.heard.set(call);
        let id = self.tasks.places.borrow_mut().hear(self, waker, call);
        match &mut *self.tasks.asked.borrow_mut() {
            None => None,
            Some(Asked::List(listing)) => {
                if listing.only.is_none_or(|only| only == id) {
                    listing.hold(id, self.tasks.worker, called);
                }
                None
            }
            Some(Asked::End(which, ended)) => {
                let ending = which.ends(id, called.endpoint());
                *ended += u64::from(ending.is_some());
                ending
            }
        }
    }
}

impl Places {
    /// The task's id.
    fn hear(&mut self, registration: &Registration, waker: &Waker, call: u32) -> u64 {
        if let Some(Some(task)) = self.tasks.get_mut(registration.place.get() as usize) {
            task.heard = call;
            return task.id;
        }
        self.serial += 1;
        let id = self.serial * registration.tasks.workers + registration.tasks.worker;
        let task = Some(Task { waker: waker.clone(), id, heard: call });
        let place = match self.free.pop() {
            Some(place) => {
                self.tasks[place as usize] = task;
                place
            }
            None => {
                self.tasks.push(task);
                // There are fewer descriptors than that.
                u32::try_from(self.tasks.len() - 1).unwrap_or(NOWHERE)
            }
        };
        registration.place.set(place);
        id
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let place = self.place.get();
        if place == NOWHERE {
            return;
        }
        let mut places = self.tasks.places.borrow_mut();
        places.tasks[place as usize] = None;
        places.free.push(place);
    }
}
