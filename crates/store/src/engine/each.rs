//! A statement said of many at once.
//!
//! The embedded engine runs it for each. A server would take a round trip for each: there the same text is turned
//! into one statement over arrays, a column of them for each parameter.

use super::Value;
use std::fmt::Write as _;
use tokio_postgres::types::{ToSql, Type};

/// Statements that are said of many at once, turned into one.
pub(super) fn over_arrays(sql: &str, kinds: &[Type]) -> Option<String> {
    let given = given(kinds)?;
    let named = named(sql);
    let sql = named.trim();
    if sql.starts_with("SELECT") {
        return Some(format!("SELECT q.*, g.n FROM {given} CROSS JOIN LATERAL ({sql}) AS q"));
    }
    if sql.starts_with("UPDATE") {
        let (set, filter) = sql.split_once("WHERE ")?;
        return Some(format!("{set} FROM {given} WHERE {filter}"));
    }
    let (into, values) = sql.strip_prefix("INSERT")?.split_once("VALUES (")?;
    let end = closing(values)?;
    let (row, tail) = (values.get(..end)?, values.get(end + 1..)?);
    Some(format!("INSERT{into}SELECT {row} FROM {given}{tail}"))
}

/// The arrays as rows `g`, with their place `n` among them.
fn given(kinds: &[Type]) -> Option<String> {
    let (mut arrays, mut names) = (String::new(), String::new());
    for (place, kind) in (1..).zip(kinds) {
        let kind = match *kind {
            Type::INT8 => "BIGINT",
            Type::TEXT => "TEXT",
            Type::BYTEA => "BYTEA",
            _ => return None,
        };
        let comma = if place == 1 { "" } else { ", " };
        write!(arrays, "{comma}${place}::{kind}[]").ok()?;
        write!(names, "p{place}, ").ok()?;
    }
    Some(format!("unnest({arrays}) WITH ORDINALITY AS g({names}n)"))
}

/// The text with its parameters named as columns of `g`.
fn named(sql: &str) -> String {
    sql.replace('$', "g.p")
}

/// Where the bracket that is open closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    text.char_indices().find_map(|(place, letter)| {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        (depth == 0).then_some(place)
    })
}

/// A parameter's values, one of each.
#[derive(Debug)]
pub(super) enum Column<'a> {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<&'a str>>),
    Blobs(Vec<Option<&'a [u8]>>),
}

impl<'a> Column<'a> {
    /// The values at a place of every tuple; none where one is of another kind than the statement asks for.
    pub(super) fn of(many: &[impl AsRef<[Value<'a>]>], place: usize, kind: &Type) -> Option<Self> {
        Some(match *kind {
            Type::INT8 => Self::Ints(column(many, place, |value| match value {
                Value::Int(number) => Some(number),
                _ => None,
            })?),
            Type::TEXT => Self::Texts(column(many, place, |value| match value {
                Value::Text(text) => Some(text),
                _ => None,
            })?),
            Type::BYTEA => Self::Blobs(column(many, place, |value| match value {
                Value::Blob(bytes) => Some(bytes),
                _ => None,
            })?),
            _ => return None,
        })
    }

    pub(super) fn array(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Ints(values) => values,
            Self::Texts(values) => values,
            Self::Blobs(values) => values,
        }
    }
}

/// What `pick` takes out of a place of every tuple.
fn column<'a, T>(
    many: &[impl AsRef<[Value<'a>]>],
    place: usize,
    pick: impl Fn(Value<'a>) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    many.iter()
        .map(|values| match *values.as_ref().get(place)? {
            Value::Null => Some(None),
            value => pick(value).map(Some),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_becomes_one_statement_over_arrays() {
        let kinds = [Type::BYTEA, Type::INT8];
        let given = "unnest($1::BYTEA[], $2::BIGINT[]) WITH ORDINALITY AS g(p1, p2, n)";
        let turned = |sql| over_arrays(sql, &kinds).unwrap();
        assert_eq!(
            turned("SELECT a FROM t WHERE b = $1 AND c = $2"),
            format!(
                "SELECT q.*, g.n FROM {given} CROSS JOIN LATERAL (SELECT a FROM t WHERE b = g.p1 AND c = g.p2) AS q"
            )
        );
        assert_eq!(
            turned("UPDATE t SET a = $1\n WHERE c = $2"),
            format!("UPDATE t SET a = g.p1\n  FROM {given} WHERE c = g.p2")
        );
        assert_eq!(
            turned("INSERT INTO t (a, b) VALUES ($1, abs($2)) ON CONFLICT (a) DO NOTHING"),
            format!("INSERT INTO t (a, b) SELECT g.p1, abs(g.p2) FROM {given} ON CONFLICT (a) DO NOTHING")
        );
        assert_eq!(over_arrays("DELETE FROM t WHERE a = $1", &kinds), None);
        assert_eq!(over_arrays("SELECT $1", &[Type::INT4]), None);
    }
}
