//! Reads what somebody typed into an inquiry, or says field by field what is wrong.

use super::service::Inquiry;
use crate::app::App;
use domain::Date;
use domain::name::{Name, NameError};
use domain::number::{CitizenNumber, DocumentKind, NumberError};
use domain::receipt::{ReceiptError, ReceiptNumber};
use domain::text::{digits_normalised, parse_date};
use i18n::Language;
use serde::{Deserialize, Serialize};
use std::fmt;
use web::Fault;

/// What somebody typed, as typed. A missing field and an empty one are the same.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct Typed {
    /// The citizen number, 18 characters (GB 11643-1999). Required.
    #[serde(default)]
    pub citizen_number: String,
    /// The day the application form was submitted. Required.
    #[serde(default)]
    pub applied_on: String,
    /// The holder's name: this or the receipt number is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The receipt number: this or the name is required; with it the answer is at the full level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_number: Option<String>,
    /// Work that was done, where this source was asked for it: `{"challenge": …, "solution": …}` as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
}

/// Names the fields that are given and never what they say: a debug line must not name a person.
impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed ")?;
        f.debug_set().entries(self.fields().into_iter().map(|(name, _)| name)).finish()
    }
}

impl Typed {
    /// The name as typed; empty where there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The receipt number as typed; empty where there is none.
    #[must_use]
    pub fn receipt_number(&self) -> &str {
        self.receipt_number.as_deref().unwrap_or_default()
    }

    /// The work that was done, as sent; empty where none was.
    pub(super) fn work(&self) -> &str {
        self.work.as_deref().unwrap_or_default()
    }

    /// The facts as fields of a form, to send them again.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("citizen_number", self.citizen_number.as_str()),
            ("applied_on", self.applied_on.as_str()),
            ("name", self.name()),
            ("receipt_number", self.receipt_number()),
        ];
        let given = all.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name, value.to_owned())).collect()
    }

    /// The inquiry, or everything that is wrong with it, in the order of the form.
    pub(super) fn parse(&self, app: &App, l: Language) -> Result<Inquiry, Vec<Fault>> {
        let today = app.clock.today();
        let number =
            CitizenNumber::parse(&self.citizen_number, today, app.demonstration()).map_err(|error| {
                Fault::new("citizen_number", error.code(), number_fault(l, &error, &self.citizen_number))
            });
        let applied_on = self.applied_on(l, today);
        let name = given(self.name()).map(Name::parse).transpose();
        let name = name.map_err(|error| Fault::new("name", error.code(), name_fault(l, &error)));
        let receipt = given(self.receipt_number()).map(|typed| ReceiptNumber::parse(typed, &app.receipts));
        let receipt = receipt
            .transpose()
            .map_err(|error| Fault::new("receipt_number", error.code(), receipt_fault(l, &error)));
        let missing = matches!((&name, &receipt), (Ok(None), Ok(None)))
            .then(|| Fault::new("name", "required", l.inquiry_error_fact_missing()));
        match (number, applied_on, name, receipt, missing) {
            (Ok(number), Ok(applied_on), Ok(name), Ok(receipt), None) => {
                Ok(Inquiry { number, applied_on, name, receipt })
            }
            (number, applied_on, name, receipt, missing) => {
                let faults = [number.err(), applied_on.err(), name.err(), receipt.err(), missing];
                Err(faults.into_iter().flatten().collect())
            }
        }
    }

    fn applied_on(&self, l: Language, today: Date) -> Result<Date, Fault> {
        let fault = |code, message: String| Fault::new("applied_on", code, message);
        if self.applied_on.trim().is_empty() {
            return Err(fault("empty", l.inquiry_error_date_empty().to_owned()));
        }
        let date = parse_date(&self.applied_on)
            .ok_or_else(|| fault("unreadable", l.inquiry_error_date_unreadable(today)))?;
        if date > today {
            return Err(fault("future", l.inquiry_error_date_future().to_owned()));
        }
        Ok(date)
    }
}

fn given(typed: &str) -> Option<&str> {
    Some(typed).filter(|typed| !typed.trim().is_empty())
}

fn number_fault(l: Language, error: &NumberError, typed: &str) -> String {
    match error {
        NumberError::Empty => l.inquiry_error_number_empty().to_owned(),
        NumberError::Length { found: 15 } if digits_normalised(typed).bytes().all(|c| c.is_ascii_digit()) => {
            l.inquiry_error_number_fifteen().to_owned()
        }
        NumberError::Length { found } => l.inquiry_error_number_length(found),
        NumberError::Character { position } => l.inquiry_error_number_character(position),
        NumberError::Date => l.inquiry_error_number_date().to_owned(),
        NumberError::Future => l.inquiry_error_number_future().to_owned(),
        NumberError::Check => l.inquiry_error_number_check().to_owned(),
        NumberError::OtherDocument(DocumentKind::Foreigner) => l.inquiry_error_number_foreigner().to_owned(),
        NumberError::OtherDocument(_) => l.inquiry_error_number_residence_permit().to_owned(),
        NumberError::Demonstration => l.inquiry_error_number_demonstration().to_owned(),
    }
}

fn name_fault(l: Language, error: &NameError) -> String {
    match error {
        NameError::Empty => l.inquiry_error_fact_missing().to_owned(),
        NameError::TooLong { found } => l.inquiry_error_name_too_long(found),
        NameError::Character { position } => l.inquiry_error_name_character(position),
    }
}

fn receipt_fault(l: Language, error: &ReceiptError) -> String {
    match error {
        ReceiptError::Empty => l.inquiry_error_receipt_empty().to_owned(),
        ReceiptError::Length { found, expected } => l.inquiry_error_receipt_length(expected, found),
        ReceiptError::Character { position } => l.inquiry_error_receipt_character(position),
        ReceiptError::Date => l.inquiry_error_receipt_date().to_owned(),
    }
}
