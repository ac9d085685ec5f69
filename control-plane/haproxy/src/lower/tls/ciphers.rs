//! Cipher suites and groups by the names that OpenSSL gives them.

/// A cipher suite of TLS 1.2 that is offered, and the words of a cipher list that mean it.
struct Suite {
    number: u32,
    name: &'static str,
    words: &'static [&'static str],
}

const ANY: &[&str] = &["ALL", "DEFAULT", "HIGH", "COMPLEMENTOFDEFAULT"];
const ECDHE: &[&str] = &["ECDHE", "EECDH", "kECDHE", "kEECDH", "ECDH", "TLSv1.2", "AEAD"];

/// In the order in which they are preferred where nobody says otherwise.
const SUITES: [Suite; 6] = [
    suite(0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384", &["ECDSA", "aECDSA", "AES", "AES256", "AESGCM", "SHA384"]),
    suite(0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256", &["ECDSA", "aECDSA", "AES", "AES128", "AESGCM", "SHA256"]),
    suite(0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305", &["ECDSA", "aECDSA", "CHACHA20"]),
    suite(0xc030, "ECDHE-RSA-AES256-GCM-SHA384", &["aRSA", "AES", "AES256", "AESGCM", "SHA384"]),
    suite(0xc02f, "ECDHE-RSA-AES128-GCM-SHA256", &["aRSA", "AES", "AES128", "AESGCM", "SHA256"]),
    suite(0xcca8, "ECDHE-RSA-CHACHA20-POLY1305", &["aRSA", "CHACHA20"]),
];

/// Those of TLS 1.3.
const SUITES_13: [(u32, &str); 3] = [
    (0x1302, "TLS_AES_256_GCM_SHA384"),
    (0x1301, "TLS_AES_128_GCM_SHA256"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
];

/// Groups and their names, here and elsewhere.
const GROUPS: [(u32, &[&str]); 5] = [
    (29, &["X25519"]),
    (23, &["P-256", "prime256v1", "secp256r1"]),
    (24, &["P-384", "secp384r1"]),
    (4588, &["X25519MLKEM768"]),
    (4587, &["SecP256r1MLKEM768"]),
];

/// Signature schemes: their names, and those that OpenSSL has for them too.
const SIGNATURES: [(u32, &[&str]); 10] = [
    (0x0403, &["ecdsa_secp256r1_sha256", "ECDSA+SHA256"]),
    (0x0503, &["ecdsa_secp384r1_sha384", "ECDSA+SHA384"]),
    (0x0603, &["ecdsa_secp521r1_sha512", "ECDSA+SHA512"]),
    (0x0807, &["ed25519"]),
    (0x0804, &["rsa_pss_rsae_sha256", "RSA-PSS+SHA256", "PSS+SHA256"]),
    (0x0805, &["rsa_pss_rsae_sha384", "RSA-PSS+SHA384", "PSS+SHA384"]),
    (0x0806, &["rsa_pss_rsae_sha512", "RSA-PSS+SHA512", "PSS+SHA512"]),
    (0x0401, &["rsa_pkcs1_sha256", "RSA+SHA256"]),
    (0x0501, &["rsa_pkcs1_sha384", "RSA+SHA384"]),
    (0x0601, &["rsa_pkcs1_sha512", "RSA+SHA512"]),
];

const fn suite(number: u32, name: &'static str, words: &'static [&'static str]) -> Suite {
    Suite { number, name, words }
}

/// What a list came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// As IANA numbers them, in the order of the list.
    pub(super) numbers: Vec<u32>,
    /// Names of it that nothing here has.
    pub(super) missing: Vec<String>,
}

/// A cipher list (openssl-ciphers(1)) against what there is of TLS 1.2.
pub(super) fn tls12(list: &str) -> Chosen {
    let mut chosen = Chosen::default();
    let mut killed = Vec::new();
    for word in list.split([':', ',', ' ']).filter(|word| !word.is_empty()) {
        // How strong they are to be is a question that those which there are answer well.
        if word.starts_with('@') {
            continue;
        }
        let (sign, name) = match word.split_at(1) {
            (sign @ ("!" | "-" | "+"), name) => (sign, name),
            _ => ("", word),
        };
        let meant: Vec<u32> =
            SUITES.iter().filter(|suite| suite.is(name)).map(|suite| suite.number).collect();
        match sign {
            "!" | "-" => {
                chosen.numbers.retain(|number| !meant.contains(number));
                if sign == "!" {
                    killed.extend(meant);
                }
            }
            "+" => {
                let (moved, stay): (Vec<u32>, _) =
                    chosen.numbers.iter().partition(|number| meant.contains(number));
                chosen.numbers = [stay, moved].concat();
            }
            _ if meant.is_empty() => chosen.missing.push(name.to_owned()),
            _ => {
                let new = meant.into_iter().filter(|number| !killed.contains(number));
                let new: Vec<u32> = new.filter(|number| !chosen.numbers.contains(number)).collect();
                chosen.numbers.extend(new);
            }
        }
    }
    chosen
}

/// A list of cipher suites against what there is of TLS 1.3.
pub(super) fn tls13(list: &str) -> Chosen {
    pick(list, |name| SUITES_13.iter().find(|(_, it)| *it == name).map(|(number, _)| *number))
}

/// A list of groups against what there is.
pub(super) fn groups(list: &str) -> Chosen {
    let is = |it: &&str, name: &str| it.eq_ignore_ascii_case(name);
    pick(list, |name| {
        GROUPS.iter().find(|(_, names)| names.iter().any(|it| is(it, name))).map(|(number, _)| *number)
    })
}

/// Signature schemes against what there is.
pub(super) fn signatures(list: &str) -> Chosen {
    pick(list, |name| {
        let is = |it: &&str| it.eq_ignore_ascii_case(name);
        SIGNATURES.iter().find(|(_, names)| names.iter().any(is)).map(|(number, _)| *number)
    })
}

/// All of TLS 1.2, in order.
pub(super) fn all_tls12() -> Vec<u32> {
    SUITES.iter().map(|suite| suite.number).collect()
}

/// All of TLS 1.3, in order.
pub(super) fn all_tls13() -> Vec<u32> {
    SUITES_13.iter().map(|(number, _)| *number).collect()
}

fn pick(list: &str, number: impl Fn(&str) -> Option<u32>) -> Chosen {
    let mut chosen = Chosen::default();
    for name in list.split(':').filter(|name| !name.is_empty()) {
        match number(name) {
            Some(number) if chosen.numbers.contains(&number) => {}
            Some(number) => chosen.numbers.push(number),
            None => chosen.missing.push(name.to_owned()),
        }
    }
    chosen
}

impl Suite {
    /// Whether a word means it: its name, or traits of it that plus signs join.
    fn is(&self, word: &str) -> bool {
        let has = |part: &str| ANY.contains(&part) || ECDHE.contains(&part) || self.words.contains(&part);
        word == self.name || word.split('+').all(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_lists_come_to_what_there_is() {
        // Debian's, and Mozilla's of the intermediate kind.
        let debian = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
                      ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
                      DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384";
        let chosen = tls12(debian);
        assert_eq!(chosen.numbers, [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8]);
        assert_eq!(chosen.missing, ["DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384"]);
    }

    #[test]
    fn words_and_signs_are_those_of_openssl() {
        let cases: [(&str, &[u32]); 7] = [
            ("HIGH:!aNULL:!MD5", &[0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8]),
            ("ECDH+AESGCM:DH+AESGCM:!aRSA", &[0xc02c, 0xc02b]),
            ("EECDH+CHACHA20:EECDH+AES128", &[0xcca9, 0xcca8, 0xc02b, 0xc02f]),
            ("ALL:+aECDSA:-CHACHA20", &[0xc030, 0xc02f, 0xc02c, 0xc02b]),
            ("!AES256:ALL", &[0xc02b, 0xcca9, 0xc02f, 0xcca8]),
            ("ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=1", &[0xc02f]),
            ("RC4:DES", &[]),
        ];
        for (list, expected) in cases {
            assert_eq!(tls12(list).numbers, expected, "{list}");
        }
    }

    #[test]
    fn groups_have_several_names() {
        let chosen = groups("X25519:prime256v1:P-256:secp521r1");
        assert_eq!((chosen.numbers, chosen.missing), (vec![29, 23], vec!["secp521r1".to_owned()]));
    }
}
