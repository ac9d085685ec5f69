//! What stands behind the address of the page in a request.

use crate::outcome::Outcome;
use crate::rows::{Row, Table};

/// Longest text that proxies are looked for by, as HAProxy has it.
const MAX_FILTER_BYTES: usize = 20;

/// What the page is made as. Of several that are asked for, the last of these is taken, as HAProxy does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageForm {
    /// For people.
    #[default]
    Html,
    /// Comma-separated values (`;csv`).
    Csv,
    /// A line for each value (`;typed`).
    Typed,
    /// JSON (`;json`).
    Json,
    /// The schema of that (`;json-schema`).
    JsonSchema,
}

/// The parameters of a request for the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parameters<'a> {
    /// What is wanted.
    pub form: PageForm,
    /// Servers that are down or in maintenance are left out (`;up`).
    pub only_up: bool,
    /// Servers in maintenance are left out (`;no-maint`).
    pub no_maintenance: bool,
    /// The page is not loaded again (`;norefresh`).
    pub no_refresh: bool,
    /// Proxies with this in their names alone (`?scope=`): letters, digits and `._:-`. Empty: all.
    pub filter: &'a str,
    /// What came of the form that led here (`;st=`).
    pub outcome: Option<Outcome>,
}

impl<'a> Parameters<'a> {
    /// Of what follows the page's address in a target; those that are not known are passed over.
    pub fn of(rest: &'a str) -> Self {
        let mut parameters = Self::default();
        for word in rest.split([';', '?', '&']) {
            match word {
                "csv" => parameters.form = parameters.form.max(PageForm::Csv),
                "typed" => parameters.form = parameters.form.max(PageForm::Typed),
                "json" => parameters.form = parameters.form.max(PageForm::Json),
                "json-schema" => parameters.form = parameters.form.max(PageForm::JsonSchema),
                "up" => parameters.only_up = true,
                "no-maint" => parameters.no_maintenance = true,
                "norefresh" => parameters.no_refresh = true,
                _ => {
                    if let Some(text) = word.strip_prefix("scope=") {
                        parameters.filter = filter(text);
                    } else if let Some(code) = word.strip_prefix("st=") {
                        parameters.outcome = Some(Outcome::of(code));
                    }
                }
            }
        }
        parameters
    }

    /// Behind the page's address, for what shows the same again.
    pub(crate) fn written(&self) -> String {
        let mut text = String::new();
        if self.only_up {
            text.push_str(";up");
        }
        if self.no_maintenance {
            text.push_str(";no-maint");
        }
        if self.no_refresh {
            text.push_str(";norefresh");
        }
        if !self.filter.is_empty() {
            text.push_str("?scope=");
            text.push_str(self.filter);
        }
        text
    }

    /// Leaves the rows that are wanted.
    pub fn narrow(&self, table: &mut Table) {
        table.retain(|name| self.wants(name));
        let hidden =
            |row: &Row| self.only_up && row.is_down() || self.no_maintenance && row.is_in_maintenance();
        table.rows.retain(|row| !hidden(row));
    }

    /// Where a form leads: to what it came from, told what came of it.
    pub fn location(&self, uri: &str, outcome: Outcome) -> String {
        format!("{uri};st={}{}", outcome.code(), self.written())
    }

    /// Whether proxies of this name are wanted.
    pub fn wants(&self, name: &str) -> bool {
        let (name, filter) = (name.as_bytes(), self.filter.as_bytes());
        filter.is_empty() || name.windows(filter.len()).any(|part| part.eq_ignore_ascii_case(filter))
    }
}

/// As HAProxy takes it: cut, and nothing at all where a character stands in it that no name has.
fn filter(text: &str) -> &str {
    let text = text.get(..text.len().min(MAX_FILTER_BYTES)).unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if text.bytes().all(is_name) { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_behind_semicolons_and_a_question_mark() {
        let all = Parameters::of(";st=PART;up;no-maint;norefresh?scope=ap;csv&json");
        assert!(all.only_up && all.no_maintenance && all.no_refresh);
        assert_eq!(all.form, PageForm::Json);
        assert_eq!((all.filter, all.outcome), ("ap", Some(Outcome::Part)));
        assert_eq!(Parameters::of("/xx;nope;upper"), Parameters::default());
        assert_eq!(Parameters::of(";st=<b>").outcome, Some(Outcome::Unknown));
    }

    #[test]
    fn of_several_forms_haproxys_is_taken() {
        let form = |rest| Parameters::of(rest).form;
        assert_eq!((form(""), form(";csv;norefresh")), (PageForm::Html, PageForm::Csv));
        assert_eq!((form(";json;csv"), form(";typed;csv")), (PageForm::Json, PageForm::Typed));
        assert_eq!((form(";json-schema"), form(";up;csv")), (PageForm::JsonSchema, PageForm::Csv));
    }

    #[test]
    fn a_form_leads_to_what_it_came_from() {
        let location = |rest| Parameters::of(rest).location("/s?a", Outcome::Done);
        assert_eq!(location(""), "/s?a;st=DONE");
        assert_eq!(location(";csv;st=NONE"), "/s?a;st=DONE");
        assert_eq!(location("?scope=ap;norefresh;up"), "/s?a;st=DONE;up;norefresh?scope=ap");
        assert_eq!(location(";no-maint"), "/s?a;st=DONE;no-maint");
        assert_eq!(location("?scope=a%41"), "/s?a;st=DONE", "what no name has is not looked for");
        assert_eq!(location("?scope=aaaaaaaaaaaaaaaaaaaaaaaaa"), "/s?a;st=DONE?scope=aaaaaaaaaaaaaaaaaaaa");
        assert_eq!(location("?scope=aaaaaaaaaaaaaaaaaaa\u{e9}"), "/s?a;st=DONE", "cut within a character");
    }

    #[test]
    fn proxies_are_looked_for_by_a_part_of_their_names() {
        let wants = |rest, name| Parameters::of(rest).wants(name);
        assert!(wants("?scope=AP", "my-app") && wants("", "") && !wants("?scope=app", "ap"));
    }
}
