//! The application in the containers of the scenarios: answers its host name to every request and every datagram.
//! `build.rs` compiles it without any library, so that an image is this one file.
//!
//! A request for `/after/MILLISECONDS` is answered after that time.
//!
//! `app exists PATH` says by its exit code whether there is such a file: a health check.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, io};
use std::{path::Path, thread};

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [word, path] = &arguments[..]
        && word == "exists"
    {
        return Ok(if Path::new(path).exists() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8080u16);
    let listener = TcpListener::bind(("::", port)).or_else(|_| TcpListener::bind(("0.0.0.0", port)))?;
    let socket = UdpSocket::bind(("::", port)).or_else(|_| UdpSocket::bind(("0.0.0.0", port)))?;
    thread::spawn(move || answer_datagrams(&socket));
    println!("listening on {port}");
    for client in listener.incoming() {
        let client = client?;
        // A client that goes away ends its own thread only.
        thread::spawn(move || answer(&client));
    }
    Ok(ExitCode::SUCCESS)
}

fn name() -> io::Result<String> {
    match env::var("NAME") {
        Ok(name) => Ok(name),
        Err(_) => Ok(fs::read_to_string("/proc/sys/kernel/hostname")?.trim().to_owned()),
    }
}

fn answer_datagrams(socket: &UdpSocket) -> io::Result<()> {
    let name = name()?;
    loop {
        let (_, client) = socket.recv_from(&mut [0])?;
        socket.send_to(name.as_bytes(), client)?;
    }
}

fn answer(client: &TcpStream) -> io::Result<()> {
    let name = name()?;
    let mut lines = BufReader::new(client).lines();
    while let Some(request_line) = lines.next() {
        let request_line = request_line?;
        let head_only = request_line.starts_with("HEAD ");
        for line in lines.by_ref() {
            if line?.is_empty() {
                break;
            }
        }
        let target = request_line.split(' ').nth(1).unwrap_or_default();
        if let Some(time) = target.strip_prefix("/after/").and_then(|time| time.parse().ok()) {
            thread::sleep(Duration::from_millis(time));
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
