# What a person can do here.
default:
    @just --list

# Formatting, lints, bans, licences, sources and documentation
check: fmt clippy deny doc

# Formatting as rustfmt has it
fmt:
    cargo fmt --all --check

# Lints; a warning is an error
clippy:
    cargo clippy --workspace --all-targets -- -D warnings

# Banned and duplicate crates, licences, registries
deny:
    cargo deny --all-features check bans licenses sources

# Documentation; a warning is an error
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Unit tests of the crates, without the scenarios
test:
    cargo test --workspace --exclude sluicegate-e2e

# Peers, binaries, all tests and end-to-end scenarios; `just e2e --all` adds the long ones
e2e *ARGS:
    e2e/run {{ARGS}}

# Sluicegate beside HAProxy, nginx and a relay that parses nothing: `just bench small nginx`, `just bench --help`
bench *ARGS:
    e2e/bench/run {{ARGS}}

# What ships: both binaries, laid out by a profile of what they do under load; `just dist --train` makes it anew
dist *ARGS:
    e2e/dist {{ARGS}}

# The images `sluicegate` and `sluicegate-proxy`, by the `docker` on PATH; `just images --dist` of what ships
images *ARGS:
    e2e/images --build {{ARGS}}

# Benches of single functions
microbench *ARGS:
    cargo bench --workspace {{ARGS}}

# A fuzz target for some seconds, from its corpus
fuzz NAME SECONDS="60":
    e2e/fuzz {{NAME}} {{SECONDS}}

# The quickstart: two applications and the entry that balances over them
demo:
    cargo run --release --bin sluicegate -- run manifests/quickstart/haproxy.cfg
