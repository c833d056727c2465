//! Which tables there are, read from the engine's own catalogue, and the statements that follow from their shape.

use super::{Cell, Column, Kind, Table};
use crate::engine::Row;
use crate::error::{Result, StoreError};
use crate::setting::UNFINISHED;

/// What is not taken along: refinery's own record, what running servers tell each other, what triggers keep, and what
/// lets staff in for some hours: nobody is signed in at another database, or again after a restore.
const APART: [&str; 13] = [
    "refinery_schema_history",
    "lease",
    "spent",
    "solved",
    "dead_letter_count",
    "dead_letter_tally",
    "held_count",
    "held_tally",
    "manifest_count",
    "manifest_tally",
    "staff_code",
    "staff_session",
    "staff_failure",
];

/// Rows that are read at a time at the most.
const PAGE: usize = 2_000;
/// Of these tables a row may hold a message of a megabyte, or thousands of entries.
const LARGE: [&str; 3] = ["dead_letter", "idempotency", "inquiry_frame"];
const LARGE_PAGE: usize = 32;

/// Tables whose primary key is another one on each engine, and what all rows are ordered by instead.
const ORDERS: [(&str, &[&str]); 4] = [
    ("application", &["id"]),
    ("audit", &["id"]),
    ("inquiry_frame", &["server", "number", "at"]),
    ("milestone", &["application", "feed", "event"]),
];

/// A row of the catalogue.
pub(super) type Found = (String, Column, usize);

pub(super) fn found(row: &Row<'_>) -> Result<Option<Found>> {
    let table = row.text(0)?.to_owned();
    if APART.contains(&table.as_str()) {
        return Ok(None);
    }
    let kind = match row.text(2)? {
        "INTEGER" | "bigint" => Kind::Int,
        "TEXT" | "text" => Kind::Text,
        "BLOB" | "bytea" => Kind::Blob,
        _ => return Err(StoreError::Corrupt("column")),
    };
    Ok(Some((table, Column { name: row.text(1)?.to_owned(), kind }, row.narrow(3, "key")?)))
}

/// The tables of a catalogue's rows.
pub(super) fn tables(found: Vec<Option<Found>>) -> Result<Vec<Table>> {
    let mut tables: Vec<Table> = Vec::new();
    let mut keys: Vec<Vec<(usize, usize)>> = Vec::new();
    for (name, column, place) in found.into_iter().flatten() {
        if tables.last().is_none_or(|table| table.name != name) {
            tables.push(Table { name, columns: Vec::new(), key: Vec::new(), own: Vec::new() });
            keys.push(Vec::new());
        }
        if let (Some(table), Some(key)) = (tables.last_mut(), keys.last_mut()) {
            key.extend((place > 0).then_some((place, table.columns.len())));
            table.columns.push(column);
        }
    }
    for (table, mut key) in tables.iter_mut().zip(keys) {
        key.sort_unstable();
        table.own = key.into_iter().map(|(_, column)| column).collect();
        table.key = match ORDERS.iter().find(|(name, _)| *name == table.name) {
            None => table.own.clone(),
            Some((_, names)) => {
                let place = |name: &&str| table.columns.iter().position(|column| column.name == *name);
                names.iter().filter_map(place).collect()
            }
        };
        if table.key.is_empty() || table.own.is_empty() {
            return Err(StoreError::Corrupt("table without a key"));
        }
    }
    Ok(tables)
}

impl Table {
    /// How many of its rows are read at a time.
    #[must_use]
    pub fn page(&self) -> usize {
        if LARGE.contains(&self.name.as_str()) { LARGE_PAGE } else { PAGE }
    }

    /// The rows after a key, or all, in their order.
    pub(super) fn select(&self, is_after: bool) -> String {
        let key = self.named(&self.key);
        let given: Vec<String> = (1..=self.key.len()).map(|place| format!("${place}")).collect();
        let after = if is_after { format!("({key}) > ({})", given.join(", ")) } else { "1 = 1".to_owned() };
        let columns = self.all_named();
        let and = self.and_unmarked();
        format!("SELECT {columns} FROM \"{}\" WHERE {after}{and} ORDER BY {key}", self.name)
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> String {
        format!("SELECT count(*) FROM \"{}\" WHERE 1 = 1{}", self.name, self.and_unmarked())
    }

    /// Whether there is any row.
    pub(super) fn any(&self) -> String {
        format!("SELECT CAST(1 AS BIGINT) FROM \"{}\" WHERE 1 = 1{} LIMIT 1", self.name, self.and_unmarked())
    }

    /// The highest number that a table of numbered rows holds.
    pub(super) fn highest(&self) -> String {
        format!("SELECT coalesce(max(id), 0) FROM \"{}\"", self.name)
    }

    pub(crate) fn all_named(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        names.join(", ")
    }

    pub(crate) fn named(&self, places: &[usize]) -> String {
        let columns = places.iter().filter_map(|place| self.columns.get(*place));
        let names: Vec<String> = columns.map(|column| format!("\"{}\"", column.name)).collect();
        names.join(", ")
    }

    /// The columns by which this engine finds a row.
    pub(crate) fn own(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.own.iter().filter_map(|place| self.columns.get(*place).map(|column| (*place, column)))
    }

    fn and_unmarked(&self) -> String {
        match self.name.as_str() {
            "setting" => format!(" AND name <> '{UNFINISHED}'"),
            _ => String::new(),
        }
    }
}

/// A row of a table, from whichever engine.
pub(super) fn cells(columns: &[Column], row: &Row<'_>) -> Result<Vec<Cell>> {
    let cell = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Int => row.optional_int(place)?.map(Cell::Int),
            Kind::Text => row.optional_text(place)?.map(|text| Cell::Text(text.to_owned())),
            Kind::Blob => row.optional_blob(place)?.map(|bytes| Cell::Blob(bytes.to_vec())),
        }
        .unwrap_or(Cell::Null))
    };
    columns.iter().enumerate().map(cell).collect()
}
