//! TLS: certificates, and what is agreed upon with clients and servers.

mod authorities;
mod ciphers;
mod crt_list;
mod files;
mod settings;
mod store;

use sluicegate_proto::v1;

use super::Lowering;
use super::proxy::Proxy;
use super::server_tls::ServerTls;
use super::settings::Lines;
use crate::ast::{Directive, OptionUse};
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;
pub(super) use settings::Settings;

/// What `global` says of TLS.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// `crt-base`, `ca-base`
    crt_base: Option<String>,
    ca_base: Option<String>,
    /// `key-base`
    key_base: Option<String>,
    /// `crt-store` sections.
    stores: store::Stores,
    /// `ssl-default-bind-*`
    bind: Settings,
    /// `ssl-default-server-*`
    server: ServerTls,
    /// `ssl-server-verify none`
    pub(super) servers_unverified: bool,
}

impl<'a> Lowering<'a> {
    /// Lines of one `global` section.
    pub(super) fn tls_defaults(&mut self, lines: &Lines<'a>) {
        let word = |name: &str| lines.last(name).and_then(|line| line.args().first());
        if let Some(base) = word("crt-base") {
            self.global.tls.crt_base = self.plain(base);
        }
        if let Some(base) = word("ca-base") {
            self.global.tls.ca_base = self.plain(base);
        }
        if let Some(base) = word("key-base") {
            self.global.tls.key_base = self.plain(base);
        }
        let mut settings = std::mem::take(&mut self.global.tls.bind);
        for (line, option) in [
            ("ssl-default-bind-ciphers", "ciphers"),
            ("ssl-default-bind-ciphersuites", "ciphersuites"),
            ("ssl-default-bind-curves", "curves"),
            ("ssl-default-bind-sigalgs", "sigalgs"),
            ("ssl-default-bind-client-sigalgs", "client-sigalgs"),
        ] {
            self.tls_option(option, word(line), &mut settings);
        }
        for line in lines.all("ssl-default-bind-options") {
            let mut words = line.args();
            while let [name, rest @ ..] = words {
                self.tls_option(name.text(), rest.first(), &mut settings);
                words = if takes_value(name.text()) { rest.get(1..).unwrap_or_default() } else { rest };
            }
        }
        self.global.tls.bind = settings;
        self.server_tls_defaults(lines);
    }

    /// The same of servers.
    fn server_tls_defaults(&mut self, lines: &Lines<'a>) {
        let word = |name: &str| lines.last(name).and_then(|line| line.args().first());
        if let Some(verify) = word("ssl-server-verify") {
            self.global.tls.servers_unverified = verify.text() == "none";
        }
        let mut tls = self.server_tls_default();
        for (line, option) in [
            ("ssl-default-server-ciphers", "ciphers"),
            ("ssl-default-server-ciphersuites", "ciphersuites"),
            ("ssl-default-server-curves", "curves"),
            ("ssl-default-server-sigalgs", "sigalgs"),
            ("ssl-default-server-client-sigalgs", "client-sigalgs"),
        ] {
            self.server_tls_option(option, word(line), &mut tls);
        }
        for line in lines.all("ssl-default-server-options") {
            let mut words = line.args();
            while let [name, rest @ ..] = words {
                self.server_tls_option(name.text(), rest.first(), &mut tls);
                words = if takes_value(name.text()) { rest.get(1..).unwrap_or_default() } else { rest };
            }
        }
        self.global.tls.server = tls;
    }

    /// What a server begins with.
    pub(super) fn server_tls_default(&self) -> ServerTls {
        self.global.tls.server.clone()
    }

    /// What a `bind` line with `ssl` comes to. `None`: something is wrong with it, which was told.
    pub(super) fn tls_server(&mut self, line: &'a Directive, proxy: &Proxy<'_, 'a>) -> Option<v1::TlsServer> {
        let mut settings = self.global.tls.bind.clone();
        for option in line.options() {
            self.tls_option(option.keyword.name, option.args.first(), &mut settings);
        }
        let mut certificates = Vec::new();
        let mut whole = true;
        let named =
            |option: &OptionUse<'_>| matches!(option.keyword.name, "crt" | "default-crt" | "crt-list");
        let mut any = false;
        for option in line.options().filter(named) {
            let Some(word) = option.args.first() else { continue };
            any = true;
            let made = match option.keyword.name {
                "crt-list" => self.crt_list(word, &settings, proxy.is_http()),
                name => self.certificates(word, name == "default-crt"),
            };
            match made {
                Some(made) => certificates.extend(made),
                None => whole = false,
            }
        }
        let place = line.keyword_span();
        let agreed = self.tls_settings(&settings, proxy.is_http(), place);
        if !any || (whole && certificates.is_empty()) {
            let message = "`ssl` without a certificate to show";
            self.report(
                Diagnostic::error(Code::MissingArgument, place, message)
                    .help("add `crt` with a file that holds the certificate and its private key"),
            );
            return None;
        }
        let strict_names = settings.strict;
        whole.then_some(v1::TlsServer { certificates, strict_names, settings: Some(agreed?) })
    }
}

fn takes_value(option: &str) -> bool {
    matches!(option, "ssl-min-ver" | "ssl-max-ver" | "ktls")
}

fn joined(base: Option<&str>, path: &str) -> String {
    match base {
        Some(base) if !path.starts_with('/') => format!("{}/{path}", base.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}

/// The path that a word means, and what is wrong there is told at the word.
struct Named<'w> {
    path: String,
    word: &'w Word,
}
