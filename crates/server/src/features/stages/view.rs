//! Shows every stage: first the ordinary road, then what may happen beside it.

use crate::shell::words::{self, StageWords};
use askama::Template;
use domain::stage::Stage;
use i18n::Language;
use web::{Context, Shell};

/// The page.
#[derive(Template)]
#[template(path = "features/stages/stages.html")]
pub(super) struct StagesPage {
    shell: Shell,
    /// The ordinary road and what may happen beside it, each with its title.
    groups: [(&'static str, Vec<(Stage, StageWords)>); 2],
}

impl StagesPage {
    /// Every stage in the language of the request.
    #[must_use]
    pub(super) fn new(context: &Context) -> Self {
        let l: Language = context.language;
        let described = |stage: Stage| (stage, words::stage(l, stage));
        let (side, road) = Stage::ALL.into_iter().map(described).partition(|(stage, _)| stage.is_side());
        let groups = [(l.stages_page_road(), road), (l.stages_page_side(), side)];
        Self { shell: context.shell(l.stages_page_title()), groups }
    }
}
