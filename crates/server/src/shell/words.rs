//! The domain's words in the languages of people: every stage, kind, cause and flag has its text here.
//!
//! The matches have no wildcard: a new stage does not compile until somebody wrote what the citizen reads.

use crate::app::App;
use domain::Date;
use domain::clock::Flag;
use domain::kind::{Kind, Reason};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::role::{Right, Role};
use domain::stage::{Cause, HolderRole, Pause, Stage};
use i18n::Language;

/// What people read about a stage.
#[derive(Clone, Copy, Debug)]
pub struct StageWords {
    /// Its name.
    pub name: &'static str,
    /// What it is and who has the card.
    pub meaning: &'static str,
    /// What happens next.
    pub next: &'static str,
    /// What to bring.
    pub bring: &'static str,
}

/// The words for a stage.
#[must_use]
pub fn stage(l: Language, stage: Stage) -> StageWords {
    let words = |name, meaning, next, bring| StageWords { name, meaning, next, bring };
    macro_rules! words_of {
        ($($stage:ident: $name:ident, $meaning:ident, $next:ident, $bring:ident;)+) => {
            match stage { $(Stage::$stage => words(l.$name(), l.$meaning(), l.$next(), l.$bring()),)+ }
        };
    }
    words_of! {
        Submitted: stages_submitted_name, stages_submitted_meaning, stages_submitted_next, stages_submitted_bring;
        Accepted: stages_accepted_name, stages_accepted_meaning, stages_accepted_next, stages_accepted_bring;
        UnderReview: stages_under_review_name, stages_under_review_meaning, stages_under_review_next, stages_under_review_bring;
        Signed: stages_signed_name, stages_signed_meaning, stages_signed_next, stages_signed_bring;
        DataCheck: stages_data_check_name, stages_data_check_meaning, stages_data_check_next, stages_data_check_bring;
        InProduction: stages_in_production_name, stages_in_production_meaning, stages_in_production_next, stages_in_production_bring;
        QualityCheck: stages_quality_check_name, stages_quality_check_meaning, stages_quality_check_next, stages_quality_check_bring;
        Produced: stages_produced_name, stages_produced_meaning, stages_produced_next, stages_produced_bring;
        InDistribution: stages_in_distribution_name, stages_in_distribution_meaning, stages_in_distribution_next, stages_in_distribution_bring;
        Mailed: stages_mailed_name, stages_mailed_meaning, stages_mailed_next, stages_mailed_bring;
        ReadyForCollection: stages_ready_for_collection_name, stages_ready_for_collection_meaning, stages_ready_for_collection_next, stages_ready_for_collection_bring;
        Collected: stages_collected_name, stages_collected_meaning, stages_collected_next, stages_collected_bring;
        NotAccepted: stages_not_accepted_name, stages_not_accepted_meaning, stages_not_accepted_next, stages_not_accepted_bring;
        CorrectionRequired: stages_correction_required_name, stages_correction_required_meaning, stages_correction_required_next, stages_correction_required_bring;
        Returned: stages_returned_name, stages_returned_meaning, stages_returned_next, stages_returned_bring;
        Remake: stages_remake_name, stages_remake_meaning, stages_remake_next, stages_remake_bring;
        MailReturned: stages_mail_returned_name, stages_mail_returned_meaning, stages_mail_returned_next, stages_mail_returned_bring;
        Uncollected: stages_uncollected_name, stages_uncollected_meaning, stages_uncollected_next, stages_uncollected_bring;
        Withdrawn: stages_withdrawn_name, stages_withdrawn_meaning, stages_withdrawn_next, stages_withdrawn_bring;
        Cancelled: stages_cancelled_name, stages_cancelled_meaning, stages_cancelled_next, stages_cancelled_bring;
    }
}

/// The name of a kind of application.
#[must_use]
pub fn kind(l: Language, kind: Kind) -> &'static str {
    match kind {
        Kind::FirstApplication => l.words_kind_first_application_name(),
        Kind::Renewal => l.words_kind_renewal_name(),
        Kind::Replacement => l.words_kind_replacement_name(),
        Kind::Reissue => l.words_kind_reissue_name(),
    }
}

/// Why somebody applied.
#[must_use]
pub fn reason(l: Language, reason: Reason) -> &'static str {
    match reason {
        Reason::First => l.words_reason_first(),
        Reason::Expired => l.words_reason_expired(),
        Reason::NameChanged => l.words_reason_name_changed(),
        Reason::Damaged => l.words_reason_damaged(),
        Reason::NewGeneration => l.words_reason_new_generation(),
        Reason::Lost => l.words_reason_lost(),
        Reason::OrganError => l.words_reason_organ_error(),
    }
}

/// A cause of delay, in a sentence.
#[must_use]
pub fn cause(l: Language, cause: Cause) -> &'static str {
    match cause {
        Cause::Photo => l.words_cause_photo_sentence(),
        Cause::Fingerprint => l.words_cause_fingerprint_sentence(),
        Cause::DuplicateNumber => l.words_cause_duplicate_number_sentence(),
        Cause::HukouDiffers => l.words_cause_hukou_differs_sentence(),
        Cause::RareCharacter => l.words_cause_rare_character_sentence(),
        Cause::Address => l.words_cause_address_sentence(),
        Cause::PrintDefect => l.words_cause_print_defect_sentence(),
        Cause::WrongDistribution => l.words_cause_wrong_distribution_sentence(),
        Cause::HolidayPeak => l.words_cause_holiday_peak_sentence(),
        Cause::Other => l.words_cause_other_sentence(),
    }
}

/// Why the clock stands still.
#[must_use]
pub fn pause(l: Language, pause: Pause) -> &'static str {
    match pause {
        Pause::AwaitingApplicant => l.words_pause_awaiting_applicant_name(),
        Pause::AwaitingOtherOrgan => l.words_pause_awaiting_other_organ_name(),
        Pause::NaturalDisaster => l.words_pause_natural_disaster_name(),
        Pause::Other => l.words_pause_other_name(),
    }
}

/// What needs attention, in a sentence.
#[must_use]
pub fn flag(l: Language, flag: Flag) -> &'static str {
    match flag {
        Flag::DueSoon => l.words_flag_due_soon_sentence(),
        Flag::Overdue => l.words_flag_overdue_sentence(),
        Flag::Paused => l.words_flag_paused_sentence(),
        Flag::DataDelayed => l.words_flag_data_delayed_sentence(),
        Flag::Uncollected => l.words_flag_uncollected_sentence(),
        Flag::Missing => l.words_flag_missing_sentence(),
    }
}

/// The name of a flag.
#[must_use]
pub fn flag_name(l: Language, flag: Flag) -> &'static str {
    match flag {
        Flag::DueSoon => l.words_flag_due_soon_name(),
        Flag::Overdue => l.words_flag_overdue_name(),
        Flag::Paused => l.words_flag_paused_name(),
        Flag::DataDelayed => l.words_flag_data_delayed_name(),
        Flag::Uncollected => l.words_flag_uncollected_name(),
        Flag::Missing => l.words_flag_missing_name(),
    }
}

/// Who has the card.
#[must_use]
pub fn holder(l: Language, holder: HolderRole) -> &'static str {
    match holder {
        HolderRole::Accepting => l.words_holder_accepting_name(),
        HolderRole::Signing => l.words_holder_signing_name(),
        HolderRole::ProvincialCentre => l.words_holder_provincial_centre_name(),
        HolderRole::ProductionCentre => l.words_holder_production_centre_name(),
        HolderRole::Carrier => l.words_holder_carrier_name(),
        HolderRole::HandingOut => l.words_holder_handing_out_name(),
        HolderRole::Citizen => l.words_holder_citizen_name(),
    }
}

/// A day as people write it.
#[must_use]
pub fn date(l: Language, date: Date) -> String {
    l.date(date.year(), date.month(), date.day())
}

/// The day of the week with this place in it, Monday is 0.
#[must_use]
pub fn weekday(l: Language, place: usize) -> &'static str {
    let days = [
        l.words_weekday_monday(),
        l.words_weekday_tuesday(),
        l.words_weekday_wednesday(),
        l.words_weekday_thursday(),
        l.words_weekday_friday(),
        l.words_weekday_saturday(),
        l.words_weekday_sunday(),
    ];
    days.get(place).copied().unwrap_or_default()
}

/// A moment as people write it, in China Standard Time.
#[must_use]
pub fn moment(l: Language, moment: Moment) -> String {
    let at = moment.date_time();
    l.day_and_time(at.year(), at.month(), at.day(), at.hour(), at.minute())
}

/// The name of a role.
#[must_use]
pub fn role(l: Language, role: Role) -> &'static str {
    match role {
        Role::SystemAdministrator => l.staff_role_system_administrator(),
        Role::SecurityAdministrator => l.staff_role_security_administrator(),
        Role::Auditor => l.staff_role_auditor(),
        Role::HotlineClerk => l.staff_role_hotline_clerk(),
        Role::CounterClerk => l.staff_role_counter_clerk(),
        Role::ProductionClerk => l.staff_role_production_clerk(),
        Role::Supervisor => l.staff_role_supervisor(),
    }
}

/// What a right lets somebody do.
#[must_use]
pub fn right(l: Language, right: Right) -> &'static str {
    match right {
        Right::ManageSystem => l.staff_right_manage_system(),
        Right::ManageStaff => l.staff_right_manage_staff(),
        Right::ReadAudit => l.staff_right_read_audit(),
        Right::Consult => l.staff_right_consult(),
        Right::AnswerForwarded => l.staff_right_answer_forwarded(),
        Right::ReleaseLooks => l.staff_right_release_looks(),
        Right::EditKnowledge => l.staff_right_edit_knowledge(),
        Right::Export => l.staff_right_export(),
        Right::ServeCounter => l.staff_right_serve_counter(),
        Right::Produce => l.staff_right_produce(),
        Right::Supervise => l.staff_right_supervise(),
    }
}

/// An organ as staff read it: its number, and in Chinese where it is; regions have no English names.
#[must_use]
pub fn organ(app: &App, l: Language, organ: OrganCode) -> String {
    let region = organ.region();
    match l {
        Language::Zh if app.regions.knows(region) => {
            format!("{organ} {}", app.regions.path(region, None).concat())
        }
        Language::Zh | Language::En => organ.to_string(),
    }
}
