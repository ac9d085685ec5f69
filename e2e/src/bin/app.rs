//! The application in the containers of the scenarios: answers its host name to every request. `build.rs` compiles
//! it without any library, so that an image is this one file.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8080u16);
    let listener = TcpListener::bind(("::", port)).or_else(|_| TcpListener::bind(("0.0.0.0", port)))?;
    println!("listening on {port}");
    for client in listener.incoming() {
        let client = client?;
        // A client that goes away ends its own thread only.
        thread::spawn(move || answer(&client));
    }
    Ok(())
}

fn answer(client: &TcpStream) -> io::Result<()> {
    let name = match env::var("NAME") {
        Ok(name) => name,
        Err(_) => fs::read_to_string("/proc/sys/kernel/hostname")?.trim().to_owned(),
    };
    let mut lines = BufReader::new(client).lines();
    while let Some(request_line) = lines.next() {
        let head_only = request_line?.starts_with("HEAD ");
        for line in lines.by_ref() {
            if line?.is_empty() {
                break;
            }
        }
        let length = name.len() + 1;
        let mut reply = format!("HTTP/1.1 200 OK\r\nX-Origin: {name}\r\nContent-Length: {length}\r\n\r\n");
        if !head_only {
            reply += &name;
            reply.push('\n');
        }
        (&mut &*client).write_all(reply.as_bytes())?;
    }
    Ok(())
}
