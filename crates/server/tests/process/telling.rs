//! What feeds tell in the tests: invented people, and the way of their cards.

use crate::asking::person;
use domain::Date;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::receipt::{ReceiptFormat, ReceiptNumber};
use domain::stage::{MAIN_ROAD, Stage};

/// How many stages each application passes.
pub(crate) const STAGES: usize = 8;

/// Which application reached which stage.
pub(crate) struct Line {
    pub(crate) person: u32,
    pub(crate) receipt: String,
    pub(crate) stage: Stage,
    pub(crate) happened: Moment,
}

/// First every application is opened, then all of them move on, stage by stage.
pub(crate) fn lines(applications: u32) -> Vec<Line> {
    let format = ReceiptFormat::parse_pattern("RRRRRRSSSYYYYMMDDNNNNN").unwrap();
    let day = applied_on();
    let line = |(at, stage): (i8, Stage), person: u32| Line {
        person,
        receipt: ReceiptNumber::from_parts(&format, organ(), day, person).unwrap().as_str().to_owned(),
        stage,
        happened: Moment::at(Date::new(2026, 1, 5 + at).unwrap(), 9, i8::try_from(person % 60).unwrap()),
    };
    let stages = (0..).zip(MAIN_ROAD).take(STAGES);
    stages
        .flat_map(|stage| (1..=applications).map(move |person| (stage, person)))
        .map(|(stage, person)| line(stage, person))
        .collect()
}

pub(crate) fn applied_on() -> Date {
    Date::new(2026, 1, 5).unwrap()
}

pub(crate) fn organ() -> OrganCode {
    OrganCode::parse("119900001").unwrap()
}

impl Line {
    /// The cells of the line as a feed writes them; whatever its number, it is another event.
    pub(crate) fn cells(&self, number: usize) -> serde_json::Value {
        let mut cells = serde_json::json!({
            "receipt_number": self.receipt,
            "step": self.stage.as_str(),
            "organ": organ().to_string(),
            "happened_at": self.happened.to_rfc3339(),
            "event_id": format!("E{number}"),
        });
        if self.stage == Stage::Accepted {
            cells["citizen_number"] = person(self.person).as_str().into();
            cells["name"] = "无名".into();
            cells["applied_on"] = applied_on().to_string().into();
            cells["reason"] = "expired".into();
        }
        cells
    }
}

/// A file of these lines with their numbers; after each stands something else.
pub(crate) fn csv<'l>(lines: impl Iterator<Item = (usize, &'l Line)>, after_each: &str) -> String {
    let mut csv =
        "receipt_number,step,organ,happened_at,event_id,citizen_number,name,applied_on,reason\n".to_owned();
    for (number, Line { person: of, receipt, stage, happened }) in lines {
        let opening = match stage {
            Stage::Accepted => format!("{},无名,{},expired", person(*of).as_str(), applied_on()),
            _ => ",,,".to_owned(),
        };
        csv += &format!("{receipt},{stage},{},{},E{number},{opening}\n", organ(), happened.to_rfc3339());
        csv += after_each;
    }
    csv
}
