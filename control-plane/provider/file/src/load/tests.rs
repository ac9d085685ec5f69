use std::fs;

use super::*;

const SITE: &str = "frontend web\n    mode http\n    bind 127.0.0.1:8080\n    timeout client 5s\n    http-request return status 200\n";

fn inputs(path: &Path) -> Inputs {
    Inputs {
        paths: vec![path.to_owned()],
        language: None,
        environment: Environment::default(),
        style: Style::Plain,
        limits: Limits::default(),
        strictness: Default::default(),
        told: Told::People,
        drop_in: false,
        once: Once::default(),
    }
}

#[test]
fn a_folder_of_both_languages_gives_a_fragment_of_each() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("site.cfg"), SITE).unwrap();
    let manifest = "apiVersion: sluicegate.dev/v1alpha1\nkind: Backend\nmetadata: { name: app }\nspec: {}\n";
    fs::write(folder.path().join("app.yaml"), manifest).unwrap();
    let loaded = load(&inputs(folder.path()));
    assert!(loaded.is_good(), "{:?}", loaded.findings);
    let providers: Vec<_> = loaded.fragments.iter().map(|fragment| fragment.provider.as_str()).collect();
    assert_eq!(providers, ["haproxy", "manifest"]);
    assert!(loaded.listens);
    assert_eq!(loaded.seen.paths().count(), 3, "the folder and both files: {:?}", loaded.seen);
}

#[test]
fn a_file_sees_what_is_read_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let condition = format!("streq(\"$HAPROXY_CFGFILES\",\"{};{}\")", file("a.cfg"), file("b.cfg"));
    fs::write(folder.path().join("a.cfg"), SITE).unwrap();
    fs::write(folder.path().join("b.cfg"), format!(".if !{condition}\n.alert \"other files\"\n.endif\n"))
        .unwrap();
    let loaded = load(&inputs(folder.path()));
    assert!(loaded.is_good(), "{:?}", loaded.findings);
}

#[test]
fn an_error_takes_everything_back_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.cfg");
    fs::write(&path, SITE.replace("bind", "bnid")).unwrap();
    let loaded = load(&inputs(&path));
    assert_eq!((loaded.fragments.len(), loaded.tally.errors), (0, 1));
    let told = loaded.findings.join("\n");
    assert!(told.contains(&format!("{}:3:5", path.display())), "{told}");
    assert!(told.contains("`bind`"), "{told}");
}

#[test]
fn files_that_a_configuration_names_are_watched_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.cfg");
    let page = folder.path().join("503.http");
    fs::write(&page, "HTTP/1.0 503 Unavailable\r\nContent-Length: 0\r\n\r\n").unwrap();
    fs::write(&path, format!("{SITE}    errorfile 503 {}\n", page.display())).unwrap();
    let loaded = load(&inputs(&path));
    assert!(loaded.is_good(), "{:?}", loaded.findings);
    assert!(loaded.seen.paths().any(|path| path == page), "{:?}", loaded.seen);
}

#[test]
fn what_is_missing_is_an_error() {
    let loaded = load(&inputs(Path::new("/nowhere/haproxy.cfg")));
    assert_eq!(loaded.findings, ["error: /nowhere/haproxy.cfg: there is no such file or folder"]);
    assert!(loaded.seen.paths().eq([Path::new("/nowhere/haproxy.cfg")]), "it may appear");
}

#[test]
fn limits_of_the_command_line_go_over_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.cfg");
    let limits = |text: &str| {
        fs::write(&path, text).unwrap();
        let limits = Limits { process: Some(7), frontend: Some(5) };
        let loaded = load(&Inputs { limits, ..inputs(&path) });
        let bodies = loaded.fragments[0].resources.iter().filter_map(|made| made.body.as_ref());
        bodies
            .filter_map(|body| match body {
                Body::Process(process) => Some(("process", process.max_connections)),
                Body::Frontend(frontend) => Some(("frontend", frontend.max_connections)),
                _ => None,
            })
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    assert_eq!(limits(SITE), [("process", 7), ("frontend", 5)].into());
    let own = format!("global\n    maxconn 100\n{SITE}    maxconn 50\n");
    assert_eq!(limits(&own), [("process", 7), ("frontend", 50)].into());
}
