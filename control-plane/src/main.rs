//! The control plane, the standalone load balancer and the tools around them.

mod command;
mod drop_in;
mod status;

fn main() {}
