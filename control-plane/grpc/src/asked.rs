//! What proxies ask for: on its way to who does it, and back.

use sluicegate_core::Operation;
use sluicegate_proto::v1::OperationResult;
use tokio::sync::{mpsc, oneshot};

/// Operations that may wait to be done, over all proxies.
const WAITING: usize = 64;

/// An operation that a proxy asks for.
#[derive(Debug)]
pub struct Asked {
    /// What the proxy serves, and may ask about.
    pub scope: String,
    /// Which proxy.
    pub proxy_id: String,
    /// What it asks for: well-formed, and not yet allowed.
    pub operation: Operation,
    /// What came of it. The proxy may be gone.
    pub reply: oneshot::Sender<OperationResult>,
}

/// Where they come out.
pub(crate) fn channel() -> (mpsc::Sender<Asked>, mpsc::Receiver<Asked>) {
    mpsc::channel(WAITING)
}
