//! `http-request normalize-uri`

use sluicegate_proto::v1::{self, Match, Normalizer, rule::Action};

use super::Lowering;
use super::condition::both;
use super::http_rule::refusal;
use super::rule::Args;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Scope};

/// Their names, and the flag that each takes.
const NORMALIZERS: [(&str, Normalizer, &str); 8] = [
    ("fragment-encode", Normalizer::EncodeFragment, ""),
    ("fragment-strip", Normalizer::StripFragment, ""),
    ("path-merge-slashes", Normalizer::MergeSlashes, ""),
    ("path-strip-dot", Normalizer::StripDot, ""),
    ("path-strip-dotdot", Normalizer::StripDotDot, "full"),
    ("percent-decode-unreserved", Normalizer::DecodeUnreserved, "strict"),
    ("percent-to-uppercase", Normalizer::PercentToUppercase, "strict"),
    ("query-sort-by-name", Normalizer::SortQuery, ""),
];

/// A percent sign without two hexadecimal digits behind it.
const INVALID: &str = "%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)";

impl<'a> Lowering<'a> {
    /// The action, and whether what it cannot read is refused.
    pub(super) fn normalize(&mut self, args: &mut Args<'a>) -> Option<(Action, bool)> {
        let Some(word) = args.parameter() else { return self.missing(args, "the name of a normalizer") };
        let Some((_, normalizer, takes)) = NORMALIZERS.iter().find(|(name, ..)| *name == word.text()) else {
            self.not_one_of(word, "a normalizer", &NORMALIZERS.map(|(name, ..)| name));
            return None;
        };
        let mut flag = "";
        if let Some(word) = args.parameter() {
            if word.text() != *takes {
                let message = format!("unexpected `{}`", word.text());
                self.report(Diagnostic::error(Code::ExtraArgument, word.span(), message));
                return None;
            }
            flag = takes;
        }
        let action = v1::Normalize { normalizer: (*normalizer).into(), full: flag == "full" };
        Some((Action::Normalize(action), flag == "strict"))
    }

    /// The rules that refuse a target with a percent sign that stands for nothing, as HAProxy does: 400.
    pub(super) fn strictly(
        &mut self,
        line: &'a Directive,
        args: &Args<'a>,
        acls: &Acls,
    ) -> Option<Vec<(v1::Rule, v1::Origin)>> {
        let mut rules = self.ruled(line, (args, Action::Deny(refusal(400))), acls, Scope::REQUEST)?;
        for (rule, _) in &mut rules {
            rule.when = both(rule.when.take(), Some(invalid()));
        }
        Some(rules)
    }
}

fn invalid() -> v1::Condition {
    let call = v1::Call { name: "pathq".into(), arguments: Vec::new() };
    let test = v1::Test {
        sample: Some(v1::Sample { fetch: Some(call), converters: Vec::new() }),
        r#match: Match::Reg.into(),
        patterns: vec![INVALID.as_bytes().to_vec().into()],
        ..v1::Test::default()
    };
    v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(v1::op::Op::Test(0)) }] }
}
