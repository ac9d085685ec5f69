//! `option grpc-check`, which no HAProxy has: health checks as servers of gRPC answer them.

use sluicegate_proto::build::is_authority;
use sluicegate_proto::v1::{GrpcProbe, health_check::Probe};

use super::super::Lowering;
use super::super::rule::Args;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};

impl<'a> Lowering<'a> {
    /// `option grpc-check [service <name>] [authority <name>]`. `None` where it is wrong.
    pub(super) fn grpc_check(&mut self, line: &'a Directive) -> Option<Probe> {
        let mut args = Args::new(line.args(), line.end());
        let mut probe = GrpcProbe::default();
        while let Some(word) = args.value() {
            let place = match word.text() {
                "service" => &mut probe.service,
                "authority" => &mut probe.authority,
                _ => {
                    self.not_one_of(word, "an argument of this option", &["service", "authority"]);
                    return None;
                }
            };
            let Some(name) = args.value() else { return self.missing(&args, "a name") };
            *place = self.plain(name)?;
            if word.text() == "authority" && !is_authority(place) {
                let message = format!("`{place}` is not a host, with or without a port");
                self.report(Diagnostic::error(Code::BadValue, name.span(), message));
                return None;
            }
        }
        Some(Probe::Grpc(probe))
    }
}
