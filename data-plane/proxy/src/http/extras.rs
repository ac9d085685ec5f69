//! What few exchanges need.

use sluicegate_model::compression::Algorithm;

use super::cache::Caching;
use crate::compression::Compressor;

/// Beside the rest of a turn, so that the others pay for none of it.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// What the client would have the response compressed with.
    pub(super) compress_with: Option<Algorithm>,
    /// What the request goes out compressed with.
    pub(super) request_with: Option<Algorithm>,
    /// It is there for the first attempt.
    pub(super) request_compressor: Option<Compressor>,
    pub(super) cache: Option<Caching>,
}
