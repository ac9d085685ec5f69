//! Tasks that want to hear of a soft stop.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Waker;

/// Wakers by place; free places are used again.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    places: RefCell<Places>,
}

#[derive(Debug, Default)]
struct Places {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

/// A task's place; left when dropped.
#[derive(Debug)]
pub struct Registration {
    tasks: Rc<Tasks>,
    place: usize,
}

impl Tasks {
    pub(super) fn register(tasks: &Rc<Self>, waker: &Waker) -> Registration {
        let mut places = tasks.places.borrow_mut();
        let waker = Some(waker.clone());
        let place = match places.free.pop() {
            Some(place) => {
                places.wakers[place] = waker;
                place
            }
            None => {
                places.wakers.push(waker);
                places.wakers.len() - 1
            }
        };
        Registration { tasks: Rc::clone(tasks), place }
    }

    pub(super) fn wake(&self) {
        let wakers: Vec<Waker> = self.places.borrow().wakers.iter().flatten().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut places = self.tasks.places.borrow_mut();
        places.wakers[self.place] = None;
        places.free.push(self.place);
    }
}
