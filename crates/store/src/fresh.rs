//! Databases for tests, each of them a test's own and gone with it.
//!
//! Where `TEST_POSTGRES` names a server by its administrator's address, they are made there, as copies of one that is
//! migrated; otherwise they are files in the folder of the test.

#![expect(clippy::unwrap_used, reason = "a test without its database has failed")]

mod intrude;

use crate::engine::postgres::{Server, migrated};
use crate::keys::{Keys, Suite, Wrapping};
use crate::{DATABASE_FILE, Database};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use tokio_postgres::{Client, Row, SimpleQueryMessage};

/// The environment's name for the server.
const SERVER: &str = "TEST_POSTGRES";
/// The lock of whoever writes.
const BARS: &str = "BEGIN; SELECT pg_advisory_xact_lock(7599936)";
/// The lock of whoever makes the template.
const MAKES: &str = "SELECT pg_advisory_lock(7599937)";

/// A database of a test's own.
pub struct FreshDatabase {
    folder: PathBuf,
    server: Option<Own>,
}

/// A database on the server.
struct Own {
    administrator: String,
    name: String,
    /// Whether it goes with this value.
    is_ours: bool,
}

impl FreshDatabase {
    /// Makes one for a test whose data lie in this folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let server = std::env::var(SERVER).ok().map(Own::new);
        Self { folder: folder.to_owned(), server }
    }

    /// Makes one in the folder, whatever the environment says: for what only the embedded engine has.
    #[must_use]
    pub fn embedded(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), server: None }
    }

    /// One that another value has made: with its address on the server, if it has one.
    #[must_use]
    pub fn found(folder: &Path, address: Option<&str>) -> Self {
        let own = |address: &str| {
            let (_, name) = address.rsplit_once('/').unwrap();
            Own { administrator: address.to_owned(), name: name.to_owned(), is_ours: false }
        };
        Self { folder: folder.to_owned(), server: address.map(own) }
    }

    /// Where it is, for the store.
    #[must_use]
    pub fn database(&self) -> Database {
        match &self.server {
            None => Database::Folder,
            Some(own) => Database::Server(server(&own.address())),
        }
    }

    /// Its address on the server, if it is on one.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        self.server.as_ref().map(Own::address)
    }

    /// Whether anything was ever kept in it.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.server.is_some() || self.folder.join(DATABASE_FILE).exists()
    }

    /// Runs statements past all of our code.
    pub fn execute(&self, sql: &str) {
        match &self.server {
            None => self.file().execute_batch(sql).unwrap(),
            Some(own) => on_server(own.address(), sql.to_owned(), async |client: Client, sql| {
                client.batch_execute(&sql).await.unwrap();
            }),
        }
    }

    /// The number that a query gives.
    #[must_use]
    pub fn int(&self, sql: &str) -> i64 {
        self.one(sql)
    }

    /// The text that a query gives.
    #[must_use]
    pub fn text(&self, sql: &str) -> String {
        self.one(sql)
    }

    /// The bytes that a query gives, where it gives any.
    #[must_use]
    pub fn bytes(&self, sql: &str) -> Option<Vec<u8>> {
        self.one(sql)
    }

    fn one<T: rusqlite::types::FromSql + for<'r> tokio_postgres::types::FromSql<'r>>(&self, sql: &str) -> T {
        match &self.server {
            None => self.file().query_row(sql, [], |row| row.get(0)).unwrap(),
            Some(own) => row(own, sql).get(0),
        }
    }

    /// Every row that a query gives, as text; `NULL` where there is nothing, bytes as their hex digits after `\x`.
    #[must_use]
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match &self.server {
            None => rows_of_file(&self.file(), sql),
            Some(own) => on_server(own.address(), sql.to_owned(), async |client: Client, sql| {
                let said = client.simple_query(&sql).await.unwrap();
                said.iter().filter_map(row_in_words).collect()
            }),
        }
    }

    /// Bytes, by their hex digits, as a statement of this engine writes them.
    #[must_use]
    pub fn blob(&self, hex: &str) -> String {
        match &self.server {
            None => format!("x'{hex}'"),
            Some(_) => format!("'\\x{hex}'::BYTEA"),
        }
    }

    /// Keeps everybody from changing anything until the bar is let go.
    #[must_use]
    pub fn bar(&self) -> Bar {
        let (barred, is_barred) = channel();
        let (lifted, is_lifted) = channel::<()>();
        let (address, file) = (self.address(), self.folder.join(DATABASE_FILE));
        let thread = thread::spawn(move || match address {
            None => {
                let file = rusqlite::Connection::open(file).unwrap();
                file.execute_batch("BEGIN IMMEDIATE").unwrap();
                barred.send(()).unwrap();
                is_lifted.recv().unwrap_err();
                file.execute_batch("ROLLBACK").unwrap();
            }
            Some(address) => on_server(address, BARS.to_owned(), async move |client: Client, bars| {
                client.batch_execute(&bars).await.unwrap();
                barred.send(()).unwrap();
                is_lifted.recv().unwrap_err();
                client.batch_execute("ROLLBACK").await.unwrap();
            }),
        });
        is_barred.recv().unwrap();
        Bar { lifted: Some(lifted), thread: Some(thread) }
    }

    /// The file, for tests of the embedded engine.
    pub(crate) fn file(&self) -> rusqlite::Connection {
        assert!(self.server.is_none(), "the database is on a server");
        rusqlite::Connection::open(self.folder.join(DATABASE_FILE)).unwrap()
    }
}

/// While it is there nobody changes anything.
pub struct Bar {
    lifted: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.lifted = None;
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn rows_of_file(file: &rusqlite::Connection, sql: &str) -> Vec<Vec<String>> {
    use rusqlite::types::Value;
    let mut statement = file.prepare(sql).unwrap();
    let columns = 0..statement.column_count();
    let rows = statement.query_map([], |row| {
        let words = columns.clone().map(|column| {
            Ok(match row.get(column)? {
                Value::Null => "NULL".to_owned(),
                Value::Integer(number) => number.to_string(),
                Value::Real(number) => number.to_string(),
                Value::Text(text) => text,
                Value::Blob(bytes) => format!("\\x{}", hex::encode(bytes)),
            })
        });
        words.collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn row_in_words(said: &SimpleQueryMessage) -> Option<Vec<String>> {
    let SimpleQueryMessage::Row(row) = said else { return None };
    Some((0..row.len()).map(|column| row.get(column).unwrap_or("NULL").to_owned()).collect())
}

impl Own {
    fn new(administrator: String) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("jindu_test_{}_{number}", std::process::id());
        let own = Self { administrator: administrator.clone(), name, is_ours: true };
        on_server(administrator.clone(), own.name.clone(), async move |client: Client, name| {
            let template = template(&client, &administrator).await;
            // One of an earlier process that had the same number and fell.
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            client.batch_execute(&sql).await.unwrap();
            let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
            client.batch_execute(&sql).await.unwrap();
        });
        own
    }

    fn address(&self) -> String {
        let (server, _) = self.administrator.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if !self.is_ours {
            return;
        }
        on_server(self.administrator.clone(), self.name.clone(), async |client: Client, name| {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            client.batch_execute(&sql).await.unwrap();
        });
    }
}

/// The migrated database that the others are copies of; made by the first test that needs it.
async fn template(client: &Client, administrator: &str) -> String {
    let name = format!("jindu_template_{:x}", crate::migrations::fingerprint());
    client.batch_execute(MAKES).await.unwrap();
    let there = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate";
    if client.query(there, &[&name]).await.unwrap().is_empty() {
        let make =
            format!("CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'");
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
        client.batch_execute(&make).await.unwrap();
        let (server_address, _) = administrator.rsplit_once('/').unwrap();
        migrated(&server(&format!("{server_address}/{name}"))).await.unwrap();
        client.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true")).await.unwrap();
    }
    client.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    name
}

fn server(address: &str) -> Server {
    Server::parse(address, None, None).unwrap()
}

/// The only row of a query.
fn row(own: &Own, sql: &str) -> Row {
    on_server(own.address(), sql.to_owned(), async |client: Client, sql| {
        client.query_one(&sql, &[]).await.unwrap()
    })
}

/// Makes keys of the suite that the tests run with: TEST_SUITE says which, and without it the international one.
pub fn init_keys(path: &Path) {
    let suite = std::env::var("TEST_SUITE").ok().filter(|word| !word.is_empty());
    let suite = suite.map_or(Suite::International, |word| Suite::parse(&word).unwrap());
    Keys::make(path, suite, &Wrapping::Here).unwrap();
}

/// Does something on a connection of its own, on a thread of its own: the test may be in a runtime.
fn on_server<T: Send + 'static>(
    address: String,
    given: String,
    work: impl AsyncFnOnce(Client, String) -> T + Send + 'static,
) -> T {
    let done = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            work(client, given).await
        })
    });
    done.join().unwrap_or_else(|why| std::panic::resume_unwind(why))
}
