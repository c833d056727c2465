//! XML, read event by event. Which elements are which cells is said by a mapping, for no two systems agree.
//!
//! There is no DTD, no entity but those of XML itself, and a limit to depth and size.

mod mapping;
mod measured;
mod met;

use super::{Items, Numbered};
use crate::app::Failed;
use crate::features::feeds::fields::{Broken, Field, Fields, Item};
pub(in crate::features::feeds) use mapping::Mapping;
use measured::Measured;
use met::Met;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};
use std::io::{BufReader, Read};

/// Elements within one another at the most.
const DEPTH: usize = 32;
/// Bytes of one tag or text at the most.
const LARGEST: u64 = 1 << 20;
/// Bytes of one cell at the most.
const LONGEST: usize = 1 << 14;

/// The reports of an XML file.
pub(super) struct Xml<R: Read> {
    reader: Reader<Measured<BufReader<R>>>,
    event: Vec<u8>,
    place: Place,
}

/// Where in the file we are.
struct Place {
    mapping: Mapping,
    /// The names of the open elements, each after a slash, and how long the text was before each.
    path: String,
    starts: Vec<usize>,
    /// The report that is open, and how deep it began.
    report: Option<(usize, Item)>,
    /// The cell that is open, how deep it began, and its text so far.
    cell: Option<(usize, Field)>,
    text: String,
    count: u64,
    /// What stands in the file instead, as long as there is no report.
    met: Met,
}

impl<R: Read> Xml<R> {
    pub(super) fn open(file: R, mapping: Mapping) -> Self {
        let measured = Measured::new(BufReader::with_capacity(1 << 16, file), LARGEST);
        let mut reader = Reader::from_reader(measured);
        reader.config_mut().expand_empty_elements = true;
        let place = Place {
            mapping,
            path: String::new(),
            starts: Vec::new(),
            report: None,
            cell: None,
            text: String::new(),
            count: 0,
            met: Met::default(),
        };
        Self { reader, event: Vec::new(), place }
    }

    /// Follows one event; gives the report that it ends, or false where the file ends.
    fn step(&mut self) -> Result<(Option<Item>, bool), String> {
        self.event.clear();
        self.reader.get_mut().mark();
        let event = self.reader.read_event_into(&mut self.event).map_err(|error| spoken(&error))?;
        let place = &mut self.place;
        match event {
            // An empty element comes as its start and its end.
            Event::Start(start) | Event::Empty(start) => place.start(&start)?,
            Event::End(_) => return Ok((place.end(), true)),
            Event::Text(text) => place.write(&text.xml10_content()),
            Event::CData(text) => place.write(&text.xml10_content()),
            Event::GeneralRef(entity) => place.resolve(&entity)?,
            Event::Decl(decl) => utf8(&decl)?,
            Event::DocType(_) => return Err("it has a document type (DTD), which is never read".to_owned()),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if place.starts.is_empty() => return Ok((None, false)),
            Event::Eof => return Err("it ends before its last element does".to_owned()),
        }
        Ok((None, true))
    }
}

impl<R: Read + Send> Items for Xml<R> {
    fn next(&mut self) -> Result<Option<Numbered>, Failed> {
        loop {
            let stepped = self.step().map_err(|why| {
                format!("the XML cannot be read beyond byte {}: {why}", self.reader.buffer_position())
            });
            match stepped? {
                (None, true) => {}
                (None, false) if self.place.count == 0 => {
                    self.place.met.none(&self.place.mapping)?;
                    return Ok(None);
                }
                (None, false) => return Ok(None),
                (Some(item), _) => {
                    self.place.count += 1;
                    return Ok(Some(Numbered { number: self.place.count, item }));
                }
            }
        }
    }
}

impl Place {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.starts.len() == DEPTH {
            return Err(format!("more than {DEPTH} elements stand within one another"));
        }
        let outer = self.path.len();
        self.starts.push(outer);
        self.path.push('/');
        self.path.push_str(local(start.name().as_ref()));
        let depth = self.starts.len();
        if self.report.is_none() && self.mapping.is_record(&self.path) {
            self.report = Some((depth, Ok(Fields::with_capacity(256))));
        }
        if self.report.is_none() && self.count == 0 {
            self.met.note(&self.mapping, self.path.get(..outer).unwrap_or_default(), &self.path);
        }
        let Some(within) = self.within() else { return Ok(()) };
        if self.cell.is_none() {
            self.cell = self.mapping.element(within).map(|field| (depth, field));
            self.text.clear();
        }
        self.attributes(start);
        Ok(())
    }

    /// Writes the attributes that are cells.
    fn attributes(&mut self, start: &BytesStart<'_>) {
        if !self.mapping.has_attributes() {
            return;
        }
        // The mapping's attributes only, so that many others cost nothing; one that is there twice is
        // found by the cells.
        for attribute in start.attributes().with_checks(false) {
            let Ok(attribute) = attribute else { return self.spoil(Broken::NotACell) };
            let Some(within) = self.within() else { return };
            let Some(field) = self.mapping.attribute(within, local(attribute.key.as_ref())) else { continue };
            match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(value) => self.set(field, &value),
                Err(_) => self.spoil(Broken::Entity),
            }
        }
    }

    fn end(&mut self) -> Option<Item> {
        let depth = self.starts.len();
        if let Some((_, field)) = self.cell.take_if(|(began, _)| *began == depth) {
            let text = std::mem::take(&mut self.text);
            self.set(field, &text);
            self.text = text;
        }
        self.path.truncate(self.starts.pop().unwrap_or_default());
        self.report.take_if(|(began, _)| *began == depth).map(|(_, item)| item)
    }

    /// Adds to the open cell; the text of an element within a cell is not the cell's.
    fn write(&mut self, text: &str) {
        let depth = self.starts.len();
        if self.cell.is_none_or(|(began, _)| began != depth) {
            return;
        }
        if self.text.len() + text.len() > LONGEST {
            return self.spoil(Broken::TooLong);
        }
        self.text.push_str(text);
    }

    fn resolve(&mut self, entity: &BytesRef<'_>) -> Result<(), String> {
        let name = entity.xml10_content();
        let mut room = [0; 4];
        let text = match entity.resolve_char_ref() {
            Ok(Some(character)) => Some(&*character.encode_utf8(&mut room)),
            Ok(None) => escape::resolve_predefined_entity(&name),
            Err(_) => None,
        };
        match text {
            Some(text) => self.write(text),
            None if self.report.is_some() => self.spoil(Broken::Entity),
            None => return Err("it uses an entity that XML itself does not define".to_owned()),
        }
        Ok(())
    }

    fn set(&mut self, field: Field, text: &str) {
        if let Some((_, Ok(fields))) = &mut self.report
            && let Err(broken) = fields.set(field, text)
        {
            self.spoil(broken);
        }
    }

    /// The open report cannot be read; the first reason stands.
    fn spoil(&mut self, broken: Broken) {
        if let Some((_, item @ Ok(_))) = &mut self.report {
            *item = Err(broken);
        }
    }

    /// The path of the open element within the open report.
    fn within(&self) -> Option<&str> {
        let (depth, _) = self.report.as_ref()?;
        let began = self.starts.get(*depth).copied().unwrap_or(self.path.len());
        Some(self.path.get(began..)?.trim_start_matches('/'))
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn utf8(decl: &BytesDecl<'_>) -> Result<(), String> {
    match decl.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") => {
            Ok(())
        }
        Some(_) => Err("not_utf8: save it as UTF-8, not as GBK".to_owned()),
    }
}

/// What is wrong, in words that repeat nothing of the file.
fn spoken(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::Io(error) => error.to_string(),
        quick_xml::Error::Encoding(_) => "not_utf8: save it as UTF-8, not as GBK".to_owned(),
        _ => "it is not well-formed".to_owned(),
    }
}
