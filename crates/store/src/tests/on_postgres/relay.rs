//! A relay between a store and its server, which can be told to cut a connection at its next commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The message by which a commit is asked for.
const COMMIT: &[u8] = b"SELECT 1; COMMIT\0";

/// Where a connection is cut.
#[derive(Clone, Copy)]
pub(super) enum Cut {
    /// The commit never reaches the server.
    BeforeCommit = 1,
    /// The server commits, and its answer never comes.
    AfterCommit = 2,
    /// The store sees its connection broken, and the commit reaches the server a while later.
    AndCommitLate = 3,
}

/// A relay on a port of its own.
pub(super) struct Relay {
    pub(super) port: u16,
    cut: Arc<AtomicU8>,
}

impl Relay {
    /// Starts it before the server at this address.
    pub(super) async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicU8::new(0));
        let orders = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((store, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(carry(store, server, Arc::clone(&orders)));
            }
        });
        Self { port, cut }
    }

    /// Whether a connection was cut as ordered.
    pub(super) fn has_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst) == 0
    }

    /// Cuts the connection that commits next.
    pub(super) fn cut(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }
}

/// Carries bytes both ways until one side ends or an order comes to pass.
async fn carry(mut store: TcpStream, mut server: TcpStream, orders: Arc<AtomicU8>) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = store.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let message = &asked[..length];
                let commits = message.windows(COMMIT.len()).any(|part| part == COMMIT);
                let order = if commits { orders.swap(0, Ordering::SeqCst) } else { 0 };
                match order {
                    1 => return,
                    2 => {
                        server.write_all(message).await.unwrap();
                        drop(server.read(&mut answered).await);
                        return;
                    }
                    3 => {
                        drop(store);
                        tokio::time::sleep(Duration::from_millis(500)).await;
                        server.write_all(message).await.unwrap();
                        drop(server.read(&mut answered).await);
                        return;
                    }
                    _ => server.write_all(message).await.unwrap(),
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if store.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
