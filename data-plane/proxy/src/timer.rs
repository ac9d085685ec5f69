//! Lazy deadlines: moving one costs a store.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// One deadline of one connection. Setting it stores a time; the timer behind it is armed when the deadline is first
/// polled and pushed back only where it fires before the deadline (reference: 65 instructions against 320 for a reset).
#[derive(Debug, Default)]
pub struct Deadline {
    at: Option<Instant>,
    armed: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// No deadline.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the deadline. Takes effect with the next [`Deadline::poll_expired`] of the task.
    pub fn set(&mut self, at: Option<Instant>) {
        self.at = at;
    }

    /// When it ends; `None`: never.
    pub fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Ready once the deadline has passed; it stays so until moved. Call it before each return of `Pending`.
    pub fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        let sleep = match &mut self.armed {
            Some(sleep) => sleep,
            none => none.insert(Box::pin(sleep_until(at))),
        };
        if sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests;
