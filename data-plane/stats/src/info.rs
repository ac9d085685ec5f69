//! Facts of the process, as `show info` tells them (HAProxy management guide 9.3).

mod told;
mod untold;

use sluicegate_model::Runtime;
use sluicegate_proto::v1::Report;

use crate::facts::Facts;
use crate::field::Tags;
use crate::value::Value;

pub use untold::UNTOLD_FACTS;

/// The facts that are known, in HAProxy's order. What is not known here is left out: [`UNTOLD_FACTS`] says why.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// In that order.
    pub items: Vec<Item>,
}

/// One fact.
#[derive(Debug, Clone)]
pub struct Item {
    /// HAProxy's number of it.
    pub position: usize,
    /// Its name.
    pub name: &'static str,
    /// What kind of number it is.
    pub tags: Tags,
    /// The fact.
    pub value: Value,
    /// What it is, in words.
    pub about: &'static str,
}

/// How exact times and rates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Whole numbers.
    #[default]
    Whole,
    /// With a fraction where there is one (HAProxy: `show info float`).
    Float,
}

impl Info {
    /// The facts of what is served, what was reported, and the process, in whole numbers.
    pub fn new(runtime: &Runtime, report: &Report, facts: &Facts) -> Self {
        Self::with(runtime, report, facts, Precision::Whole)
    }

    /// The same, as exact as is asked for.
    pub fn with(runtime: &Runtime, report: &Report, facts: &Facts, precision: Precision) -> Self {
        let mut items = told::items(runtime, report, facts, precision);
        // As HAProxy: a text that nobody wrote is no fact.
        items.retain(|item| !matches!(&item.value, Value::Text(text) if text.is_empty()));
        Self { items }
    }
}

#[cfg(test)]
mod tests;
