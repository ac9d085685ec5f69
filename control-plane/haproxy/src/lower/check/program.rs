//! `option external-check`

use sluicegate_proto::v1::{
    self, Kind, health_check::Probe, listener, program_probe::Listens, resource::Body,
};

use super::super::Lowering;
use super::super::proxy::Proxy;
use super::super::settings::Lines;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};

/// What `global` says of programs.
#[derive(Debug, Default)]
pub(in crate::lower) struct Programs {
    /// `external-check`: they may be run; `true`: in the environment of the process.
    pub(in crate::lower) allowed: Option<bool>,
    /// `insecure-fork-wanted`
    pub(in crate::lower) can_start: bool,
}

impl<'a> Lowering<'a> {
    /// What `global` says of programs; a later section adds to the earlier ones.
    pub(in crate::lower) fn programs(&mut self, lines: &Lines<'a>) {
        if let Some(line) = lines.last("external-check") {
            self.global.programs.allowed = Some(!line.args().is_empty());
        }
        self.global.programs.can_start |= lines.is_on("insecure-fork-wanted");
    }

    /// `external-check command` and `external-check path`. `None` where it cannot be made as it is written.
    pub(super) fn program_check(&mut self, proxy: &Proxy<'_, 'a>, line: &'a Directive) -> Option<Probe> {
        let keeps_environment = self.allowed_programs(line)?;
        let lines = proxy.lines;
        let word = |name: &str| lines.last(name).and_then(|line| line.args().first());
        let Some(command) = word("external-check command") else {
            let message = "`option external-check` does not say which program to run";
            let finding = Diagnostic::error(Code::MissingArgument, line.keyword_span(), message);
            self.report(finding.help("add a line like `external-check command /usr/local/bin/check`"));
            return None;
        };
        let path = word("external-check path");
        let text = self.plain(command)?;
        if !text.starts_with('/') && path.is_none() {
            let message = format!("`{text}` does not begin with `/`, and there is no `external-check path`");
            let finding = Diagnostic::error(Code::BadValue, command.span(), message);
            self.report(
                finding.help("write the whole path, or where programs are: `external-check path /usr/bin`"),
            );
            return None;
        }
        let path = match path {
            Some(word) => self.plain(word)?,
            None => String::new(),
        };
        let listens = self.first_address(proxy.name);
        Some(Probe::Program(v1::ProgramProbe { command: text, path, listens, keeps_environment }))
    }

    /// Whether programs get the environment of the process; `None` where none may be run.
    fn allowed_programs(&mut self, line: &'a Directive) -> Option<bool> {
        let Some(keeps_environment) = self.global.programs.allowed else {
            let message = "`option external-check` needs `external-check` in the global section";
            let finding = Diagnostic::error(Code::MissingArgument, line.keyword_span(), message);
            self.report(finding.help("add `external-check` and `insecure-fork-wanted` to `global`"));
            return None;
        };
        if !self.global.programs.can_start {
            let message = "no program can be started without `insecure-fork-wanted` in the global section";
            let finding = Diagnostic::warning(Code::DegradedValue, line.keyword_span(), message);
            self.report(finding.label("the checked servers stand disabled"));
            return None;
        }
        Some(keeps_environment)
    }

    /// Where a `listen` section listens first; its listeners are there already.
    fn first_address(&self, proxy: &str) -> Option<Listens> {
        let frontend = Some(self.id(Kind::Frontend, proxy));
        self.resources.iter().find_map(|resource| match &resource.body {
            Some(Body::Listener(listener)) if listener.frontend == frontend => {
                match listener.address.clone()? {
                    listener::Address::Ip(ip) => Some(Listens::Ip(ip)),
                    // Who may use it is nothing to programs.
                    listener::Address::Unix(unix) => {
                        Some(Listens::Unix(v1::UnixAddress { path: unix.path, ..v1::UnixAddress::default() }))
                    }
                    listener::Address::Descriptor(_) => None,
                }
            }
            _ => None,
        })
    }
}
