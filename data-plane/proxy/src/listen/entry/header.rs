//! The stage that reads a header of the PROXY protocol, and no byte behind it.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use sluicegate_model::expr::Alias;
use sluicegate_rules::Variables as _;

use super::{Passing, Stage, Step};
use crate::counters::CloseCause;
use crate::log::Level;
use crate::proxy_protocol::{Header, Invalid, MAX_BYTES, Parsed, parse};
use crate::stream::Stream;
use crate::transfer::Scratch;

/// Bytes that are looked at first: what every sender may send at once (section 2).
const USUAL: usize = 536;

/// Why there is no header; in HAProxy's words, as its log has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unmet {
    /// The client sent something else.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The client ended its side without a byte.
    #[error("Connection closed while waiting for PROXY protocol header")]
    Closed,
    /// The client ended its side within it.
    #[error("Truncated PROXY protocol header received")]
    Truncated,
    /// The connection broke.
    #[error("Connection error while waiting for PROXY protocol header")]
    Broken,
    /// It did not come in time.
    #[error("Timeout while waiting for PROXY protocol header")]
    TimeOut,
}

impl Unmet {
    fn close_cause(self) -> CloseCause {
        match self {
            Self::Invalid(_) | Self::Truncated => CloseCause::BadRequest,
            Self::Closed | Self::Broken => CloseCause::Client,
            Self::TimeOut => CloseCause::ClientTimeout,
        }
    }
}

impl Passing {
    /// Reads the header; `seen`: bytes that were not enough.
    pub(super) fn poll_header(&mut self, mut seen: usize, cx: &mut Context<'_>) -> Poll<Step> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(Step::End(CloseCause::Finished)) };
        let worker = &*self.worker;
        let mut scratch = worker.lender.lend();
        let read = poll_read(&mut incoming.stream, &mut scratch, &mut seen, cx);
        worker.lender.restore(scratch);
        self.stage = Stage::Header(seen);
        Poll::Ready(match ready!(read) {
            Ok(header) => {
                incoming.client = header.client().unwrap_or(incoming.client);
                incoming.announced = Some(Arc::new(header));
                Step::Next(Stage::Tls)
            }
            Err(unmet) => self.refuse(&unmet),
        })
    }

    /// The connection is not what the listener is for: it is closed without an answer.
    #[cold]
    pub(super) fn refuse(&self, why: &Unmet) -> Step {
        let cause = why.close_cause();
        if cause == CloseCause::BadRequest
            && let Some(incoming) = &self.incoming
        {
            let counters = &incoming.attachment.frontend().state.counters;
            counters.shard(self.worker.index).bad_requests.add(1);
        }
        self.complain(why, matches!(self.stage, Stage::Header(0)) && cause != CloseCause::BadRequest);
        Step::End(cause)
    }

    /// Tells the log why it does not come to its protocol. `null`: it has said nothing.
    pub(super) fn complain(&self, why: &dyn std::fmt::Display, null: bool) {
        let worker = &*self.worker;
        let Some(incoming) = &self.incoming else { return };
        let frontend = incoming.attachment.frontend();
        let logging = &frontend.settings().logging;
        if frontend.sinks.targets.is_empty() || (logging.skip_null && null) {
            return;
        }
        let level = if logging.separate_errors { Level::Error } else { Level::Info };
        let at =
            if frontend.sinks.tell_time { worker.clock.unix(worker.clock.now()) } else { Duration::ZERO };
        worker.with_line(&self.exchange, 0, |line| {
            worker.shared.rings[worker.index].push(&frontend.sinks, level, at, |out| {
                line.alias(Alias::ClientIp, false, out);
                out.push(b':');
                line.alias(Alias::ClientPort, false, out);
                out.extend_from_slice(b" [");
                line.alias(Alias::AcceptDate, false, out);
                out.extend_from_slice(format!("] {}/{}: {why}", frontend.name(), self.entry.name).as_bytes());
            });
        });
    }
}

/// Looks at what is there until that is a header, and takes this.
pub(super) fn poll_read(
    stream: &mut Stream,
    scratch: &mut Scratch,
    seen: &mut usize,
    cx: &mut Context<'_>,
) -> Poll<Result<Header, Unmet>> {
    let mut room = if *seen < USUAL { USUAL } else { MAX_BYTES };
    loop {
        let window = scratch.window(room);
        let there = match ready!(stream.poll_peek(cx, window, *seen)) {
            Ok(0) if *seen == 0 => return Poll::Ready(Err(Unmet::Closed)),
            Ok(0) => return Poll::Ready(Err(Unmet::Truncated)),
            Ok(there) => there,
            Err(_) => return Poll::Ready(Err(Unmet::Broken)),
        };
        *seen = there;
        match parse(&window[..there])? {
            Parsed::Whole { header, length } => {
                let taken = stream.take(&mut window[..length]);
                return Poll::Ready(taken.map(|()| header).map_err(|_| Unmet::Broken));
            }
            Parsed::Part { wanted } if wanted > room => room = MAX_BYTES,
            Parsed::Part { .. } => {}
        }
    }
}
