//! The Accept-Encoding header (RFC 9110 section 12.5.3).

use sluicegate_model::compression::Algorithm;
use sluicegate_proto::limits::MAX_ALGORITHMS;

/// A weight that is not written, in thousandths; none is higher.
const WHOLE: u16 = 1_000;

/// One coding that a client names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// A token, or `*`; never empty.
    pub coding: &'a [u8],
    /// In thousandths, up to 1000; 0: not this one.
    pub weight: u16,
}

/// The codings of one line. What is no coding is passed over; a weight that is none counts as 1, as HAProxy takes it.
pub fn members(line: &[u8]) -> impl Iterator<Item = Member<'_>> {
    line.split(|byte| *byte == b',').filter_map(|member| {
        let mut parts = member.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let coding = parts.next().filter(|coding| !coding.is_empty())?;
        let weight = parts.find_map(|part| match part {
            [b'q' | b'Q', b'=', weight @ ..] => Some(thousandths(weight)),
            _ => None,
        });
        Some(Member { coding, weight: weight.unwrap_or(WHOLE) })
    })
}

/// RFC 9110 section 12.4.2; what stands behind three digits is not read.
fn thousandths(text: &[u8]) -> u16 {
    let [whole @ b'0'..=b'9', rest @ ..] = text else { return WHOLE };
    let mut weight = u16::from(whole - b'0') * WHOLE;
    if let [b'.', digits @ ..] = rest {
        let digits = digits.iter().take_while(|digit| digit.is_ascii_digit());
        for (digit, unit) in digits.zip([100, 10, 1]) {
            weight += u16::from(digit - b'0') * unit;
        }
    }
    weight.min(WHOLE)
}

/// Finds the algorithm that a client likes best.
#[derive(Debug)]
pub struct Choice<'a> {
    algorithms: &'a [Algorithm],
    /// Of each algorithm, once it was named.
    weights: [Option<u16>; MAX_ALGORITHMS],
    /// Of those that are not named.
    others: u16,
}

impl<'a> Choice<'a> {
    /// Among these, the first of them preferred.
    #[must_use]
    pub fn among(algorithms: &'a [Algorithm]) -> Self {
        Self { algorithms, weights: [None; MAX_ALGORITHMS], others: 0 }
    }

    /// Takes in a line of the header.
    pub fn hear(&mut self, line: &[u8]) {
        for Member { coding, weight } in members(line) {
            if coding == b"*" {
                self.others = self.others.max(weight);
            }
            for (algorithm, known) in self.algorithms.iter().zip(&mut self.weights) {
                if coding.eq_ignore_ascii_case(algorithm.coding.token().as_bytes()) {
                    *known = (*known).max(Some(weight));
                }
            }
        }
    }

    /// The one with the highest weight, of equals the first; `None`: the client takes none of them.
    #[must_use]
    pub fn best(&self) -> Option<Algorithm> {
        let weighed = self.algorithms.iter().zip(&self.weights);
        let weighed = weighed.map(|(algorithm, weight)| (*algorithm, weight.unwrap_or(self.others)));
        let (algorithm, weight) = weighed.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        (weight > 0).then_some(algorithm)
    }
}

#[cfg(test)]
mod tests;
