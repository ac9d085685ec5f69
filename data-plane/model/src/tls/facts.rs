//! What rules may ask of a certificate.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

/// Parts of names, as OpenSSL calls them (X.520, RFC 4519, RFC 2985).
const PARTS: [(&str, &str); 14] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// Algorithms, as OpenSSL calls them in short.
const ALGORITHMS: [(&str, &str); 12] = [
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.5", "RSA-SHA1"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "RSA-SHA256"),
    ("1.2.840.113549.1.1.12", "RSA-SHA384"),
    ("1.2.840.113549.1.1.13", "RSA-SHA512"),
    ("1.3.101.112", "ED25519"),
];

/// What a certificate says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// All of it, in DER.
    pub der: Box<[u8]>,
    /// Of `der`.
    pub sha1: [u8; 20],
    /// As it stands there, without a leading zero.
    pub serial: Box<[u8]>,
    /// Parts of the name of its subject, in their order: what they are, and their values.
    pub subject: Box<[(Box<str>, Box<str>)]>,
    /// The same of its issuer.
    pub issuer: Box<[(Box<str>, Box<str>)]>,
    /// `YYMMDDhhmmssZ`
    pub not_before: Box<str>,
    /// `YYMMDDhhmmssZ`
    pub not_after: Box<str>,
    /// 3, as a rule.
    pub version: u32,
    /// What its key is for, as OpenSSL calls it in short; one that is not known by its number.
    pub key_algorithm: Box<str>,
    /// How its issuer has signed it, in the same way.
    pub signature_algorithm: Box<str>,
    /// Its key as the PROXY protocol tells it: `RSA2048`, `EC256`.
    pub key: Box<str>,
}

impl Facts {
    /// Reads DER. `None`: it is no certificate.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let mut sha1 = [0; 20];
        sha1.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().get(..20)?);
        let serial = parsed.raw_serial();
        Some(Self {
            der: der.into(),
            sha1,
            serial: serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(serial).into(),
            subject: parts(parsed.subject()),
            issuer: parts(parsed.issuer()),
            not_before: date(parsed.validity().not_before),
            not_after: date(parsed.validity().not_after),
            version: parsed.version().0 + 1,
            key_algorithm: algorithm(&parsed.public_key().algorithm.algorithm.to_id_string()),
            signature_algorithm: algorithm(&parsed.signature_algorithm.algorithm.to_id_string()),
            key: key(&parsed),
        })
    }
}

fn algorithm(id: &str) -> Box<str> {
    ALGORITHMS.iter().find(|(known, _)| *known == id).map_or(id, |(_, name)| name).into()
}

fn key(certificate: &X509Certificate<'_>) -> Box<str> {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA{}", key.key_size()).into(),
        // A coordinate of P-521 has some bits to spare.
        Ok(PublicKey::EC(point)) => format!("EC{}", point.key_size().min(521)).into(),
        _ => algorithm(&certificate.public_key().algorithm.algorithm.to_id_string()),
    }
}

fn parts(name: &X509Name<'_>) -> Box<[(Box<str>, Box<str>)]> {
    let parts = name.iter_attributes().map(|attribute| {
        let id = attribute.attr_type().to_id_string();
        let known = PARTS.iter().find(|(known, _)| *known == id).map(|(_, name)| (*name).into());
        let value = match attribute.as_str() {
            Ok(value) => value.into(),
            Err(_) => String::from_utf8_lossy(attribute.as_slice()).into(),
        };
        (known.unwrap_or_else(|| id.into()), value)
    });
    parts.collect()
}

/// `YYMMDDhhmmssZ`
fn date(time: ASN1Time) -> Box<str> {
    let time = time.to_datetime();
    let (year, month, day) = (time.year().rem_euclid(100), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z").into()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber, date_time_ymd};

    use super::*;

    #[test]
    fn what_it_says_is_told_as_openssl_does() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["alice.test".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "FR");
        params.distinguished_name.push(DnType::OrganizationName, "Acme");
        params.distinguished_name.push(DnType::CommonName, "alice");
        params.serial_number = Some(SerialNumber::from(vec![0xff, 1]));
        params.not_before = date_time_ymd(2026, 1, 2);
        params.not_after = date_time_ymd(2031, 12, 31);
        let made = params.self_signed(&key).unwrap();
        let told = Facts::read(made.der()).unwrap();
        let subject: Vec<String> =
            told.subject.iter().map(|(what, value)| format!("{what}={value}")).collect();
        assert_eq!(subject, ["C=FR", "O=Acme", "CN=alice"]);
        assert_eq!(told.issuer, told.subject);
        assert_eq!((&*told.not_before, &*told.not_after), ("260102000000Z", "311231000000Z"));
        assert_eq!((told.version, &*told.serial), (3, &[0xff, 1][..]));
        let algorithms = (&*told.key_algorithm, &*told.signature_algorithm, &*told.key);
        assert_eq!(algorithms, ("id-ecPublicKey", "ecdsa-with-SHA256", "EC256"));
        assert_eq!(Facts::read(b"nothing"), None);
    }
}
