//! The program under the name `haproxy`.

pub(crate) mod arguments;
pub(crate) mod daemon;
pub(crate) mod system;
