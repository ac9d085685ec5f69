//! TLS to the endpoints of a backend.

use serde::Deserialize;
use sluicegate_haproxy::expr::{NoFiles, Reader, Scope};
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Kind, resource::Body};

use super::lower::{Made, PROVIDER};
use super::schema::Mode;

/// How endpoints are spoken to over TLS. Files stand in the manifest itself, as PEM.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Tls {
    /// Of endpoints' certificates.
    authorities: Option<String>,
    /// Whoever answers is taken for the endpoint.
    #[serde(default)]
    anybody: bool,
    /// An expression: the name that endpoints are asked for, and have to have.
    server_name: Option<String>,
    /// Whose the certificate has to be where no name is asked for.
    host: Option<String>,
    /// This end's own certificate, and its key.
    certificate: Option<String>,
    /// `TLSv1.2` or `TLSv1.3`.
    min_version: Option<String>,
}

/// What it comes to.
#[derive(Clone, Default)]
pub(super) struct Secured {
    pub(super) client: Option<v1::TlsClient>,
    pub(super) server_name: Option<v1::Sample>,
}

impl Made {
    pub(super) fn tls(&mut self, spec: Option<Tls>, mode: Mode) -> Secured {
        let Some(spec) = spec else { return Secured::default() };
        let min_version = self.ok("tls.minVersion", version(spec.min_version.as_deref()));
        let certificate = spec.certificate.map(|pem| v1::TlsCertificate {
            name: "tls.certificate".to_owned(),
            pem: self.blob(pem, true),
            ..v1::TlsCertificate::default()
        });
        let host = spec.host.unwrap_or_default();
        let server_certificates = match (spec.authorities, spec.anybody) {
            (Some(authorities), false) => {
                let authorities = self.blob(authorities, false);
                let authorities_name = "tls.authorities".to_owned();
                Some(v1::TlsServerCertificates {
                    authorities,
                    authorities_name,
                    host,
                    ..v1::TlsServerCertificates::default()
                })
            }
            (None, true) => None,
            _ => self.ok("tls", Err("write `authorities`, or `anybody: true` to ask nobody who he is")),
        };
        let settings = v1::TlsSettings {
            min_version: min_version.unwrap_or(v1::TlsVersion::TlsVersion12).into(),
            max_version: v1::TlsVersion::TlsVersion13.into(),
            ..v1::TlsSettings::default()
        };
        let client = v1::TlsClient {
            settings: Some(settings),
            server_certificates,
            certificate,
            ..v1::TlsClient::default()
        };
        let server_name = spec.server_name.map(|text| sample(&text, mode));
        let server_name = server_name.and_then(|name| self.ok("tls.serverName", name));
        Secured { client: Some(client), server_name }
    }

    /// The hash of a blob. It is one of this object's own: another one may have the same.
    fn blob(&mut self, text: String, secret: bool) -> String {
        let data = text.into_bytes();
        let hash = ContentHash::of(&data).to_string();
        let namespace = format!("{}/{}", self.namespace, self.name);
        let key = ObjectKey::new(PROVIDER, &namespace, Kind::Blob, &hash);
        self.add_as(key, String::new(), Body::Blob(v1::Blob { data: data.into(), secret }));
        hash
    }
}

fn version(text: Option<&str>) -> Result<v1::TlsVersion, String> {
    match text {
        None | Some("TLSv1.2") => Ok(v1::TlsVersion::TlsVersion12),
        Some("TLSv1.3") => Ok(v1::TlsVersion::TlsVersion13),
        Some(other) => Err(format!("'{other}' is not spoken; write TLSv1.2 or TLSv1.3")),
    }
}

fn sample(text: &str, mode: Mode) -> Result<v1::Sample, String> {
    let mut reader = Reader::new(&NoFiles);
    let scope = Scope { http: mode == Mode::Http, ..Scope::REQUEST };
    let sample = reader.sample(&[text], 0, scope);
    let findings = reader.take_findings().into_iter().map(|finding| finding.problem.to_string());
    let findings = findings.collect::<Vec<_>>().join("; ");
    sample.filter(|_| findings.is_empty()).ok_or(findings)
}
