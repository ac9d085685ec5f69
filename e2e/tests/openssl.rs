//! TLS of clients as OpenSSL's client sees it: what is refused, what is stapled, how both ends sign, tickets of several
//! processes, and what the proxy says of its own certificate.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, Sluicegate, debian, free_address};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;

const SETTINGS: &str = "[req]\ndistinguished_name = name\n[name]\n\
    [authority]\nbasicConstraints = critical, CA:true\n\
    [leaf]\nbasicConstraints = CA:false\nsubjectAltName = DNS:a.test\n";

/// A folder with an authority and certificates of `a.test` that it has signed: `rsa.pem` and `ec.pem`.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        fs::write(files.path("cnf"), SETTINGS).unwrap();
        let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let signed = ["-extensions", "leaf", "-CA", "ca.crt", "-CAkey", "ca.key"];
        files.request("ca", "/CN=authority", &ec, &["-extensions", "authority"]);
        files.request("ec", "/C=FR/O=Acme/CN=a.test", &ec, &signed);
        files.request("rsa", "/C=FR/O=Acme/CN=a.test", &["-newkey", "rsa:2048"], &signed);
        files
    }

    fn request(&self, name: &str, subject: &str, key: &[&str], how: &[&str]) {
        let (keyout, out) = (format!("{name}.key"), format!("{name}.crt"));
        let made =
            ["req", "-x509", "-config", "cnf", "-keyout", &keyout, "-out", &out, "-nodes", "-subj", subject];
        self.openssl(&[&made[..], key, how].concat());
        let both =
            ["crt", "key"].map(|kind| fs::read_to_string(self.path(&format!("{name}.{kind}"))).unwrap());
        fs::write(self.path(&format!("{name}.pem")), both.concat()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// What it prints.
    fn openssl(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(debian("openssl"));
        let done = command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&done.stderr));
        said
    }

    /// A response for a certificate that says that it is good.
    fn response(&self, name: &str, to: &str) {
        let certificate = format!("{name}.crt");
        let serial = self.openssl(&["x509", "-in", &certificate, "-noout", "-serial"]);
        let serial = serial.trim().trim_start_matches("serial=");
        fs::write(self.path("index"), format!("V\t490101000000Z\t\t{serial}\tunknown\t/CN=a.test\n"))
            .unwrap();
        self.openssl(&["ocsp", "-issuer", "ca.crt", "-cert", &certificate, "-reqout", "request"]);
        let signer = ["-rsigner", "ca.crt", "-rkey", "ca.key", "-CA", "ca.crt"];
        let files = ["-index", "index", "-reqin", "request", "-respout", to, "-ndays", "7"];
        self.openssl(&[&["ocsp"], &signer[..], &files].concat());
    }

    /// A conversation of OpenSSL's client with an entry, and all that it says of it; nothing where it came to none.
    fn client(&self, entry: SocketAddr, arguments: &[&str]) -> Option<String> {
        let entry = entry.to_string();
        let fixed = ["s_client", "-connect", &entry, "-servername", "a.test", "-CAfile", "ca.crt"];
        let mut command = Command::new(debian("openssl"));
        command.args(fixed).args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        let done = command.output().unwrap();
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// The last line of an answer.
    fn ask(&self, entry: SocketAddr, arguments: &[&str]) -> String {
        let entry = entry.to_string();
        let mut command = Command::new(debian("openssl"));
        command.args(["s_client", "-quiet", "-connect", &entry, "-servername", "a.test"]).args(arguments);
        let mut client =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        client.stdin.take().unwrap().write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        let said = String::from_utf8(client.wait_with_output().unwrap().stdout).unwrap();
        said.lines().last().unwrap_or_default().to_owned()
    }
}

/// A frontend with these `bind` lines.
fn site(binds: &[(SocketAddr, String)]) -> String {
    let mut text = format!("{HTTP_DEFAULTS}frontend main\n    http-request return status 200\n");
    binds.iter().for_each(|(entry, options)| text += &format!("    bind {entry} ssl {options}\n"));
    text
}

#[tokio::test]
async fn nothing_weak_is_agreed_upon() {
    let files = Files::new();
    let entry = free_address();
    let crt = format!("crt {} crt {}", files.shown("ec.pem"), files.shown("rsa.pem"));
    let _sluicegate = Sluicegate::run(&site(&[(entry, crt)])).await;
    for version in ["-tls1", "-tls1_1"] {
        assert_eq!(files.client(entry, &[version, "-cipher", "ALL:@SECLEVEL=0"]), None, "{version}");
    }
    let all = files.openssl(&["ciphers", "-tls1_2", "-s", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]);
    let suites: Vec<&str> = all.trim().split(':').collect();
    assert!(suites.len() > 30, "{suites:?}");
    let taken = suites.iter().filter(|suite| {
        files.client(entry, &["-tls1_2", "-cipher", &format!("{suite}:@SECLEVEL=0")]).is_some()
    });
    let mut taken: Vec<&str> = taken.copied().collect();
    taken.sort_unstable();
    let forward_secret = [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ];
    assert_eq!(taken, forward_secret);
    for suite in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
        let said = files.client(entry, &["-tls1_3", "-ciphersuites", suite]).unwrap();
        assert!(said.contains(&format!("Cipher is {suite}")), "{said}");
        assert!(said.contains("Verify return code: 0 (ok)") && !said.contains("Early data was accepted"));
    }
    let old = files.client(entry, &["-tls1_2"]).unwrap();
    for good in ["Secure Renegotiation IS supported", "Compression: NONE", "Server Temp Key: X25519"] {
        assert!(old.contains(good), "{good}: {old}");
    }
}

#[tokio::test]
async fn a_response_is_stapled_beside_the_certificate_or_from_a_store() {
    let files = Files::new();
    files.response("ec", "ec.pem.ocsp");
    files.response("rsa", "elsewhere.der");
    let [beside, stored, bare] = [free_address(), free_address(), free_address()];
    let folder = files.0.path().display();
    let store = format!(
        "crt-store web\n    crt-base {folder}\n    key-base {folder}\n    \
         load crt rsa.crt key rsa.key ocsp elsewhere.der alias site\n    load crt ec.crt key ec.key\n"
    );
    let binds = [
        (beside, format!("crt {}", files.shown("ec.pem"))),
        (stored, "crt @web/site".to_owned()),
        (bare, "crt @web/ec.crt".to_owned()),
    ];
    let _sluicegate = Sluicegate::run(&format!("{store}{}", site(&binds))).await;
    for version in ["-tls1_2", "-tls1_3"] {
        for entry in [beside, stored] {
            let said = files.client(entry, &[version, "-status"]).unwrap();
            assert!(
                said.contains("OCSP Response Status: successful") && said.contains("Cert Status: good"),
                "{said}"
            );
            assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
        }
        let said = files.client(bare, &[version, "-status"]).unwrap();
        assert!(said.contains("OCSP response: no response sent"), "{said}");
    }
}

#[tokio::test]
async fn both_ends_sign_as_they_are_told() {
    let files = Files::new();
    let [signs, asks, clients, servers] = [free_address(), free_address(), free_address(), free_address()];
    let (rsa, ca) = (format!("crt {}", files.shown("rsa.pem")), files.shown("ca.crt"));
    let binds = [
        (signs, format!("{rsa} sigalgs rsa_pss_rsae_sha512:RSA+SHA384")),
        (asks, format!("{rsa} ca-file {ca} verify required client-sigalgs ECDSA+SHA256:ECDSA+SHA384")),
        (clients, format!("{rsa} prefer-client-ciphers")),
        (servers, rsa.clone()),
    ];
    let _sluicegate = Sluicegate::run(&site(&binds)).await;
    for version in ["-tls1_2", "-tls1_3"] {
        let said = files.client(signs, &[version]).unwrap();
        assert!(
            said.contains("Peer signing digest: SHA512") && said.contains("Peer signature type: RSA-PSS"),
            "{said}"
        );
        assert_eq!(files.client(signs, &[version, "-sigalgs", "rsa_pss_rsae_sha256"]), None);
        let said = files.client(asks, &[version, "-cert", "ec.crt", "-key", "ec.key"]).unwrap();
        assert!(said.contains("Requested Signature Algorithms: ECDSA+SHA256:ECDSA+SHA384\n"), "{said}");
    }
    // With this version the client hears of it in time.
    assert_eq!(files.client(asks, &["-tls1_2", "-cert", "rsa.crt", "-key", "rsa.key"]), None);
    let wish = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
    for (entry, expected) in [(clients, "TLS_CHACHA20_POLY1305_SHA256"), (servers, "TLS_AES_256_GCM_SHA384")]
    {
        let said = files.client(entry, &["-tls1_3", "-ciphersuites", wish]).unwrap();
        assert!(said.contains(&format!("Cipher is {expected}")), "{said}");
    }
}

#[tokio::test]
async fn processes_with_the_same_keys_take_each_others_tickets() {
    let files = Files::new();
    let keys = |name: &str| {
        let lines: String = (0..3).map(|_| files.openssl(&["rand", "-base64", "48"])).collect();
        fs::write(files.path(name), lines).unwrap();
        format!("crt {} tls-ticket-keys {}", files.shown("ec.pem"), files.shown(name))
    };
    let (same, other) = (keys("keys"), keys("others"));
    let [one, two, apart] = [free_address(), free_address(), free_address()];
    let _first = Sluicegate::run(&site(&[(one, same.clone())])).await;
    let _second = Sluicegate::run(&site(&[(two, same), (apart, other)])).await;
    let said = files.client(one, &["-tls1_2", "-sess_out", "session"]).unwrap();
    assert!(said.contains("New, TLSv1.2"), "{said}");
    for (entry, expected) in [(one, "Reused, TLSv1.2"), (two, "Reused, TLSv1.2"), (apart, "New, TLSv1.2")] {
        let said = files.client(entry, &["-tls1_2", "-sess_in", "session"]).unwrap();
        assert!(said.contains(expected), "{entry}: {said}");
    }
}

/// What is known of the certificate that was shown, and of the connection in the words of logs.
const OWN: &str = "%[ssl_f_s_dn]|%[ssl_f_s_dn(o)]|%[ssl_f_i_dn(cn)]|%[ssl_f_serial,hex]|%[ssl_f_sha1,hex]|\
%[ssl_f_notbefore]|%[ssl_f_notafter]|%[ssl_f_version]|%[ssl_f_key_alg]|%[ssl_f_sig_alg]|%[ssl_f_der,hex]|%sslv|%sslc";

#[tokio::test]
async fn its_own_certificate_is_told_of_as_haproxy_does() {
    let files = Files::new();
    for (name, cipher) in [("ec", "ECDHE-ECDSA-AES256-GCM-SHA384"), ("rsa", "ECDHE-RSA-AES128-GCM-SHA256")] {
        let (own, haproxys) = (free_address(), free_address());
        let text = |entry: SocketAddr| {
            let file = files.shown(&format!("{name}.pem"));
            format!(
                "{HTTP_DEFAULTS}frontend main\n    bind {entry} ssl crt {file}\n    \
                 http-request return status 200 content-type text/plain lf-string \"told {OWN}\\n\"\n"
            )
        };
        let _sluicegate = Sluicegate::run(&text(own)).await;
        let _haproxy = Haproxy::run(&text(haproxys)).await;
        for options in [&["-tls1_3"][..], &["-tls1_2", "-cipher", cipher]] {
            let told = [own, haproxys].map(|entry| files.ask(entry, options));
            assert!(told[0].contains("told /C=FR/O=Acme/CN=a.test|Acme|authority|"), "{told:?}");
            assert_eq!(told[0], told[1], "{options:?}");
        }
    }
}

/// What servers are told of a client's TLS, behind the addresses.
async fn values(server: &tokio::net::TcpListener) -> Vec<u8> {
    const ADDRESSES_END: usize = 28;
    let (mut stream, _) = server.accept().await.unwrap();
    let mut header = vec![0; 16];
    stream.read_exact(&mut header).await.unwrap();
    let rest = usize::from(u16::from_be_bytes([header[14], header[15]]));
    header.resize(16 + rest, 0);
    stream.read_exact(&mut header[16..]).await.unwrap();
    header.split_off(ADDRESSES_END)
}

#[tokio::test]
async fn servers_are_told_of_it_as_haproxy_does() {
    let files = Arc::new(Files::new());
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    for (own, options) in [
        ("ec", "send-proxy-v2-ssl-cn"),
        ("ec", "send-proxy-v2 proxy-v2-options cert-key,cert-sig,ssl-cipher,cert-cn"),
        ("rsa", "send-proxy-v2 proxy-v2-options cert-key"),
        ("rsa", "send-proxy-v2 proxy-v2-options ssl-cipher"),
    ] {
        let (entry, haproxys) = (free_address(), free_address());
        let text = |entry: SocketAddr| {
            let (file, ca) = (files.shown(&format!("{own}.pem")), files.shown("ca.crt"));
            format!(
                "defaults\n    mode tcp\n    timeout client 5s\n    timeout server 5s\n    timeout connect 5s\n\
                 listen main\n    bind {entry} ssl crt {file} ca-file {ca} verify optional\n    \
                 server app {address} {options}\n"
            )
        };
        let _sluicegate = Sluicegate::run(&text(entry)).await;
        let _haproxy = Haproxy::run(&text(haproxys)).await;
        for client in [&["-tls1_3"][..], &["-tls1_2", "-cert", "rsa.crt", "-key", "rsa.key"]] {
            let mut told = Vec::new();
            for entry in [entry, haproxys] {
                let (files, client) = (Arc::clone(&files), client.to_vec());
                let visit = tokio::task::spawn_blocking(move || files.client(entry, &client));
                told.push(values(&server).await.escape_ascii().to_string());
                visit.await.unwrap();
            }
            assert_eq!(told[0], told[1], "{options} {client:?}");
            assert!(told[0].starts_with(' ') && told[0].contains("TLSv1."), "{told:?}");
        }
    }
}

#[tokio::test]
async fn servers_are_told_values_of_ones_own() {
    let files = Arc::new(Files::new());
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, ec) = (server.local_addr().unwrap(), files.shown("ec.pem"));
    let [raw, web] = [free_address(), free_address()];
    let values_wanted = "send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) %[ssl_fc_protocol]-%ci set-proxy-v2-tlv-fmt(226) %[fc_pp_tlv(0xE1)]";
    let text = format!(
        "defaults\n    timeout client 5s\n    timeout server 5s\n    timeout connect 5s\n\
         listen raw\n    mode tcp\n    bind {raw} ssl crt {ec}\n    server app {address} {values_wanted}\n\
         listen web\n    mode http\n    bind {web} ssl crt {ec}\n    server app {address} {values_wanted}\n"
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for entry in [raw, web] {
        let files = Arc::clone(&files);
        let visit = tokio::task::spawn_blocking(move || files.ask(entry, &["-tls1_3"]));
        let told = values(&server).await;
        assert_eq!(told, b"\xe1\x00\x11TLSv1.3-127.0.0.1\xe2\x00\x00", "{}", told.escape_ascii());
        visit.await.unwrap();
    }
}
