//! Requests that are about the proxy itself: somebody outside of the workers answers them.

mod form;

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sluicegate_model::Service;
use sluicegate_model::service::StatsPage;
use tokio::sync::oneshot;

pub use self::form::Posted;
use super::run::{Run, Step};
use super::turn::Stage;
use crate::failure::Failure;
use crate::h1::{Method, View};
use crate::termination::Termination;

/// Requests that may wait to be answered, over all workers; one more is answered 503.
pub(crate) const MAX_WAITING: usize = 64;
/// Time for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked about the proxy.
#[derive(Debug)]
pub struct Ask {
    /// What of it.
    pub service: Arc<Service>,
    /// The request's target.
    pub target: Vec<u8>,
    /// Whoever asks may change things (HAProxy: stats admin).
    pub admin: bool,
    /// What a POST to the statistics page brought; `None`: it is no such POST.
    pub posted: Option<Posted>,
    /// Where the answer goes; without one the client gets a 503.
    pub answer: oneshot::Sender<Answer>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// 200 to 599.
    pub status: u16,
    /// Besides those that frame it.
    pub headers: Vec<(&'static str, String)>,
    /// All of it.
    pub body: Vec<u8>,
}

/// A question about the proxy, as far as it has got.
#[derive(Debug)]
pub(super) enum Asking {
    /// The form that belongs to it is being read.
    Collecting { service: Arc<Service>, form: Vec<u8> },
    /// The answer is awaited.
    Asked(oneshot::Receiver<Answer>),
}

impl Run<'_, '_> {
    /// Asks for an answer about the proxy, where the client may have it. `admin`: it may change things.
    pub(super) fn ask(&mut self, service: &Arc<Service>, admin: bool) -> Step {
        if let Service::Stats(page) = &**service
            && !page.users.is_empty()
            && !self.is_let_in(page)
        {
            return self.answer_unauthorized(page);
        }
        let service = Arc::clone(service);
        if !matches!(*service, Service::Stats(_)) || self.turn.request.head.method() != Method::Post {
            return self.put_question(service, admin, None);
        }
        match self.judge_post(admin) {
            Some(posted) => self.put_question(service, admin, Some(posted)),
            None => self.collect_form(service),
        }
    }

    fn put_question(&mut self, service: Arc<Service>, admin: bool, posted: Option<Posted>) -> Step {
        let (answer, receiver) = oneshot::channel();
        let view = View::new(&self.turn.request.head, &self.turn.request.bytes, &self.turn.request.edits);
        let ask = Ask { service, target: view.target().to_vec(), admin, posted, answer };
        if self.worker.shared.services.try_send(ask).is_err() {
            self.turn.service = None;
            return self.answer_error(503, true);
        }
        self.turn.service = Some(Asking::Asked(receiver));
        self.turn.stage = Stage::Serve;
        self.turn.until = Some(self.now + PATIENCE);
        Step::Again
    }

    /// RFC 7617: whether the request has the credentials of a user.
    fn is_let_in(&self, page: &StatsPage) -> bool {
        let view = View::new(&self.turn.request.head, &self.turn.request.bytes, &self.turn.request.edits);
        let given = view.value(b"Authorization").and_then(|value| {
            let (scheme, credentials) = value.split_at_checked(6)?;
            scheme
                .eq_ignore_ascii_case(b"basic ")
                .then(|| BASE64_STANDARD.decode(credentials.trim_ascii()).ok())?
        });
        // All are compared, so that the time tells nothing of which one it was.
        given.is_some_and(|given| page.users.iter().fold(false, |found, user| found | user.are(&given)))
    }

    fn answer_unauthorized(&mut self, page: &StatsPage) -> Step {
        self.turn.exchange.termination = Termination::REFUSED;
        let audience = self.audience(true);
        let mut out = self.worker.http.letter.take();
        out.clear();
        let made = {
            let mut desk = self.worker.http.desk.borrow_mut();
            desk.draft(401).and_then(|mut draft| {
                let quoted = page.realm.replace('\\', "\\\\").replace('"', "\\\"");
                draft.header(b"WWW-Authenticate", format!("Basic realm=\"{quoted}\"").as_bytes())?;
                draft.header(b"Cache-Control", b"no-cache")?;
                draft.header(b"Content-Type", b"text/html")?;
                draft.page();
                draft.finish(audience, &mut out)
            })
        };
        let step = self.answer(401, made, &out);
        self.worker.http.letter.set(out);
        step
    }

    /// Waits for the answer.
    pub(super) fn serve(&mut self) -> Step {
        let Some(Asking::Asked(receiver)) = &mut self.turn.service else {
            return self.fail(Failure::Internal);
        };
        let answer = match Pin::new(receiver).poll(self.cx) {
            Poll::Pending => return self.watch_client().unwrap_or(Step::Wait),
            Poll::Ready(answer) => answer,
        };
        self.turn.service = None;
        self.turn.until = None;
        let Ok(answer) = answer else { return self.answer_error(503, true) };
        let audience = self.audience(true);
        let mut out = Vec::new();
        let made = {
            let mut desk = self.worker.http.desk.borrow_mut();
            desk.draft(answer.status).and_then(|mut draft| {
                for (name, value) in &answer.headers {
                    draft.header(name.as_bytes(), value.as_bytes())?;
                }
                draft.finish_with(&answer.body, audience, &mut out)
            })
        };
        self.answer(answer.status, made, &out)
    }
}
