//! What a form of the page sends back (HAProxy: stats admin).

use sluicegate_proto::v1::OperationAction;

/// Longest parameter, its name included, as HAProxy has it.
const MAX_PARAMETER_BYTES: usize = 2047;

/// HAProxy's words for what can be done, in the order of the page; those without words are not offered there.
pub(crate) const ACTIONS: &[(&str, &str, OperationAction)] = &[
    ("ready", "Set state to READY", OperationAction::Ready),
    ("drain", "Set state to DRAIN", OperationAction::Drain),
    ("maint", "Set state to MAINT", OperationAction::Maint),
    ("dhlth", "Health checks: disable", OperationAction::ChecksOff),
    ("ehlth", "Health checks: enable", OperationAction::ChecksOn),
    ("hrunn", "Health: force UP", OperationAction::HealthUp),
    ("hnolb", "Health: force NOLB", OperationAction::HealthStopping),
    ("hdown", "Health: force DOWN", OperationAction::HealthDown),
    ("dagent", "Agent checks: disable", OperationAction::Agent),
    ("eagent", "Agent checks: enable", OperationAction::Agent),
    ("arunn", "", OperationAction::Agent),
    ("anolb", "", OperationAction::Agent),
    ("adown", "", OperationAction::Agent),
    ("shutdown", "Kill sessions", OperationAction::ShutdownSessions),
    ("disable", "", OperationAction::Disable),
    ("enable", "", OperationAction::Enable),
    ("stop", "", OperationAction::Stop),
    ("start", "", OperationAction::Start),
];

/// A form that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// The name of a backend, or `#` and its number (`b`).
    pub backend: Option<String>,
    /// What is to be done.
    pub action: Option<OperationAction>,
    /// Names of servers (`s`), in the order in which they came.
    pub servers: Vec<String>,
}

/// What is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidForm {
    /// Over the longest.
    #[error("a parameter is longer than {MAX_PARAMETER_BYTES} bytes")]
    TooLong,
    /// A percent sign without two digits, or what is no text.
    #[error("a parameter is badly encoded")]
    Encoding,
    /// None of HAProxy's.
    #[error("an action that is not known")]
    Action,
}

impl Form {
    /// Of the body of a request, `application/x-www-form-urlencoded`. As in HAProxy, the last `b` and the last `action`
    /// count, whatever their order; parameters that are not known are passed over.
    ///
    /// # Errors
    /// Where it is no form: nothing of it counts then.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidForm> {
        let mut form = Self::default();
        let mut action = None;
        for parameter in body.split(|&byte| byte == b'&') {
            if parameter.len() > MAX_PARAMETER_BYTES {
                return Err(InvalidForm::TooLong);
            }
            let end = parameter.iter().position(|&byte| byte == b'=').unwrap_or(parameter.len());
            let (name, value) = parameter.split_at(end);
            let (name, value) = (decoded(name)?, decoded(value.get(1..).unwrap_or_default())?);
            match name.as_str() {
                "b" => form.backend = Some(value),
                "s" => form.servers.push(value),
                "action" => action = Some(value),
                _ => {}
            }
        }
        if let Some(word) = action {
            let known = ACTIONS.iter().find(|(name, ..)| *name == word);
            form.action = Some(known.ok_or(InvalidForm::Action)?.2);
        }
        Ok(form)
    }
}

fn decoded(text: &[u8]) -> Result<String, InvalidForm> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        rest = behind;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let (digits, behind) = rest.split_first_chunk::<2>().ok_or(InvalidForm::Encoding)?;
                rest = behind;
                let digit =
                    |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
                let [high, low] = digits.map(digit);
                high.zip(low).map(|(high, low)| high << 4 | low).ok_or(InvalidForm::Encoding)?
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| InvalidForm::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> Result<(String, Option<OperationAction>, String), InvalidForm> {
        let form = Form::parse(body.as_bytes())?;
        Ok((form.backend.unwrap_or_default(), form.action, form.servers.join(" ")))
    }

    fn form(
        backend: &str,
        action: OperationAction,
        servers: &str,
    ) -> (String, Option<OperationAction>, String) {
        (backend.to_owned(), Some(action), servers.to_owned())
    }

    #[test]
    fn parameters_come_in_any_order_and_the_last_counts() {
        use OperationAction::{Maint, Ready};
        assert_eq!(parsed("s=one&s=two&action=maint&b=app"), Ok(form("app", Maint, "one two")));
        assert_eq!(parsed("b=app&action=maint&s=one"), Ok(form("app", Maint, "one")));
        assert_eq!(parsed("b=nope&b=%233&action=nope&action=ready&s=o%6Ee&x"), Ok(form("#3", Ready, "one")));
        assert_eq!(parsed("s&s=&s=a+b&action=ready&b=app&&"), Ok(form("app", Ready, "  a b")));
        assert_eq!(parsed(""), Ok((String::new(), None, String::new())));
    }

    #[test]
    fn what_is_no_form_is_refused_whole() {
        assert_eq!(parsed("s=one&action=nope&b=app"), Err(InvalidForm::Action));
        assert_eq!(parsed("s=one&action=&b=app"), Err(InvalidForm::Action));
        for broken in ["s=%", "s=%4", "s=%zz", "%+1=a", "s=%ff", "s=%C3%28", "s=%-1"] {
            assert_eq!(parsed(broken), Err(InvalidForm::Encoding), "{broken}");
        }
        assert_eq!(parsed(&format!("s={}", "a".repeat(2046))), Err(InvalidForm::TooLong));
        assert!(parsed(&format!("s={}", "a".repeat(2045))).is_ok());
    }

    #[test]
    fn every_action_of_haproxys_page_has_a_word() {
        for (word, _, action) in ACTIONS {
            assert_eq!(Form::parse(format!("action={word}").as_bytes()).unwrap().action, Some(*action));
        }
        assert_eq!(ACTIONS.iter().filter(|(_, words, _)| !words.is_empty()).count(), 11);
    }
}
