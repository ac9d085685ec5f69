//! A private authority for one installation: enough for mutual TLS between the planes, made by one command.
//!
//! ECDSA P-256 throughout. The authority signs for ten years, its certificates are good for 825 days. What a holder may
//! do stands in its certificate as a URI (`sluicegate_proto::identity`).

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::identity::{DEFAULT_SCOPE, Identity, is_scope};

const DAY: Duration = Duration::from_secs(86_400);
const AUTHORITY_DAYS: u32 = 3_650;
const CERTIFICATE_DAYS: u32 = 825;
/// Clocks of other hosts may be behind.
const LEEWAY: Duration = Duration::from_secs(3_600);

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file is there already.
    #[error("{}: is there already; nothing was written", .0.display())]
    Exists(PathBuf),
    /// A Scope that cannot be one.
    #[error("'{0}' cannot name a scope: 1 to 64 letters, digits, dots, dashes or underscores")]
    Scope(String),
    /// A host name or address that cannot stand in a certificate.
    #[error("'{0}' cannot stand in a certificate")]
    Name(String),
    /// The file system says no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key that is none, or a signature that failed.
    #[error("{}: {source}", path.display())]
    Crypto {
        /// Which file it was to be, or to come from.
        path: PathBuf,
        /// Why.
        source: rcgen::Error,
    },
}

/// Makes an authority and the certificates of the control plane, of an operator and of proxies of the Scope `default`
/// in `dir`: `ca`, `control`, `operator`, `proxy`, each as `.pem` and `.key`. `names` are host names and addresses of
/// the control plane, for clients that look at them; proxies look at the URI.
///
/// # Errors
/// Where one of the files is there already (then none is written), or cannot be written.
pub fn init(dir: &Path, names: &[String]) -> Result<Vec<PathBuf>, PkiError> {
    let scope = Identity::Scope(DEFAULT_SCOPE.to_owned());
    let holders = [
        ("control", holder("control", &[Identity::Control], names)?),
        ("operator", holder("operator", &[Identity::Operator], &[])?),
        ("proxy", holder("proxy", &[scope], &[])?),
    ];
    let all = std::iter::once("ca").chain(holders.iter().map(|(name, _)| *name));
    let files: Vec<PathBuf> = all.flat_map(|name| [pem(dir, name), key(dir, name)]).collect();
    absent(&files)?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| PkiError::Io { path: dir.to_owned(), source })?;
    let path = pem(dir, "ca");
    let failed = |source| PkiError::Crypto { path: path.clone(), source };
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let params = authority(&pair);
    let certificate = params.self_signed(&pair).map_err(failed)?;
    write_pair(dir, "ca", &certificate.pem(), &pair)?;
    let issuer = Issuer::new(params, pair);
    holders.into_iter().try_for_each(|(name, params)| issue(dir, name, &issuer, params))?;
    Ok(files)
}

/// Makes the certificate of proxies of one more Scope, `proxy-SCOPE`, from the authority in `dir`.
///
/// # Errors
/// Where there is no authority, or the files are there already.
pub fn issue_scope(dir: &Path, scope: &str) -> Result<Vec<PathBuf>, PkiError> {
    if !is_scope(scope) {
        return Err(PkiError::Scope(scope.to_owned()));
    }
    let name = format!("proxy-{scope}");
    let files = vec![pem(dir, &name), key(dir, &name)];
    absent(&files)?;
    let path = key(dir, "ca");
    let text = fs::read_to_string(&path).map_err(|source| PkiError::Io { path: path.clone(), source })?;
    let pair = KeyPair::from_pem(&text).map_err(|source| PkiError::Crypto { path, source })?;
    let issuer = Issuer::new(authority(&pair), pair);
    issue(dir, &name, &issuer, holder(&name, &[Identity::Scope(scope.to_owned())], &[])?)?;
    Ok(files)
}

fn pem(dir: &Path, holder: &str) -> PathBuf {
    dir.join(format!("{holder}.pem"))
}

fn key(dir: &Path, holder: &str) -> PathBuf {
    dir.join(format!("{holder}.key"))
}

fn absent(files: &[PathBuf]) -> Result<(), PkiError> {
    match files.iter().find(|path| fs::symlink_metadata(path).is_ok()) {
        Some(there) => Err(PkiError::Exists(there.clone())),
        None => Ok(()),
    }
}

/// The name follows from the key: what signs later has the name of what signed itself, and authorities of two
/// installations are told apart.
fn authority(pair: &KeyPair) -> CertificateParams {
    let number = ContentHash::of(pair.public_key_raw()).short();
    let mut params = named(&format!("Sluicegate authority {number}"), AUTHORITY_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn holder(name: &str, identities: &[Identity], hosts: &[String]) -> Result<CertificateParams, PkiError> {
    let mut params = named(&format!("Sluicegate {name}"), CERTIFICATE_DAYS);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    if identities.contains(&Identity::Control) {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    for uri in identities.iter().map(ToString::to_string) {
        params.subject_alt_names.push(SanType::URI(uri.clone().try_into().map_err(|_| PkiError::Name(uri))?));
    }
    for host in hosts {
        let name = match host.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.clone().try_into().map_err(|_| PkiError::Name(host.clone()))?),
        };
        params.subject_alt_names.push(name);
    }
    Ok(params)
}

fn named(name: &str, days: u32) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = SystemTime::now();
    params.not_before = (now - LEEWAY).into();
    params.not_after = (now + DAY * days).into();
    params
}

fn issue(
    dir: &Path,
    name: &str,
    issuer: &Issuer<'_, KeyPair>,
    params: CertificateParams,
) -> Result<(), PkiError> {
    let failed = |source| PkiError::Crypto { path: pem(dir, name), source };
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let certificate = params.signed_by(&pair, issuer).map_err(failed)?;
    write_pair(dir, name, &certificate.pem(), &pair)
}

fn write_pair(dir: &Path, name: &str, certificate: &str, pair: &KeyPair) -> Result<(), PkiError> {
    write_new(&key(dir, name), 0o600, &pair.serialize_pem())?;
    write_new(&pem(dir, name), 0o644, certificate)
}

fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), PkiError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => PkiError::Exists(path.to_owned()),
        _ => PkiError::Io { path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests;
