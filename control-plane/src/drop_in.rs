//! The program under the name `haproxy`.

pub(crate) mod arguments;
