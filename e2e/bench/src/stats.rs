//! What rounds say together. Rounds are compared in pairs: what disturbs the machine in one round disturbs both sides.

use serde::Serialize;

/// The middle of some values, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// First and third quartile.
    pub(crate) quartiles: (f64, f64),
    pub(crate) rounds: usize,
}

/// What a ratio is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Less,
    More,
    /// The difference is smaller than what lies between the quartiles of the ratios.
    Tie,
    /// Too few rounds to know the spread.
    Unknown,
}

/// Below that many rounds a spread means nothing.
const ENOUGH: usize = 3;

impl Spread {
    /// `None` where there are no values.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let quartiles = (quantile(&sorted, 0.25), quantile(&sorted, 0.75));
        Some(Self { median: quantile(&sorted, 0.5), min, max, quartiles, rounds: sorted.len() })
    }

    /// Reads the spread as one of ratios.
    pub(crate) fn verdict(&self) -> Verdict {
        let (low, high) = self.quartiles;
        if self.rounds < ENOUGH {
            Verdict::Unknown
        } else if (self.median - 1.0).abs() <= high - low {
            Verdict::Tie
        } else if self.median < 1.0 {
            Verdict::Less
        } else {
            Verdict::More
        }
    }
}

/// Of sorted values; between two of them in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// A value of a round.
pub(crate) type InRound = (usize, f64);

/// `left / right` in each round that both have.
pub(crate) fn paired(left: &[InRound], right: &[InRound]) -> Option<Spread> {
    let ratio = |&(round, value): &InRound| {
        let &(_, other) = right.iter().find(|(other, _)| *other == round)?;
        (other > 0.0).then(|| value / other)
    };
    Spread::of(&left.iter().filter_map(ratio).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (2.5, 1.0, 4.0));
        assert_eq!(spread.quartiles, (1.75, 3.25));
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[7.0]).unwrap().quartiles, (7.0, 7.0));
    }

    #[test]
    fn ratios_are_of_one_round() {
        // The second round was disturbed for both; round 3 has no partner.
        let left = [(0, 8.0), (1, 80.0), (2, 9.0), (3, 1.0)];
        let right = [(2, 10.0), (1, 100.0), (0, 10.0), (9, 1.0)];
        let spread = paired(&left, &right).unwrap();
        assert_eq!((spread.median, spread.min, spread.max, spread.rounds), (0.8, 0.8, 0.9, 3));
        assert_eq!(paired(&left, &[]), None);
        assert_eq!(paired(&[(0, 1.0)], &[(0, 0.0)]), None);
    }

    #[test]
    fn a_difference_within_the_spread_is_a_tie() {
        let verdict = |values: &[f64]| Spread::of(values).unwrap().verdict();
        assert_eq!(verdict(&[0.80, 0.82, 0.84]), Verdict::Less);
        assert_eq!(verdict(&[1.30, 1.32, 1.34]), Verdict::More);
        assert_eq!(verdict(&[0.90, 0.96, 1.05]), Verdict::Tie);
        assert_eq!(verdict(&[1.0, 1.0, 1.0]), Verdict::Tie);
        assert_eq!(verdict(&[0.5, 0.5]), Verdict::Unknown);
        // One round that went wrong decides nothing.
        assert_eq!(verdict(&[0.80, 0.81, 0.82, 0.83, 2.0]), Verdict::Less);
    }
}
