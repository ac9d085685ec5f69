//! TLS to servers of a manifest.

use std::fs;

use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, Sluicegate, free_address};

use super::{Files, answer, telling};

fn block(pem: &str) -> String {
    pem.lines().map(|line| format!("\n      {line}")).collect()
}

#[tokio::test]
async fn manifests_say_what_files_of_haproxy_say() {
    let files = Files::new();
    let [server, ours, stranger] = [(); 3].map(|()| free_address());
    let (pem, own) = (files.signed(&["a.test", "b.test"]), files.authority.sign(&["proxy"]));
    let options = format!("crt {pem} {} verify required", files.trusted());
    let _server = Haproxy::run(&format!("{HTTP_DEFAULTS}{}", telling(server, &options))).await;
    let backend = |name: &str, endpoint, tls: &str| {
        format!(
            "---\napiVersion: sluicegate.dev/v1alpha1\nkind: Backend\nmetadata: {{ name: {name} }}\nspec:\n  retries: 0\n  \
             check: {{ serverName: a.test }}\n  tls:\n    {tls}\n    authorities: |{}\n    certificate: |{}\n  \
             endpoints: [{{ name: s, address: '{endpoint}', warmConnections: 1 }}]\n",
            block(&files.authority.pem),
            block(&format!("{}{}", own.certificate, own.key))
        )
    };
    let frontend = format!(
        "apiVersion: sluicegate.dev/v1alpha1\nkind: Frontend\nmetadata: {{ name: web }}\nspec:\n  listen: ['{ours}']\n  \
         routes: [{{ when: '{{ path /host }}', backend: host }}]\n  defaultBackend: app\n"
    );
    let text = frontend
        + &backend("app", server, "serverName: req.hdr(host)")
        + &backend("host", server, "host: b.test\n    minVersion: TLSv1.3")
        + &backend("nobody", stranger, "host: c.test");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), text).unwrap();
    let mut sluicegate = Sluicegate::program("sluicegate", "", &["run", folder.path().to_str().unwrap()]);
    sluicegate.committed().await;
    assert_eq!(answer(ours, "b.test", "/").await, "TLSv1.3 b.test  1proxy");
    assert_eq!(answer(ours, "c.test", "/").await, "503");
    assert_eq!(answer(ours, "b.test", "/host").await, "TLSv1.3   1proxy");
    // Its checks speak TLS too, and who answers none is told.
    let status =
        sluicegate.status_where("a check was made", |status| status.to_string().contains("L6OK")).await;
    assert!(!status.to_string().contains("L6RSP"), "{status}");
}
