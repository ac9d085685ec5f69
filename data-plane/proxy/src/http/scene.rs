//! An exchange as rules see it and change it.

use std::net::SocketAddr;
use std::time::Duration;

use sluicegate_model::compression::ContentCoding;
use sluicegate_model::expr::{Alias, Direction, Figure};
use sluicegate_model::rule::{HeaderName, HeaderPattern};
use sluicegate_proto::id::ObjectKey;
use sluicegate_rules::{Edit, Handling, Message, Tls, Variables};

use super::extras::Extras;
use super::run::Run;
use super::turn;
use crate::exchange::{Exchange, Wishes};
use crate::h1::{Edits, Head, InvalidEdit, Known, Method, Version, View};
use crate::stream::Stream;
use crate::worker::Worker;

/// A head, its bytes, and its edits as far as rules may change them now.
pub(super) struct Side<'a> {
    head: &'a Head,
    bytes: &'a [u8],
    edits: Held<'a>,
}

pub(super) enum Held<'a> {
    Fixed(&'a Edits),
    Open(&'a mut Edits),
}

impl<'a> Side<'a> {
    pub(super) fn fixed(message: &'a turn::Message) -> Self {
        Self { head: &message.head, bytes: &message.bytes, edits: Held::Fixed(&message.edits) }
    }

    pub(super) fn open(message: &'a mut turn::Message) -> Self {
        Self { head: &message.head, bytes: &message.bytes, edits: Held::Open(&mut message.edits) }
    }

    fn view(&self) -> View<'_> {
        let edits = match &self.edits {
            Held::Fixed(edits) => edits,
            Held::Open(edits) => &**edits,
        };
        View::new(self.head, self.bytes, edits)
    }
}

/// An exchange as rules see it.
pub(super) struct Scene<'a> {
    pub(super) worker: &'a Worker,
    pub(super) exchange: &'a Exchange,
    pub(super) client: &'a Stream,
    pub(super) request: Side<'a>,
    pub(super) response: Option<Side<'a>>,
    pub(super) wishes: Wishes,
    /// Where rules may change it; `None`: what they say of caches has no effect.
    pub(super) extras: Option<&'a mut Option<Box<Extras>>>,
    /// The first edit that could not be made.
    pub(super) failed: Option<InvalidEdit>,
}

impl Scene<'_> {
    fn edit(&mut self, edit: impl FnOnce(&mut Edits, &Head, &[u8]) -> Result<(), InvalidEdit>) {
        let side = self.response.as_mut().unwrap_or(&mut self.request);
        let Held::Open(edits) = &mut side.edits else { return };
        if let Err(invalid) = edit(edits, side.head, side.bytes) {
            self.failed.get_or_insert(invalid);
        }
    }

    pub(super) fn request_view(&self) -> View<'_> {
        self.request.view()
    }

    pub(super) fn response_view(&self) -> Option<View<'_>> {
        self.response.as_ref().map(Side::view)
    }

    fn side(&self, direction: Direction) -> Option<&Side<'_>> {
        match direction {
            Direction::Request => Some(&self.request),
            Direction::Response => self.response.as_ref(),
        }
    }
}

impl Message for Scene<'_> {
    fn source(&self) -> Option<SocketAddr> {
        self.exchange.client.ip()
    }

    fn destination(&self) -> Option<SocketAddr> {
        self.exchange.local.or_else(|| self.client.destination()).and_then(|local| local.ip())
    }

    fn tls(&self) -> Option<&Tls> {
        self.exchange.tls.as_deref()
    }

    fn server_tls(&self) -> Option<&Tls> {
        self.exchange.server_tls.as_deref()
    }

    fn server_tls_error(&self) -> Option<&str> {
        self.exchange.server_tls_error.as_deref()
    }

    fn frontend_name(&self) -> &[u8] {
        self.exchange.frontend.as_ref().map_or(b"", |frontend| frontend.name().as_bytes())
    }

    fn backend_name(&self) -> Option<&[u8]> {
        self.exchange.backend.as_ref().map(|backend| backend.name().as_bytes())
    }

    fn is_http(&self) -> bool {
        true
    }

    fn method(&self) -> Option<&[u8]> {
        Some(self.request.view().method_text())
    }

    fn target(&self) -> Option<&[u8]> {
        Some(self.request.view().target())
    }

    fn version(&self, direction: Direction) -> Option<&[u8]> {
        let carried = match direction {
            Direction::Request => self.exchange.carried.client,
            Direction::Response => self.exchange.carried.endpoint,
        };
        self.side(direction).map(|side| match side.head.version() {
            _ if carried => b"2.0".as_slice(),
            Version::Http10 => b"1.0",
            Version::Http11 => b"1.1",
        })
    }

    fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.view().status())
    }

    fn compressed_with(&self) -> Option<ContentCoding> {
        self.exchange.compressed_with
    }

    fn answering_cache(&self) -> Option<&[u8]> {
        self.exchange.cache.as_ref().map(|cache| cache.key.name().as_bytes())
    }

    fn figure(&self, figure: &Figure) -> Option<i64> {
        self.worker.with_active(|active| active.figure(figure))
    }

    fn unix_time(&self) -> Duration {
        self.worker.clock.unix(self.worker.clock.now())
    }

    fn has_proxy_header(&self) -> bool {
        self.exchange.announced.is_some()
    }

    fn proxy_values(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.exchange.announced.iter().flat_map(move |header| header.values.of(kind))
    }

    fn random(&self) -> u32 {
        self.worker.chance.next()
    }

    fn host_name(&self) -> &[u8] {
        self.worker.shared.host.as_bytes()
    }

    fn header<'a>(&'a self, direction: Direction, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.side(direction).into_iter().flat_map(move |side| side.view().values(name))
    }
}

impl Variables for Scene<'_> {
    fn alias(&self, alias: Alias, hexadecimal: bool, out: &mut Vec<u8>) {
        self.worker.with_line(self.exchange, 0, |line| line.alias(alias, hexadecimal, out));
    }
}

impl Edit for Scene<'_> {
    fn set(&mut self, name: &HeaderName, value: &[u8]) {
        self.edit(|edits, head, bytes| edits.set(head, bytes, name.as_bytes(), value));
    }

    fn add(&mut self, name: &HeaderName, value: &[u8]) {
        self.edit(|edits, _, _| edits.add(name.as_bytes(), value));
    }

    fn delete(&mut self, pattern: &HeaderPattern) {
        self.edit(|edits, head, bytes| match pattern {
            HeaderPattern::Name(name) => edits.delete(head, bytes, name.as_bytes()),
            HeaderPattern::Matching(_) => delete_matching(pattern, edits, head, bytes),
        });
    }

    fn replace(&mut self, name: &HeaderName, change: &mut dyn FnMut(&[u8], &mut Vec<u8>) -> bool) {
        self.edit(|edits, head, bytes| edits.replace_each(head, bytes, name.as_bytes(), change));
    }

    fn set_method(&mut self, method: &[u8]) {
        // What bodies a message may have hangs on these two (RFC 9112 6.3), and the client knows the one it sent.
        let shapes = |method| matches!(method, Method::Head | Method::Connect);
        self.edit(|edits, head, _| {
            let (old, new) = (head.method(), Method::of(method));
            if old != new && (shapes(old) || shapes(new)) {
                return Err(InvalidEdit::Method);
            }
            edits.set_method(method)
        });
    }

    fn set_target(&mut self, target: &[u8]) {
        self.edit(|edits, head, bytes| match head.method() {
            // Its target is no address of a resource (RFC 9110 9.3.6).
            Method::Connect => Err(InvalidEdit::Target),
            _ => edits.set_target_and_host(head, bytes, target),
        });
    }

    fn set_status(&mut self, status: u16, reason: Option<&str>) {
        let reason = reason.unwrap_or_else(|| super::status::reason(status));
        self.edit(|edits, _, _| edits.set_status(status, reason.as_bytes()));
    }

    fn handle(&mut self, handling: Handling) {
        self.wishes.note(handling);
    }

    fn use_cache(&mut self, cache: &ObjectKey) {
        self.look_up(cache);
    }

    fn store_in_cache(&mut self, cache: &ObjectKey) {
        self.keep_response(cache);
    }
}

/// Takes one name after the other until none matches. What frames the body stays, whatever a pattern says.
fn delete_matching(
    pattern: &HeaderPattern,
    edits: &mut Edits,
    head: &Head,
    bytes: &[u8],
) -> Result<(), InvalidEdit> {
    let mut name = Vec::new();
    loop {
        let view = View::new(head, bytes, edits);
        let found = view.fields().map(|(name, _)| name).find(|name| {
            !matches!(Known::of(name), Some(Known::ContentLength | Known::TransferEncoding))
                && pattern.matches(name)
        });
        let Some(found) = found else { return Ok(()) };
        name.clear();
        name.extend_from_slice(found);
        edits.delete(head, bytes, &name)?;
    }
}

impl Run<'_, '_> {
    /// The exchange as it is, to look at.
    pub(super) fn scene<'s>(&'s self, response: Option<Side<'s>>) -> Scene<'s> {
        Scene {
            worker: self.worker,
            exchange: &self.turn.exchange,
            client: self.client,
            request: Side::fixed(&self.turn.request),
            response,
            wishes: self.turn.exchange.wishes,
            extras: None,
            failed: None,
        }
    }
}
