//! Words on standard output and standard error. Whoever reads them may go away first (`… | head`): that changes neither
//! what is done nor the exit code, and is no reason to panic, as `println!` would.

use std::fmt::Display;
use std::io::{self, Write as _};

/// A line on standard output.
pub(crate) fn out(line: impl Display) {
    let _nobody_reads = writeln!(io::stdout(), "{line}");
}

/// A line on standard error.
pub(crate) fn err(line: impl Display) {
    let _nobody_reads = writeln!(io::stderr(), "{line}");
}
