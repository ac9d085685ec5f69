//! Regular expressions on whole request lines (`^([^\ :]*)\ /static/(.*)`), as method and target.

/// What such an expression looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'r> {
    /// The expression for the method.
    pub(super) method: &'r str,
    /// How many groups that has.
    pub(super) groups: usize,
    /// The expression for the target; it may take in the version.
    pub(super) target: &'r str,
    /// The expression for the version, if there is one of its own.
    pub(super) version: Option<&'r str>,
}

/// Takes an expression apart; `None` where a method and a space do not come first.
pub(super) fn parse(regex: &str) -> Option<RequestLine<'_>> {
    let rest = regex.strip_prefix('^')?;
    let at = space(rest)?;
    let (method, rest) = (&rest[..at], &rest[at + 1..]);
    if !is_method(method) || rest.is_empty() {
        return None;
    }
    let (target, version) = match space(rest) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    Some(RequestLine { method, groups: groups(method), target, version })
}

impl RequestLine<'_> {
    /// Whether any method will do.
    pub(super) fn any_method(&self) -> bool {
        let bare =
            self.method.strip_prefix('(').and_then(|bare| bare.strip_suffix(')')).unwrap_or(self.method);
        any_word(bare)
    }

    /// The methods that it names.
    pub(super) fn methods(&self) -> Option<Vec<&str>> {
        let bare =
            self.method.strip_prefix('(').and_then(|bare| bare.strip_suffix(')')).unwrap_or(self.method);
        let methods: Vec<_> = bare.split('|').collect();
        let named =
            |method: &&str| !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
        methods.iter().all(named).then_some(methods)
    }
}

/// Whether an expression takes any word: many characters that are no spaces, or any at all.
fn any_word(regex: &str) -> bool {
    let Some(one) = regex.strip_suffix(['*', '+']) else { return false };
    let class = one.strip_prefix('[').and_then(|class| class.strip_suffix(']'));
    match (one, class.map(|class| class.strip_prefix('^').ok_or(class))) {
        ("." | "\\w" | "\\S", _) => true,
        (_, Some(Ok(none))) => none.contains(' ') && none.chars().all(|c| matches!(c, ' ' | ':' | '\t')),
        (_, Some(Err(some))) => matches!(some, "A-Z" | "a-z" | "A-Za-z" | "a-zA-Z"),
        _ => false,
    }
}

/// An expression whose first group takes in the method, the space and the beginning of the target, as in
/// `^([^\ ].*)/old/(.*)`: the same for the target alone, whose first group is the beginning of it. Groups keep their
/// numbers.
pub(super) fn spanning(regex: &str) -> Option<(String, &str)> {
    let rest = regex.strip_prefix("^(")?;
    let end = closing(rest)?;
    let (group, rest) = (&rest[..end], &rest[end + 1..]);
    if rest.starts_with(['*', '+', '?', '{', ' ']) || groups(group) > 0 {
        return None;
    }
    let beginning = match space(group) {
        Some(at) if any_word(&group[..at]) => &group[at + 1..],
        Some(_) => return None,
        // A first character, and whatever follows it.
        None => {
            let any = group.strip_suffix(".*").or_else(|| group.strip_suffix(".+"))?;
            let first = any.is_empty() || matches!(any, "." | "\\S" | "\\w") || any_word(&format!("{any}*"));
            if !first {
                return None;
            }
            ".*"
        }
    };
    Some((format!("({beginning})"), rest))
}

/// Where the group ends that the text is the inside of.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut inside, mut escaped) = (0_u32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => inside = true,
            ']' => inside = false,
            '(' if !inside => depth += 1,
            ')' if !inside && depth == 0 => return Some(at),
            ')' if !inside => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The first space outside of brackets.
pub(super) fn space(text: &str) -> Option<usize> {
    let mut inside = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => inside = true,
            ']' => inside = false,
            ' ' if !inside => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether an expression can be for a method: a name, some names, or anything without a colon.
fn is_method(regex: &str) -> bool {
    let line = RequestLine { method: regex, groups: 0, target: "", version: None };
    line.any_method() || line.methods().is_some()
}

/// How many groups an expression has.
pub(super) fn groups(regex: &str) -> usize {
    let mut count = 0;
    let mut inside = false;
    let mut chars = regex.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => inside = true,
            ']' => inside = false,
            '(' if !inside && chars.peek() != Some(&'?') => count += 1,
            _ => {}
        }
    }
    count
}

/// A template with all references lowered by `by`; `None` where it refers to a group that is gone.
pub(super) fn renumber(template: &str, by: usize) -> Option<String> {
    let mut out = String::new();
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(digit) if digit.is_ascii_digit() => {
                let group = digit as usize - '0' as usize;
                if group == 0 && by == 0 {
                    out.push_str("\\0");
                } else {
                    out.push_str(&format!("\\{}", group.checked_sub(by).filter(|group| *group > 0)?));
                }
            }
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    Some(out)
}
