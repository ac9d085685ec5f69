//! Certificates by name.

use rustc_hash::{FxHashMap, FxHashSet};

/// Places of certificates by the names that clients ask for, which are in lower case.
#[derive(Debug, Default)]
pub(crate) struct Names {
    exact: FxHashMap<Box<str>, Vec<u32>>,
    /// By what stands behind `*.`.
    wild: FxHashMap<Box<str>, Vec<u32>>,
    excluded: FxHashSet<Box<str>>,
}

impl Names {
    /// A certificate is shown for a name; see `TlsCertificate.server_names` of the schema.
    pub(crate) fn add(&mut self, name: &str, place: u32) {
        let name = name.to_ascii_lowercase();
        if let Some(excluded) = name.strip_prefix('!') {
            self.excluded.insert(excluded.into());
            return;
        }
        let (map, name) = match name.strip_prefix("*.") {
            Some(behind) => (&mut self.wild, behind),
            None => (&mut self.exact, &name[..]),
        };
        let places = map.entry(name.into()).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// Those that have this very name, else those for all names of its domain.
    pub(crate) fn of(&self, name: &str) -> &[u32] {
        if let Some(exact) = self.exact.get(name) {
            return exact;
        }
        if self.excluded.contains(name) {
            return &[];
        }
        let wild = name.split_once('.').and_then(|(_, behind)| self.wild.get(behind));
        wild.map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_very_name_goes_before_the_domain() {
        let mut names = Names::default();
        for (place, name) in (0..).zip(["a.test", "*.test", "A.Test", "!b.test", "*.a.test"]) {
            names.add(name, place);
        }
        let cases: [(&str, &[u32]); 6] = [
            ("a.test", &[0, 2]),
            ("c.test", &[1]),
            ("b.test", &[]),
            ("x.a.test", &[4]),
            ("x.y.a.test", &[]),
            ("test", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(names.of(name), expected, "{name}");
        }
    }
}
