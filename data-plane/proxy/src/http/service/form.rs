//! Forms of the statistics page: who may send one, and its bytes (HAProxy: stats admin).

use std::sync::Arc;
use std::task::Poll;

use sluicegate_model::Service;

use super::{Asking, PATIENCE};
use crate::failure::Failure;
use crate::h1::{Edits, Expect, Framing, View};
use crate::http::run::{Run, Step};
use crate::http::turn::Stage;
use crate::termination::Termination;
use crate::transfer::{Broken, Coding, Gathering};

/// Longest form.
pub(super) const MAX_FORM_BYTES: usize = 16 * 1024;
/// What tells a client that its form is waited for (RFC 9110 section 10.1.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a POST to the statistics page brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// All of a form, `application/x-www-form-urlencoded`.
    Form(Vec<u8>),
    /// More than 16 KiB.
    TooLong,
    /// Something that is no form.
    NoForm,
    /// Whoever sends it may not.
    Denied,
}

impl Run<'_, '_> {
    /// What is known of a POST before its body is read; `None`: the body is wanted.
    pub(super) fn judge_post(&self, admin: bool) -> Option<Posted> {
        let request = &self.turn.request;
        // Rules may have changed what the next hop sees; who asks is told by what was sent.
        let edits = Edits::new();
        let view = View::new(&request.head, &request.bytes, &edits);
        if !admin || !is_own(&view) {
            return Some(Posted::Denied);
        }
        if !is_form(&view) {
            return Some(Posted::NoForm);
        }
        let long = self.turn.up.rest().is_some_and(|rest| {
            rest.saturating_add(request.first_body().len() as u64) > MAX_FORM_BYTES as u64
        });
        long.then_some(Posted::TooLong)
    }

    /// Begins to collect a form.
    pub(super) fn collect_form(&mut self, service: Arc<Service>) -> Step {
        let patience = self.client_timeout().min(PATIENCE);
        let turn = &mut *self.turn;
        let mut form = Vec::new();
        // The bytes that came with the head were counted, and are looked at again for what they say.
        turn.up.reset();
        turn.up.begin(Framing::of_request(&turn.request.head), Coding::AsIs);
        if turn.up.gather(turn.request.first_body(), &mut form).is_err() {
            return self.fail(Failure::BadRequest(400));
        }
        if turn.request.head.expect() == Expect::Continue && turn.up.received() == 0 {
            turn.down.begin(Framing::Empty, Coding::AsIs);
            turn.down.queue(|out| out.extend_from_slice(CONTINUE));
        }
        // Until it is here, the client may still be at fault.
        turn.exchange.termination = Termination::default();
        turn.service = Some(Asking::Collecting { service, form });
        turn.stage = Stage::Collect;
        turn.until = Some(self.now + patience);
        Step::Again
    }

    /// Reads the form to its end.
    pub(in crate::http) fn collect(&mut self) -> Step {
        let turn = &mut *self.turn;
        match turn.down.poll_flush(self.cx, self.client) {
            Poll::Pending => return Step::Wait,
            Poll::Ready(Err(_)) => return self.fail(Failure::ClientClosed),
            Poll::Ready(Ok(())) => {}
        }
        let Some(Asking::Collecting { service, form }) = &mut turn.service else {
            return self.fail(Failure::Internal);
        };
        let gathering = Gathering { into: form, most: MAX_FORM_BYTES, next: &mut turn.next };
        let gathered = turn.up.poll_gather(self.cx, self.client, self.scratch, gathering);
        match gathered {
            Poll::Pending => Step::Wait,
            Poll::Ready(Err(Broken::Chunk(_))) => self.fail(Failure::BadRequest(400)),
            Poll::Ready(Err(_)) => self.fail(Failure::ClientClosed),
            Poll::Ready(Ok(())) => {
                let (service, form) = (Arc::clone(service), std::mem::take(form));
                let posted = if form.len() > MAX_FORM_BYTES { Posted::TooLong } else { Posted::Form(form) };
                self.turn.exchange.termination = Termination::LOCAL;
                self.put_question(service, true, Some(posted))
            }
        }
    }
}

/// Whether what is sent is a form. HAProxy does not ask; programs that say nothing are taken at their word.
fn is_form(view: &View<'_>) -> bool {
    view.values(b"Content-Type").all(|value| {
        let kind = value.split(|&byte| byte == b';').next().unwrap_or_default();
        kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    })
}

/// Whether the request comes from the page itself, or from no page at all. A browser sends a user's password along with
/// whatever form any site shows, and says where the form stood: Fetch Metadata in its `Sec-Fetch-Site`, older ones in
/// `Origin` (RFC 6454 section 7) or `Referer`. Programs say nothing of that.
fn is_own(view: &View<'_>) -> bool {
    let mut sites = view.values(b"Sec-Fetch-Site").peekable();
    if sites.peek().is_some() {
        return sites.all(|site| matches!(site, b"same-origin" | b"none"));
    }
    let host = view.value(b"Host").unwrap_or_default();
    let mut origins = view.values(b"Origin").peekable();
    if origins.peek().is_some() {
        return origins.all(|origin| is_at(origin, host));
    }
    view.values(b"Referer").all(|referer| is_at(referer, host))
}

/// Whether an address is on this host and port; the port that its scheme has need not be said.
fn is_at(address: &[u8], host: &[u8]) -> bool {
    let Some(end) = address.windows(3).position(|part| part == b"://") else { return false };
    let (scheme, rest) = address.split_at(end);
    let rest = rest.get(3..).unwrap_or_default();
    let authority = rest.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next().unwrap_or_default();
    let port: &[u8] = match scheme.to_ascii_lowercase().as_slice() {
        b"http" => b":80",
        b"https" => b":443",
        _ => return false,
    };
    fn bare<'a>(authority: &'a [u8], port: &[u8]) -> &'a [u8] {
        authority.strip_suffix(port).unwrap_or(authority)
    }
    !host.is_empty() && bare(authority, port).eq_ignore_ascii_case(bare(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h1::{Head, Limits, Parsed};

    fn holds(fields: &str, test: fn(&View<'_>) -> bool) -> bool {
        let bytes = format!("POST /stats HTTP/1.1\r\nHost: a.example:8404\r\n{fields}\r\n").into_bytes();
        let (mut head, edits) = (Head::new(), Edits::new());
        let parsed = head.parse_request(&bytes, &Limits::default()).unwrap();
        assert!(matches!(parsed, Parsed::Complete { .. }));
        test(&View::new(&head, &bytes, &edits))
    }

    #[test]
    fn forms_of_other_sites_are_told_by_their_headers() {
        for own in [
            "",
            "Sec-Fetch-Site: same-origin\r\n",
            "Sec-Fetch-Site: none\r\n",
            "Sec-Fetch-Site: same-origin\r\nOrigin: http://b.example\r\n",
            "Origin: http://a.example:8404\r\n",
            "Origin: https://A.Example:8404\r\nReferer: http://b.example/\r\n",
            "Referer: http://a.example:8404/stats;up\r\n",
            "Referer: http://a.example:8404\r\n",
        ] {
            assert!(holds(own, is_own), "{own}");
        }
        for other in [
            "Sec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\nOrigin: http://a.example:8404\r\n",
            "Sec-Fetch-Site: \r\n",
            "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
            "Origin: null\r\n",
            "Origin: http://b.example:8404\r\n",
            "Origin: http://a.example\r\n",
            "Origin: http://a.example:8404.b.example\r\n",
            "Origin: http://a.example:8404@b.example\r\n",
            "Origin: http://a.example:8404\r\nOrigin: http://b.example\r\n",
            "Origin: ftp://a.example:8404\r\n",
            "Origin: \r\n",
            "Referer: http://b.example/http://a.example:8404\r\n",
            "Referer: about:blank\r\n",
        ] {
            assert!(!holds(other, is_own), "{other}");
        }
    }

    #[test]
    fn the_port_of_a_scheme_need_not_be_said() {
        for (address, host) in [
            ("http://a", "a"),
            ("http://a", "a:80"),
            ("http://a:80", "a"),
            ("https://a/x", "a:443"),
            ("http://[::1]:8404/", "[::1]:8404"),
        ] {
            assert!(is_at(address.as_bytes(), host.as_bytes()), "{address} {host}");
        }
        for (address, host) in
            [("http://a", "a:443"), ("https://a:80", "a"), ("http://", ""), ("http://a", "")]
        {
            assert!(!is_at(address.as_bytes(), host.as_bytes()), "{address} {host}");
        }
    }

    #[test]
    fn what_says_that_it_is_something_else_is_no_form() {
        for form in [
            "",
            "Content-Type: application/x-www-form-urlencoded\r\n",
            "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=utf-8\r\n",
        ] {
            assert!(holds(form, is_form), "{form}");
        }
        for other in
            ["text/plain", "multipart/form-data; boundary=a", "", "application/x-www-form-urlencodedd"]
        {
            assert!(!holds(&format!("Content-Type: {other}\r\n"), is_form), "{other}");
        }
    }
}
