//! Middlewares that change the path.

use regex::Regex;

use super::super::service::items;
use super::{Making, Middleware};
use crate::vocabulary::text::{escaped, replacement, word};

impl Middleware<'_> {
    pub(super) fn strip_prefixes(&self, to: &mut Making<'_>) {
        let prefixes: Vec<String> =
            items(self.get("stripprefix.prefixes")).iter().map(|prefix| regex::escape(prefix)).collect();
        self.strip("stripprefix.prefixes", &prefixes, to);
    }

    pub(super) fn strip_patterns(&self, to: &mut Making<'_>) {
        let patterns = items(self.get("stripprefixregex.regex"));
        let patterns: Vec<String> =
            patterns.iter().map(|pattern| pattern.trim_start_matches('^').to_owned()).collect();
        self.strip("stripprefixregex.regex", &patterns, to);
    }

    /// Takes away the first of these that the path begins with, and tells the server which.
    fn strip(&self, key: &str, patterns: &[String], to: &mut Making<'_>) {
        let Some(setting) = self.get(key) else { return };
        let any = patterns.join("|");
        let whole = format!("^(?:{any})/?(.*)$");
        let Some(groups) =
            Regex::new(&whole).ok().map(|whole| whole.captures_len()).filter(|groups| *groups <= 10)
        else {
            return to.close(setting, "is no pattern that can be taken away".to_owned());
        };
        if patterns.is_empty() {
            return;
        }
        let matched = format!("^(?:{any})");
        let name = format!("strip-{:08x}", crate::groups::hash(self.name));
        to.wanted.say(&setting.label, format!("acl {name} path -m reg -- {}", word(&matched)));
        if let ([prefix], "stripprefix.prefixes") = (&items(Some(setting))[..], key) {
            let prefix = word(&escaped(prefix));
            to.wanted.say(
                &setting.label,
                format!("http-request set-header X-Forwarded-Prefix {prefix} if {name}"),
            );
        }
        to.wanted.say(
            &setting.label,
            format!(
                "http-request replace-path {} {} if {name}",
                word(&whole),
                word(&format!("/\\{}", groups - 1))
            ),
        );
    }

    pub(super) fn add_prefix(&self, to: &mut Making<'_>) {
        if let Some(setting) = self.get("addprefix.prefix") {
            let path = word(&format!("{}%[path]", escaped(setting.value.trim())));
            to.wanted.say(&setting.label, format!("http-request set-path {path}"));
        }
    }

    pub(super) fn replace_path(&self, to: &mut Making<'_>) {
        if let Some(setting) = self.get("replacepath.path") {
            let path = word(&escaped(setting.value.trim()));
            to.wanted.say(&setting.label, "http-request set-header X-Replaced-Path %[path]");
            to.wanted.say(&setting.label, format!("http-request set-path {path}"));
        }
    }

    pub(super) fn replace_pattern(&self, to: &mut Making<'_>) {
        let Some(setting) = self.get("replacepathregex.regex") else { return };
        let with = self.get("replacepathregex.replacement").map(|with| with.value.trim()).unwrap_or_default();
        match replacement(setting.value.trim(), with) {
            Ok((pattern, with)) => {
                let line = format!("http-request replace-path {} {}", word(&pattern), word(&with));
                to.wanted.say(&setting.label, line);
            }
            Err(reason) => to.close(setting, reason.to_owned()),
        }
    }
}
