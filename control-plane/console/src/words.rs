//! A line, cut into words.

use crate::limits::{MAX_PATTERN_BYTES, MAX_WORDS};

/// The words of a command, and the payload that goes with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    words: Vec<String>,
    /// How many of them name the command.
    named: usize,
    /// Lines that followed it, each with its end.
    pub(crate) payload: Option<String>,
}

/// A line that is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Over [`MAX_WORDS`].
    TooMany,
    /// A payload's last word is over [`MAX_PATTERN_BYTES`].
    Pattern,
}

impl Words {
    /// Cuts a line at blanks. A backslash takes the meaning of a blank, of `;` and of itself; before anything else it
    /// is left out. Where the last word is `<<` or `<<WORD`, lines follow, up to an empty one or to WORD: what ends
    /// them is the second value.
    pub(crate) fn read(line: &[u8]) -> Result<(Self, Option<String>), Malformed> {
        let mut words: Vec<String> = Vec::new();
        let mut rest = line;
        loop {
            let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            rest = &rest[blank..];
            if rest.is_empty() {
                return Ok((Self { words, named: 0, payload: None }, None));
            }
            if let Some(pattern) = rest.strip_prefix(b"<<").map(|pattern| pattern.trim_ascii_end())
                && !pattern.contains(&b' ')
                && !words.is_empty()
            {
                if pattern.len() > MAX_PATTERN_BYTES {
                    return Err(Malformed::Pattern);
                }
                let pattern = String::from_utf8_lossy(pattern).into_owned();
                return Ok((Self { words, named: 0, payload: None }, Some(pattern)));
            }
            if words.len() == MAX_WORDS {
                return Err(Malformed::TooMany);
            }
            let (word, after) = word(rest);
            words.push(word);
            rest = after;
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[String] {
        &self.words
    }

    /// Says how many of the words name the command; the others are its arguments.
    pub(crate) fn name(&mut self, words: usize) {
        self.named = words.min(self.words.len());
    }

    /// The arguments.
    pub(crate) fn arguments(&self) -> &[String] {
        &self.words[self.named..]
    }

    /// One argument; the empty text where it is missing, as HAProxy sees it.
    pub(crate) fn argument(&self, index: usize) -> &str {
        self.arguments().get(index).map_or("", String::as_str)
    }

    /// One argument that was given.
    pub(crate) fn given(&self, index: usize) -> Option<String> {
        self.arguments().get(index).cloned()
    }
}

/// The first word, which does not begin with a blank, and what follows it.
fn word(line: &[u8]) -> (String, &[u8]) {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        match byte {
            b' ' | b'\t' => break,
            b'\\' => {
                at += 1;
                if let Some(&escaped) = line.get(at) {
                    bytes.push(escaped);
                    at += 1;
                }
            }
            _ => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    (String::from_utf8_lossy(&bytes).into_owned(), &line[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        Words::read(line.as_bytes()).unwrap().0.words
    }

    #[test]
    fn blanks_part_and_backslashes_join() {
        assert_eq!(words("  show \t info "), ["show", "info"]);
        assert_eq!(words(r"a\ b c\\d e\;f \"), ["a b", r"c\d", "e;f", ""]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn a_payload_is_announced_by_the_last_word() {
        let read = |line: &str| Words::read(line.as_bytes()).map(|(words, ends)| (words.words.len(), ends));
        assert_eq!(read("add map a <<"), Ok((3, Some(String::new()))));
        assert_eq!(read("add map a <<END "), Ok((3, Some("END".into()))));
        assert_eq!(read("add map a << b"), Ok((5, None)));
        assert_eq!(read("add map a <<LONGWORD"), Err(Malformed::Pattern));
    }

    #[test]
    fn words_are_counted() {
        assert!(Words::read("a ".repeat(MAX_WORDS).as_bytes()).is_ok());
        assert_eq!(Words::read("a ".repeat(MAX_WORDS + 1).as_bytes()), Err(Malformed::TooMany));
    }
}
