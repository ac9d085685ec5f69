//! Connections over real sockets, the whole of a site in one thread and on a paused clock.

mod basics;
mod bodies;
mod caches;
mod compression;
mod failures;
mod forms;
mod generations;
mod interim;
mod leaving;
mod limits;
mod modes;
mod operators;
mod peers;
mod preface;
mod proxy_header;
mod replies;
mod requests;
mod retries;
mod reuse;
mod site;
mod size;
mod streams;
mod timeouts;
mod tunnels;
