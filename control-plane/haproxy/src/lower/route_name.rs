//! `use_backend` and `default_backend` with a name that is worked out for each request.

use sluicegate_proto::v1::{self, Match, format_piece::Piece, op::Op};

use super::Lowering;
use super::proxy::Proxy;
use super::report::texts;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// The backends that a name such as `app_%[hdr(host),lower]` may come to, each with the condition under which it
    /// does: one for every backend of the configuration that fits the text around the expression. `None`: it may come to
    /// any.
    pub(super) fn backends_named(
        &mut self,
        line: &'a Directive,
        word: &'a Word,
        proxy: &Proxy<'_, 'a>,
    ) -> Option<Vec<(&'a str, v1::Condition)>> {
        self.reader.stand_at(line.span);
        let format = self.reader.format(&texts(line.args()), 0, proxy.request_scope());
        self.expression_findings(line.args(), line.span);
        let format = format?;
        let literal = |piece: &v1::FormatPiece| match &piece.piece {
            Some(Piece::Literal(text)) => String::from_utf8(text.to_vec()).ok(),
            _ => None,
        };
        let (before, sample, after) = match &format.pieces[..] {
            [sample] => (Some(String::new()), sample, Some(String::new())),
            [before, sample] if literal(before).is_some() => (literal(before), sample, Some(String::new())),
            [sample, after] => (Some(String::new()), sample, literal(after)),
            [before, sample, after] => (literal(before), sample, literal(after)),
            _ => {
                self.not_worked_out(word);
                return None;
            }
        };
        let (Some(before), Some(Piece::Sample(sample)), Some(after)) = (before, &sample.piece, after) else {
            self.not_worked_out(word);
            return None;
        };
        let http = proxy.is_http();
        let mut names: Vec<_> =
            self.names.backends(http).filter(|name| !self.closed.contains(name)).collect();
        names.retain(|name| self.names.is_udp(name) == proxy.is_udp());
        names.sort_unstable();
        let between = |name: &'a str| name.strip_prefix(&*before)?.strip_suffix(&*after);
        let named = names.into_iter().filter_map(|name| Some((name, between(name)?)));
        Some(named.map(|(name, value)| (name, is_value(sample, value))).collect())
    }

    fn not_worked_out(&mut self, word: &Word) {
        let message = "which backend this comes to is not known: what it applies to is answered 503, or closed without HTTP";
        self.report(
            Diagnostic::warning(Code::DegradedValue, word.span(), message)
                .help("write one `use_backend <name> if <condition>` for each backend"),
        );
    }
}

fn is_value(sample: &v1::Sample, value: &str) -> v1::Condition {
    let test = v1::Test {
        sample: Some(sample.clone()),
        r#match: Match::Str.into(),
        patterns: vec![value.to_owned().into()],
        ..v1::Test::default()
    };
    v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(Op::Test(0)) }] }
}
