use rustc_hash::FxHashMap;

/// Numbers and ranges of numbers.
#[derive(Debug)]
pub struct Ranges {
    single: FxHashMap<i64, usize>,
    /// Those of more than one number, in the order of the list.
    wide: Box<[(i64, i64, usize)]>,
}

impl Ranges {
    /// Ends included.
    pub(crate) fn new(ranges: &[(i64, i64)]) -> Self {
        let mut single = FxHashMap::default();
        let mut wide = Vec::new();
        for (place, &(from, to)) in ranges.iter().enumerate() {
            if from == to {
                single.entry(from).or_insert(place);
            } else {
                wide.push((from, to, place));
            }
        }
        Self { single, wide: wide.into_boxed_slice() }
    }

    /// The first that holds the number.
    pub(super) fn find(&self, number: i64) -> Option<usize> {
        let single = self.single.get(&number).copied();
        let wide = self.wide.iter().find(|(from, to, _)| (*from..=*to).contains(&number));
        single.into_iter().chain(wide.map(|(.., place)| *place)).min()
    }
}
