//! What is counted of a connection and its streams.

use std::sync::Arc;

use super::PREFACE;
use super::frames::{self, Frame, Frames};
use crate::counters::Http2Counters;
use crate::live::{BackendState, FrontendState};

/// Where it is counted, by the worker that the connection lives on.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    owner: Owner,
    worker: usize,
}

#[derive(Debug, Clone)]
enum Owner {
    Frontend(Arc<FrontendState>),
    Backend(Arc<BackendState>),
}

impl Ledger {
    /// Of a client's connection.
    pub(crate) fn of_client(frontend: &Arc<FrontendState>, worker: usize) -> Self {
        Self { owner: Owner::Frontend(Arc::clone(frontend)), worker }
    }

    /// Of a connection to a server.
    pub(crate) fn of_server(backend: &Arc<BackendState>, worker: usize) -> Self {
        Self { owner: Owner::Backend(Arc::clone(backend)), worker }
    }

    fn counters(&self) -> &Http2Counters {
        match &self.owner {
            Owner::Frontend(frontend) => &frontend.counters.shard(self.worker).http2,
            Owner::Backend(backend) => &backend.counters.shard(self.worker).http2,
        }
    }

    pub(super) fn begin_stream(&self) {
        let counters = self.counters();
        counters.streams.add(1);
        counters.open_streams.raise();
    }

    pub(super) fn end_stream(&self) {
        self.counters().open_streams.lower();
    }
}

/// A connection, for as long as it lives, and the frames that pass over it.
#[derive(Debug)]
pub(super) struct Entry {
    ledger: Ledger,
    received: Frames,
    sent: Frames,
}

impl Entry {
    /// A connection begins; a client begins what it says with the preface.
    pub(super) fn begin(ledger: Ledger) -> Self {
        let counters = ledger.counters();
        counters.connections.add(1);
        counters.open_connections.raise();
        let (received, sent) = match ledger.owner {
            Owner::Frontend(_) => (PREFACE.len(), 0),
            Owner::Backend(_) => (0, PREFACE.len()),
        };
        Self { ledger, received: Frames::after(received), sent: Frames::after(sent) }
    }

    /// These bytes came.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        let Self { ledger, received, .. } = self;
        let counters = ledger.counters();
        received.pass(bytes, |Frame { kind, .. }| match kind {
            frames::DATA => counters.data_received.add(1),
            frames::HEADERS => counters.headers_received.add(1),
            frames::RST_STREAM => counters.resets_received.add(1),
            frames::SETTINGS => counters.settings_received.add(1),
            frames::GOAWAY => counters.goaways_received.add(1),
            _ => {}
        });
    }

    /// These were sent.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        let Self { ledger, sent, .. } = self;
        sent.pass(bytes, |frame| note_error(ledger, frame));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.ledger.counters().open_connections.lower();
    }
}

/// Codes that tell of no error (RFC 9113 section 7): NO_ERROR, CANCEL.
const FRIENDLY: [u32; 2] = [0, 8];
/// Those of errors that are not the other end's: INTERNAL_ERROR, REFUSED_STREAM, CONNECT_ERROR.
const OWN: [u32; 3] = [2, 7, 10];

/// Counts a frame that says that something went wrong.
fn note_error(ledger: &Ledger, frame: Frame) {
    if !matches!(frame.kind, frames::RST_STREAM | frames::GOAWAY) || FRIENDLY.contains(&frame.code) {
        return;
    }
    let counters = ledger.counters();
    let (sent, errors) = match frame.kind {
        frames::GOAWAY => (&counters.goaways_sent, &counters.connection_errors),
        _ => (&counters.resets_sent, &counters.stream_errors),
    };
    sent.add(1);
    errors.add(u64::from(!OWN.contains(&frame.code)));
}
