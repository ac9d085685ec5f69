//! Bodies compressed on their way to clients or servers (HAProxy: compression): what clients accept, the algorithms, and how many
//! of them there are at one time.
//!
//! When a body is compressed is told by `http::compression`, how its bytes get from one socket to the other by
//! `transfer`.

mod accept;
mod coder;
mod pool;

pub use accept::{Choice, Member, members};
pub(crate) use coder::CoderFault;
#[cfg(test)]
pub(crate) use coder::tests::decoded;
#[cfg(test)]
pub(crate) use pool::MEMORY;
pub(crate) use pool::{Coders, Compressor, Memory};
