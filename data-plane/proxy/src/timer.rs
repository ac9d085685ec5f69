//! Lazy deadlines: moving one costs a store.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::coop::unconstrained;
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

    /// Ready once the deadline has passed; it stays so until moved. Call it before each return of `Pending`, always from
    /// the same task: while the timer runs it is not looked at again, so it wakes the task that armed it.
    pub fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        match &self.armed {
            Some(sleep) if sleep.deadline() <= at && !sleep.is_elapsed() => Poll::Pending,
            _ => self.arm(cx, at),
        }
    }

    /// Starts the timer, or starts it again where it fired before the deadline or would fire behind it.
    #[cold]
    fn arm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let sleep = match &mut self.armed {
            Some(sleep) => sleep,
            none => none.insert(Box::pin(sleep_until(at))),
        };
        if sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        loop {
            // Without a budget: a poll that is put off would leave the timer without a task to wake.
            ready!(Pin::new(&mut unconstrained(sleep.as_mut())).poll(cx));
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests;
