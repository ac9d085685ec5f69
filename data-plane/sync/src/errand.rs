//! What somebody asks of the control plane through this proxy.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sluicegate_proto::v1::{Operation, OperationResult};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Errands that may wait for a session.
const WAITING: usize = 16;

/// Why an errand has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// It was never told to the control plane, and will not be: nothing has changed by it.
    #[error("the control plane is away")]
    Away,
    /// It was told; whether it is done is not known.
    #[error("the control plane did not answer in time")]
    Lost,
}

/// Sends errands. A clone sends to the same client.
#[derive(Debug, Clone)]
pub struct Errands(mpsc::Sender<Errand>);

/// Where a client takes them from.
#[derive(Debug)]
pub struct Waiting(pub(crate) mpsc::Receiver<Errand>);

/// Both sides.
pub fn errands() -> (Errands, Waiting) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Errands(sender), Waiting(receiver))
}

/// One errand. Whoever takes the operation out has it: the session tells it, or whose patience ended takes it back.
#[derive(Debug)]
pub(crate) struct Errand {
    operation: Arc<Mutex<Option<Operation>>>,
    pub(crate) answer: oneshot::Sender<OperationResult>,
}

impl Errand {
    /// What is to be told; `None`: it was taken back.
    pub(crate) fn take(&self) -> Option<Operation> {
        take(&self.operation)
    }
}

fn take(operation: &Mutex<Option<Operation>>) -> Option<Operation> {
    operation.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Errands {
    /// Asks the control plane for an operation; its `id` is chosen on the way.
    ///
    /// # Errors
    /// Where no answer comes in that time.
    pub async fn run(&self, operation: Operation, patience: Duration) -> Result<OperationResult, Unanswered> {
        let operation = Arc::new(Mutex::new(Some(operation)));
        let (answer, answered) = oneshot::channel();
        let errand = Errand { operation: Arc::clone(&operation), answer };
        self.0.try_send(errand).map_err(|_| Unanswered::Away)?;
        match timeout(patience, answered).await {
            Ok(Ok(result)) => Ok(result),
            _ if take(&operation).is_some() => Err(Unanswered::Away),
            _ => Err(Unanswered::Lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn what_nobody_took_is_taken_back() {
        let (errands, mut waiting) = errands();
        assert_eq!(errands.run(Operation::default(), PATIENCE).await, Err(Unanswered::Away));
        let late = waiting.0.recv().await.unwrap();
        assert_eq!(late.take(), None, "who was told that nothing happens is told the truth");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_told_is_answered_or_lost() {
        let (errands, mut waiting) = errands();
        let session = tokio::spawn(async move {
            let first = waiting.0.recv().await.unwrap();
            assert!(first.take().is_some());
            first.answer.send(OperationResult::Part).unwrap();
            let second = waiting.0.recv().await.unwrap();
            assert!(second.take().is_some());
            drop(second);
            let third = waiting.0.recv().await.unwrap();
            assert!(third.take().is_some());
            std::future::pending::<()>().await;
        });
        let run = || errands.run(Operation::default(), PATIENCE);
        assert_eq!(run().await, Ok(OperationResult::Part));
        assert_eq!(run().await, Err(Unanswered::Lost));
        assert_eq!(run().await, Err(Unanswered::Lost));
        session.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_may_wait_is_refused_at_once() {
        let (errands, _waiting) = errands();
        let others: Vec<_> = (0..WAITING)
            .map(|_| {
                let errands = errands.clone();
                tokio::spawn(async move { errands.run(Operation::default(), PATIENCE).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let before = tokio::time::Instant::now();
        assert_eq!(errands.run(Operation::default(), PATIENCE).await, Err(Unanswered::Away));
        assert!(before.elapsed() < PATIENCE);
        others.into_iter().for_each(|other| other.abort());
    }
}
