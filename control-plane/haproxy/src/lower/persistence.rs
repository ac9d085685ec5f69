//! `cookie`, `use-server` and their like: which server a request belongs to, whatever `balance` says.

use sluicegate_proto::v1;

use super::Lowering;
use super::doubt::Stake;
use super::proxy::Proxy;
use super::report::texts;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::nearest;
use crate::word::Word;

/// Longest time of a cookie, in seconds.
const MOST_SECONDS: u64 = i32::MAX as u64;
/// HAProxy: persist rdp-cookie, its default name.
const RDP_COOKIE: &str = "msts";

impl<'a> Lowering<'a> {
    /// Says in a backend which requests belong to one server.
    pub(super) fn persistence(&mut self, proxy: &Proxy<'_, 'a>, backend: &mut v1::Backend) {
        let lines = proxy.lines;
        backend.cookie = lines.last("cookie").and_then(|line| self.cookie(proxy, line));
        backend.persist_when_down = lines.is_on("option persist");
        backend.prefer_last = proxy.is_http() && lines.is_on("option prefer-last-server");
        backend.max_keep_alive_queue = self.max_keep_alive_queue(proxy);
        if let Some(line) = lines.last("persist rdp-cookie") {
            backend.rdp_cookie = self.rdp_cookie(proxy, line).unwrap_or_default();
        }
        for line in lines.own_lines().iter().copied() {
            let effect = match line.name() {
                "force-persist" => v1::PersistenceEffect::Force,
                "ignore-persist" => v1::PersistenceEffect::Ignore,
                _ => continue,
            };
            if let Some(when) = self.condition_of(proxy, line, 0) {
                let rule = v1::PersistenceRule { when: Some(when), effect: effect.into() };
                backend.persistence_rules.push(rule);
            }
        }
        for line in lines.own("use-server") {
            let assignment = self.assignment(proxy, line);
            backend.assignments.extend(assignment);
        }
    }

    /// `max-keep-alive-queue`, which bounds `option prefer-last-server`; what is below nought is no limit, as in HAProxy.
    fn max_keep_alive_queue(&mut self, proxy: &Proxy<'_, 'a>) -> Option<u32> {
        let word = proxy.lines.last("max-keep-alive-queue")?.args().first()?;
        u32::try_from(self.integer(word, i32::MIN.into())?).ok().filter(|_| proxy.is_http())
    }

    /// The condition that begins at a word; where a part of it cannot be told, it holds only where it is sure.
    fn condition_of(
        &mut self,
        proxy: &Proxy<'_, 'a>,
        line: &'a Directive,
        at: usize,
    ) -> Option<v1::Condition> {
        self.reader.stand_at(line.span);
        let scope = proxy.request_scope();
        let when = self.reader.condition(&texts(line.args()), at, &proxy.acls, scope);
        self.expression_findings(line.args(), line.span);
        Some(self.settled(line, &when?, Stake::Edits))
    }

    fn assignment(&mut self, proxy: &Proxy<'_, 'a>, line: &'a Directive) -> Option<v1::Assignment> {
        let word = line.args().first()?;
        let endpoint = if word.text().contains('%') {
            let format = self.reader.format(&texts(line.args()), 0, proxy.request_scope());
            self.expression_findings(line.args(), line.span);
            format?
        } else {
            self.known_server(proxy, word)?;
            let literal = v1::format_piece::Piece::Literal(word.text().as_bytes().to_vec().into());
            v1::Format { pieces: vec![v1::FormatPiece { piece: Some(literal), ..Default::default() }] }
        };
        let when = self.condition_of(proxy, line, 1)?;
        Some(v1::Assignment { when: Some(when), endpoint: Some(endpoint) })
    }

    fn known_server(&mut self, proxy: &Proxy<'_, 'a>, word: &Word) -> Option<()> {
        let lines = proxy.lines.own("server").chain(proxy.lines.own("server-template"));
        let names: Vec<&str> = lines.filter_map(|line| line.args().first()).map(Word::text).collect();
        let templated =
            |name: &&str| word.text().strip_prefix(*name).is_some_and(|rest| rest.parse::<u32>().is_ok());
        let prefixes = proxy.lines.own("server-template").filter_map(|line| line.args().first());
        if names.contains(&word.text()) || prefixes.map(Word::text).any(|prefix| templated(&prefix)) {
            return Some(());
        }
        let message = format!("`{}` has no server `{}`", proxy.name, word.text());
        let finding = Diagnostic::error(Code::UnknownReference, word.span(), message);
        self.report(match nearest(word.text(), names) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        });
        None
    }

    fn cookie(&mut self, proxy: &Proxy<'_, 'a>, line: &'a Directive) -> Option<v1::Cookie> {
        if !proxy.is_http() {
            let message = "`cookie` needs `mode http`: it is not looked at";
            self.report(Diagnostic::warning(Code::NoEffect, line.span, message));
            return None;
        }
        let (name, options) = line.args().split_first()?;
        let mut cookie = v1::Cookie {
            name: self.cookie_name(name)?,
            mode: v1::CookieMode::Read.into(),
            ..v1::Cookie::default()
        };
        let mut dynamic = None;
        let mut words = options.iter();
        while let Some(word) = words.next() {
            match word.text() {
                "insert" => cookie.mode = v1::CookieMode::Insert.into(),
                "rewrite" => cookie.mode = v1::CookieMode::Rewrite.into(),
                "prefix" => cookie.mode = v1::CookieMode::Prefix.into(),
                "indirect" => cookie.indirect = true,
                "nocache" => cookie.no_cache = true,
                "postonly" => cookie.post_only = true,
                "preserve" => cookie.preserve = true,
                "httponly" => cookie.http_only = true,
                "secure" => cookie.secure = true,
                "dynamic" => dynamic = Some(word),
                "domain" => cookie.domains.extend(words.next().and_then(|word| self.cookie_domain(word))),
                "attr" => cookie.attributes.extend(words.next().and_then(|word| self.cookie_part(word))),
                "maxidle" => cookie.max_idle_seconds = self.cookie_time(words.next()?)?,
                "maxlife" => cookie.max_life_seconds = self.cookie_time(words.next()?)?,
                // Its form was checked.
                _ => {}
            }
        }
        if cookie.preserve && !cookie.indirect && cookie.mode() != v1::CookieMode::Insert {
            let message = "`preserve` needs `insert` or `indirect`";
            self.report(Diagnostic::error(Code::BadValue, line.span, message));
            return None;
        }
        if let Some(word) = dynamic {
            match proxy.lines.last("dynamic-cookie-key").and_then(|line| line.args().first()) {
                Some(key) => cookie.dynamic_key = key.text().to_owned(),
                None => {
                    let message = "`dynamic` does nothing without `dynamic-cookie-key`";
                    self.report(Diagnostic::warning(Code::NoEffect, word.span(), message));
                }
            }
        }
        Some(cookie)
    }

    fn cookie_name(&mut self, word: &Word) -> Option<String> {
        let separator = |byte: u8| byte <= b' ' || byte >= 0x7f || b"\"(),/:;<=>?@[\\]{}".contains(&byte);
        if !word.text().bytes().any(separator) {
            return Some(word.text().to_owned());
        }
        let message = format!("`{}` is not the name of a cookie", word.text());
        let finding = Diagnostic::error(Code::BadValue, word.span(), message);
        self.report(finding.help("a name has no spaces, quotes or separators (RFC 6265 4.1.1)"));
        None
    }

    /// The value by which a server is known in the cookie.
    pub(super) fn cookie_value(&mut self, word: &Word) -> Option<String> {
        if !word.text().bytes().any(|byte| byte <= b' ' || byte >= 0x7f || b"\",;\\".contains(&byte)) {
            return Some(word.text().to_owned());
        }
        let message = format!("`{}` cannot be the value of a cookie", word.text());
        let finding = Diagnostic::error(Code::BadValue, word.span(), message);
        self.report(finding.help("a value has no spaces, quotes, commas or semicolons (RFC 6265 4.1.1)"));
        None
    }

    fn cookie_domain(&mut self, word: &Word) -> Option<String> {
        let domain = self.cookie_part(word)?;
        if !domain.get(1..).is_some_and(|rest| rest.contains('.')) {
            let message = format!("the domain `{domain}` has no dot inside: clients may not take it");
            self.report(Diagnostic::warning(Code::NoEffect, word.span(), message));
        }
        Some(domain)
    }

    fn cookie_part(&mut self, word: &Word) -> Option<String> {
        let text = word.text();
        if text.is_ascii() && !text.contains(';') && !text.chars().any(char::is_control) {
            return Some(text.to_owned());
        }
        let message = format!("`{text}` cannot stand in a cookie's attributes");
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        None
    }

    /// In seconds, which is also what a number without a unit is in.
    fn cookie_time(&mut self, word: &Word) -> Option<u32> {
        let seconds = self.time_in(word, "s")?.div_ceil(1_000).min(MOST_SECONDS);
        u32::try_from(seconds).ok()
    }

    fn rdp_cookie(&mut self, proxy: &Proxy<'_, 'a>, line: &'a Directive) -> Option<String> {
        if proxy.is_http() || proxy.is_udp() {
            let message = "`persist rdp-cookie` needs `mode tcp`: it is not looked at";
            self.report(Diagnostic::warning(Code::NoEffect, line.span, message));
            return None;
        }
        Some(line.called().unwrap_or(RDP_COOKIE).to_owned())
    }

    /// `retry-on`; `None`: nothing is said of it.
    pub(super) fn retry_on(&mut self, proxy: &Proxy<'_, 'a>) -> Option<v1::RetryOn> {
        use v1::RetryCause::{Connection, EmptyResponse, JunkResponse, ResponseTimeout};
        let line = proxy.lines.last("retry-on")?;
        let mut on = v1::RetryOn::default();
        for word in line.args() {
            let causes: &[_] = match word.text() {
                "none" if line.args().len() > 1 => {
                    let message = "`none` stands alone";
                    self.report(Diagnostic::error(Code::BadValue, word.span(), message));
                    return None;
                }
                "conn-failure" => &[Connection],
                "empty-response" => &[EmptyResponse],
                "junk-response" => &[JunkResponse],
                "response-timeout" => &[ResponseTimeout],
                "all-retryable-errors" => {
                    on.statuses.extend([500, 502, 503, 504]);
                    &[Connection, EmptyResponse, JunkResponse, ResponseTimeout]
                }
                // Nothing is sent in TLS early data.
                "0rtt-rejected" | "none" => &[],
                status => {
                    on.statuses.extend(status.parse::<u32>());
                    &[]
                }
            };
            on.causes.extend(causes.iter().map(|cause| i32::from(*cause)));
        }
        on.causes.sort_unstable();
        on.causes.dedup();
        on.statuses.sort_unstable();
        on.statuses.dedup();
        Some(on)
    }
}
