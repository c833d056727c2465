//! What a proxy before several servers does: asks who is ready, sends each request to the next of those, and to another
//! one where a connection is refused. What was sent once is never sent again.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a server is asked whether it is ready, and after how many answers that is believed.
const EVERY: Duration = Duration::from_millis(200);
const BELIEVED: u8 = 2;
/// How long an answer may take, and a server until it is noticed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The servers, and which of them are ready.
pub(super) struct Balancer {
    servers: Vec<Place>,
    next: AtomicUsize,
    ends: AtomicBool,
}

struct Place {
    /// Host and port; another one after each start.
    address: RwLock<String>,
    is_ready: AtomicBool,
    /// How often it was asked with another result than is believed.
    against: Mutex<u8>,
}

/// One client's connections, which it keeps.
pub(super) struct Client<'b> {
    balancer: &'b Balancer,
    kept: HashMap<(usize, String), BufReader<TcpStream>>,
}

impl Balancer {
    pub(super) fn before(addresses: &[String]) -> Self {
        let place = |address: &String| Place {
            address: RwLock::new(plain(address)),
            is_ready: AtomicBool::new(true),
            against: Mutex::default(),
        };
        let servers = addresses.iter().map(place).collect();
        Self { servers, next: AtomicUsize::new(0), ends: AtomicBool::new(false) }
    }

    /// A server has started again, at another port.
    pub(super) fn moved(&self, server: usize, address: &str) {
        *self.servers[server].address.write().unwrap() = plain(address);
    }

    pub(super) fn end(&self) {
        self.ends.store(true, Ordering::Relaxed);
    }

    /// Looks after the servers until the end.
    pub(super) fn check(&self) {
        while !self.ends.load(Ordering::Relaxed) {
            for place in &self.servers {
                let is_ready = ask_ready(&place.address.read().unwrap());
                let mut against = place.against.lock().unwrap();
                *against = if is_ready == place.is_ready.load(Ordering::Relaxed) { 0 } else { *against + 1 };
                if *against == BELIEVED {
                    *against = 0;
                    place.is_ready.store(is_ready, Ordering::Relaxed);
                }
            }
            sleep(EVERY);
        }
    }

    pub(super) fn until_ready(&self, server: usize) {
        self.until(server, true);
    }

    /// Waits until nothing is sent to a server any more.
    pub(super) fn until_left(&self, server: usize) {
        self.until(server, false);
    }

    fn until(&self, server: usize, is_ready: bool) {
        let since = Instant::now();
        while self.servers[server].is_ready.load(Ordering::Relaxed) != is_ready {
            assert!(since.elapsed() < PATIENCE, "server {server} is not seen as it is, ready {is_ready}");
            sleep(EVERY / 10);
        }
    }

    pub(super) fn client(&self) -> Client<'_> {
        Client { balancer: self, kept: HashMap::new() }
    }
}

impl Client<'_> {
    /// Sends a request; the status and the body. An error is what a user would see as a failure.
    pub(super) fn send(&mut self, path: &str, headers: &str, body: &str) -> Result<(u16, String), String> {
        let servers = &self.balancer.servers;
        let is_ready = |server: usize| servers[server].is_ready.load(Ordering::Relaxed);
        self.kept.retain(|(server, address), _| {
            is_ready(*server) && *servers[*server].address.read().unwrap() == *address
        });
        for _ in 0..2 * servers.len() {
            let server = self.balancer.next.fetch_add(1, Ordering::Relaxed) % servers.len();
            if !is_ready(server) {
                continue;
            }
            let address = servers[server].address.read().unwrap().clone();
            let place = (server, address.clone());
            let mut line = match self.kept.remove(&place) {
                Some(line) => line,
                None => match connected(&address) {
                    Some(line) => line,
                    None => continue,
                },
            };
            let length = body.len();
            let request = format!(
                "POST {path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {length}\r\n\r\n{body}"
            );
            let (status, stays, said) = exchanged(&mut line, &request)
                .map_err(|error| format!("server {server} at {address}: {error}"))?;
            if stays {
                self.kept.insert(place, line);
            }
            return Ok((status, said));
        }
        Err("no server is ready".to_owned())
    }
}

fn plain(address: &str) -> String {
    address.trim_start_matches("http://").to_owned()
}

fn connected(address: &str) -> Option<BufReader<TcpStream>> {
    let line = TcpStream::connect(address).ok()?;
    line.set_nodelay(true).unwrap();
    line.set_read_timeout(Some(PATIENCE)).unwrap();
    Some(BufReader::new(line))
}

fn ask_ready(address: &str) -> bool {
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let answer = connected(address).map(|mut line| exchanged(&mut line, &request));
    matches!(answer, Some(Ok((200, ..))))
}

/// Sends a request over a connection; the status, whether the connection stays, and the body.
fn exchanged(line: &mut BufReader<TcpStream>, request: &str) -> std::io::Result<(u16, bool, String)> {
    let broken = |why: &str| std::io::Error::other(why.to_owned());
    line.get_mut().write_all(request.as_bytes())?;
    let (mut status, mut length, mut stays) = (None, 0, true);
    loop {
        let mut head = String::new();
        if line.read_line(&mut head)? == 0 {
            return Err(broken("closed without an answer"));
        }
        let head = head.trim_end().to_ascii_lowercase();
        if head.is_empty() {
            break;
        }
        if let Some(code) = head.strip_prefix("http/1.1 ") {
            status = code.get(..3).and_then(|code| code.parse().ok());
        } else if let Some(bytes) = head.strip_prefix("content-length: ") {
            length = bytes.parse().map_err(|_| broken("a length that is none"))?;
        } else if head == "connection: close" {
            stays = false;
        }
    }
    let mut body = vec![0; length];
    line.read_exact(&mut body)?;
    let status = status.ok_or_else(|| broken("no status"))?;
    Ok((status, stays, String::from_utf8_lossy(&body).into_owned()))
}
