//! Real Tomcats: Debian's tomcat10, unpacked, each with a folder and a port of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::tools::{debian_folder, on_path};
use crate::{Process, free_address};

/// A Tomcat whose page `/` is a JSP that answers its name.
#[derive(Debug)]
pub struct Tomcat {
    address: SocketAddr,
    process: Process,
    _base: TempDir,
}

impl Tomcat {
    /// Starts one on a free port; [`Tomcat::ready`] waits for it.
    ///
    /// # Panics
    /// When Tomcat is not unpacked, or there is no Java.
    pub fn start(name: &str) -> Self {
        let home = debian_folder().join("root/usr/share/tomcat10");
        assert!(home.exists(), "{} is missing: run e2e/run once, it provides it", home.display());
        let address = free_address();
        let base = lay_out(name, address);
        let classes =
            ["bootstrap.jar", "tomcat-juli.jar"].map(|jar| home.join("bin").join(jar).into_os_string());
        let mut command = Command::new(java());
        command
            .arg("-cp")
            .arg(classes.join(":".as_ref()))
            .arg(property("catalina.home", &home))
            .arg(property("catalina.base", base.path()))
            .arg(property("java.io.tmpdir", &base.path().join("temp")))
            .args(["-Xmx128m", "-XX:TieredStopAtLevel=1", "-Djava.security.egd=file:/dev/urandom"])
            .args(["org.apache.catalina.startup.Bootstrap", "start"]);
        let process = Process::spawn(command).end_by(Signal::SIGTERM);
        Self { address, process, _base: base }
    }

    /// Waits until it serves.
    pub async fn ready(&mut self) {
        self.process.wait_for("Server startup in").await;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn lay_out(name: &str, address: SocketAddr) -> TempDir {
    let base = tempfile::tempdir().expect("the temporary folder can be written");
    let write = |file: &str, content: &str| {
        let file = base.path().join(file);
        fs::create_dir_all(file.parent().unwrap_or(base.path())).expect("a fresh folder can be written");
        fs::write(file, content).expect("a fresh folder can be written");
    };
    let (ip, port) = (address.ip(), address.port());
    write(
        "conf/server.xml",
        &format!(
            r#"<Server port="-1"><Service name="Catalina">
  <Connector port="{port}" address="{ip}" protocol="HTTP/1.1" />
  <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false" /></Engine>
</Service></Server>"#
        ),
    );
    write("conf/web.xml", WEB_XML);
    write("webapps/ROOT/index.jsp", &format!("<%= \"{name}\" %>\n"));
    write("temp/.keep", "");
    base
}

/// Only the servlet that compiles pages: the default file has hundreds of lines of MIME types.
const WEB_XML: &str = r#"<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet><servlet-name>jsp</servlet-name><servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class></servlet>
  <servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
  <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
  <servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>*.jsp</url-pattern></servlet-mapping>
  <welcome-file-list><welcome-file>index.jsp</welcome-file></welcome-file-list>
</web-app>"#;

fn property(name: &str, path: &Path) -> String {
    format!("-D{name}={}", path.display())
}

/// The host's Java, else the one that was unpacked with Tomcat.
fn java() -> PathBuf {
    on_path("java").unwrap_or_else(|| {
        let machines = debian_folder().join("root/usr/lib/jvm");
        let folders = fs::read_dir(&machines).into_iter().flatten().flatten();
        let java = folders.map(|entry| entry.path().join("bin/java")).find(|java| java.exists());
        java.unwrap_or_else(|| panic!("no java on PATH, none in {}: run e2e/run once", machines.display()))
    })
}
