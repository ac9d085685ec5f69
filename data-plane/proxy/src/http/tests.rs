//! Connections over real sockets, the whole of a site in one thread and on a paused clock.

mod basics;
mod site;
