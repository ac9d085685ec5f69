//! Rules and routes over the messages of an exchange.

use std::sync::Arc;

use sluicegate_model::Service;
use sluicegate_model::backend::{Balance, HashKey};
use sluicegate_model::rule::{Content, Redirect, Reply, Rule};
use sluicegate_rules::{Outcome, Scratch, Style, matches, render};

use super::reply::{Audience, Desk};
use super::run::{Run, Step};
use super::scene::{Scene, Side};
use super::turn::Turn;
use crate::balance::{hash_of, hash_of_form};
use crate::failure::Failure;
use crate::h1::{Framing, InvalidEdit, Method};
use crate::live::{LiveBackend, LiveFrontend};
use crate::termination::Termination;
use crate::transfer::{Coding, Transfer};

impl Run<'_, '_> {
    /// Rules of one list over the request. `None`: an answer was made, or making it failed.
    pub(super) fn run_request_rules(&mut self, rules: &[Rule]) -> Option<Step> {
        if rules.is_empty() {
            return None;
        }
        let mut scratch = self.worker.http.rules.take();
        let Turn { exchange, request, extras, .. } = &mut *self.turn;
        let mut scene = Scene {
            worker: self.worker,
            exchange,
            client: self.client,
            request: Side::open(request),
            response: None,
            wishes: exchange.wishes,
            extras: Some(extras),
            failed: None,
        };
        let outcome = sluicegate_rules::run(rules, &mut scene, &mut scratch);
        let (failed, wishes) = (scene.failed, scene.wishes);
        exchange.wishes = wishes;
        let step = match (failed, outcome) {
            // As HAProxy's strict mode: a request that could not be rewritten is not forwarded.
            (Some(_), _) => Some(self.fail(Failure::Internal)),
            (None, Outcome::Continue) => self.answer_from_cache(),
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
        let frontend = self.frontend;
        let of_backend = self.turn.backend().map(|backend| &backend.settings().response_rules);
        if of_backend.is_none_or(Vec::is_empty) && frontend.settings().response_rules.is_empty() {
            return None;
        }
        let backend = self.turn.backend().cloned();
        let of_backend = backend.as_ref().map(|backend| &backend.settings().response_rules);
        let lists = [of_backend, Some(&frontend.settings().response_rules)];
        let mut scratch = self.worker.http.rules.take();
        let step = lists.into_iter().flatten().find_map(|rules| self.run_response_list(rules, &mut scratch));
        self.worker.http.rules.set(scratch);
        step
    }

    fn run_response_list(&mut self, rules: &[Rule], scratch: &mut Scratch) -> Option<Step> {
        let Turn { exchange, request, response, extras, .. } = &mut *self.turn;
        let mut scene = Scene {
            worker: self.worker,
            exchange,
            client: self.client,
            request: Side::fixed(request),
            response: Some(Side::open(response)),
            wishes: exchange.wishes,
            extras: Some(extras),
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

    /// Whether the key may be in the body, as it is nowhere else.
    pub(super) fn wants_form(&self) -> bool {
        let balance = self.turn.backend().map(|backend| &backend.settings().balance);
        let Some(Balance::Hash(hash)) = balance else { return false };
        self.turn.exchange.hash.is_none()
            && self.turn.asked.method == Method::Post
            && matches!(hash.key, HashKey::UrlParameter { in_body: true, .. })
    }

    /// Looks for the key in the body, as far as that is here.
    pub(super) fn find_key_in_form(&mut self) {
        let Turn { exchange, request, .. } = &mut *self.turn;
        let balance = exchange.backend.as_ref().map(|backend| &backend.settings().balance);
        let Some(Balance::Hash(hash)) = balance else { return };
        let (mut form, mut content) = (Vec::new(), Transfer::default());
        content.begin(Framing::of_request(&request.head), Coding::AsIs);
        // Whatever is wrong with it was found when it came.
        if content.gather(request.first_body(), &mut form).is_ok() {
            exchange.hash = hash_of_form(hash, &form);
        }
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
            draft(reply, audience, (&scene, scratch), &mut desk)
                .and_then(|draft| draft.finish(audience, &mut out))
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
    audience: Audience,
    (scene, scratch): (&Scene<'_>, &mut Scratch),
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
        Content::ErrorPage if audience.hears_grpc(reply.status) => draft.grpc()?,
        Content::ErrorPage => draft.page(),
    }
    Ok(draft)
}
