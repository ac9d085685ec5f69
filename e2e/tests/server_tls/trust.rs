//! Folders of authorities, those of the host, and how either end may sign.

use std::fs;
use std::path::Path;

use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, Sluicegate, free_address};

use super::client::Authority;
use super::{Files, answer, entry, telling};

#[tokio::test]
async fn all_authorities_of_a_folder_are_trusted() {
    let files = Files::new();
    let [one, two, three, ours, theirs] = [(); 5].map(|()| free_address());
    let (other, stranger) = (Authority::new("others"), Authority::new("strangers"));
    let folder = files.path("trusted");
    fs::create_dir(&folder).unwrap();
    // Without a line end behind the last line, as some are.
    fs::write(folder.join("a.pem"), files.authority.pem.trim_end()).unwrap();
    fs::write(folder.join("b.crt"), &other.pem).unwrap();
    for ignored in [".hidden.pem", "notes.txt", "c.pem.old"] {
        fs::write(folder.join(ignored), &stranger.pem).unwrap();
    }
    let text = [
        telling(one, &format!("crt {}", files.signed(&["a.test"]))),
        telling(two, &format!("crt {}", files.save("other.pem", &other.sign(&["a.test"])))),
        telling(three, &format!("crt {}", files.save("stranger.pem", &stranger.sign(&["a.test"])))),
    ];
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", text.concat())).await;
    let trusting = |address| format!("{address} ssl verifyhost a.test ca-file {}", folder.display());
    let mut servers = vec![("one", trusting(one)), ("two", trusting(two)), ("three", trusting(three))];
    // Whoever trusts the world trusts none of these.
    if Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        servers.push(("world", format!("{one} ssl verifyhost a.test ca-file @system-ca")));
    }
    let _sluicegate = Sluicegate::run(&format!("{HTTP_DEFAULTS}{}", entry(ours, &servers))).await;
    let _haproxy = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", entry(theirs, &servers))).await;
    for entry in [ours, theirs] {
        for name in ["one", "two"] {
            assert!(
                answer(entry, "a.test", &format!("/{name}")).await.starts_with("TLSv1.3"),
                "{entry} {name}"
            );
        }
        for (name, _) in &servers[2..] {
            assert_eq!(answer(entry, "a.test", &format!("/{name}")).await, "503", "{entry} {name}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_folder_is_told_file_by_file() {
    let files = Files::new();
    for (name, text) in [
        ("trusted/good.pem", files.authority.pem.as_str()),
        ("trusted/empty.crt", "nothing"),
        ("trusted/half.cer", &files.authority.pem[..100]),
        ("trusted/list.crl", "nothing"),
        ("none/notes.txt", "nothing"),
    ] {
        let path = files.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let path = |name| files.path(name).display().to_string();
    let servers = [
        ("folder", format!("127.0.0.1:1 ssl ca-file {}", path("trusted"))),
        ("none", format!("127.0.0.1:1 ssl ca-file {}", path("none"))),
    ];
    let (code, told) = Sluicegate::check(&format!("{HTTP_DEFAULTS}{}", entry(free_address(), &servers)));
    assert_ne!(code, 0, "{told}");
    for part in [
        "/trusted/empty.crt: it holds no certificate",
        "/trusted/half.cer: it is no PEM",
        "/trusted/list.crl is not read here",
        "/none: no file of this folder ends in .pem, .crt or .cer",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    assert!(!told.contains("good.pem"), "{told}");
}

/// Both keys are of P-256, which sign with SHA-256 alone.
#[tokio::test]
async fn either_end_signs_as_a_line_allows() {
    let files = Files::new();
    let (server, asking, ours) = (free_address(), free_address(), free_address());
    let pem = files.signed(&["a.test"]);
    let own = files.save("own.pem", &files.authority.sign(&["proxy"]));
    let text = telling(server, &format!("crt {pem}"))
        + &telling(asking, &format!("crt {pem} {} verify required", files.trusted()));
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{text}")).await;
    let trusted = files.trusted();
    let servers = [
        ("its", format!("{server} ssl {trusted} sigalgs ECDSA+SHA256")),
        ("other", format!("{server} ssl {trusted} sigalgs RSA-PSS+SHA256:ECDSA+SHA384")),
        ("twelve", format!("{server} ssl {trusted} sigalgs RSA+SHA256 ssl-max-ver TLSv1.2")),
        ("anybody", format!("{server} ssl verify none sigalgs RSA-PSS+SHA256")),
        ("own", format!("{asking} ssl {trusted} crt {own} client-sigalgs ECDSA+SHA256")),
        ("mute", format!("{asking} ssl {trusted} crt {own} client-sigalgs RSA-PSS+SHA256")),
    ];
    let _sluicegate = Sluicegate::run(&format!("{HTTP_DEFAULTS}{}", entry(ours, &servers))).await;
    for (path, expected) in [
        ("its", "TLSv1.3 x  0"),
        ("other", "503"),
        ("twelve", "503"),
        ("anybody", "503"),
        ("own", "TLSv1.3 x  1proxy"),
        // Nothing can be signed, so no certificate is shown; in TLS 1.3 a client learns of that after its handshake.
        ("mute", "502"),
    ] {
        let told = answer(ours, "x", &format!("/{path}")).await;
        assert_eq!(told.replace("TLSv1.3   ", "TLSv1.3 x  "), expected, "{path}");
    }
}
