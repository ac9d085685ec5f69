//! Where traces hang on.

use std::fmt;

use tokio::time::Instant;

use crate::exchange::Exchange;
use crate::termination::Phase;

/// Hears of each phase that an exchange reaches. A worker without one pays a test for null.
pub(crate) trait Trace: fmt::Debug {
    /// The exchange reached `phase` now. Its record says what is known of it so far.
    fn entered(&self, phase: Phase, now: Instant, exchange: &Exchange);
}
