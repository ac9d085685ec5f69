//! Rules and routes over the messages of an exchange.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_model::Service;
use sluicegate_model::backend::Balance;
use sluicegate_model::expr::{Alias, Direction, Figure};
use sluicegate_model::rule::{Content, HeaderName, HeaderPattern, Redirect, Reply, Rule};
use sluicegate_rules::{Edit, Handling, Message, Outcome, Scratch, Style, Variables, matches, render};

use super::reply::Desk;
use super::run::{Run, Step};
use super::turn::{self, Turn};
use crate::balance::hash_of;
use crate::exchange::{Exchange, Wishes};
use crate::failure::Failure;
use crate::h1::{Edits, Head, InvalidEdit, Known, Method, Version, View};
use crate::live::{LiveBackend, LiveFrontend};
use crate::stream::Stream;
use crate::termination::Termination;
use crate::worker::Worker;

/// A head, its bytes, and its edits as far as rules may change them now.
struct Side<'a> {
    head: &'a Head,
    bytes: &'a [u8],
    edits: Held<'a>,
}

enum Held<'a> {
    Fixed(&'a Edits),
    Open(&'a mut Edits),
}

impl<'a> Side<'a> {
    fn fixed(message: &'a turn::Message) -> Self {
        Self { head: &message.head, bytes: &message.bytes, edits: Held::Fixed(&message.edits) }
    }

    fn open(message: &'a mut turn::Message) -> Self {
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
struct Scene<'a> {
    worker: &'a Worker,
    exchange: &'a Exchange,
    client: &'a Stream,
    request: Side<'a>,
    response: Option<Side<'a>>,
    wishes: Wishes,
    /// The first edit that could not be made.
    failed: Option<InvalidEdit>,
}

impl Scene<'_> {
    fn edit(&mut self, edit: impl FnOnce(&mut Edits, &Head, &[u8]) -> Result<(), InvalidEdit>) {
        let side = self.response.as_mut().unwrap_or(&mut self.request);
        let Held::Open(edits) = &mut side.edits else { return };
        if let Err(invalid) = edit(edits, side.head, side.bytes) {
            self.failed.get_or_insert(invalid);
        }
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
        self.exchange.local.or_else(|| self.client.local()).and_then(|local| local.ip())
    }

    fn is_tls(&self) -> bool {
        false
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
        self.side(direction).map(|side| match side.head.version() {
            Version::Http10 => b"1.0".as_slice(),
            Version::Http11 => b"1.1",
        })
    }

    fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.view().status())
    }

    fn figure(&self, figure: &Figure) -> Option<i64> {
        self.worker.with_active(|active| active.figure(figure))
    }

    fn unix_time(&self) -> Duration {
        self.worker.clock.unix(self.worker.clock.now())
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
    /// Rules of one list over the request. `None`: an answer was made, or making it failed.
    pub(super) fn run_request_rules(&mut self, rules: &[Rule]) -> Option<Step> {
        if rules.is_empty() {
            return None;
        }
        let mut scratch = self.worker.http.rules.take();
        let Turn { exchange, request, .. } = &mut *self.turn;
        let mut scene = Scene {
            worker: self.worker,
            exchange,
            client: self.client,
            request: Side::open(request),
            response: None,
            wishes: exchange.wishes,
            failed: None,
        };
        let outcome = sluicegate_rules::run(rules, &mut scene, &mut scratch);
        let (failed, wishes) = (scene.failed, scene.wishes);
        exchange.wishes = wishes;
        let step = match (failed, outcome) {
            // As HAProxy's strict mode: a request that could not be rewritten is not forwarded.
            (Some(_), _) => Some(self.fail(Failure::Internal)),
            (None, Outcome::Continue) => None,
            (None, Outcome::Return { reply, .. }) => {
                self.intercept();
                Some(self.answer_rule(reply, &mut scratch))
            }
            (None, Outcome::Deny { reply, .. }) => {
                self.count_denied_request();
                Some(self.answer_rule(reply, &mut scratch))
            }
            (None, Outcome::Redirect { redirect, .. }) => {
                self.intercept();
                Some(self.answer_redirect(redirect, scratch.text()))
            }
            (None, Outcome::Serve { service }) => {
                self.intercept();
                let admin = self.is_admin(service, &mut scratch);
                Some(self.ask(service, admin))
            }
        };
        self.worker.http.rules.set(scratch);
        step
    }

    /// Rules of both lists over the response: the backend's, then the frontend's. `Some`: an answer takes its place.
    pub(super) fn run_response_rules(&mut self) -> Option<Step> {
        let (backend, frontend) = (self.turn.backend()?, self.frontend);
        if backend.settings().response_rules.is_empty() && frontend.settings().response_rules.is_empty() {
            return None;
        }
        let backend = Arc::clone(backend);
        let lists = [&backend.settings().response_rules, &frontend.settings().response_rules];
        let mut scratch = self.worker.http.rules.take();
        let step = lists.into_iter().find_map(|rules| self.run_response_list(rules, &mut scratch));
        self.worker.http.rules.set(scratch);
        step
    }

    fn run_response_list(&mut self, rules: &[Rule], scratch: &mut Scratch) -> Option<Step> {
        let Turn { exchange, request, response, .. } = &mut *self.turn;
        let mut scene = Scene {
            worker: self.worker,
            exchange,
            client: self.client,
            request: Side::fixed(request),
            response: Some(Side::open(response)),
            wishes: exchange.wishes,
            failed: None,
        };
        let outcome = sluicegate_rules::run(rules, &mut scene, scratch);
        let failed = scene.failed;
        match (failed, outcome) {
            (Some(_), _) => Some(self.fail(Failure::Internal)),
            (None, Outcome::Continue) => None,
            (None, Outcome::Return { reply, .. }) => {
                self.turn.exchange.termination = Termination::LOCAL;
                Some(self.answer_rule(reply, scratch))
            }
            (None, Outcome::Deny { reply, .. }) => {
                self.count_denied_response();
                Some(self.answer_rule(reply, scratch))
            }
            (None, Outcome::Redirect { redirect, .. }) => {
                self.turn.exchange.termination = Termination::LOCAL;
                Some(self.answer_redirect(redirect, scratch.text()))
            }
            (None, Outcome::Serve { service }) => Some(self.ask(service, false)),
        }
    }

    /// The exchange as it is, to look at.
    fn scene<'s>(&'s self, response: Option<Side<'s>>) -> Scene<'s> {
        Scene {
            worker: self.worker,
            exchange: &self.turn.exchange,
            client: self.client,
            request: Side::fixed(&self.turn.request),
            response,
            wishes: self.turn.exchange.wishes,
            failed: None,
        }
    }

    /// The backend of the first route that matches, or the default one.
    pub(super) fn choose_backend(&mut self, frontend: &LiveFrontend) -> Option<Arc<LiveBackend>> {
        if frontend.routes.is_empty() {
            return frontend.default_backend.clone();
        }
        let mut scratch = self.worker.http.rules.take();
        let scene = self.scene(None);
        let taken = frontend
            .routes
            .iter()
            .find(|route| route.config.when.as_ref().is_none_or(|when| matches(when, &scene, &mut scratch)));
        self.worker.http.rules.set(scratch);
        match taken {
            Some(route) => route.backend.clone(),
            None => frontend.default_backend.clone(),
        }
    }

    /// What the request is balanced by, after all that may change it.
    pub(super) fn find_key(&mut self) {
        let Some(backend) = &self.turn.exchange.backend else { return };
        let Balance::Hash(hash) = &backend.settings().balance else { return };
        let mut scratch = self.worker.http.rules.take();
        let hash = hash_of(hash, &self.scene(None), &mut scratch);
        self.turn.exchange.hash = hash;
        self.worker.http.rules.set(scratch);
    }

    /// Whether the request may change things from the statistics page.
    fn is_admin(&self, service: &Service, scratch: &mut Scratch) -> bool {
        let Service::Stats(page) = service else { return false };
        let scene = self.scene(None);
        page.admin.iter().any(|when| matches(when, &scene, scratch))
    }

    /// A rule answers in the place of a server.
    fn intercept(&mut self) {
        self.turn.exchange.termination = Termination::LOCAL;
        self.frontend.state.counters.shard(self.worker.index).intercepted.add(1);
    }

    /// Answers as a rule says.
    fn answer_rule(&mut self, reply: &Reply, scratch: &mut Scratch) -> Step {
        if matches!(reply.content, Content::ErrorPage) && reply.headers.is_empty() {
            return self.answer_error(reply.status, true);
        }
        let audience = self.audience(true);
        let mut out = self.worker.http.letter.take();
        out.clear();
        let made = {
            let mut desk = self.worker.http.desk.borrow_mut();
            let response = &self.turn.response;
            let scene = self.scene((response.head_len > 0).then(|| Side::fixed(response)));
            draft(reply, &scene, scratch, &mut desk).and_then(|draft| draft.finish(audience, &mut out))
        };
        let step = self.answer(reply.status, made, &out);
        self.worker.http.letter.set(out);
        step
    }

    /// Sends the client to `location`.
    fn answer_redirect(&mut self, redirect: &Redirect, location: &[u8]) -> Step {
        let audience = self.audience(true);
        let mut out = self.worker.http.letter.take();
        out.clear();
        let made = {
            let mut desk = self.worker.http.desk.borrow_mut();
            desk.draft(redirect.status).and_then(|mut draft| {
                // What has moved for good may be remembered.
                if !matches!(redirect.status, 301 | 308) {
                    draft.header(b"Cache-Control", b"no-cache")?;
                }
                draft.header(b"Location", location)?;
                if let Some(cookie) = &redirect.set_cookie {
                    draft.header(b"Set-Cookie", cookie.as_bytes())?;
                }
                draft.finish(audience, &mut out)
            })
        };
        let step = self.answer(redirect.status, made, &out);
        self.worker.http.letter.set(out);
        step
    }
}

/// What a rule answers, without its frame.
fn draft<'d>(
    reply: &Reply,
    scene: &Scene<'_>,
    scratch: &mut Scratch,
    desk: &'d mut Desk,
) -> Result<super::reply::Draft<'d>, InvalidEdit> {
    let mut draft = desk.draft(reply.status)?;
    for header in &reply.headers {
        let name = header.name.as_bytes();
        draft.header_with(name, |out| render(&header.value, scene, Style::Header, scratch, out))?;
    }
    if let Some(content_type) = &reply.content_type {
        draft.header(b"Content-Type", content_type.as_bytes())?;
    }
    match &reply.content {
        Content::Empty => {}
        Content::Bytes(bytes) => draft.body(|body| body.extend_from_slice(bytes)),
        Content::Formatted(format) => {
            draft.body(|body| render(format, scene, Style::Body, scratch, body));
        }
        Content::ErrorPage => draft.body(|body| super::reply::write_page(reply.status, body)),
    }
    Ok(draft)
}
