//! Requests that must never reach a server.
