//! The words that open a section, and what becomes of the sections that are not proxies.

use crate::keywords::Support;

/// A section name.
#[derive(Debug, PartialEq, Eq)]
pub struct SectionEntry {
    /// The word.
    pub name: &'static str,
    /// What becomes of it.
    pub support: Support,
    /// What it is for, in one line.
    pub summary: &'static str,
}
