//! Any bytes as a form and as what stands behind the page's address: a form is no longer than what was sent, where it leads is
//! one header's value, and the page stays the page.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluicegate_model::Runtime;
use sluicegate_proto::v1::Report;
use sluicegate_stats::{Facts, Form, Info, Outcome, PageForm, PageSettings, Parameters, Table, page};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(Runtime::default);

fuzz_target!(|bytes: &[u8]| {
    let (target, body) = bytes.split_at(bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len()));
    if let Ok(form) = Form::parse(body) {
        let words = form.servers.iter().map(String::len).sum::<usize>() + form.backend.map_or(0, |name| name.len());
        assert!(words <= body.len());
        assert!(form.servers.len() <= body.len());
    }
    let text = String::from_utf8_lossy(target);
    let parameters = Parameters::of(&text);
    let location = parameters.location("/stats", Outcome::Done);
    assert!(location.starts_with("/stats;st=DONE"));
    assert!(location.len() < 64 && location.bytes().all(|byte| byte.is_ascii_graphic()), "{location:?}");
    // Where a form leads shows what it came from.
    let again = Parameters::of(&location["/stats".len()..]);
    let same = Parameters { form: PageForm::default(), outcome: Some(Outcome::Done), ..parameters };
    assert_eq!(again, same);
    let (report, facts) = (Report::default(), Facts::default());
    let settings = PageSettings { uri: "/stats", parameters, admin: true, ..PageSettings::default() };
    let shown = page(&Table::new(&RUNTIME, &report, &facts), &Info::new(&RUNTIME, &report, &facts), settings);
    assert_eq!(shown.matches("<input").count(), 1);
});
