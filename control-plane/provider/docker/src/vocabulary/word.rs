//! The words of another program: what becomes of each, for who reads them and for the documentation.

use std::fmt::Write as _;

use super::Unmet;

/// One of them, or all of a form.
pub(super) struct Word {
    /// With `*` for a part between dots, and `**` for all the rest.
    pub(super) name: &'static str,
    pub(super) fate: Fate,
    /// What it does here, or what is not done.
    pub(super) meaning: &'static str,
}

/// What becomes of a word.
pub(super) enum Fate {
    /// It does what it does there, as far as its meaning says.
    Served,
    /// There is nothing to do for it here.
    Idle,
    /// It is told; what does it instead, if anything.
    Told(&'static str),
}

pub(super) const fn served(name: &'static str, meaning: &'static str) -> Word {
    Word { name, fate: Fate::Served, meaning }
}

pub(super) const fn idle(name: &'static str, meaning: &'static str) -> Word {
    Word { name, fate: Fate::Idle, meaning }
}

pub(super) const fn told(name: &'static str, meaning: &'static str, instead: &'static str) -> Word {
    Word { name, fate: Fate::Told(instead), meaning }
}

/// The first that a name is an instance of; letters of either case are the same.
pub(super) fn find(words: &'static [Word], name: &str) -> Option<&'static Word> {
    words.iter().find(|word| matches(word.name, name))
}

fn matches(pattern: &str, name: &str) -> bool {
    let (mut parts, mut pattern) = (name.split('.'), pattern.split('.'));
    loop {
        match (pattern.next(), parts.next()) {
            (Some("**"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(part)) if !part.is_empty() => {}
            (Some(wanted), Some(part)) if begins(wanted, part) => {}
            (Some(wanted), Some(part)) if wanted.eq_ignore_ascii_case(part) => {}
            _ => return false,
        }
    }
}

/// What to tell of a word that is not among them, with the one that is most like it. `prefix`: what stands before each.
pub(super) fn unknown(words: &[Word], prefix: &str, name: &str, said: (&str, &str)) -> Unmet {
    // It may be one that holds a password.
    let unmet = Unmet::new(said, "nothing is known by this name here").secret();
    let near = words.iter().filter_map(|word| near(word.name, name)).min();
    match near {
        Some((_, name)) => unmet.instead(format!("did you mean '{prefix}{name}'?")),
        None => unmet,
    }
}

/// How far a name is from being an instance of a pattern, and the instance; none where it is too far.
fn near(pattern: &str, name: &str) -> Option<(usize, String)> {
    const FARTHEST: usize = 3;
    let (parts, pattern): (Vec<&str>, Vec<&str>) = (name.split('.').collect(), pattern.split('.').collect());
    if parts.len() != pattern.len() || pattern.iter().any(|part| part.ends_with('*') && *part != "*") {
        return None;
    }
    let (mut distance, mut instance) = (0, Vec::new());
    for (wanted, part) in pattern.into_iter().zip(parts) {
        let wanted = if wanted == "*" { part } else { wanted };
        let far = strsim::damerau_levenshtein(&wanted.to_ascii_lowercase(), &part.to_ascii_lowercase());
        if far > (wanted.len() / 3).clamp(1, FARTHEST) {
            return None;
        }
        distance += far;
        instance.push(wanted);
    }
    (distance <= FARTHEST).then(|| (distance, instance.join(".")))
}

/// `LETSENCRYPT_*`
fn begins(wanted: &str, part: &str) -> bool {
    let begin = wanted.strip_suffix('*').filter(|begin| !begin.is_empty());
    let same = |begin: &str| part.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin));
    begin.is_some_and(|begin| part.len() > begin.len() && same(begin))
}

/// A table of them, for the documentation. `prefix`: what stands before each.
pub(super) fn docs(prefix: &str, words: &[Word]) -> String {
    let mut text = String::from("| word | here | |\n|---|---|---|\n");
    // What stands side by side and comes to the same shares a row.
    for row in words.chunk_by(|one, other| one.meaning == other.meaning && parent(one) == parent(other)) {
        let Some(first) = row.first() else { continue };
        let more: String = row.iter().skip(1).map(|word| format!(", `{}`", own(word))).collect();
        let (here, instead) = match first.fate {
            Fate::Served => ("served", ""),
            Fate::Idle => ("nothing to do", ""),
            Fate::Told(instead) => ("told", instead),
        };
        let between = if instead.is_empty() { "" } else { "; " };
        let meaning = first.meaning;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{prefix}{}`{more} | {here} | {meaning}{between}{instead} |", first.name);
    }
    text
}

/// What a name begins with.
fn parent(word: &Word) -> &str {
    word.name.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// What it ends with.
fn own(word: &Word) -> &str {
    word.name.get(parent(word).len()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        for (pattern, name, expected) in [
            ("http.routers.*.rule", "http.router.shop.ruel", Some((2, "http.routers.shop.rule"))),
            ("http.routers.*.rule", "tcp.routers.shop.rule", None),
            ("VIRTUAL_HOST", "VIRTUAL_HOSTS", Some((1, "VIRTUAL_HOST"))),
            ("LETSENCRYPT_*", "LETSENCRYPT_*", None),
        ] {
            let expected = expected.map(|(far, name)| (far, name.to_owned()));
            assert_eq!(near(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn names_are_instances_of_patterns() {
        for (pattern, name, expected) in [
            ("port", "Port", true),
            ("http.routers.*.rule", "http.routers.shop.rule", true),
            ("http.routers.*.rule", "http.routers..rule", false),
            ("http.routers.*.rule", "http.routers.shop.rule.x", false),
            ("http.routers.*.tls.**", "http.routers.shop.tls.domains[0].main", true),
            ("http.routers.*.tls.**", "http.routers.shop.tls", false),
            ("VIRTUAL_*", "VIRTUAL_THING", true),
            ("VIRTUAL_*", "VIRTUAL_", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
