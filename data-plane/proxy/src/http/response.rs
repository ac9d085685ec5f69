//! The response's head: read, judged by rules, made fit for the client.

use std::task::Poll;

use sluicegate_model::backend::Balance;

use super::compression;
use super::policy::ResponsePolicy;
use super::run::{Run, Step};
use super::turn::{Stage, Turn};
use crate::counters::count_response;
use crate::failure::Failure;
use crate::h1::{Framing, InvalidHead, Limits, Parsed, Persistence, Version, View};
use crate::live::Sign;
use crate::termination::Phase;
use crate::transfer::{Broken, MOST_READ, Scratch};

/// Bytes read at once while a head is awaited; the body comes with it where it is not long.
pub(super) const WINDOW: usize = 32 * 1024;
// What comes with the head may have to be compressed at once.
const _: () = assert!(WINDOW < MOST_READ);
/// Interim responses to one request. HAProxy and nginx have no bound; a server that sends more than one of 100, 102
/// and a few of 103 is broken.
pub(super) const INTERIMS: u8 = 16;

/// Where a complete head and the bytes behind it are: the head's in `Message::bytes`, the others in the scratch area.
type Rest = (usize, usize);

impl Run<'_, '_> {
    /// Reads until the final response's head is complete and on its way. `Wait`: it is not.
    pub(super) fn read_response(&mut self) -> Step {
        loop {
            let Some(server) = &mut self.turn.server else { return self.fail(Failure::Internal) };
            let length = match server.poll_read(self.cx, self.scratch.window(WINDOW)) {
                Poll::Pending => return Step::Wait,
                Poll::Ready(Ok(length)) => length,
                Poll::Ready(Err(_)) => 0,
            };
            if length == 0 {
                return self.server_gone();
            }
            // A head that comes in pieces is no silence.
            self.turn.moved = self.now;
            let end = Scratch::START + length;
            let mut rest = (Scratch::START, end);
            loop {
                match self.parse_response(rest) {
                    Err(_) => return self.junk(),
                    Ok(None) => break,
                    Ok(Some(behind)) => rest = behind,
                }
                if !self.turn.response.head.is_interim() {
                    return self.respond(rest).unwrap_or_else(|failure| self.fail(failure));
                }
                if let Err(failure) = self.pass_interim() {
                    return self.fail(failure);
                }
            }
        }
    }

    /// Parses what was read. A whole head is copied aside, so that the room before the body is free for the new one.
    fn parse_response(&mut self, (start, end): Rest) -> Result<Option<Rest>, InvalidHead> {
        let response = &mut self.turn.response;
        let fresh = response.bytes.is_empty();
        let read = self.scratch.slice(start, end);
        let before = response.bytes.len();
        let parsed = if fresh {
            response.head.parse_response(read, &Limits::default())
        } else {
            response.bytes.extend_from_slice(read);
            response.head.parse_response(&response.bytes, &Limits::default())
        };
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(invalid) => {
                self.capture(true, if fresh { read } else { &self.turn.response.bytes }, invalid);
                return Err(invalid);
            }
        };
        let response = &mut self.turn.response;
        let Parsed::Complete { head_len } = parsed else {
            if fresh {
                response.bytes.extend_from_slice(read);
            }
            return Ok(None);
        };
        if fresh {
            response.bytes.extend_from_slice(read.get(..head_len).unwrap_or_default());
        }
        response.bytes.truncate(head_len);
        response.head_len = head_len;
        Ok(Some((start + (head_len - before), end)))
    }

    /// Passes an interim response (RFC 9110 section 15.2) on to a client that understands it.
    fn pass_interim(&mut self) -> Result<(), Failure> {
        let Turn { response, request, down, facts, .. } = &mut *self.turn;
        facts.interims += 1;
        if facts.interims > INTERIMS {
            return Err(Failure::BadResponse);
        }
        if request.head.version() == Version::Http11 {
            let edits = &mut response.edits;
            let stripped = edits.strip_hop_by_hop(&response.head, &response.bytes, false);
            stripped
                .and_then(|_| edits.set_framing(&response.head, Framing::Empty))
                .map_err(|_| Failure::BadResponse)?;
            let view = View::new(&response.head, &response.bytes, edits);
            down.queue(|out| view.render(out));
        }
        response.clear();
        // What the client does not take now goes with the next write.
        match self.turn.down.poll_flush(self.cx, self.client) {
            Poll::Ready(Err(_)) => Err(Failure::ClientClosed),
            _ => Ok(()),
        }
    }

    /// The final response's head is complete.
    fn respond(&mut self, rest: Rest) -> Result<Step, Failure> {
        self.enter(Phase::Data);
        let status = self.turn.response.head.status();
        if let Some(step) = self.status_again(status) {
            return Ok(step);
        }
        self.turn.exchange.status = Some(status);
        self.count_response(status);
        if matches!(status, 401 | 407) {
            self.note_challenge(status);
        }
        self.note_latency();
        let turn = &mut *self.turn;
        let framing = match Framing::of_response(&turn.response.head, turn.asked) {
            Ok(framing) => framing,
            Err(invalid) => {
                self.capture(true, &self.turn.response.bytes, invalid);
                return Err(Failure::BadResponse);
            }
        };
        if framing == Framing::Tunnel && !turn.up.is_done() {
            return Err(Failure::BadResponse);
        }
        let head = &turn.response.head;
        turn.facts.keep_server &= framing.is_delimited() && head.persistence() == Persistence::KeepAlive;
        self.judge_response(framing);
        if let Some(step) = self.run_response_rules() {
            self.forgo_response();
            return Ok(step);
        }
        self.give_cookie()?;
        // An early refusal: the rest of the request is not worth waiting for.
        let wanted = self.turn.request_is_over() || (status < 300 && !self.turn.facts.refused);
        let policy = ResponsePolicy {
            version: self.turn.request.head.version(),
            framing,
            compressed: self.turn.exchange.compressed_with.is_some(),
            keep: self.client_may_stay() && wanted,
        };
        if let Some(coding) = self.turn.exchange.compressed_with {
            compression::relabel(&mut self.turn.response, coding).map_err(|_| Failure::BadResponse)?;
        }
        let response = &mut self.turn.response;
        let delivery = policy
            .apply(&response.head, &response.bytes, &mut response.edits)
            .map_err(|_| Failure::BadResponse)?;
        self.turn.facts.keep_client = delivery.keep;
        self.turn.down.begin(framing, delivery.coding);
        if let Some(extras) = &mut self.turn.extras
            && let Some(filling) = extras.cache.as_mut().and_then(|cache| cache.filling.take())
        {
            self.turn.down.keep_in(filling);
        }
        self.send_head(rest).map_err(|broken| match broken {
            Broken::Receiver(_) => Failure::ClientClosed,
            _ => Failure::BadResponse,
        })?;
        if framing == Framing::Tunnel {
            if let Some(server) = &self.turn.server {
                server.hurry();
            }
            self.turn.start_tunnel();
            self.turn.stage = Stage::Tunnel;
        }
        Ok(Step::Again)
    }

    /// Sends the head and the part of the body that came with it, in one write.
    pub(super) fn send_head(&mut self, rest: Rest) -> Result<(), Broken> {
        let filled = rest.1 > Scratch::START + WINDOW;
        let over = self.turn.up.is_received() && self.turn.request_is_over();
        let Turn { response, down, facts, .. } = &mut *self.turn;
        let (start, end) = down.recode_at(self.scratch, rest, None)?;
        facts.answered = true;
        // The exchange ends with this write, and the connection with the exchange.
        facts.last_held = over && !facts.keep_client && down.is_received();
        let view = View::new(&response.head, &response.bytes, &response.edits);
        let room = self.scratch.whole().get_mut(..start).unwrap_or_default();
        match view.render_before(room) {
            Some(from) if facts.last_held => {
                down.put_last(self.cx, self.client, self.scratch, (from, end))?
            }
            Some(from) => down.put(self.cx, self.client, self.scratch, (from, end))?,
            None => down.queue(|out| {
                view.render(out);
                out.extend_from_slice(self.scratch.slice(start, end));
            }),
        }
        if filled {
            down.grow();
        }
        Ok(())
    }

    /// Where endpoints are chosen by how fast they answer.
    fn note_latency(&self) {
        let Some(backend) = self.turn.backend() else { return };
        if let Balance::PeakEwma { .. } = backend.settings().balance
            && let (Some(endpoint), Some(connected)) = (self.endpoint(), self.turn.exchange.times.connected)
        {
            backend.answered(&endpoint.state, self.now.saturating_duration_since(connected));
        }
    }

    fn count_response(&self, status: u16) {
        let index = self.worker.index;
        if let Some(endpoint) = self.endpoint() {
            count_response(&endpoint.state.counters.shard(index).responses, status);
            endpoint.state.observe(Sign::Answer(status));
        }
    }
}
