//! JSON Lines: one object a line, with the same names as the columns of a CSV file.

use super::{Items, Numbered};
use crate::app::Failed;
use crate::features::feeds::fields::{Broken, Fields};
use crate::features::feeds::lines::Lines;
use std::io::Read;

/// The reports of a JSON Lines file.
pub(super) struct JsonLines<R>(Lines<R>);

impl<R: Read> JsonLines<R> {
    pub(super) fn open(file: R) -> Self {
        Self(Lines::new(file))
    }
}

impl<R: Read + Send> Items for JsonLines<R> {
    fn next(&mut self) -> Result<Option<Numbered>, Failed> {
        while let Some(line) = self.0.next()? {
            if line.is_empty() {
                self.0.done(line);
                continue;
            }
            let item = if line.too_long { Err(Broken::TooLong) } else { Fields::of_json(&line.text) };
            let number = line.number;
            self.0.done(line);
            return Ok(Some(Numbered { number, item }));
        }
        Ok(None)
    }
}
