//! `jindu inquire`: the same question to the same service, from a terminal.

use super::form::Typed;
use crate::app::Failed;
use altcha::{Payload, SolveChallengeOptions, solve_challenge};
use i18n::Language;
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whom to ask, and how to show the answer.
pub struct Asking {
    /// The server's address, such as `http://127.0.0.1:8080`.
    pub server: String,
    /// The language of the answer.
    pub language: Language,
    /// Whether to print the JSON as it came.
    pub json: bool,
}

/// What to print, and whether it is an answer.
pub struct Said {
    /// The text.
    pub text: String,
    /// Whether there was an answer; a problem is told on the error output.
    pub answered: bool,
}

/// Asks a server.
///
/// # Errors
/// Fails when the server cannot be reached or does not speak as Jindu does.
pub fn inquire(asking: &Asking, typed: &Typed) -> Result<Said, Failed> {
    let server = asking.server.trim_end_matches('/');
    let address = format!("{server}/api/v1/inquiries");
    let agent = crate::asking::agent(PATIENCE);
    let post = |typed: &Typed| {
        read(asking, agent.post(&address).header("accept-language", asking.language.code()).send_json(typed))
    };
    let (mut answered, mut value) = post(typed)?;
    if text(&value, "type") == "/problems/work-wanted" {
        let (_, challenge) = read(asking, agent.get(format!("{server}/api/v1/challenges")).call())?;
        (answered, value) = post(&Typed { work: Some(worked(challenge)?), ..typed.clone() })?;
    }
    let text = match (asking.json, answered) {
        (true, _) => serde_json::to_string_pretty(&value)?,
        (false, true) => in_words(asking.language, &value),
        (false, false) => problem_in_words(&value),
    };
    Ok(Said { text, answered })
}

/// Whether it is an answer, and what it says.
fn read(
    asking: &Asking,
    reply: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(bool, Value), Failed> {
    let reply = reply.map_err(|error| format!("{} cannot be asked: {error}", asking.server))?;
    let answered = reply.status().is_success();
    let strange = |error| format!("{} did not answer as Jindu does: {error}", asking.server);
    Ok((answered, reply.into_body().read_json().map_err(strange)?))
}

/// Does the work that a server asks for, as a browser does on the page.
fn worked(challenge: Value) -> Result<String, Failed> {
    let challenge = serde_json::from_value(challenge)?;
    let solution =
        solve_challenge(SolveChallengeOptions::new(&challenge)).map_err(|error| error.to_string())?;
    let solution = solution.ok_or("the work that the server asks for takes too long; ask with --receipt")?;
    Ok(serde_json::to_string(&Payload { challenge, solution })?)
}

/// The facts of the answer, a line each, in the order of the page.
pub(super) fn in_words(l: Language, answer: &Value) -> String {
    let mut lines = Lines::default();
    stage(&mut lines, l, answer);
    clock(&mut lines, l, &answer["clock"]);
    duties(&mut lines, l, answer);
    holder(&mut lines, l, answer);
    timeline(&mut lines, l, answer);
    lines.fact(l.inquiry_answer_kind(), &text(answer, "kind_text"));
    lines.fact(l.inquiry_answer_name(), &text(answer, "name"));
    lines.fact(l.inquiry_date_label(), &text(&answer["clock"], "submitted_on"));
    if let Some(days) = answer["promised_days"].as_u64() {
        let promised = l.inquiry_promised(text(answer, "promised_on"), l.words_working_days(days));
        lines.fact(l.inquiry_promised_title(), &promised);
    }
    lines.sentence(&l.inquiry_answer_as_of(text(answer, "as_of")));
    lines.0
}

/// What is printed, line by line; what is empty takes no line.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn sentence(&mut self, sentence: &str) {
        if !sentence.is_empty() {
            self.0.push_str(sentence);
            self.0.push('\n');
        }
    }

    fn fact(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            self.sentence(&format!("{label}: {value}"));
        }
    }

    /// A line below a fact.
    fn under(&mut self, sentence: &str) {
        if !sentence.is_empty() {
            self.sentence(&format!("  {sentence}"));
        }
    }
}

fn stage(lines: &mut Lines, l: Language, answer: &Value) {
    let since = l.inquiry_answer_since(text(answer, "since"));
    lines.fact(l.inquiry_answer_now(), &format!("{} ({since})", text(answer, "stage_text")));
    lines.under(&text(answer, "meaning"));
    if let Some(cause) = answer["cause"].as_str() {
        lines.under(&l.inquiry_answer_cause(cause));
    }
    each(&answer["flag_texts"]).filter_map(Value::as_str).for_each(|flag| lines.sentence(flag));
    let advice: Vec<&str> = each(&answer["advice"]).filter_map(Value::as_str).collect();
    if !advice.is_empty() {
        lines.sentence(&format!("{}:", l.inquiry_overdue_title()));
        advice.into_iter().for_each(|way| lines.under(way));
    }
}

fn clock(lines: &mut Lines, l: Language, clock: &Value) {
    let days = |key: &str| l.words_days(clock[key].as_u64().unwrap_or_default());
    let overdue = clock["overdue"] == true;
    let (day, limit) = (text(clock, "day"), text(clock, "limit_days"));
    let day = if overdue { l.inquiry_clock_day_over(day, limit) } else { l.inquiry_clock_day(day, limit) };
    lines.fact(l.inquiry_clock_title(), &day);
    let ended = clock["ended_on"].as_str();
    if let Some(ended) = ended {
        lines.under(&l.inquiry_clock_ended(ended));
    }
    match (overdue, ended) {
        (true, Some(_)) => lines.under(&l.inquiry_clock_overdue_ended(days("overdue_days"))),
        (true, None) => lines.under(&l.inquiry_clock_overdue(days("overdue_days"))),
        (false, _) => {}
    }
    lines.under(&l.inquiry_clock_due(text(clock, "due_on")));
    if clock["extension"].is_string() {
        lines.under(l.inquiry_clock_extended());
    }
    if let Some(why) = clock["paused_because"].as_str() {
        lines.under(&l.inquiry_clock_paused(why));
    }
    if clock["paused_days"].as_u64().is_some_and(|days| days > 0) {
        lines.under(&l.inquiry_clock_paused_days(days("paused_days")));
    }
}

fn duties(lines: &mut Lines, l: Language, answer: &Value) {
    lines.fact(l.inquiry_answer_next_title(), &text(answer, "next"));
    let expected = &answer["expected"];
    if expected.is_object() {
        let range = l.inquiry_expected(text(expected, "earliest"), text(expected, "latest"));
        lines.fact(l.inquiry_expected_title(), &range);
        lines.under(&l.inquiry_expected_basis(text(expected, "cards")));
    }
    lines.fact(l.inquiry_answer_bring_title(), &text(answer, "bring"));
}

fn holder(lines: &mut Lines, l: Language, answer: &Value) {
    let (holder, office) = (&answer["holder"], &answer["office"]);
    if !holder.is_object() {
        return lines.sentence(l.inquiry_answer_full_hint());
    }
    lines.fact(l.inquiry_answer_holder(), &text(holder, "name"));
    lines.under(&text(holder, "role_text"));
    let labels = [
        (l.inquiry_office_phone(), "phone"),
        (l.inquiry_office_address(), "address"),
        (l.inquiry_office_hours(), "hours"),
    ];
    for (label, key) in labels {
        lines.fact(&format!("  {label}"), &text(office, key));
    }
}

fn timeline(lines: &mut Lines, l: Language, answer: &Value) {
    for (place, step) in each(&answer["timeline"]).enumerate() {
        if place == 0 {
            lines.sentence(&format!("{}:", l.inquiry_answer_timeline_title()));
        }
        let state = match step["state"].as_str() {
            Some("done") => l.inquiry_state_done(),
            Some("now") => l.inquiry_state_now(),
            _ => l.inquiry_state_next(),
        };
        let facts = ["stage_text", "on", "office", "cause"].map(|key| text(step, key));
        let told: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
        lines.fact(&format!("  {state}"), &told.join("  "));
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn problem_in_words(problem: &Value) -> String {
    let mut out = format!("{}\n{}\n", text(problem, "title"), text(problem, "detail"));
    for error in problem["errors"].as_array().into_iter().flatten() {
        // Writing into a String does not fail.
        let _ =
            writeln!(out, "{}: {}", text(error, "pointer").trim_start_matches('/'), text(error, "detail"));
    }
    out
}

fn text(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
