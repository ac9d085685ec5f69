use super::*;

fn told(path: &Path, forced: Option<Language>) -> String {
    let errors = discover(&[path.to_owned()], forced, &Once::default()).unwrap_err();
    assert_eq!(errors.len(), 1);
    errors[0].to_string().replace(path.to_str().unwrap(), "PATH")
}

#[test]
fn a_folder_gives_its_files_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.cfg", "a.yaml", "c.yml", ".hidden.cfg", "notes.txt", "d.cfg~"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    fs::create_dir(folder.path().join("e.cfg")).unwrap();
    let names = |forced| -> Vec<String> {
        let found = discover(&[folder.path().to_owned()], forced, &Once::default()).unwrap();
        found.iter().map(|found| found.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(None), ["a.yaml", "b.cfg", "c.yml"]);
    assert_eq!(names(Some(Language::Haproxy)), ["b.cfg"]);
}

#[test]
fn a_folder_may_be_empty_beside_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, empty) = (folder.path().join("haproxy.cfg"), folder.path().join("conf.d"));
    fs::write(&file, "global\n").unwrap();
    fs::create_dir(&empty).unwrap();
    let both = [file, empty.clone()];
    assert_eq!(discover(&both, Some(Language::Haproxy), &Once::default()).unwrap().len(), 1);
    assert!(discover(&both, None, &Once::default()).is_err(), "the folder holds nothing of any language");
    assert!(told(&empty, Some(Language::Haproxy)).contains("holds no file"));
}

#[test]
fn content_tells_where_the_name_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let language = |text: &str| {
        let path = folder.path().join("haproxy.conf");
        fs::write(&path, text).unwrap();
        discover(&[path], None, &Once::default())
            .map(|found| found[0].language)
            .map_err(|errors| errors[0].to_string())
    };
    assert_eq!(language("# comment\n\n  global\n"), Ok(Language::Haproxy));
    assert_eq!(language("listen web 0.0.0.0:80\n"), Ok(Language::Haproxy));
    assert_eq!(language("---\n"), Ok(Language::Manifest));
    assert_eq!(language("apiVersion: v1\n"), Ok(Language::Manifest));
    assert!(language("hello world\n").unwrap_err().contains("--format haproxy"));
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(told(&folder.path().join("none.cfg"), None), "PATH: there is no such file or folder");
    assert!(told(folder.path(), None).starts_with("PATH: the folder holds no file"));
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert_eq!(told(&socket, Some(Language::Haproxy)), "PATH: neither a file nor a folder");
    let large = folder.path().join("large.cfg");
    File::create(&large).unwrap().set_len(100 << 20).unwrap();
    assert!(read(&large).unwrap_err().to_string().contains("104857600 bytes is more than"));
}

#[test]
fn a_pipe_is_read_once() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"# a\nglobal\n").unwrap();
    drop(writer);
    let path = PathBuf::from(format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader)));
    let once = Once::default();
    assert!(is_stream(&path) && !once.is_used());
    let found = discover(std::slice::from_ref(&path), None, &once).unwrap();
    assert_eq!(found, [Found { path: path.clone(), language: Language::Haproxy }]);
    for _ in 0..2 {
        assert_eq!(*once.clone().contents(&path).unwrap(), *b"# a\nglobal\n");
    }
    assert!(once.is_used());
}
