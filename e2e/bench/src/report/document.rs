//! A document that is written by people, with sections that are written by the bench.

/// Puts `text` between the marks of the section, or at the end where the document has no such marks.
pub(crate) fn put(document: &str, section: &str, text: &str) -> String {
    let begin = format!("<!-- {section}: written by the bench -->\n");
    let end = format!("<!-- {section}: end -->\n");
    let (before, after) = match document.split_once(&begin) {
        Some((before, rest)) => (before.to_owned(), rest.split_once(&end).map_or("", |(_, after)| after)),
        None if document.is_empty() => (String::new(), ""),
        None => (format!("{}\n\n", document.trim_end()), ""),
    };
    format!("{before}{begin}\n{}\n\n{end}{after}", text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_written_in_place_of_the_one_before() {
        let first = put("# Title\n", "costs", "old");
        assert_eq!(first, "# Title\n\n<!-- costs: written by the bench -->\n\nold\n\n<!-- costs: end -->\n");
        let both = put(&first, "syscalls", "4.06");
        let again = put(&both, "costs", "new\n");
        assert_eq!(again, both.replace("old", "new"));
        assert!(again.contains("4.06"));
    }

    #[test]
    fn an_empty_document_is_just_the_section() {
        assert!(put("", "costs", "x").starts_with("<!-- costs: written by the bench -->\n\nx\n"));
    }
}
