//! Middlewares that send clients elsewhere.

use super::{Making, Middleware};
use crate::labels::is_host;
use crate::vocabulary::text::{escaped, word};

impl Middleware<'_> {
    /// To another scheme, and to its usual port where none is said.
    pub(super) fn redirect_scheme(&self, to: &mut Making<'_>) {
        let Some(setting) = self.get("redirectscheme.scheme") else { return };
        let (scheme, there) = match &setting.value.trim().to_ascii_lowercase()[..] {
            "https" => ("https", "{ ssl_fc }"),
            "http" => ("http", "!{ ssl_fc }"),
            _ => return to.tell(setting.unmet("is not 'http' or 'https'; nobody is sent there")),
        };
        let port = match self.get("redirectscheme.port").map(|port| (port, port.value.trim().parse::<u16>()))
        {
            None => String::new(),
            Some((_, Ok(port))) => format!(":{port}"),
            Some((setting, Err(_))) => {
                to.tell(setting.unmet("is not a port; clients are sent to the usual one"));
                String::new()
            }
        };
        let location = word(&format!("{scheme}://%[req.hdr(host),host_only]{port}%[pathq]"));
        self.redirect(
            (&setting.label, "redirectscheme"),
            &location,
            &format!("!{there}").replace("!!", ""),
            to,
        );
    }

    /// What is said of GET alone, for other methods keep what they send by another status.
    fn redirect(&self, (label, kind): (&str, &str), location: &str, when: &str, to: &mut Making<'_>) {
        let [get, other] = if self.is_set(&format!("{kind}.permanent")) { [301, 308] } else { [302, 307] };
        for (code, when) in [(get, format!("{{ method GET }} {when}")), (other, when.to_owned())] {
            to.wanted.say(label, format!("http-request redirect location {location} code {code} if {when}"));
        }
    }

    /// Patterns that lead from one host to another: there is no other that a redirect could be made of.
    pub(super) fn redirect_pattern(&self, to: &mut Making<'_>) {
        let Some(setting) = self.get("redirectregex.regex") else { return };
        let with = self.get("redirectregex.replacement").map(|with| with.value.trim()).unwrap_or_default();
        let read = host_to_host(setting.value.trim(), with);
        let Some((scheme, host, location)) = read else {
            let what = "a redirect by this pattern is not made; only '^https?://HOST/(.*)' to 'URL/${1}' is";
            return to.tell(
                setting.unmet(what).instead("a line 'http-request redirect' of a file's frontend does more"),
            );
        };
        let when = format!("{{ req.hdr(host),host_only,lower -m str -- {} }}{scheme}", word(&host));
        let location = word(&format!("{}%[pathq]", escaped(&location)));
        self.redirect((&setting.label, "redirectregex"), &location, &when, to);
    }
}

/// A condition of the scheme, the host, and the URL without the slash behind it.
fn host_to_host(pattern: &str, with: &str) -> Option<(&'static str, String, String)> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let schemes = [
        ("https?://", "", 1),
        ("http(s)?://", "", 2),
        ("(https?)://", "", 2),
        ("http://", " !{ ssl_fc }", 1),
        ("https://", " { ssl_fc }", 1),
    ];
    let (scheme, group, rest) = schemes
        .into_iter()
        .find_map(|(begin, scheme, group)| Some((scheme, group, pattern.strip_prefix(begin)?)))?;
    let rest = rest.strip_suffix('$').unwrap_or(rest).strip_suffix("/(.*)")?;
    let host = rest.replace(r"\.", ".").to_ascii_lowercase();
    let tails = [format!("/${{{group}}}"), format!("/${group}")];
    let location = tails.iter().find_map(|tail| with.strip_suffix(&tail[..]))?;
    let is_url = location.starts_with("http://") || location.starts_with("https://");
    (is_host(&host) && is_url && !location.contains('$')).then(|| (scheme, host, location.to_owned()))
}
