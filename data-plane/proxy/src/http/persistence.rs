//! Cookies that keep clients with their endpoint: read in requests, given in answers (HAProxy: cookie).

use std::sync::Arc;

use sluicegate_model::persistence::{Cookie, CookieMode, Persistence};

use super::run::Run;
use super::turn::{Message, Turn};
use crate::cookie::{self, Asked, Given, PREFIX, Sent};
use crate::failure::Failure;
use crate::h1::{Alter, InvalidEdit, Method, View};
use crate::live::{LiveBackend, Terms};
use crate::persistence::Belonging;

const REQUEST: &[u8] = Cookie::REQUEST.as_bytes();
const RESPONSE: &[u8] = Cookie::RESPONSE.as_bytes();
/// Takes a cookie away from a client.
const FORGET: &[u8] = b"=; Expires=Thu, 01-Jan-1970 00:00:01 GMT";
/// Statuses of answers that may be cached (RFC 9110 15.1, as HAProxy lists them).
const CACHEABLE: [u16; 11] = [200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501];

impl Run<'_, '_> {
    /// Finds the endpoint that the request belongs to, after all that may change it, and takes off what is not for that.
    pub(super) fn find_owner(&mut self) -> Result<(), Failure> {
        if self.turn.backend().is_none_or(|backend| backend.settings().persistence.is_none()) {
            return Ok(());
        }
        let Some(backend) = self.turn.backend().cloned() else { return Ok(()) };
        let Some(persistence) = backend.settings().persistence.as_deref() else { return Ok(()) };
        let mut scratch = self.worker.http.rules.take();
        let mut belonging = Belonging::of(persistence, &backend, &self.scene(None), &mut scratch);
        self.worker.http.rules.set(scratch);
        let mut read = Ok(());
        if let Some(rule) = &persistence.cookie {
            let now_seconds = self.worker.clock.unix(self.now).as_secs();
            let reading = Reading { rule, persistence, backend: &backend, now_seconds };
            read = reading.read(&mut self.turn.request, &mut belonging);
        }
        if !belonging.is_direct() && persistence.prefer_last {
            let last = self.turn.last.take();
            belonging.preferred = last.filter(|last| backend.prefers(last, persistence.most_before_last));
        }
        self.turn.exchange.belonging = belonging;
        read.map_err(|_| Failure::BadRequest(431))
    }

    /// Has the answer keep its client with the endpoint that it comes from.
    pub(super) fn give_cookie(&mut self) -> Result<(), Failure> {
        let Some(backend) = self.turn.backend() else { return Ok(()) };
        if backend.settings().persistence.is_none() {
            return Ok(());
        }
        let backend = Arc::clone(backend);
        let persistence = backend.settings().persistence.as_deref();
        let Some(rule) = persistence.and_then(|it| it.cookie.as_ref()) else { return Ok(()) };
        let now_seconds = self.worker.clock.unix(self.now).as_secs();
        let Turn { exchange, response, asked, .. } = &mut *self.turn;
        let Some(endpoint) = &exchange.endpoint else { return Ok(()) };
        let value = endpoint.cookie(rule);
        let belonging = &mut exchange.belonging;
        let giving = Giving { rule, value, now_seconds, method: asked.method };
        giving.give(response, belonging).map_err(|_| Failure::BadResponse)
    }
}

/// What is needed to judge the cookies of a request.
struct Reading<'a> {
    rule: &'a Cookie,
    persistence: &'a Persistence,
    backend: &'a Arc<LiveBackend>,
    now_seconds: u64,
}

impl Reading<'_> {
    fn read(&self, request: &mut Message, belonging: &mut Belonging) -> Result<(), InvalidEdit> {
        belonging.asked = Asked::Absent;
        let view = View::new(&request.head, &request.bytes, &request.edits);
        for line in view.values(REQUEST) {
            for pair in cookie::pairs(line, &self.rule.name) {
                self.judge(&line[pair.value], belonging);
            }
        }
        let takes_off = match self.rule.mode {
            CookieMode::Insert => self.rule.indirect,
            CookieMode::Prefix => true,
            CookieMode::Read | CookieMode::Rewrite => false,
        };
        if belonging.asked == Asked::Absent || !takes_off {
            return Ok(());
        }
        let Message { head, bytes, edits, .. } = request;
        edits.alter_each(head, bytes, REQUEST, &mut |line, out| self.take_off(line, out))
    }

    /// As HAProxy does: of several cookies the first that leads somewhere counts.
    fn judge(&self, value: &[u8], belonging: &mut Belonging) {
        let sent = match self.rule.mode {
            CookieMode::Prefix => {
                let called = value.split(|byte| *byte == PREFIX).next().unwrap_or_default();
                Sent { called, dates: cookie::Dates::default(), over: None }
            }
            _ => Sent::of(self.rule, value, self.now_seconds),
        };
        belonging.dates = sent.dates;
        if let Some(over) = sent.over {
            belonging.asked = over;
            return;
        }
        let looked_at = !belonging.ignored && !belonging.is_direct();
        if looked_at && !sent.called.is_empty() {
            let terms = belonging.terms_for(self.persistence);
            for (endpoint, runs) in self.backend.with_cookie(self.rule, sent.called) {
                belonging.asked = if runs { Asked::Valid } else { Asked::Down };
                if runs || terms == Terms::Forced {
                    belonging.settle(Arc::clone(endpoint), terms);
                    return;
                }
            }
        }
        if !matches!(belonging.asked, Asked::Down | Asked::Expired | Asked::Old) {
            belonging.asked = if looked_at { Asked::Invalid } else { Asked::Unused };
        }
    }

    /// Endpoints see neither a cookie that is the proxy's alone, nor what it puts before theirs.
    fn take_off(&self, line: &[u8], out: &mut Vec<u8>) -> Alter {
        let mut text = line.to_vec();
        let mut from = 0;
        loop {
            let pair = cookie::pairs(&text[from..], &self.rule.name).next();
            let Some(pair) = pair else { break };
            let whole = pair.whole.start + from..pair.whole.end + from;
            let value = pair.value.start + from..pair.value.end + from;
            if self.rule.mode == CookieMode::Prefix {
                let prefix = text[value.clone()].iter().position(|byte| *byte == PREFIX);
                text.drain(value.start..value.start + prefix.map_or(0, |at| at + 1));
                from = whole.end - prefix.map_or(0, |at| at + 1);
            } else {
                let mut rest = Vec::new();
                cookie::without(&text, &whole, &mut rest);
                text = rest;
                from = 0;
            }
        }
        if text.is_empty() {
            return Alter::Drop;
        }
        out.extend_from_slice(&text);
        if text == line { Alter::Keep } else { Alter::Replace }
    }
}

/// What is needed to give a client a cookie.
struct Giving<'a> {
    rule: &'a Cookie,
    /// What it calls the endpoint; `None`: nothing.
    value: Option<cookie::Value<'a>>,
    now_seconds: u64,
    method: Method,
}

impl Giving<'_> {
    fn give(&self, response: &mut Message, belonging: &mut Belonging) -> Result<(), InvalidEdit> {
        let Message { head, bytes, edits, .. } = &mut *response;
        belonging.given = Given::Absent;
        let mut change = |line: &[u8], out: &mut Vec<u8>| self.settle(line, out, belonging);
        edits.alter_each(head, bytes, RESPONSE, &mut change)?;
        let stays = belonging.given == Given::Passed && self.rule.preserve;
        let due = !belonging.is_direct() || cookie::is_due(self.rule, belonging.dates, self.now_seconds);
        let asks =
            self.rule.mode == CookieMode::Insert && (!self.rule.post_only || self.method == Method::Post);
        if !asks || stays || !due || belonging.ignored {
            return Ok(());
        }
        let asks_again = matches!(self.method, Method::Get | Method::Head);
        let private = self.rule.no_cache && asks_again && may_be_cached(&View::new(head, bytes, edits));
        edits.add_with(RESPONSE, |out| self.write(out, belonging))?;
        belonging.given = match (self.value, belonging.is_direct()) {
            (Some(_), true) => Given::Updated,
            _ => Given::Inserted,
        };
        if private { edits.add(b"Cache-Control", b"private") } else { Ok(()) }
    }

    /// What becomes of a cookie that the endpoint gives itself.
    fn settle(&self, line: &[u8], out: &mut Vec<u8>, belonging: &mut Belonging) -> Alter {
        let Some(pair) = cookie::set_pair(line, &self.rule.name) else { return Alter::Keep };
        let (before, after) = (&line[..pair.value.start], &line[pair.value.end..]);
        belonging.given = Given::Passed;
        if self.rule.preserve {
            return Alter::Keep;
        }
        if self.rule.mode == CookieMode::Insert || (belonging.is_direct() && self.rule.indirect) {
            belonging.given = Given::Deleted;
            return Alter::Drop;
        }
        let Some(value) = self.value else { return Alter::Keep };
        match self.rule.mode {
            CookieMode::Rewrite => out.extend([before, value.bytes(), after].concat()),
            CookieMode::Prefix => {
                out.extend([before, value.bytes(), &[PREFIX], &line[pair.value.clone()], after].concat());
            }
            CookieMode::Insert | CookieMode::Read => return Alter::Keep,
        }
        belonging.given = Given::Replaced;
        Alter::Replace
    }

    fn write(&self, out: &mut Vec<u8>, belonging: &Belonging) {
        out.extend_from_slice(&self.rule.name);
        match self.value {
            Some(value) => {
                out.push(b'=');
                cookie::write(self.rule, value, belonging.dates, self.now_seconds, out);
            }
            None => out.extend_from_slice(FORGET),
        }
        out.extend_from_slice(&self.rule.attributes);
    }
}

/// Whether a cache that many share might keep the answer: it says how long, or how to ask again, and does not forbid it.
fn may_be_cached(view: &View<'_>) -> bool {
    let tokens = || {
        let values = view.values(b"Cache-Control").flat_map(|line| line.split(|byte| *byte == b','));
        values.map(<[u8]>::trim_ascii)
    };
    let begins = |token: &[u8], with: &str| {
        token.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    let forbids = |token: &[u8]| {
        ["private", "no-cache", "no-store", "max-age=0", "s-maxage=0"]
            .iter()
            .any(|word| token.eq_ignore_ascii_case(word.as_bytes()))
    };
    let lasts = |token: &[u8]| begins(token, "max-age=") || begins(token, "s-maxage=");
    let forbidden = tokens().any(forbids) || view.values(b"Pragma").any(|value| begins(value, "no-cache"));
    let has = |name: &[u8]| view.value(name).is_some();
    let fresh = tokens().any(lasts) || has(b"Expires") || has(b"ETag") || has(b"Last-Modified");
    CACHEABLE.contains(&view.status()) && fresh && !forbidden
}
