//! What HAProxy tells of its process, and this program does not.

const POOLS: &str = "there are no pools: memory comes from the allocator, which does not say whose it is";
const PIPES: &str =
    "each worker has a pipe that bodies pass through; how many are full at a moment is not counted";

/// Names of `show info` that have no line, and why.
pub const UNTOLD_FACTS: &[(&str, &str)] = &[
    ("Release_date", "a build does not know the day of its sources"),
    ("PoolAlloc_MB", POOLS),
    ("PoolUsed_MB", POOLS),
    ("PoolFailed", POOLS),
    ("PipesUsed", PIPES),
    ("PipesFree", PIPES),
    ("Run_queue", "of the tasks of workers those that wait to run are not counted apart"),
    ("TotalSplicdedBytesOut", "bytes are counted without the way that they took"),
    ("PoolAlloc_bytes", POOLS),
    ("PoolUsed_bytes", POOLS),
];
