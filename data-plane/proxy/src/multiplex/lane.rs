//! A stream of HTTP/2 as the engine sees one.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use sluicegate_rules::Tls;

use super::answering::{Answering, Way};
use super::asking::Asking;
use crate::stream::Peer;

/// One of the streams of a connection.
#[derive(Debug)]
pub struct Lane(Role);

#[derive(Debug)]
enum Role {
    Answering(Answering),
    Asking(Asking),
}

impl Lane {
    pub(super) fn answering(answering: Answering) -> Self {
        Self(Role::Answering(answering))
    }

    pub(super) fn asking(asking: Asking) -> Self {
        Self(Role::Asking(asking))
    }

    /// See [`crate::stream::Stream::poll_read`].
    #[inline(never)] // what has a connection of its own passes by
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Role::Answering(answering) => answering.poll_read(cx, buffer),
            Role::Asking(asking) => asking.poll_read(cx, buffer),
        }
    }

    /// See [`crate::stream::Stream::poll_write`].
    #[inline(never)] // what has a connection of its own passes by
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Role::Answering(answering) => answering.poll_write(cx, bytes),
            Role::Asking(asking) => asking.poll_write(cx, bytes),
        }
    }

    /// See [`crate::stream::Stream::poll_shutdown`].
    #[inline(never)] // what has a connection of its own passes by
    pub(crate) fn shut(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Role::Answering(answering) => answering.shut(),
            Role::Asking(asking) => asking.shut(),
        }
    }

    /// See [`crate::stream::Stream::poll_quiet`].
    #[inline(never)] // what has a connection of its own passes by
    pub(crate) fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Role::Answering(answering) => answering.poll_quiet(cx),
            Role::Asking(asking) => asking.poll_quiet(cx),
        }
    }

    /// What the two ends of its connection agreed upon.
    #[inline(never)] // what has a connection of its own passes by
    pub(crate) fn agreed(&self) -> Option<&Arc<Tls>> {
        self.way().tls.as_ref()
    }

    /// This end of its connection.
    #[inline(never)] // what has a connection of its own passes by
    pub(crate) fn local(&self) -> Option<Peer> {
        self.way().local
    }

    fn way(&self) -> &Way {
        match &self.0 {
            Role::Answering(answering) => answering.way(),
            Role::Asking(asking) => asking.way(),
        }
    }
}
