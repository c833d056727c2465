//! What an inquiry holds, for the description that programs read: the facts of one way or of the other.
#![expect(dead_code, reason = "described; the form reads them")]

use utoipa::openapi::schema::{AnyOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The facts of either way.
pub(super) struct Facts;

impl PartialSchema for Facts {
    fn schema() -> RefOr<Schema> {
        let of = |name: &str| Ref::from_schema_name(name);
        let either = AnyOfBuilder::new().item(of(&ByName::name())).item(of(&ByReceiptNumber::name()));
        either
            .description(Some(
                "The name or the receipt number, or both: every fact that is given has to fit.",
            ))
            .into()
    }
}

impl ToSchema for Facts {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ByName::name().into_owned(), ByName::schema()));
        schemas.push((ByReceiptNumber::name().into_owned(), ByReceiptNumber::schema()));
    }
}

/// An inquiry that proves itself by the name.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByName {
    /// The citizen number, 18 characters, the last of them a check character (GB 11643-1999).
    #[schema(example = "119900200001010016", format = "citizen-number")]
    citizen_number: String,
    /// The day the application form was submitted; not in the future.
    #[schema(example = "2026-01-05", format = Date)]
    applied_on: String,
    /// The holder's name: at most 60 letters of any script, spaces, `·`, `-`, `'` and `.`.
    #[schema(example = "张三", format = "name")]
    name: String,
    /// The receipt number, in the format of the place; with it the answer is at the full level.
    #[schema(example = "1199000012026010500001", format = "receipt-number")]
    receipt_number: Option<String>,
    /// Work that was done, where this source was asked for it: `{"challenge": …, "solution": …}` as text.
    work: Option<String>,
}

/// An inquiry that proves itself by the receipt number.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByReceiptNumber {
    /// The citizen number, 18 characters, the last of them a check character (GB 11643-1999).
    #[schema(example = "119900200001010016", format = "citizen-number")]
    citizen_number: String,
    /// The day the application form was submitted; not in the future.
    #[schema(example = "2026-01-05", format = Date)]
    applied_on: String,
    /// The receipt number, in the format of the place; with it the answer is at the full level.
    #[schema(example = "1199000012026010500001", format = "receipt-number")]
    receipt_number: String,
    /// The holder's name: at most 60 letters of any script, spaces, `·`, `-`, `'` and `.`.
    #[schema(example = "张三", format = "name")]
    name: Option<String>,
    /// Work that was done, where this source was asked for it: `{"challenge": …, "solution": …}` as text.
    work: Option<String>,
}
