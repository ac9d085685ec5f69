//! The control plane, the standalone load balancer and the tools around them.

mod drop_in;

fn main() {}
