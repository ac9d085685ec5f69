//! The proxy engine of the data plane.

pub mod h1;
