//! Which elements and attributes of an XML file are which cells of a report: a small TOML file.

use crate::features::feeds::codes::line_of;
use crate::features::feeds::fields::Field;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why a mapping does not read.
#[derive(Debug, thiserror::Error)]
pub(in crate::features::feeds) enum MappingError {
    #[error("the mapping is no UTF-8")]
    NotUtf8,
    /// What stands there is not repeated: it may be another file, which names people.
    #[error(
        "the mapping does not read at its line {0}; it has `record` and the table `cells`, and nothing else"
    )]
    Unreadable(usize),
    #[error("the mapping's record {0:?} is no element; write its name, or names with slashes between them")]
    Record(String),
    #[error("the mapping names a cell {0:?} that no report has")]
    Unknown(String),
    #[error(
        "the mapping of {0:?} is no place; write an element, element/element, @attribute or element/@attribute"
    )]
    Place(String),
    #[error("the mapping leaves {0:?} out, which every report needs")]
    Missing(&'static str),
    #[error("the mapping gives {0:?} and {1:?} the same place")]
    Shared(&'static str, &'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    record: String,
    cells: BTreeMap<String, String>,
}

/// Where a cell stands: the elements within the record, and the attribute where it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    elements: String,
    attribute: Option<String>,
}

/// Which element is a report, and which places in it are its cells.
#[derive(Clone, Debug)]
pub(in crate::features::feeds) struct Mapping {
    /// The path of the record's element ends with this; it begins with a slash.
    record: String,
    places: Vec<(Field, Place)>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// Names the entry that is wrong.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, MappingError> {
        let text = std::str::from_utf8(text).map_err(|_| MappingError::NotUtf8)?;
        let read = toml::from_str(text);
        let Written { record, cells } =
            read.map_err(|error| MappingError::Unreadable(line_of(text, &error)))?;
        if !is_path(&record) {
            return Err(MappingError::Record(record));
        }
        let mut places: Vec<(Field, Place)> = Vec::new();
        for (name, written) in cells {
            let Some(field) = Field::parse(&name) else { return Err(MappingError::Unknown(name)) };
            let place = Place::parse(&written).ok_or(MappingError::Place(name))?;
            if let Some((other, _)) = places.iter().find(|(_, other)| *other == place) {
                return Err(MappingError::Shared(other.as_str(), field.as_str()));
            }
            places.push((field, place));
        }
        let mapped = |field: &Field| places.iter().any(|(other, _)| other == field);
        match Field::REQUIRED.into_iter().find(|required| !mapped(required)) {
            Some(missing) => Err(MappingError::Missing(missing.as_str())),
            None => Ok(Self { record: format!("/{record}"), places }),
        }
    }

    /// Whether the element of this path is a report; the path begins with a slash.
    pub(super) fn is_record(&self, path: &str) -> bool {
        path.ends_with(&self.record)
    }

    /// The name of the record's element, with those of its parents that the mapping names.
    pub(super) fn record(&self) -> &str {
        self.record.trim_start_matches('/')
    }

    /// Whether records stand in the element of this path; without parents in the mapping that is the outermost.
    pub(super) fn is_place(&self, path: &str) -> bool {
        match self.record.rsplit_once('/') {
            None | Some(("", _)) => path.rfind('/') == Some(0),
            Some((parents, _)) => path.ends_with(parents),
        }
    }

    /// The field that an element within the report holds.
    pub(super) fn element(&self, within: &str) -> Option<Field> {
        let here = |place: &Place| place.attribute.is_none() && place.elements == within;
        self.places.iter().find(|(_, place)| here(place)).map(|(field, _)| *field)
    }

    /// The field that an attribute of an element within the report holds.
    pub(super) fn attribute(&self, within: &str, name: &str) -> Option<Field> {
        let here = |place: &Place| place.attribute.as_deref() == Some(name) && place.elements == within;
        self.places.iter().find(|(_, place)| here(place)).map(|(field, _)| *field)
    }

    /// Whether any cell is an attribute.
    pub(super) fn has_attributes(&self) -> bool {
        self.places.iter().any(|(_, place)| place.attribute.is_some())
    }
}

impl Place {
    fn parse(written: &str) -> Option<Self> {
        let (elements, attribute) = match written.rsplit_once('@') {
            None => (written, None),
            Some(("", attribute)) => ("", Some(attribute)),
            Some((elements, attribute)) => (elements.strip_suffix('/')?, Some(attribute)),
        };
        let whole = (elements.is_empty() && attribute.is_some()) || is_path(elements);
        let named = attribute.is_none_or(is_name);
        let attribute = attribute.map(str::to_owned);
        (whole && named).then(|| Self { elements: elements.to_owned(), attribute })
    }
}

fn is_path(text: &str) -> bool {
    text.split('/').all(is_name)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}
