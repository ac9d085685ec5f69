//! Wiring of the data plane.

mod resolve;
