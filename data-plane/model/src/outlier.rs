//! Endpoints that are left out for a time, as their exchanges go wrong.

pub use sluicegate_health::{OutlierRule, SuccessRate, Tally};
