//! Tests of streams, one file per part; the other end speaks through memory.

mod answering;
mod asking;
mod count;
mod frames;
mod heading;
mod heads;
mod pair;
mod properties;
mod trunks;
