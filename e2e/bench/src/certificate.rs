//! The certificate of the proxies: made for each measurement, worth nothing elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rcgen::{CertifiedKey, generate_simple_self_signed};

/// Whom it names, and whom clients ask for.
pub(crate) const NAME: &str = "bench.example";

/// Where it is in the folder of a proxy.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("certificate.pem")
}

/// Makes a key of P-256 and a certificate for it, and writes both into one file.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([NAME.to_owned()]).map_err(io::Error::other)?;
    fs::write(file(folder), cert.pem() + &signing_key.serialize_pem())
}
