//! `balance`

use sluicegate_proto::v1::{self, balance::Algorithm};

use super::Lowering;
use super::report::listed;
use super::settings::Lines;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::nearest;
use crate::keywords::{Place, allowed_in};

impl Lowering<'_> {
    /// How a backend chooses. Without a line, as HAProxy did before 3.3: round robin.
    pub(super) fn balance(&mut self, lines: &Lines<'_>) -> v1::Balance {
        let balance = v1::Balance { algorithm: Some(Algorithm::RoundRobin(v1::RoundRobin {})) };
        let Some((word, rest)) = lines.last("balance").and_then(|line| line.args().split_first()) else {
            return balance;
        };
        let name = word.text().split('(').next().unwrap_or_default();
        if name == "roundrobin" {
            if let Some(extra) = rest.first() {
                let message = format!("`balance {name}` ends before this word");
                let finding = Diagnostic::warning(Code::IgnoredWords, extra.span(), message);
                self.report(finding.label("left out, as HAProxy does without a word"));
            }
        } else {
            let others = allowed_in(Place::Backend).filter_map(|entry| entry.name.strip_prefix("balance "));
            let near = nearest(name, others.chain(["roundrobin"]));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("algorithms are {}", listed(&["roundrobin"])),
            };
            let message = format!("`{}` is not a way to balance", word.text());
            self.report(Diagnostic::error(Code::BadValue, word.span(), message).help(help));
        }
        balance
    }
}
