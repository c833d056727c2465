//! An invented person's application, told in a few words, and what that person types.

use domain::Date;
use domain::kind::{Delivery, Reason};
use domain::milestone::Step;
use domain::moment::Moment;
use domain::name::Name;
use domain::number::CitizenNumber;
use domain::organ::OrganCode;
use domain::receipt::{ReceiptFormat, ReceiptNumber};
use domain::region::RegionCode;
use domain::stage::{Cause, HolderRole, Stage};
use serde_json::{Map, Value};
use store::application::Opening;
use store::keys::Keys;
use store::record::Report;

/// A case: what was handed in, and what happened since.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) opening: Opening,
    steps: Vec<Told>,
}

#[derive(Clone)]
struct Told {
    step: Step,
    organ: OrganCode,
    happened: Moment,
    cause: Option<Cause>,
}

/// What somebody types into the form.
#[derive(Clone, Debug)]
pub(crate) struct Facts(Vec<(&'static str, String)>);

impl Case {
    /// The renewal of person `n`, handed in on a day, and nothing known since.
    pub(crate) fn of(n: u16, applied_on: &str) -> Self {
        let (accepting, applied_on) = (organ(1), day(applied_on));
        Self {
            opening: Opening {
                number: CitizenNumber::from_parts(RegionCode::DEMONSTRATION, day("1990-03-07"), n).unwrap(),
                name: Name::parse("欧阳娜娜").unwrap(),
                guardian: None,
                receipt: receipt_of(applied_on, n.into()),
                applied_on,
                kind: Reason::Expired.kind(),
                reason: Reason::Expired,
                delivery: Delivery::Counter,
                accepting,
                signing: organ(900),
                handing_out: accepting,
                promised_days: 0,
            },
            steps: Vec::new(),
        }
    }

    /// Another reason, and the kind that follows from it.
    pub(crate) fn because(mut self, reason: Reason) -> Self {
        (self.opening.reason, self.opening.kind) = (reason, reason.kind());
        self
    }

    /// Another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.opening.name = Name::parse(name).unwrap();
        self
    }

    /// A promised time in working days.
    pub(crate) fn promised(mut self, days: u16) -> Self {
        self.opening.promised_days = days;
        self
    }

    /// The card comes by mail.
    pub(crate) fn by_mail(mut self) -> Self {
        self.opening.delivery = Delivery::Mail;
        self
    }

    /// A stage was reached, at the organ that holds the card there.
    pub(crate) fn reached(self, happened: &str, stage: Stage) -> Self {
        let station = match stage.holder_role() {
            HolderRole::Accepting | HolderRole::HandingOut | HolderRole::Citizen => 1,
            HolderRole::Signing => 900,
            HolderRole::ProvincialCentre => 910,
            HolderRole::ProductionCentre => 911,
            HolderRole::Carrier => 920,
        };
        self.step(happened, Step::Reached(stage), station)
    }

    /// Anything else happened, at the signing organ.
    pub(crate) fn happened(self, happened: &str, step: Step) -> Self {
        self.step(happened, step, 900)
    }

    /// The last step has a cause.
    pub(crate) fn caused(mut self, cause: Cause) -> Self {
        self.steps.last_mut().unwrap().cause = Some(cause);
        self
    }

    fn step(mut self, happened: &str, step: Step, station: u16) -> Self {
        self.steps.push(Told { step, organ: organ(station), happened: moment(happened), cause: None });
        self
    }

    /// Number, date and name: the basic level.
    pub(crate) fn by_name(&self) -> Facts {
        self.facts().with("name", self.opening.name.as_str())
    }

    /// Number, date and receipt number: the full level.
    pub(crate) fn by_receipt(&self) -> Facts {
        self.facts().with("receipt_number", self.opening.receipt.as_str())
    }

    fn facts(&self) -> Facts {
        Facts::of(self.opening.number.as_str(), &self.opening.applied_on.to_string())
    }

    pub(super) fn personal(&self) -> [String; 3] {
        let Opening { number, name, receipt, .. } = &self.opening;
        [number.as_str(), name.as_str(), receipt.as_str()].map(str::to_owned)
    }

    pub(crate) fn reports(&self, keys: &Keys) -> Vec<Report> {
        let report = |(at, told): (usize, &Told)| Report {
            receipt: self.opening.receipt.clone(),
            step: told.step,
            organ: told.organ,
            happened: told.happened,
            cause: told.cause,
            event: keys.event(format!("{}-{at}", self.opening.receipt.as_str()).as_bytes()),
            batch: None,
            opening: Some(self.opening.clone()),
        };
        self.steps.iter().enumerate().map(report).collect()
    }
}

impl Facts {
    /// The two facts that are always asked for.
    pub(crate) fn of(citizen_number: &str, applied_on: &str) -> Self {
        Self(Vec::new()).with("citizen_number", citizen_number).with("applied_on", applied_on)
    }

    /// The same with a field typed, or typed otherwise.
    pub(crate) fn with(&self, field: &'static str, value: &str) -> Self {
        let others = self.0.iter().filter(|(name, _)| *name != field).cloned();
        Self(others.chain([(field, value.to_owned())]).collect())
    }

    /// The fields and what was typed into them.
    pub(crate) fn typed(&self) -> &[(&'static str, String)] {
        &self.0
    }

    /// As a form sends them.
    pub(crate) fn form(&self) -> String {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// As a program sends them.
    pub(crate) fn json(&self) -> Value {
        let fields = self.0.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    pub(super) fn personal(&self) -> Vec<String> {
        self.0.iter().map(|(_, value)| value.clone()).collect()
    }
}

/// A day as it is written.
pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A moment in China as it is written.
pub(crate) fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

/// An organ of the invented region.
pub(crate) fn organ(station: u16) -> OrganCode {
    OrganCode::new(RegionCode::DEMONSTRATION, station).unwrap()
}

/// The receipt number of a day's sequence at the station of the stories.
pub(crate) fn receipt_of(day: Date, sequence: u32) -> ReceiptNumber {
    let format = ReceiptFormat::parse_pattern("RRRRRRSSSYYYYMMDDNNNNN").unwrap();
    ReceiptNumber::from_parts(&format, organ(1), day, sequence).unwrap()
}
