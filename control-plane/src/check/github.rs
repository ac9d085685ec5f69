//! `check -o github`: workflow commands (GitHub, "Workflow commands for GitHub Actions").

use sluicegate_haproxy::diagnostic::Verdict;
use sluicegate_provider_file::finding::Finding;

/// One finding as one line.
pub(super) fn command(finding: &Finding) -> String {
    let level = match finding.verdict {
        Verdict::Fatal => "error",
        Verdict::Degraded => "warning",
        Verdict::Inert | Verdict::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = &finding.place {
        properties.push(format!("file={}", property(&place.file)));
        properties.push(format!("line={},endLine={}", place.line, place.end_line));
        // GitHub's last column is part of the place.
        let last = if place.end_line == place.line { place.end_column.saturating_sub(1) } else { 0 };
        properties.push(format!("col={},endColumn={}", place.column, last.max(place.column)));
    }
    properties.push(format!("title={} ({})", finding.verdict.as_str(), finding.code));
    let mut text = finding.message.clone();
    for (word, more) in [("", &finding.notes), ("help: ", &finding.help)] {
        more.iter().for_each(|line| text.push_str(&format!("\n{word}{line}")));
    }
    format!("::{level} {}::{}", properties.join(","), data(&text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use sluicegate_provider_file::finding::Place;

    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let place = Place { file: "a,b:c.cfg".into(), line: 3, column: 5, end_line: 3, end_column: 9 };
        let mut finding = Finding::fatal("bad-value", "100% wrong".into());
        assert_eq!(command(&finding), "::error title=fatal (bad-value)::100%25 wrong");
        finding = Finding { place: Some(place), help: vec!["write\r50".into()], ..finding };
        finding.verdict = Verdict::Degraded;
        assert_eq!(
            command(&finding),
            "::warning file=a%2Cb%3Ac.cfg,line=3,endLine=3,col=5,endColumn=8,title=degraded (bad-value)::\
             100%25 wrong%0Ahelp: write%0D50"
        );
    }
}
