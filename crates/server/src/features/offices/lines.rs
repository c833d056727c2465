//! A file of offices, line by line: CSV, or GeoJSON (RFC 7946) whose properties are called as the columns.

use domain::office::{Opening, Phone, Place, Services};
use domain::organ::OrganCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use store::office::{Bilingual, Office};

/// A line as it was written; a missing English text repeats the Chinese.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    organ: String,
    name: String,
    name_en: String,
    address: String,
    address_en: String,
    phone: String,
    hours: String,
    hours_en: String,
    opening: String,
    services: String,
    latitude: String,
    longitude: String,
    parent: String,
}

/// The columns that every file has.
const COLUMNS: [&str; 4] = ["organ", "name", "address", "phone"];
/// The longest name, address or text of hours, in characters.
const LONGEST: usize = 300;

/// Why a line is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Its number, from 1; of a GeoJSON file the number of the feature.
    pub(super) line: u64,
    /// What is wrong with it.
    pub(super) why: String,
}

/// What a file holds: offices, and the lines that are none.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) offices: Vec<Office>,
    pub(super) refused: Vec<Refused>,
    /// On which line each organ stands.
    seen: HashMap<OrganCode, u64>,
}

impl Lines {
    /// The offices of a file; it is GeoJSON where it begins with a brace.
    ///
    /// # Errors
    /// The file as a whole is neither.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let begins =
            bytes.trim_ascii_start().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes.trim_ascii_start());
        if begins.starts_with(b"{") { Self::of_geojson(begins) } else { Self::of_csv(bytes) }
    }

    fn of_csv(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(|error| format!("line 1: {error}"))?.clone();
        if let Some(missing) = COLUMNS.iter().find(|column| !header.iter().any(|name| name == **column)) {
            return Err(format!("line 1: there is no column {missing:?}"));
        }
        let mut lines = Self::default();
        for record in reader.records() {
            let line = match &record {
                Ok(record) => record.position().map_or(0, csv::Position::line),
                Err(error) => error.position().map_or(0, csv::Position::line),
            };
            let read = record.and_then(|record| record.deserialize::<Line>(Some(&header)));
            lines.put(line, read.map_err(|error| said(&error)));
        }
        Ok(lines)
    }

    fn of_geojson(bytes: &[u8]) -> Result<Self, String> {
        let collection: Collection =
            serde_json::from_slice(bytes).map_err(|error| format!("no GeoJSON of features: {error}"))?;
        let mut lines = Self::default();
        for (number, feature) in (1..).zip(collection.features) {
            lines.put(number, feature.line());
        }
        Ok(lines)
    }

    /// Takes a line as an office, or with the reason why it is none.
    fn put(&mut self, line: u64, read: Result<Line, String>) {
        let office =
            read.and_then(Line::office).and_then(|office| match self.seen.insert(office.organ, line) {
                Some(first) => Err(format!("organ {} stands on line {first} already", office.organ)),
                None => Ok(office),
            });
        match office {
            Ok(office) => self.offices.push(office),
            Err(why) => self.refused.push(Refused { line, why }),
        }
    }
}

/// What the reader says, without the place, which we say ourselves.
fn said(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields instead of {expected_len}")
        }
        _ => error.to_string(),
    }
}

impl Line {
    fn office(self) -> Result<Office, String> {
        let organ = OrganCode::parse(&self.organ).ok_or("organ must be 9 digits, region and station")?;
        if self.name.is_empty() {
            return Err("an office has a name".to_owned());
        }
        for text in [&self.name, &self.name_en, &self.address, &self.address_en, &self.hours, &self.hours_en]
        {
            if text.chars().count() > LONGEST || text.contains(char::is_control) {
                return Err(format!("a text must be one line of at most {LONGEST} characters"));
            }
        }
        Ok(Office {
            organ,
            phones: phones(&self.phone)?,
            opening: opening(&self.opening)?,
            services: Services::parse(&self.services)
                .map_err(|word| format!("there is no service {word:?}"))?,
            place: place(&self.latitude, &self.longitude)?,
            parent: parent(organ, &self.parent)?,
            name: both(self.name, self.name_en),
            address: both(self.address, self.address_en),
            hours: both(self.hours, self.hours_en),
        })
    }
}

fn both(zh: String, en: String) -> Bilingual {
    let en = if en.is_empty() { zh.clone() } else { en };
    Bilingual { zh, en }
}

fn phones(text: &str) -> Result<Vec<Phone>, String> {
    let phones = Phone::list(text);
    match phones.iter().find(|phone| phone.link().is_none()) {
        Some(wrong) => Err(format!("{:?} is no phone", wrong.as_str())),
        None => Ok(phones),
    }
}

fn opening(text: &str) -> Result<Option<Opening>, String> {
    let written = Some(text).filter(|text| !text.is_empty());
    written.map(Opening::parse).transpose().map_err(|error| format!("opening: {error}"))
}

fn place(latitude: &str, longitude: &str) -> Result<Option<Place>, String> {
    if latitude.is_empty() && longitude.is_empty() {
        return Ok(None);
    }
    let place = Place::parse(latitude, longitude);
    place
        .map(Some)
        .ok_or_else(|| format!("latitude {latitude:?} and longitude {longitude:?} are no place in China"))
}

fn parent(organ: OrganCode, text: &str) -> Result<Option<OrganCode>, String> {
    match (text, OrganCode::parse(text)) {
        ("", _) => Ok(None),
        (_, Some(parent)) if parent != organ => Ok(Some(parent)),
        _ => Err("parent must be 9 digits, another organ's".to_owned()),
    }
}

/// A GeoJSON file.
#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    geometry: Option<Geometry>,
    #[serde(default)]
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Value,
}

impl Feature {
    fn line(self) -> Result<Line, String> {
        let mut line = Line::default();
        for (name, value) in &self.properties {
            if let Some(field) = line.field(name) {
                *field = text(value).ok_or_else(|| format!("{name} is neither a text nor a number"))?;
            }
        }
        if let Some(geometry) = self.geometry {
            (line.longitude, line.latitude) = geometry.place().ok_or("the geometry is no Point")?;
        }
        Ok(line)
    }
}

impl Geometry {
    /// Longitude first, as RFC 7946 has it.
    fn place(&self) -> Option<(String, String)> {
        let at = |place: usize| {
            self.coordinates.get(place).and_then(Value::as_f64).map(|degrees| degrees.to_string())
        };
        (self.kind == "Point").then(|| Some((at(0)?, at(1)?))).flatten()
    }
}

impl Line {
    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "organ" => &mut self.organ,
            "name" => &mut self.name,
            "name_en" => &mut self.name_en,
            "address" => &mut self.address,
            "address_en" => &mut self.address_en,
            "phone" => &mut self.phone,
            "hours" => &mut self.hours,
            "hours_en" => &mut self.hours_en,
            "opening" => &mut self.opening,
            "services" => &mut self.services,
            "parent" => &mut self.parent,
            _ => return None,
        })
    }
}

/// A text or a number, or several as the columns write them.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(several) => Some(several.iter().map(text).collect::<Option<Vec<_>>>()?.join(";")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_file_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Lines::read(&bytes);
        }

        #[test]
        fn anything_below_the_columns_is_an_office_or_refused(rest in "[0-9a-z,;:\"\n\\-阳 ]{0,200}") {
            let lines = Lines::read(format!("organ,name,address,phone\n{rest}").as_bytes()).unwrap();
            prop_assert!(lines.offices.len() + lines.refused.len() <= rest.lines().count());
        }

        #[test]
        fn any_property_is_understood_or_refused(name in "[a-z_]{1,12}", value in "\\PC{0,20}") {
            let feature = serde_json::json!({"features": [{"properties": {name: value}, "geometry": null}]});
            let lines = Lines::read(feature.to_string().as_bytes()).unwrap();
            prop_assert_eq!((lines.offices.len(), lines.refused.len()), (0, 1));
        }
    }
}
