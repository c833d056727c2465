//! Shows offices with their phone first.

use askama::Template;
use domain::organ::OrganCode;
use i18n::Language;
use store::office::{Bilingual, Office};
use web::{Context, Shell};

/// The page.
#[derive(Template)]
#[template(path = "features/offices/offices.html")]
pub(super) struct OfficesPage {
    shell: Shell,
    offices: Vec<Office>,
    next: Option<OrganCode>,
}

impl OfficesPage {
    /// A page of the list, and where the next one begins.
    #[must_use]
    pub(super) fn new(context: &Context, offices: Vec<Office>, next: Option<OrganCode>) -> Self {
        Self { shell: context.shell(context.language.offices_title()), offices, next }
    }

    fn said<'a>(&self, text: &'a Bilingual) -> &'a str {
        match self.shell.language {
            Language::Zh => &text.zh,
            Language::En => &text.en,
        }
    }
}
