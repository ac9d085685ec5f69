//! What people ask for on the statistics pages of proxies: allowed or not, done, answered.

use sluicegate_console::limits::ASK_PATIENCE;
use sluicegate_console::{Ask, Deed, operate};
use sluicegate_grpc::{Asked, Publisher};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::identity::DEFAULT_SCOPE;
use sluicegate_proto::v1::OperationResult;
use tracing::{info, warn};

use crate::console::{Desk, settled};

/// Does what proxies ask for, one operation after the other: what the first sets, the next one finds. Runs until it is
/// dropped.
pub async fn run(desk: Desk, publisher: Publisher) {
    let mut operations = publisher.operations();
    while let Some(asked) = operations.recv().await {
        let result = perform(&desk, &publisher, &asked).await;
        // Its session may be over.
        let _gone = asked.reply.send(result);
    }
}

/// Does one. What it sets is in force at the proxies that are connected, or they had their time.
async fn perform(desk: &Desk, publisher: &Publisher, asked: &Asked) -> OperationResult {
    let Asked { scope, proxy_id, operation, .. } = asked;
    if scope != DEFAULT_SCOPE {
        warn!(proxy = %proxy_id, %scope, "denied: nothing of this scope can be set");
        return OperationResult::Denied;
    }
    let Deed { values, shut_down, result } = operate(operation, &desk.seen().runtime);
    if result == OperationResult::Denied {
        let backend = &operation.backend;
        warn!(proxy = %proxy_id, %backend, "denied: no statistics page lets anybody change this backend");
    }
    shut_down_sessions(publisher, proxy_id, &shut_down).await;
    if !values.is_empty() {
        let by = format!("on the statistics page of proxy {proxy_id}");
        if let Err(reason) = desk.set(values, by).await {
            warn!(proxy = %proxy_id, reason, "what the statistics page asked for is not set");
            return OperationResult::Failed;
        }
        settled(publisher).await;
    }
    result
}

/// Ends the sessions of these endpoints at all proxies (HAProxy: shutdown).
async fn shut_down_sessions(publisher: &Publisher, proxy_id: &str, endpoints: &[ObjectKey]) {
    for endpoint in endpoints {
        let question = Ask::ShutDownEndpoint { endpoint: endpoint.clone() }.question(0);
        let told = publisher.ask(DEFAULT_SCOPE, None, question, ASK_PATIENCE).await;
        let ended: u64 =
            told.iter().filter_map(|told| told.answer.as_ref().ok()).map(|told| told.ended).sum();
        info!(proxy = %proxy_id, %endpoint, ended, "sessions ended from a statistics page");
        for (silent, why) in
            told.iter().filter_map(|told| Some((&told.proxy_id, told.answer.as_ref().err()?)))
        {
            warn!(proxy = %silent, %endpoint, "sessions of the endpoint may go on: the proxy {why}");
        }
    }
}

#[cfg(test)]
mod tests;
