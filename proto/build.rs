//! Compiles the schema without `protoc`: protox reads the files, prost and tonic write the code.

use std::error::Error;

const FILES: [&str; 6] = [
    "sluicegate/v1/compression.proto",
    "sluicegate/v1/http2.proto",
    "sluicegate/v1/snapshot.proto",
    "sluicegate/v1/asks.proto",
    "sluicegate/v1/session.proto",
    "sluicegate/v1/operations.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["."])?;
    let services = std::env::var_os("CARGO_FEATURE_SERVICES").is_some();
    tonic_prost_build::configure()
        .build_client(services)
        .build_server(services)
        .build_transport(false)
        .bytes(".")
        .skip_debug([".sluicegate.v1.Blob"])
        .compile_fds(descriptors)?;
    Ok(())
}
