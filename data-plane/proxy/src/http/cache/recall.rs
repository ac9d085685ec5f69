//! A response that was kept, sent as one that comes from a server.

use std::task::Poll;

use super::Hit;
use crate::failure::Failure;
use crate::h1::{Framing, InvalidEdit, Limits, Method, Parsed};
use crate::http::compression;
use crate::http::policy::ResponsePolicy;
use crate::http::response::WINDOW;
use crate::http::run::{Run, Step};
use crate::http::turn::{Stage, Turn};
use crate::termination::{Phase, Termination};
use crate::transfer::{Broken, Scratch};

/// Pieces that one connection gets before others get their turn.
const PIECES: usize = 4;

impl Run<'_, '_> {
    /// Answers with what a rule has found, if one has.
    pub(in crate::http) fn answer_from_cache(&mut self) -> Option<Step> {
        self.hit()?;
        Some(self.begin_recall().unwrap_or_else(|failure| self.fail(failure)))
    }

    fn hit(&mut self) -> Option<&mut Hit> {
        self.turn.extras.as_mut()?.cache.as_mut()?.hit.as_mut()
    }

    fn begin_recall(&mut self) -> Result<Step, Failure> {
        self.turn.exchange.termination = Termination::LOCAL;
        if self.turn.exchange.backend.is_none() {
            self.frontend.state.counters.shard(self.worker.index).intercepted.add(1);
        }
        self.enter(Phase::Data);
        let framing = self.remember().map_err(|_| Failure::Internal)?;
        self.turn.drop_server();
        self.turn.up.abandon();
        if self.ask_compression().is_err() {
            return Err(Failure::Internal);
        }
        self.judge_response(framing);
        if let Some(step) = self.run_response_rules() {
            self.forgo_response();
            return Ok(step);
        }
        // Whether the client's connection lives on hangs on the rest of its request, as with any answer of ours.
        self.audience(true);
        let policy = ResponsePolicy {
            version: self.turn.request.head.version(),
            framing,
            compressed: self.turn.exchange.compressed_with.is_some(),
            keep: self.turn.facts.keep_client,
        };
        let Turn { response, exchange, .. } = &mut *self.turn;
        if let Some(coding) = exchange.compressed_with {
            compression::relabel(response, coding).map_err(|_| Failure::Internal)?;
        }
        let delivery = policy.apply(&response.head, &response.bytes, &mut response.edits);
        let delivery = delivery.map_err(|_| Failure::Internal)?;
        self.turn.facts.keep_client = delivery.keep;
        self.turn.down.begin(framing, delivery.coding);
        let first = if framing == Framing::Empty { (Scratch::START, Scratch::START) } else { self.fetch() };
        self.turn.stage = Stage::Recall;
        self.turn.moved = self.now;
        self.send_head(first).map_err(|broken| match broken {
            Broken::Receiver(_) => Failure::ClientClosed,
            _ => Failure::Internal,
        })?;
        Ok(Step::Again)
    }

    /// Makes the head that was kept that of the response: how its body goes to the client.
    fn remember(&mut self) -> Result<Framing, InvalidEdit> {
        let now = self.now;
        let Turn { extras, response, exchange, asked, .. } = &mut *self.turn;
        let hit = extras.as_ref().and_then(|extras| extras.cache.as_ref()?.hit.as_ref());
        let Some(Hit { store, entry, known, .. }) = hit else { return Err(InvalidEdit::Status) };
        exchange.cache = Some(store.settings.clone());
        response.clear();
        response.bytes.extend_from_slice(&entry.head);
        // Rules may have made it longer than what servers may send.
        let limits =
            Limits { head_bytes: Limits::MAX_HEAD_BYTES, fields: Limits::MAX_FIELDS, ..Limits::default() };
        let Ok(Parsed::Complete { head_len }) = response.head.parse_response(&response.bytes, &limits) else {
            return Err(InvalidEdit::TooLarge);
        };
        response.head_len = head_len;
        let length = entry.body.len() as u64;
        if response.head.content_length().is_none() {
            response.edits.set_framing(&response.head, Framing::Length(length))?;
        }
        let mut digits = itoa::Buffer::new();
        response.edits.add(b"Age", digits.format(entry.age_s(now)).as_bytes())?;
        let status = if *known { 304 } else { response.head.status() };
        if *known {
            response.edits.set_status(304, b"Not Modified")?;
        }
        exchange.status = Some(status);
        let bodyless = *known || asked.method == Method::Head || length == 0;
        Ok(if bodyless { Framing::Empty } else { Framing::Length(length) })
    }

    /// Brings the next piece of the body to where reads come to.
    fn fetch(&mut self) -> (usize, usize) {
        let Turn { extras, .. } = &mut *self.turn;
        let hit = extras.as_mut().and_then(|extras| extras.cache.as_mut()?.hit.as_mut());
        let Some(Hit { entry, at, .. }) = hit else { return (Scratch::START, Scratch::START) };
        let rest = entry.body.get(*at..).unwrap_or_default();
        let piece = rest.get(..rest.len().min(WINDOW)).unwrap_or_default();
        let end = Scratch::START + piece.len();
        if let Some(room) = self.scratch.whole().get_mut(Scratch::START..end) {
            room.copy_from_slice(piece);
        }
        *at += piece.len();
        (Scratch::START, end)
    }

    /// Sends the body as fast as the client takes it.
    pub(in crate::http) fn recall(&mut self) -> Step {
        for _ in 0..PIECES {
            let before = self.turn.progress();
            let flushed = self.turn.down.poll_flush(self.cx, self.client);
            if self.turn.progress() != before {
                self.turn.moved = self.now;
            }
            match flushed {
                Poll::Pending => return Step::Wait,
                Poll::Ready(Err(_)) => return self.fail(Failure::ClientClosed),
                Poll::Ready(Ok(())) => {}
            }
            if self.turn.down.is_received() {
                self.turn.stage = Stage::Reply;
                return Step::Again;
            }
            let piece = self.fetch();
            let Turn { down, .. } = &mut *self.turn;
            let sent = down
                .recode_at(self.scratch, piece, None)
                .and_then(|place| down.put(self.cx, self.client, self.scratch, place));
            match sent {
                Ok(()) => self.turn.moved = self.now,
                Err(Broken::Receiver(_)) => return self.fail(Failure::ClientClosed),
                Err(_) => return self.fail(Failure::Internal),
            }
        }
        self.cx.waker().wake_by_ref();
        Step::Wait
    }
}
