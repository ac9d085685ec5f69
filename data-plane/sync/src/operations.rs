//! What an operator asks of a control plane.

use std::time::Duration;

use sluicegate_proto::v1::operations_client::OperationsClient;
use sluicegate_proto::v1::{ContainerExplanation, ExplainContainerRequest, FleetStatus, StatusRequest};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Response, Status};

use crate::connect::{ConnectError, Target};

/// Longest answer.
const MAX_STATUS_BYTES: usize = 64 << 20;
const STATUS_LIMIT: Duration = Duration::from_secs(10);

/// Why there is no status.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The control plane says no.
    #[error("the control plane refuses: {}", .0.message())]
    Refused(Box<tonic::Status>),
    /// No answer in time.
    #[error("the control plane does not answer within {STATUS_LIMIT:?}")]
    Timeout,
}

/// What the control plane knows of its fleet.
///
/// # Errors
/// Where it cannot be asked, or does not answer.
pub async fn status(target: &Target) -> Result<FleetStatus, StatusError> {
    ask(target, async |mut client| client.status(StatusRequest {}).await).await
}

/// What became of a container, by its name, its id or the beginning of that.
///
/// # Errors
/// Where it cannot be asked, does not answer, or watches no containers.
pub async fn explain_container(
    target: &Target,
    container: &str,
) -> Result<ContainerExplanation, StatusError> {
    let request = ExplainContainerRequest { container: container.to_owned() };
    ask(target, async |mut client| client.explain_container(request).await).await
}

async fn ask<T>(
    target: &Target,
    question: impl AsyncFnOnce(OperationsClient<Channel>) -> Result<Response<T>, Status>,
) -> Result<T, StatusError> {
    let ask = async {
        let channel = target.connect().await?;
        let client = OperationsClient::new(channel).max_decoding_message_size(MAX_STATUS_BYTES);
        let answer = question(client).await.map_err(|status| StatusError::Refused(Box::new(status)))?;
        Ok(answer.into_inner())
    };
    timeout(STATUS_LIMIT, ask).await.unwrap_or(Err(StatusError::Timeout))
}
