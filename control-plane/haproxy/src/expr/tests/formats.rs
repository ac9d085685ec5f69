use sluicegate_proto::v1::format_piece::Piece;

use super::*;

fn format_of(text: &str, scope: Scope) -> Result<String, Vec<String>> {
    let mut reader = Reader::new(&FILES);
    let format = reader.format(&[text], 0, scope);
    let told = told(&mut reader);
    let piece = |piece: &v1::FormatPiece| {
        let flags = [(piece.quote, "Q"), (piece.hexadecimal, "X")];
        let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
        match piece.piece.as_ref().unwrap() {
            Piece::Literal(text) => format!("<{}>", String::from_utf8_lossy(text)),
            Piece::Alias(alias) => format!("%{alias}{flags}"),
            Piece::Sample(sample) => format!("{}{flags}", shown(sample)),
        }
    };
    format.map(|format| format.pieces.iter().map(piece).collect()).ok_or(told)
}

pub(super) const LOG: Scope = Scope { phase: Phase::Log, http: true };

#[test]
fn formats_have_text_aliases_and_samples() {
    let cases = [
        ("plain", "<plain>"),
        ("100%%", "<100%>"),
        ("%ci:%cp", "%ci<:>%cp"),
        ("a %[src] b", "<a >src[]< b>"),
        ("%[ src ]", "src[]"),
        ("%{+Q}ci", "%ciQ"),
        ("%{+Q}o %ci %{-Q}b%B %s", "%ciQ< >%b%B< >%sQ"),
        ("%{+X,+Q}[src]", "src[]QX"),
        ("%{-E}o%ci", "%ci"),
        ("a  b   %ci  %cp", "<a b >%ci< >%cp"),
        (r#"%[str("]")]"#, "str[]]"),
    ];
    for (text, expected) in cases {
        assert_eq!(format_of(text, LOG), Ok(expected.to_owned()), "{text}");
    }
    assert_eq!(format_of("a  b", Scope::REQUEST), Ok("<a  b>".to_owned()));
    assert_eq!(format_of("%[path]", Scope::REQUEST), Ok("path[]".to_owned()));
}

#[test]
fn wrong_formats_are_told() {
    let cases = [
        ("50%", "`%` must be doubled to stand for itself"),
        ("% x", "`%` must be doubled to stand for itself"),
        ("%zz", "unknown log-format alias `%zz`"),
        ("%[src", "missing `]` of `%[`"),
        ("%[src,lower x]", "unexpected ` x]` after the expression"),
        ("%[path]", "`path` is not known when the log line is written"),
        ("%{+Q", "missing `}` of `%{`"),
        ("%{Q}o", "unknown log-format flag `Q`"),
    ];
    for (text, expected) in cases {
        assert_eq!(format_of(text, LOG).unwrap_err(), [expected], "{text}");
    }
    let tcp = Scope { phase: Phase::Log, http: false };
    assert_eq!(
        format_of("%ST %r", tcp).unwrap_err(),
        ["`%ST` is not known in TCP mode", "`%r` is not known in TCP mode"]
    );
}

#[test]
fn what_has_no_value_here_is_a_dash_in_logs_and_nothing_in_headers() {
    let cases = [
        ("%ID", LOG, "<->", "the log-format alias `%ID` is written as `-`: requests get no identifier yet"),
        ("%[ssl_c_r_dn(cn)]", LOG, "<->", "the fetch `ssl_c_r_dn` is not found: TLS does not tell it yet"),
        (
            "a%[var(txn.a)]b",
            Scope::REQUEST,
            "<ab>",
            "the fetch `var` is not found: there are no variables yet",
        ),
    ];
    for (text, scope, expected, finding) in cases {
        let mut reader = Reader::new(&FILES);
        assert!(reader.format(&[text], 0, scope).is_some(), "{text}");
        assert_eq!(told(&mut reader), [finding], "{text}");
        assert_eq!(format_of(text, scope), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn presets_are_formats() {
    for preset in [Preset::Http, Preset::HttpClf, Preset::Tcp, Preset::ConnectHttp, Preset::ConnectTcp] {
        assert!(!preset.format().pieces.is_empty(), "{preset:?}");
        let http = !matches!(preset, Preset::Tcp | Preset::ConnectTcp);
        assert!(format_of(preset.text(), Scope { phase: Phase::Log, http }).is_ok(), "{preset:?}");
    }
}
