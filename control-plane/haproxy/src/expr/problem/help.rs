use super::Problem;

impl Problem {
    /// What would be right, where that can be said.
    pub fn help(&self) -> Option<String> {
        match self {
            Problem::UnknownFetch { near: Some(near), .. }
            | Problem::UnknownConverter { near: Some(near), .. }
            | Problem::UnknownMatch { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Problem::UnknownAlias { near: Some(near), .. } => Some(format!("did you mean `%{near}`?")),
            Problem::UnknownAlias { .. } => Some("write `%%` for a percent sign".into()),
            Problem::UnknownAcl { near, .. } => Some(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "define it above with an `acl` line, or write it out between `{` and `}`".into(),
            }),
            Problem::UnknownFlag { .. } => Some(
                "allowed are -i, -f, -m, -M, -n and -u; write `--` before a pattern that starts with `-`"
                    .into(),
            ),
            Problem::UnknownMatch { .. } => Some(
                "allowed are found, bool, int, ip, bin, len, str, beg, end, sub, dir, dom and reg".into(),
            ),
            Problem::NotAnInteger { .. } => Some(
                "write a number, a range `low:high`, or `eq`, `ge`, `gt`, `le`, `lt` and a number".into(),
            ),
            Problem::NotAnAddress { .. } => {
                Some("write an address or a network: 10.0.0.1, 10.0.0.0/8, fd00::/8".into())
            }
            Problem::NoPattern => {
                Some("use `-m found` to test that it exists, `--` to say that it shall never match".into())
            }
            Problem::NotCounted { .. } => Some("a limit that hangs on it is not kept".into()),
            Problem::LonePercent => Some("write `%%`".into()),
            Problem::NotACondition { .. } => Some("if path_beg /static".into()),
            _ => None,
        }
    }
}
