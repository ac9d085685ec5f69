use std::sync::Arc;

use super::{Matcher, Sample};

/// A boolean over one message: steps over one truth value, with skips for what needs no look.
///
/// The wire form is postfix; here `a and b` is `Test(a) SkipUnless(1) Test(b)`, so that the evaluator has no stack and
/// asks nothing that cannot change the outcome.
#[derive(Debug, Clone)]
pub struct Condition {
    pub(crate) tests: Box<[Arc<Test>]>,
    pub(crate) steps: Box<[Step]>,
}

impl Condition {
    /// What the steps refer to.
    pub fn tests(&self) -> &[Arc<Test>] {
        &self.tests
    }

    /// Never empty. Every `Test` is an index into [`Self::tests`], no skip leads past the end.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// One step of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The truth is that of the test of this index.
    Test(u16),
    /// The truth turns over.
    Not,
    /// Where the truth is false, pass over that many steps.
    SkipUnless(u16),
    /// Where the truth is true, pass over that many steps.
    SkipIf(u16),
}

/// A sample and what it is compared with. Equal tests of one Runtime are one value.
#[derive(Debug)]
pub struct Test {
    /// The ACL's name where it has one.
    pub name: Option<Box<str>>,
    /// What is looked at.
    pub sample: Sample,
    /// What it is compared with.
    pub matcher: Matcher,
}
