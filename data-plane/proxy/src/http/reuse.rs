//! Which idle connection a request goes over, and who may have its own afterwards (HAProxy: http-reuse).
//!
//! A request that is sent over a connection which turns out to be closed goes out again on a new one while all of it is
//! still here (`Run::server_gone`). So what is shared costs a client nothing as a rule, and without a word of the
//! configuration all is shared; HAProxy shares as [`Reuse::Safe`] then.

use std::sync::Arc;

use sluicegate_model::backend::Reuse;

use super::run::Run;
use crate::exchange::Exchange;
use crate::live::{LiveBackend, LiveEndpoint};
use crate::pool::{Rested, Wanted};
use crate::stream::Stream;

impl Run<'_, '_> {
    /// Takes an idle connection to the endpoint whose place is held: the client's own, or one of those that it may have.
    pub(super) fn take_idle(&mut self) -> bool {
        let turn = &mut *self.turn;
        (turn.facts.uses, turn.facts.rested, turn.facts.private) = (0, false, false);
        let Some(endpoint) = &turn.exchange.endpoint else { return false };
        // Where its name leads may change before the exchange is over.
        let key = endpoint.transport_for(turn.exchange.local).asking(turn.exchange.asked.hash());
        turn.transport = Some(key);
        let carries = endpoint.may_speak_http2() && self.choose_version();
        let turn = &mut *self.turn;
        if turn.facts.fresh_only || !turn.facts.keep_server {
            return false;
        }
        if carries && self.take_lane() {
            return true;
        }
        let turn = &mut *self.turn;
        let (Some(endpoint), Some(backend)) = (&turn.exchange.endpoint, &turn.exchange.backend) else {
            return false;
        };
        let Some(key) = turn.transport else { return false };
        let own = turn.private.take(key);
        turn.facts.private = own.is_some();
        let first = turn.exchange.number == 0;
        let (idle, reserve) = (&self.worker.idle, endpoint.reserve());
        let find = |wanted| idle.take(key, wanted).or_else(|| idle.take_over(key, reserve, wanted));
        let shared = || match reuse(endpoint, backend) {
            Reuse::Never => None,
            Reuse::Safe if first => None,
            Reuse::Aggressive if first => find(Wanted::Proven),
            Reuse::Always | Reuse::Aggressive | Reuse::Safe => find(Wanted::Any),
        };
        // What was opened ahead is as good as new.
        let unused = || (reserve.pool().warm > 0).then(|| find(Wanted::Unused)).flatten();
        let Some(Rested { stream, uses }) = own.or_else(shared).or_else(unused) else { return false };
        turn.facts.rested = true;
        endpoint.state.counters.shard(self.worker.index).reuses.add(1);
        turn.server = Some(stream);
        turn.facts.uses = uses;
        true
    }

    /// Has the request go where the client is known by its connection, unless it belongs somewhere by what it says.
    pub(super) fn prefer_known(&mut self) {
        let turn = &mut *self.turn;
        let exchange = &mut turn.exchange;
        let Some(backend) = &exchange.backend else { return };
        if let Some(known) = turn.private.known_at(backend)
            && exchange.hash.is_none()
            && !exchange.belonging.is_direct()
        {
            exchange.belonging.preferred = Some(Arc::clone(known));
        }
    }

    /// Keeps the connection of an exchange that came to its end.
    pub(super) fn keep_idle(&mut self, stream: Stream) {
        if stream.is_lane() {
            return self.let_go(stream);
        }
        let turn = &mut *self.turn;
        let Exchange { endpoint: Some(endpoint), backend: Some(backend), .. } = &turn.exchange else {
            return;
        };
        let Some(key) = turn.transport else { return };
        if turn.facts.uses == 0 {
            stream.hurry();
        }
        let connection = Rested { stream, uses: turn.facts.uses.saturating_add(1) };
        let reserve = endpoint.reserve();
        let unwanted = if !reserve.pool().lets_serve(connection.uses) {
            Some(connection)
        } else if turn.facts.private || reuse(endpoint, backend) == Reuse::Never {
            turn.private.put(key, connection, self.frontend.settings().max_private_connections)
        } else {
            self.worker.idle.put(key, reserve, connection, self.now)
        };
        if let Some(Rested { stream, .. }) = unwanted {
            stream.reset_on_close();
        }
    }

    /// The server asks who the client is. Where its way to find out makes the connection itself the proof (NTLM, and what
    /// Negotiate may lead to: RFC 4559 section 6), nobody else's request may go over it from now on.
    #[cold]
    pub(super) fn note_challenge(&mut self, status: u16) {
        let name: &[u8] = if status == 401 { b"www-authenticate" } else { b"proxy-authenticate" };
        let turn = &mut *self.turn;
        let response = &turn.response;
        if response.head.values(&response.bytes, name).any(proves_connection) {
            turn.facts.private = true;
            if let Some(endpoint) = &turn.exchange.endpoint {
                turn.private.know_at(&endpoint.state);
            }
        }
    }
}

/// Who may have connections to an endpoint. One that began with a header is that client's alone.
pub(super) fn reuse(endpoint: &LiveEndpoint, backend: &LiveBackend) -> Reuse {
    if endpoint.proxy_header().is_some() { Reuse::Never } else { backend.settings().reuse }
}

/// As HAProxy tells it: `NTLM`, `Negotiate` and `Nego2`, whatever follows.
fn proves_connection(challenge: &[u8]) -> bool {
    challenge
        .get(..4)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"NTLM") || scheme.eq_ignore_ascii_case(b"Nego"))
}
