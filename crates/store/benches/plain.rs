//! The ceiling of `cargo xtask bench feeds`: the rows that an import left, written again by plain statements.
//!
//! `plain newest DB` prints the newest moment of a milestone; `plain load DB INTO 0` writes every application
//! and milestone of DB into a new file; `plain mixed DB INTO SINCE` writes the milestones of DB that were learned
//! after SINCE into INTO, a copy of what DB was before, and with each batch the progress as far as it had come: what
//! is written twice alike costs SQLite nothing. Both print rows a second.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench ends with its first error"
)]

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeMap;
use std::time::Instant;

/// Rows in one transaction, as many as an import takes.
const BATCH: usize = 32_000;

type Line = Vec<Value>;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let from = Connection::open(&words[1]).unwrap();
    match words[0].as_str() {
        "newest" => {
            let newest = "SELECT max(learned_at) FROM milestone";
            println!("{}", from.query_row(newest, [], |row| row.get::<_, i64>(0)).unwrap());
        }
        "load" => println!("{:.0}", load(&from, &mut connect(&words[2]))),
        "mixed" => println!("{:.0}", mixed(&from, &mut connect(&words[2]), words[3].parse().unwrap())),
        other => println!("{other}: no case"),
    }
}

fn connect(path: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    let as_the_writer = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
        PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 128000;";
    connection.execute_batch(as_the_writer).unwrap();
    connection
}

fn lines(from: &Connection, sql: &str) -> Vec<Line> {
    let mut statement = from.prepare(sql).unwrap();
    let width = statement.column_count();
    let line = |row: &rusqlite::Row<'_>| (0..width).map(|column| row.get(column)).collect();
    statement.query_map([], line).unwrap().map(Result::unwrap).collect()
}

fn insert(table: &str, width: usize) -> String {
    let marks: Vec<String> = (1..=width).map(|n| format!("?{n}")).collect();
    format!("INSERT INTO {table} VALUES ({})", marks.join(", "))
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::Integer(number) => *number,
        _ => 0,
    }
}

fn load(from: &Connection, into: &mut Connection) -> f64 {
    for sql in lines(
        from,
        "SELECT sql FROM sqlite_master WHERE tbl_name IN ('application', 'milestone') AND sql IS NOT NULL",
    ) {
        if let Value::Text(sql) = &sql[0] {
            into.execute_batch(sql).unwrap();
        }
    }
    let applications = lines(from, "SELECT * FROM application ORDER BY id");
    let mut milestones: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
    let place = from.prepare("SELECT * FROM milestone").unwrap().column_index("application").unwrap();
    let all = lines(from, "SELECT * FROM milestone");
    let count = all.len();
    for line in all {
        milestones.entry(integer(&line[place])).or_default().push(line);
    }
    let start = Instant::now();
    for chunk in applications.chunks(BATCH * applications.len() / count) {
        let change = into.transaction().unwrap();
        {
            let mut application = change.prepare_cached(&insert("application", chunk[0].len())).unwrap();
            for line in chunk {
                application.execute(params_from_iter(line)).unwrap();
                for milestone in &milestones[&integer(&line[0])] {
                    let mut statement = change.prepare_cached(&insert("milestone", milestone.len())).unwrap();
                    statement.execute(params_from_iter(milestone)).unwrap();
                }
            }
        }
        change.commit().unwrap();
    }
    count as f64 / start.elapsed().as_secs_f64()
}

fn mixed(from: &Connection, into: &mut Connection, since: i64) -> f64 {
    // The event is a keyed hash: its order is any order.
    let sql = format!("SELECT * FROM milestone WHERE learned_at > {since} ORDER BY event");
    let place = from.prepare("SELECT * FROM milestone").unwrap().column_index("application").unwrap();
    let mut milestones = lines(from, &sql);
    let mut growing: BTreeMap<i64, Growing> = BTreeMap::new();
    for line in &milestones {
        growing.entry(integer(&line[place])).or_default().steps += 1;
    }
    for (connection, part) in [(&*into, Growing::first as Part), (from, Growing::last)] {
        for line in lines(connection, "SELECT id, progress FROM application WHERE progress IS NOT NULL") {
            if let (Value::Blob(blob), Some(growing)) = (&line[1], growing.get_mut(&integer(&line[0]))) {
                *part(growing) = blob.clone();
            }
        }
    }
    let start = Instant::now();
    for chunk in milestones.chunks_mut(BATCH) {
        chunk.sort_by_key(|line| integer(&line[place]));
        let change = into.transaction().unwrap();
        {
            let mut milestone = change.prepare_cached(&insert("milestone", chunk[0].len())).unwrap();
            let mut set =
                change.prepare_cached("UPDATE application SET progress = ?1 WHERE id = ?2").unwrap();
            for same in chunk.chunk_by(|a, b| a[place] == b[place]) {
                for line in same {
                    milestone.execute(params_from_iter(line)).unwrap();
                }
                let id = integer(&same[0][place]);
                let progress = growing.get_mut(&id).unwrap().after(same.len());
                set.execute(rusqlite::params![progress, id]).unwrap();
            }
        }
        change.commit().unwrap();
    }
    milestones.len() as f64 / start.elapsed().as_secs_f64()
}

/// An application's progress before and after all of its steps, and how many of them are done.
#[derive(Default)]
struct Growing {
    first: Vec<u8>,
    last: Vec<u8>,
    steps: usize,
    done: usize,
}

type Part = fn(&mut Growing) -> &mut Vec<u8>;

impl Growing {
    fn first(&mut self) -> &mut Vec<u8> {
        &mut self.first
    }

    fn last(&mut self) -> &mut Vec<u8> {
        &mut self.last
    }

    /// As many bytes as it has after so many more steps, and other ones than before.
    fn after(&mut self, more: usize) -> Vec<u8> {
        self.done += more;
        let grown = self.last.len().saturating_sub(self.first.len()) * self.done / self.steps;
        let mut progress = self.last[..(self.first.len() + grown).min(self.last.len())].to_vec();
        progress.extend(u8::try_from(self.done % 256));
        progress
    }
}
