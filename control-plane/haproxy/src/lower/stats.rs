//! `stats …`: the statistics page of a proxy (HAProxy: manual 4.2, stats uri and its like).

use sluicegate_proto::v1::{self, Match, rule::Action};

use super::Lowering;
use super::condition::both;
use super::http_rule::refusal;
use super::report::texts;
use super::rule::Args;
use super::settings::Lines;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Scope};
use crate::raw;
use crate::word::Word;

/// HAProxy's own where a file does not say where.
const URI: &str = "/haproxy?stats";
const REALM: &str = "HAProxy Statistics";

/// Methods that the page answers; the others pass on.
const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

impl<'a> Lowering<'a> {
    /// The rules that answer the page. Lines of a proxy take the place of all those of its `defaults`.
    pub(super) fn stats(&mut self, lines: &Lines<'a>, acls: &Acls) -> Vec<(v1::Rule, v1::Origin)> {
        let own: Vec<&'a Directive> = {
            let of = |lines: &Lines<'a>| -> Vec<&'a Directive> {
                let stats = lines.own_lines().iter().copied();
                stats.filter(|line| line.name().starts_with("stats ")).collect()
            };
            let mut level = Some(lines);
            let mut found = Vec::new();
            while let Some(lines) = level.filter(|_| found.is_empty()) {
                found = of(lines);
                level = lines.parent();
            }
            found
        };
        let Some(first) = own.first() else { return Vec::new() };
        let origin = self.origin(first.span);
        let mut page = self.stats_page(&own, lines);
        page.admin = own
            .iter()
            .filter(|line| line.name() == "stats admin")
            .filter_map(|line| self.stats_admin(line, acls))
            .collect();
        let asked = asked(&page.uri);
        let service = v1::Service { kind: Some(v1::service::Kind::Stats(page)) };
        let mut rules = Vec::new();
        for line in own.iter().copied().filter(|line| line.name() == "stats http-request") {
            rules.extend(self.stats_rule(line, (&asked, &service), acls));
        }
        rules.push((v1::Rule { when: Some(asked), action: Some(Action::Service(service)) }, origin));
        rules
    }

    fn stats_page(&mut self, own: &[&'a Directive], lines: &Lines<'a>) -> v1::StatsPage {
        let mut page = v1::StatsPage {
            uri: URI.into(),
            realm: REALM.into(),
            show_version: true,
            ..v1::StatsPage::default()
        };
        for line in own {
            let text = line.args().first().and_then(|word| self.plain(word)).unwrap_or_default();
            match (line.name(), line.args()) {
                ("stats uri", _) => page.uri = text,
                ("stats realm", _) => page.realm = text,
                ("stats refresh", [word]) => page.refresh_ms = self.refresh(word),
                ("stats auth", [word]) => page.users.extend(self.credentials(word)),
                ("stats scope", _) if text == "." => {
                    page.scope.extend(lines.section().name.as_ref().map(|name| name.text().to_owned()));
                }
                ("stats scope", _) => page.scope.push(text),
                ("stats hide-version", _) => page.show_version = false,
                ("stats show-version", _) => page.show_version = true,
                ("stats show-legends", _) => page.show_legends = true,
                ("stats show-node", _) => (page.show_node, page.node) = (true, text),
                ("stats show-desc", words) => {
                    let words: Vec<_> = words.iter().filter_map(|word| self.plain(word)).collect();
                    (page.show_description, page.description) = (true, words.join(" "));
                }
                _ => {}
            }
        }
        page
    }

    /// A time whose unit is the second where none is given.
    fn refresh(&mut self, word: &Word) -> u64 {
        self.time_in(word, "s").unwrap_or_default()
    }

    /// Without a colon the password is empty, as in HAProxy.
    fn credentials(&mut self, word: &Word) -> Option<v1::Credentials> {
        let text = raw::text(word.text());
        let (user, password) = text.split_once(':').unwrap_or((&text, ""));
        if password.is_empty() {
            let message = format!("`{user}` has no password");
            let finding = Diagnostic::warning(Code::BadValue, word.span(), message);
            self.report(
                finding.label("whoever knows the name is let in").help("the form is `user:password`"),
            );
        }
        Some(v1::Credentials { user: user.to_owned(), password: password.to_owned() })
    }

    /// `stats admin`: whose requests may change things.
    fn stats_admin(&mut self, line: &'a Directive, acls: &Acls) -> Option<v1::Condition> {
        self.reader.stand_at(line.span);
        let when = self.reader.condition(&texts(line.args()), 0, acls, Scope::REQUEST);
        self.expression_findings(line.args(), line.span);
        when.map(|when| when.surely().clone())
    }

    /// `stats http-request`: who is let in is shown the page, whatever stands below.
    fn stats_rule(
        &mut self,
        line: &'a Directive,
        (asked, service): (&v1::Condition, &v1::Service),
        acls: &Acls,
    ) -> Vec<(v1::Rule, v1::Origin)> {
        self.stats_action(line, service, acls)
            .into_iter()
            .flatten()
            .map(|(mut rule, origin)| {
                rule.when = both(Some(asked.clone()), rule.when);
                (rule, origin)
            })
            .collect()
    }

    fn stats_action(
        &mut self,
        line: &'a Directive,
        service: &v1::Service,
        acls: &Acls,
    ) -> Option<Vec<(v1::Rule, v1::Origin)>> {
        let (word, rest) = line.args().split_first()?;
        let mut args = Args::new(rest, line.end());
        let action = match word.text() {
            "allow" => Action::Service(service.clone()),
            "deny" => Action::Deny(refusal(403)),
            "auth" => {
                // `realm <realm>`
                args.parameter().and_then(|_| args.value());
                let message = "`stats http-request auth` answers 403: there are no user lists yet";
                self.report(Diagnostic::warning(Code::DegradedKeyword, word.span(), message));
                Action::Deny(refusal(403))
            }
            _ => {
                self.not_one_of(word, "a rule of the statistics page", &["allow", "deny", "auth"]);
                return None;
            }
        };
        self.ruled(line, (&args, action), acls, Scope::REQUEST)
    }
}

/// Whether the request is for a page there: what follows are its parameters.
fn asked(uri: &str) -> v1::Condition {
    let test = |fetch: &str, how: Match, patterns: &[&str]| v1::Test {
        sample: Some(v1::Sample {
            fetch: Some(v1::Call { name: fetch.into(), arguments: Vec::new() }),
            converters: Vec::new(),
        }),
        r#match: how.into(),
        patterns: patterns.iter().map(|pattern| pattern.as_bytes().to_vec().into()).collect(),
        ..v1::Test::default()
    };
    let of = |test| v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(v1::op::Op::Test(0)) }] };
    let there = of(test("url", Match::Beg, &[uri]));
    // Both are conditions, so there is one.
    both(Some(there), Some(of(test("method", Match::Str, &METHODS)))).unwrap_or_default()
}
