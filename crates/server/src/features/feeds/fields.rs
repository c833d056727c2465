//! One report as a feed writes it: named cells, whatever format they came in.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A cell of a report. Files name it by its word: as a column, a key or in a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    ReceiptNumber,
    Step,
    Organ,
    HappenedAt,
    EventId,
    Cause,
    CitizenNumber,
    Name,
    Guardian,
    AppliedOn,
    Reason,
    Delivery,
    SigningOrgan,
    HandingOutOrgan,
    PromisedDays,
    Batch,
}

impl Field {
    /// Every field, in the order of declaration.
    pub(super) const ALL: [Self; 16] = [
        Self::ReceiptNumber,
        Self::Step,
        Self::Organ,
        Self::HappenedAt,
        Self::EventId,
        Self::Cause,
        Self::CitizenNumber,
        Self::Name,
        Self::Guardian,
        Self::AppliedOn,
        Self::Reason,
        Self::Delivery,
        Self::SigningOrgan,
        Self::HandingOutOrgan,
        Self::PromisedDays,
        Self::Batch,
    ];
    /// The fields that every report needs.
    pub(super) const REQUIRED: [Self; 4] = [Self::ReceiptNumber, Self::Step, Self::Organ, Self::HappenedAt];

    /// The word that files and messages use.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ReceiptNumber => "receipt_number",
            Self::Step => "step",
            Self::Organ => "organ",
            Self::HappenedAt => "happened_at",
            Self::EventId => "event_id",
            Self::Cause => "cause",
            Self::CitizenNumber => "citizen_number",
            Self::Name => "name",
            Self::Guardian => "guardian",
            Self::AppliedOn => "applied_on",
            Self::Reason => "reason",
            Self::Delivery => "delivery",
            Self::SigningOrgan => "signing_organ",
            Self::HandingOutOrgan => "handing_out_organ",
            Self::PromisedDays => "promised_days",
            Self::Batch => "batch",
        }
    }

    /// The field with this word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == word)
    }

    /// Whether the field holds a day or a moment, which a spreadsheet keeps as a number.
    pub(super) const fn is_time(self) -> bool {
        matches!(self, Self::HappenedAt | Self::AppliedOn)
    }
}

/// Why a report cannot be taken apart into its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Its bytes are no UTF-8.
    NotUtf8,
    /// A quote is opened and not closed.
    OpenQuote,
    /// It is longer than a report can be.
    TooLong,
    /// It has more or fewer cells than the first line has columns.
    NumberOfColumns,
    /// The line is no JSON object.
    NotAnObject,
    /// It names a field that no report has.
    UnknownField,
    /// It names a field twice.
    RepeatedField,
    /// A field holds something else than a text or a whole number.
    NotACell,
    /// A number in it is too long to be exact: digits are lost already.
    LostDigits,
    /// It uses an entity that XML itself does not define.
    Entity,
}

impl Broken {
    /// The word in the report.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::OpenQuote => "open_quote",
            Self::TooLong => "too_long",
            Self::NumberOfColumns => "number_of_columns",
            Self::NotAnObject => "not_an_object",
            Self::UnknownField => "unknown_field",
            Self::RepeatedField => "repeated_field",
            Self::NotACell => "not_a_cell",
            Self::LostDigits => "lost_digits",
            Self::Entity => "entity",
        }
    }
}

/// What one place of a file or message gave: the cells of a report, or why not.
pub(super) type Item = Result<Fields, Broken>;

/// Bytes of a cell at the most, twice what any column needs: lines may wait by the hundred thousand, with cells in them
/// that nobody has checked.
pub(super) const LONGEST: usize = 512;

/// Where a cell begins and ends in the text.
type Span = (u16, u16);

/// The cells of one report, in one text. Has no `Debug` on purpose: cells name people.
#[derive(Clone, Default)]
pub(super) struct Fields {
    text: String,
    cells: [Span; Field::ALL.len()],
    /// A bit for each field that was named, empty or not.
    named: u32,
}

impl Fields {
    /// No cells yet, with room for as many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ..Self::default() }
    }

    /// Writes a cell; spaces around it carry nothing.
    ///
    /// # Errors
    /// Refuses a field that was named before, and more than a report can hold.
    pub(super) fn set(&mut self, field: Field, cell: &str) -> Result<(), Broken> {
        let bit = 1 << field as u32;
        if self.named & bit != 0 {
            return Err(Broken::RepeatedField);
        }
        self.named |= bit;
        let cell = cell.trim();
        if cell.len() > LONGEST {
            return Err(Broken::TooLong);
        }
        let (start, end) = (self.text.len(), self.text.len() + cell.len());
        let span = u16::try_from(start).ok().zip(u16::try_from(end).ok()).ok_or(Broken::TooLong)?;
        self.text.push_str(cell);
        self.cells.get_mut(field as usize).into_iter().for_each(|slot| *slot = span);
        Ok(())
    }

    /// How many bytes the cells have in all.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Gives back the room that the cells do not fill: these are kept for long.
    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
    }

    /// The cell of a field, trimmed; none where it is missing or empty.
    pub(super) fn get(&self, field: Field) -> Option<&str> {
        let (start, end) = *self.cells.get(field as usize)?;
        self.text.get(usize::from(start)..usize::from(end)).filter(|cell| !cell.is_empty())
    }

    /// The cells of an object: names as a file's columns have them; texts and whole numbers.
    pub(super) fn of_value(value: &serde_json::Value) -> Item {
        Object.deserialize(value).unwrap_or(Err(Broken::NotAnObject))
    }

    /// The cells of a text that is one JSON object and nothing else.
    pub(super) fn of_json(text: &[u8]) -> Item {
        let text = std::str::from_utf8(text).map_err(|_| Broken::NotUtf8)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let read = Object.deserialize(&mut json).and_then(|item| json.end().map(|()| item));
        read.unwrap_or(Err(Broken::NotAnObject))
    }
}

/// Reads an object of cells; what is wrong with one is kept beside the syntax, which is read to its end.
struct Object;

impl<'de> DeserializeSeed<'de> for Object {
    type Value = Item;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of cells")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Item, A::Error> {
        let mut read = Ok(Fields::with_capacity(256));
        while let Some(field) = object.next_key_seed(Key)? {
            let Some((field, fields)) = field.zip(read.as_mut().ok()) else {
                object.next_value::<IgnoredAny>()?;
                read = read.and(Err(Broken::UnknownField));
                continue;
            };
            if let Err(broken) = object.next_value_seed(Cell { field, fields })? {
                read = Err(broken);
            }
        }
        Ok(read)
    }
}

/// Reads the name of a field; none where no field has it.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<Field>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Field>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Option<Field>, E> {
        Ok(Field::parse(word))
    }
}

/// Reads the value of a field into its cell.
struct Cell<'f> {
    field: Field,
    fields: &'f mut Fields,
}

impl Cell<'_> {
    fn set(self, text: &str) -> Result<(), Broken> {
        self.fields.set(self.field, text)
    }
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = Result<(), Broken>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell<'_> {
    type Value = Result<(), Broken>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.set(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.set(&number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.set(&number.to_string()))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Err(Broken::LostDigits))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Err(Broken::NotACell))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.set(""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(Broken::NotACell))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Err(Broken::NotACell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_field_is_found_by_its_word_and_keeps_its_own_cell() {
        let mut fields = Fields::default();
        for (place, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!((field as usize, Field::parse(field.as_str())), (place, Some(field)));
            fields.set(field, &format!(" {place} ")).unwrap();
        }
        for (place, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(fields.get(field), Some(place.to_string().as_str()));
            assert_eq!(fields.set(field, "again"), Err(Broken::RepeatedField));
        }
        assert!(Field::parse("phone").is_none());
    }

    #[test]
    fn an_object_gives_texts_and_whole_numbers_and_nothing_else() {
        let fields =
            Fields::of_json(br#"{"step":3,"name":" \u738b ","event_id":"E-1","cause":null}"#).ok().unwrap();
        assert_eq!(fields.get(Field::Step), Some("3"));
        assert_eq!(fields.get(Field::Name), Some("王"));
        assert_eq!((fields.get(Field::Cause), fields.get(Field::Organ)), (None, None));
        let wrong: [(&[u8], Broken); 11] = [
            (b"[]", Broken::NotAnObject),
            (b"{\"step\":3} {}", Broken::NotAnObject),
            (b"{\"step\":", Broken::NotAnObject),
            (b"\"\xcd\xf5\"", Broken::NotUtf8),
            (b"{\"phone\":[{}],\"step\":1}", Broken::UnknownField),
            (b"{\"step\":1,\"step\":1}", Broken::RepeatedField),
            (b"{\"step\":null,\"step\":1}", Broken::RepeatedField),
            (b"{\"step\":{\"a\":[1]},\"organ\":1}", Broken::NotACell),
            (b"{\"step\":true}", Broken::NotACell),
            (b"{\"step\":1.5}", Broken::LostDigits),
            (b"{\"receipt_number\":1199000012025100990001}", Broken::LostDigits),
        ];
        for (text, why) in wrong {
            assert_eq!(Fields::of_json(text).err(), Some(why), "{}", String::from_utf8_lossy(text));
        }
        let value = serde_json::json!({"organ": 119_900_900});
        assert_eq!(Fields::of_value(&value).ok().unwrap().get(Field::Organ), Some("119900900"));
        assert_eq!(Fields::of_value(&serde_json::json!(7)).err(), Some(Broken::NotAnObject));
    }

    proptest! {
        #[test]
        fn any_bytes_are_cells_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::of_json(&bytes);
        }

        #[test]
        fn any_text_in_a_cell_comes_back_unless_it_is_too_long(text in any::<String>()) {
            let long = |bytes| Fields::default().set(Field::Name, &format!(" {} ", "x".repeat(bytes)));
            prop_assert_eq!((long(LONGEST), long(LONGEST + 1)), (Ok(()), Err(Broken::TooLong)));
            let json = serde_json::json!({ "name": text }).to_string();
            let fields = Fields::of_json(json.as_bytes()).ok().unwrap();
            prop_assert_eq!(fields.get(Field::Name).unwrap_or_default(), text.trim());
        }
    }
}
