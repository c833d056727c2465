//! Offices: the organs' names, addresses, phones and hours that answers and the directory show.

#[cfg(test)]
mod tests;

use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::{Read, Store, Work, Write, setting};
use domain::office::{Key, Listed, Opening, Phone, Place, Services};
use domain::organ::OrganCode;
use std::collections::{BTreeMap, HashMap};

const BY_ORGAN: &str =
    "SELECT organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en, opening, services,
    latitude, longitude, parent FROM office WHERE organ = $1";
/// As many as `MOST_TOGETHER`; where fewer are asked for, the rest is the number of no organ.
const BY_ORGANS: &str = "SELECT organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en, opening, services,
    latitude, longitude, parent FROM office
    WHERE organ IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
const EVERY: &str =
    "SELECT organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en, opening, services,
    latitude, longitude, parent FROM office ORDER BY organ";
const PUT: &str =
    "INSERT INTO office (organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en, opening, services,
        latitude, longitude, parent)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (organ) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
    address_zh = excluded.address_zh, address_en = excluded.address_en, phone = excluded.phone,
    hours_zh = excluded.hours_zh, hours_en = excluded.hours_en, opening = excluded.opening,
    services = excluded.services, latitude = excluded.latitude, longitude = excluded.longitude,
    parent = excluded.parent";

/// The most offices that are read together.
pub const MOST_TOGETHER: usize = 20;
/// Offices said in one statement.
const PUT_TOGETHER: usize = 2_000;
/// The setting that counts how often offices were changed.
const VERSION: &str = "offices";
/// What stands between telephone numbers.
const APART: &str = "; ";

/// A text in both languages; a language that was not given repeats the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Where an organ is found and called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Whose office it is.
    pub organ: OrganCode,
    /// The name on its door.
    pub name: Bilingual,
    /// Street and number.
    pub address: Bilingual,
    /// Phones as dialled within the country.
    pub phones: Vec<Phone>,
    /// Opening hours in words; empty where `opening` says all.
    pub hours: Bilingual,
    /// Opening hours that a program reads.
    pub opening: Option<Opening>,
    /// What it does; none where nobody said.
    pub services: Services,
    /// Where it stands.
    pub place: Option<Place>,
    /// The organ above it, where somebody said which.
    pub parent: Option<OrganCode>,
}

/// What became of offices that were put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Those that were not known.
    pub added: usize,
    /// Those of which something else was known.
    pub changed: usize,
    /// Those that were known as they are.
    pub unchanged: usize,
}

/// The office of an organ, if one is listed.
///
/// # Errors
/// Fails when the database does.
pub async fn of(read: &Read<'_>, organ: OrganCode) -> Result<Option<Office>> {
    let found = read.rows(BY_ORGAN, &[Value::Int(organ.get().into())], office).await?;
    Ok(found.into_iter().next())
}

/// The offices of these organs that are listed, in this order; of more than `MOST_TOGETHER` the first.
///
/// # Errors
/// Fails when the database does.
pub async fn of_all(read: &Read<'_>, organs: &[OrganCode]) -> Result<Vec<Office>> {
    let mut values = [Value::Int(0); MOST_TOGETHER];
    for (value, organ) in values.iter_mut().zip(organs) {
        *value = Value::Int(organ.get().into());
    }
    let mut offices = read.rows(BY_ORGANS, &values, office).await?;
    offices.sort_by_key(|office| organs.iter().position(|organ| *organ == office.organ));
    Ok(offices)
}

/// Every office as the directory knows it.
///
/// # Errors
/// Fails when the database does.
pub async fn listed(read: &Read<'_>) -> Result<Vec<Listed>> {
    let listed = |row: &Row<'_>| {
        let office = office(row)?;
        Ok(Listed {
            organ: office.organ,
            services: office.services,
            place: office.place,
            name: Key::of([office.name.zh.as_str(), office.name.en.as_str()]),
            address: Key::of([office.address.zh.as_str(), office.address.en.as_str()]),
        })
    };
    read.rows(EVERY, &[], listed).await
}

/// Something that is another after each change of any office.
///
/// # Errors
/// Fails when the database does.
pub async fn version(read: &Read<'_>) -> Result<Option<String>> {
    setting::committed(read, VERSION).await
}

/// What would become of offices that were put now.
///
/// # Errors
/// Fails when the database does.
pub async fn compare(read: &Read<'_>, offices: &[Office]) -> Result<Fate> {
    let known = by_organ(read.rows(EVERY, &[], office).await?);
    Ok(differing(&known, offices).1)
}

/// Adds offices or replaces what is known of them; all or none, with one audit entry. `put` hears how many are done.
///
/// # Errors
/// Fails when the database does.
pub async fn put_all(
    store: &Store,
    entry: Entry,
    offices: Vec<Office>,
    put: impl Fn(usize) + Send + 'static,
) -> Result<Fate> {
    store
        .write(entry, move |write| -> Work<'_, Fate> {
            Box::pin(async move {
                let known = by_organ(write.rows(EVERY, &[], office).await?);
                let (differing, fate) = differing(&known, &offices);
                for (place, part) in differing.chunks(PUT_TOGETHER).enumerate() {
                    put_part(write, part).await?;
                    put(fate.unchanged + place * PUT_TOGETHER + part.len());
                }
                if !differing.is_empty() {
                    let version = setting::number(write, VERSION, 0).await?.wrapping_add(1);
                    setting::set(write, VERSION, &version.to_string()).await?;
                }
                Ok(fate)
            })
        })
        .await
}

/// The offices of which something else is known or nothing; of two of one organ the later one.
fn differing<'o>(known: &HashMap<OrganCode, Office>, offices: &'o [Office]) -> (Vec<&'o Office>, Fate) {
    let each: BTreeMap<OrganCode, &Office> = offices.iter().map(|office| (office.organ, office)).collect();
    let mut fate = Fate::default();
    let differing = each.into_values().filter(|office| {
        let found = known.get(&office.organ);
        let count = match found {
            None => &mut fate.added,
            Some(found) if found == *office => &mut fate.unchanged,
            Some(_) => &mut fate.changed,
        };
        *count += 1;
        found != Some(office)
    });
    let differing = differing.collect();
    (differing, fate)
}

fn by_organ(offices: Vec<Office>) -> HashMap<OrganCode, Office> {
    offices.into_iter().map(|office| (office.organ, office)).collect()
}

async fn put_part(write: &mut Write<'_>, offices: &[&Office]) -> Result<()> {
    let written: Vec<(String, String)> = offices
        .iter()
        .map(|office| {
            let phones: Vec<&str> = office.phones.iter().map(Phone::as_str).collect();
            (phones.join(APART), office.opening.as_ref().map(Opening::to_string).unwrap_or_default())
        })
        .collect();
    let optional = |number: Option<i64>| number.map_or(Value::Null, Value::Int);
    let rows: Vec<_> = offices
        .iter()
        .zip(&written)
        .map(|(office, (phones, opening))| {
            let place = office.place.map(Place::millionths);
            [
                Value::Int(office.organ.get().into()),
                Value::Text(&office.name.zh),
                Value::Text(&office.name.en),
                Value::Text(&office.address.zh),
                Value::Text(&office.address.en),
                Value::Text(phones),
                Value::Text(&office.hours.zh),
                Value::Text(&office.hours.en),
                Value::Text(opening),
                Value::Int(office.services.bits().into()),
                optional(place.map(|(latitude, _)| latitude.into())),
                optional(place.map(|(_, longitude)| longitude.into())),
                optional(office.parent.map(|parent| parent.get().into())),
            ]
        })
        .collect();
    write.execute_each(PUT, &rows).await
}

fn office(row: &Row<'_>) -> Result<Office> {
    let both = |zh, en| -> Result<Bilingual> {
        Ok(Bilingual { zh: row.text(zh)?.to_owned(), en: row.text(en)?.to_owned() })
    };
    let organ = |code: i64| u32::try_from(code).ok().and_then(OrganCode::from_u32);
    let written = Some(row.text(8)?).filter(|written| !written.is_empty());
    let opening = written.map(Opening::parse).transpose().map_err(|_| StoreError::Corrupt("opening"))?;
    let parent = row.optional_int(12)?.map(|code| organ(code).ok_or(StoreError::Corrupt("parent")));
    Ok(Office {
        organ: organ(row.int(0)?).ok_or(StoreError::Corrupt("organ"))?,
        name: both(1, 2)?,
        address: both(3, 4)?,
        phones: Phone::list(row.text(5)?),
        hours: both(6, 7)?,
        opening,
        services: Services::from_bits(row.narrow(9, "services")?),
        place: place(row.optional_int(10)?, row.optional_int(11)?)?,
        parent: parent.transpose()?,
    })
}

fn place(latitude: Option<i64>, longitude: Option<i64>) -> Result<Option<Place>> {
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else { return Ok(None) };
    let narrow = |degrees: i64| i32::try_from(degrees).map_err(|_| StoreError::Corrupt("place"));
    Place::new(narrow(latitude)?, narrow(longitude)?).ok_or(StoreError::Corrupt("place")).map(Some)
}
