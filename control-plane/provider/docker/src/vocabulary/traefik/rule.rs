//! Rules of Traefik v3: matchers, `!`, `&&`, `||` and parentheses.

/// Deepest nesting of a rule.
const MAX_DEPTH: usize = 32;
/// Most matchers of a rule.
const MAX_MATCHERS: usize = 128;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    Is(Matcher),
    Not(Box<Rule>),
    All(Vec<Rule>),
    Any(Vec<Rule>),
}

/// ``Host(`shop.example`)``
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matcher {
    /// As written.
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// Why a rule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidRule {
    #[error("{wanted} is wanted at character {at}")]
    Wanted { wanted: &'static str, at: usize },
    #[error("the text that begins at character {at} has no end")]
    Open { at: usize },
    #[error("'{name}' is no matcher that is known here{hint}")]
    Matcher { name: String, hint: &'static str },
    #[error("{name} takes {wanted}")]
    Values { name: String, wanted: &'static str },
    #[error("'{value}' is not {wanted}")]
    Value { value: String, wanted: &'static str },
    #[error(
        "it is too large: more than {MAX_MATCHERS} matchers, or more than {MAX_DEPTH} levels of parentheses"
    )]
    TooLarge,
    #[error("it comes to more alternatives than a line can have; write it as several routers")]
    TooManyTerms,
}

/// Reads a rule to its end.
pub(super) fn parse(text: &str) -> Result<Rule, InvalidRule> {
    let mut parser = Parser { text, at: 0, depth: 0, matchers: 0 };
    let rule = parser.any()?;
    parser.space();
    if parser.at < text.len() { Err(parser.wanted("'&&', '||' or the end")) } else { Ok(rule) }
}

struct Parser<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
    depth: usize,
    matchers: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Rule, InvalidRule> {
        let mut parts = vec![self.all()?];
        while self.takes("||") {
            parts.push(self.all()?);
        }
        Ok(joined(parts, Rule::Any))
    }

    fn all(&mut self) -> Result<Rule, InvalidRule> {
        let mut parts = vec![self.one()?];
        while self.takes("&&") {
            parts.push(self.one()?);
        }
        Ok(joined(parts, Rule::All))
    }

    fn one(&mut self) -> Result<Rule, InvalidRule> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(InvalidRule::TooLarge);
        }
        let rule = if self.takes("!") {
            Rule::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let rule = self.any()?;
            if !self.takes(")") {
                return Err(self.wanted("')'"));
            }
            rule
        } else {
            Rule::Is(self.matcher()?)
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn matcher(&mut self) -> Result<Matcher, InvalidRule> {
        self.matchers += 1;
        if self.matchers > MAX_MATCHERS {
            return Err(InvalidRule::TooLarge);
        }
        self.space();
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(self.wanted("a matcher, such as Host(`shop.example`),"));
        }
        self.at += length;
        if !self.takes("(") {
            return Err(self.wanted("'('"));
        }
        let mut values = Vec::new();
        if self.takes(")") {
            return Ok(Matcher { name, values });
        }
        loop {
            values.push(self.value()?);
            if self.takes(")") {
                return Ok(Matcher { name, values });
            }
            if !self.takes(",") {
                return Err(self.wanted("',' or ')'"));
            }
        }
    }

    /// A text in backticks, where everything stands for itself, or in double quotes.
    fn value(&mut self) -> Result<String, InvalidRule> {
        self.space();
        let begin = self.at;
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '`' | '"')) else {
            return Err(self.wanted("a text in backticks or double quotes"));
        };
        self.at += 1;
        let (mut value, mut escaped) = (String::new(), false);
        for (offset, c) in self.rest().char_indices() {
            match c {
                _ if escaped => {
                    // Others would be characters that no line can have.
                    if !matches!(c, '\\' | '"') {
                        self.at += offset;
                        return Err(self.wanted("'\\\\' or '\\\"'"));
                    }
                    value.push(c);
                    escaped = false;
                }
                '\\' if quote == '"' => escaped = true,
                _ if c == quote => {
                    self.at += offset + 1;
                    return Ok(value);
                }
                _ => value.push(c),
            }
        }
        Err(InvalidRule::Open { at: self.column(begin) })
    }

    fn takes(&mut self, token: &str) -> bool {
        self.space();
        let takes = self.rest().starts_with(token);
        if takes {
            self.at += token.len();
        }
        takes
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wanted(&self, wanted: &'static str) -> InvalidRule {
        InvalidRule::Wanted { wanted, at: self.column(self.at) }
    }

    /// Counted from 1, as people do.
    fn column(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().chars().count() + 1
    }
}

fn joined(mut parts: Vec<Rule>, join: fn(Vec<Rule>) -> Rule) -> Rule {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}
