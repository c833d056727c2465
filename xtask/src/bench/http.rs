//! As much HTTP as it takes to ask one question: one request on a connection of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

/// A port of this machine that nobody listens on right now.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|reason| format!("no free port: {reason}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|reason| format!("no free port: {reason}"))
}

/// Posts a JSON body and returns the status.
pub(crate) fn post(port: u16, path: &str, body: &str) -> Result<u16, String> {
    exchange(port, path, body)
        .map_err(|reason| format!("POST {path}: {reason}"))
        .and_then(|answer| status(&answer))
}

/// Opens an address and returns the status.
pub(crate) fn get(port: u16, path: &str) -> Result<u16, String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    sent(port, &request).map_err(|reason| format!("GET {path}: {reason}")).and_then(|answer| status(&answer))
}

fn exchange(port: u16, path: &str, body: &str) -> std::io::Result<String> {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    sent(port, &request)
}

fn sent(port: u16, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn status(answer: &str) -> Result<u16, String> {
    let word = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    word.and_then(|word| word.parse().ok()).ok_or_else(|| "the answer is not HTTP/1.1".to_owned())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_status_of_an_answer_is_read() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(post(port, "/x", "{}"), Ok(404));
        assert!(server.join().unwrap().starts_with("POST /x HTTP/1.1\r\n"));
    }

    #[test]
    fn nobody_listening_is_an_error() {
        assert!(post(free_port().unwrap(), "/x", "{}").is_err());
        assert!(status("gopher").is_err());
    }
}
