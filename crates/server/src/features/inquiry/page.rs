//! Shows the inquiry to people: the form, the answer, and no match.

use super::form::Typed;
use super::service::Answer;
use super::view::{AnswerView, StepView, road};
use crate::app::App;
use crate::shell::words;
use altcha::Challenge;
use askama::Template;
use domain::Date;
use domain::clock::Flag;
use domain::mismatch::Suspicion;
use domain::stage::Stage;
use i18n::Language;
use web::{Context, Failure, Fault, Field, Icon, Shell, Step};

/// The form.
#[derive(Template)]
#[template(path = "features/inquiry/form.html")]
pub(super) struct FormPage {
    shell: Shell,
    typed: Typed,
    faults: Vec<Fault>,
    date_hint: String,
    receipt_hint: String,
    receipt_is_numeric: bool,
}

impl FormPage {
    /// The form with nothing typed yet.
    #[must_use]
    pub(super) fn empty(app: &App, context: &Context) -> Self {
        Self::again(app, context, Typed::default(), Vec::new())
    }

    /// The form again, with what was typed and what is wrong with it.
    #[must_use]
    pub(super) fn again(app: &App, context: &Context, typed: Typed, faults: Vec<Fault>) -> Self {
        let shell = context.shell(context.language.inquiry_heading());
        let date_hint = context.language.inquiry_date_hint(app.clock.today());
        let receipt_hint = context.language.inquiry_receipt_hint(app.receipts.length());
        let receipt_is_numeric = app.receipts.is_numeric();
        let shell = Shell { path: "/".to_owned(), ..shell };
        Self { shell, typed, faults, date_hint, receipt_hint, receipt_is_numeric }
    }

    fn number(&self) -> Field<'_> {
        let l = self.shell.language;
        Field {
            label: l.inquiry_number_label(),
            hint: l.inquiry_number_hint(),
            groups: "6 8 4",
            width: 18,
            ..self.field("citizen_number", &self.typed.citizen_number, 40)
        }
    }

    fn applied_on(&self) -> Field<'_> {
        let l = self.shell.language;
        Field {
            label: l.inquiry_date_label(),
            hint: &self.date_hint,
            width: 10,
            ..self.field("applied_on", &self.typed.applied_on, 20)
        }
    }

    fn name(&self) -> Field<'_> {
        let l = self.shell.language;
        Field {
            label: l.inquiry_name_label(),
            hint: l.inquiry_name_hint(),
            ..self.field("name", self.typed.name(), 100)
        }
    }

    fn receipt(&self) -> Field<'_> {
        let l = self.shell.language;
        Field {
            label: l.inquiry_receipt_label(),
            hint: &self.receipt_hint,
            keyboard: if self.receipt_is_numeric { "numeric" } else { "text" },
            width: 22,
            ..self.field("receipt_number", self.typed.receipt_number(), 60)
        }
    }

    fn field<'a>(&'a self, name: &'a str, value: &'a str, longest: u16) -> Field<'a> {
        Field { name, value, longest, error: Fault::at(&self.faults, name), ..Field::default() }
    }
}

/// The answer.
#[derive(Template)]
#[template(path = "features/inquiry/answer.html")]
pub(super) struct AnswerPage<'a> {
    shell: Shell,
    /// What was typed, to ask again in another language.
    again: Vec<(&'static str, String)>,
    answer: AnswerView<'a>,
    stage: Stage,
    /// Every step at the full level; at the basic level only where it stands and what is ahead.
    steps: Vec<StepView<'a>>,
    flags: Vec<FlagView>,
    promised_days: u16,
    as_of: String,
}

/// A flag on the page: picture, name, sentence.
struct FlagView {
    word: &'static str,
    class: &'static str,
    icon: Icon,
    name: &'static str,
    sentence: &'static str,
}

impl FlagView {
    fn new(l: Language, flag: Flag) -> Self {
        let (class, icon) = match flag {
            Flag::Overdue | Flag::Missing => ("flag-alert", Icon::Warning),
            Flag::DueSoon | Flag::Uncollected => ("flag-warn", Icon::Clock),
            Flag::Paused => ("flag-warn", Icon::Pause),
            Flag::DataDelayed => ("flag-calm", Icon::Info),
        };
        let (name, sentence) = (words::flag_name(l, flag), words::flag(l, flag));
        Self { word: flag.as_str(), class, icon, name, sentence }
    }
}

impl<'a> AnswerPage<'a> {
    /// Puts an answer on a page.
    #[must_use]
    pub(super) fn new(app: &'a App, context: &Context, typed: &Typed, answer: &'a Answer) -> Self {
        let l = context.language;
        let view = AnswerView::new(app, l, answer);
        Self {
            shell: context.shell(l.inquiry_answer_title()),
            again: typed.fields(),
            steps: view.timeline.clone().unwrap_or_else(|| road(l, answer)),
            flags: answer.flags.iter().map(|flag| FlagView::new(l, *flag)).collect(),
            promised_days: view.promised_days.unwrap_or_default(),
            as_of: words::moment(l, answer.as_of),
            stage: answer.progress.stage,
            answer: view,
        }
    }

    fn date(&self, date: &Date) -> String {
        words::date(self.shell.language, *date)
    }

    /// How far the bar of the clock is filled.
    fn bar(&self) -> u32 {
        self.answer.clock.day.min(self.answer.clock.limit_days)
    }

    fn when(&self, step: &StepView<'_>) -> String {
        step.on.map(|date| self.date(&date)).unwrap_or_default()
    }

    /// The class that gives the headline its tone.
    fn tone(&self) -> &'static str {
        match self.stage {
            Stage::ReadyForCollection | Stage::Collected | Stage::Mailed => " stage-good",
            stage if stage.is_side() => " stage-alert",
            _ => "",
        }
    }

    fn picture(&self) -> Icon {
        match self.stage {
            Stage::ReadyForCollection | Stage::Collected => Icon::Check,
            Stage::InDistribution | Stage::Mailed => Icon::Truck,
            stage if stage.is_side() => Icon::Warning,
            _ => Icon::Card,
        }
    }
}

/// Closed to inquiries online.
#[derive(Template)]
#[template(path = "features/inquiry/closed.html")]
pub(super) struct ClosedPage {
    shell: Shell,
}

impl ClosedPage {
    pub(super) fn new(context: &Context) -> Self {
        let shell = context.shell(context.language.inquiry_closed_title());
        Self { shell: Shell { path: "/".to_owned(), ..shell } }
    }
}

/// The device works before it asks again.
#[derive(Template)]
#[template(path = "features/inquiry/work.html")]
pub(super) struct WorkPage {
    shell: Shell,
    /// What was typed, to ask again when the work is done.
    again: Vec<(&'static str, String)>,
    /// What is to be done, as JSON.
    challenge: String,
    tries: u32,
}

impl WorkPage {
    /// The page with what was typed and what is to be done.
    pub(super) fn new(
        context: &Context,
        typed: &Typed,
        challenge: &Challenge,
        suspicion: Suspicion,
    ) -> Result<Self, Failure> {
        let challenge = serde_json::to_string(challenge).map_err(Failure::internal)?;
        let shell = context.shell(context.language.inquiry_work_title());
        Ok(Self { shell, again: typed.fields(), challenge, tries: suspicion.tries() })
    }
}

/// No match.
#[derive(Template)]
#[template(path = "features/inquiry/no_match.html")]
pub(super) struct NoMatchPage {
    shell: Shell,
    /// What was typed, to ask again in another language.
    again: Vec<(&'static str, String)>,
}

impl NoMatchPage {
    /// The page that helps the honest and tells a stranger nothing.
    #[must_use]
    pub(super) fn new(context: &Context, typed: &Typed) -> Self {
        Self { shell: context.shell(context.language.inquiry_no_match_title()), again: typed.fields() }
    }
}

impl StepView<'_> {
    fn mark(&self) -> Step {
        match self.state {
            "done" => Step::Done,
            "now" if self.side => Step::Problem,
            "now" => Step::Now,
            _ => Step::Next,
        }
    }

    /// The office and the cause, as one line.
    fn more(&self) -> String {
        [self.office.as_deref(), self.cause].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}
