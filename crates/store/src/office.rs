//! Offices: the organs' names, addresses and phones that answers show.

use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::{Read, Store, Work, Write};
use domain::organ::OrganCode;

const BY_ORGAN: &str = "SELECT organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en
    FROM office WHERE organ = $1";
const ALL: &str = "SELECT organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en
    FROM office WHERE organ > $1 ORDER BY organ LIMIT $2";
const PUT: &str =
    "INSERT INTO office (organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (organ) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
    address_zh = excluded.address_zh, address_en = excluded.address_en, phone = excluded.phone,
    hours_zh = excluded.hours_zh, hours_en = excluded.hours_en";

/// A text in both languages; a language that was not given repeats the other.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Phone as dialled within the country.
    pub phone: String,
    /// Opening hours in words.
    pub hours: Bilingual,
}

/// The office of an organ, if one is listed.
///
/// # Errors
/// Fails when the database does.
pub async fn of(read: &Read<'_>, organ: OrganCode) -> Result<Option<Office>> {
    let found = read.rows(BY_ORGAN, &[Value::Int(organ.get().into())], office).await?;
    Ok(found.into_iter().next())
}

/// Offices in order of their code, after `after`, at most `limit`.
///
/// # Errors
/// Fails when the database does.
pub async fn page(read: &Read<'_>, after: Option<OrganCode>, limit: u16) -> Result<Vec<Office>> {
    let after = after.map_or(0, |organ| i64::from(organ.get()));
    read.rows(ALL, &[Value::Int(after), Value::Int(limit.into())], office).await
}

/// Adds offices or replaces what is known of them; all or none, with one audit entry.
///
/// # Errors
/// Fails when the database does.
pub async fn put_all(store: &Store, entry: Entry, offices: Vec<Office>) -> Result<()> {
    store
        .write(entry, move |write| -> Work<'_, ()> {
            Box::pin(async move {
                for each in &offices {
                    put(write, each).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Adds an office or replaces what is known of it.
async fn put(write: &mut Write<'_>, office: &Office) -> Result<()> {
    let values = [
        Value::Int(office.organ.get().into()),
        Value::Text(&office.name.zh),
        Value::Text(&office.name.en),
        Value::Text(&office.address.zh),
        Value::Text(&office.address.en),
        Value::Text(&office.phone),
        Value::Text(&office.hours.zh),
        Value::Text(&office.hours.en),
    ];
    write.execute(PUT, &values).await.map(drop)
}

fn office(row: &Row<'_>) -> Result<Office> {
    let both = |zh, en| -> Result<Bilingual> {
        Ok(Bilingual { zh: row.text(zh)?.to_owned(), en: row.text(en)?.to_owned() })
    };
    Ok(Office {
        organ: OrganCode::from_u32(row.narrow(0, "organ")?).ok_or(StoreError::Corrupt("organ"))?,
        name: both(1, 2)?,
        address: both(3, 4)?,
        phone: row.text(5)?.to_owned(),
        hours: both(6, 7)?,
    })
}
