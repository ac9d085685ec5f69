//! `option forwardfor` and what becomes of connections.

use std::net::IpAddr;

use sluicegate_proto::build::ip_network;
use sluicegate_proto::v1::{self, ConnectionMode};

use super::Lowering;
use super::settings::Lines;
use crate::ast::{Directive, Prefix};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::is_token;
use crate::word::Word;

const MODES: [&str; 3] = ["option http-keep-alive", "option http-server-close", "option httpclose"];

impl<'a> Lowering<'a> {
    /// The HTTP options that count for a proxy; told to be without effect where it is not in HTTP mode.
    pub(super) fn http_options(&mut self, lines: &Lines<'a>, proxy: &str, http: bool) -> v1::HttpOptions {
        if !http {
            for name in MODES.into_iter().chain(["option forwardfor"]) {
                if let Some(line) = lines.own(name).find(|line| line.prefix == Prefix::None) {
                    self.needs_http(line, proxy);
                }
            }
            return v1::HttpOptions::default();
        }
        let mode = match lines.last_of(&MODES).map(Directive::name) {
            Some("option http-server-close") => ConnectionMode::ServerClose,
            Some("option httpclose") => ConnectionMode::Close,
            _ => ConnectionMode::KeepAlive,
        };
        let forwarded_for = lines.last("option forwardfor").and_then(|line| self.forwarded_for(line));
        v1::HttpOptions { connection_mode: mode.into(), forwarded_for }
    }

    fn forwarded_for(&mut self, line: &'a Directive) -> Option<v1::ForwardedFor> {
        let mut forwarded = v1::ForwardedFor::default();
        let mut words = line.args().iter();
        while let Some(word) = words.next() {
            match word.text() {
                "if-none" => forwarded.if_none = true,
                "header" => match words.next() {
                    Some(name) => forwarded.header = self.header_name(name)?,
                    None => self.incomplete(word, "the name of a header"),
                },
                "except" => match words.next() {
                    Some(network) => forwarded.except.push(self.network(network)?),
                    None => self.incomplete(word, "a network"),
                },
                _ => {
                    self.not_one_of(
                        word,
                        "an argument of `option forwardfor`",
                        &["except", "header", "if-none"],
                    );
                    return None;
                }
            }
        }
        Some(forwarded)
    }

    fn network(&mut self, word: &Word) -> Option<v1::IpNetwork> {
        let (address, prefix) = match word.text().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (word.text(), None),
        };
        let network = address.parse::<IpAddr>().ok().and_then(|ip| {
            let whole = if ip.is_ipv4() { 32 } else { 128 };
            let bits = prefix.map_or(Some(whole), |prefix| bits_of(prefix, ip))?;
            ip_network(ip, bits).ok()
        });
        if network.is_none() {
            let message = format!("`{}` is not an IP address or network", word.text());
            self.report(
                Diagnostic::error(Code::BadAddress, word.span(), message).help("write `127.0.0.0/8`"),
            );
        }
        network
    }

    /// The name of a header, checked.
    pub(super) fn header_name(&mut self, word: &Word) -> Option<String> {
        if is_token(word.text().as_bytes()) {
            return Some(word.text().to_owned());
        }
        let message = format!("`{}` is not the name of a header", word.text());
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        None
    }
}

/// A prefix length, or a dotted mask.
fn bits_of(prefix: &str, ip: IpAddr) -> Option<u8> {
    if let Ok(bits) = prefix.parse() {
        return Some(bits);
    }
    match (prefix.parse::<IpAddr>(), ip) {
        (Ok(IpAddr::V4(mask)), IpAddr::V4(_)) => {
            let mask = u32::from(mask);
            let ones = mask.leading_ones();
            (ones + mask.trailing_zeros() >= 32).then_some(ones).and_then(|ones| u8::try_from(ones).ok())
        }
        _ => None,
    }
}
