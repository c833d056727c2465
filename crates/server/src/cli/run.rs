//! Runs a command: configuration first, then the feature, then what to print and how to exit.
#![expect(clippy::print_stderr, reason = "commands speak on the terminal")]

use super::{
    Command, Demo, Does, Fill, Inquire, Number, Office, Place, Serve, backup, copy, feeds, keys, log, person,
    say, staff,
};
use crate::app::{App, Failed, open_store};
use crate::clock::Clock;
use crate::config::{Config, LogFormat};
use crate::features::demonstration::cli as demonstration;
use crate::features::feeds::cli::Ways;
use crate::features::inquiry::cli::{Asking, inquire};
use crate::features::log::Keeping;
use crate::features::offices::cli::{Mode, import};
use crate::features::operations::cli::{Listening, told_to_stop};
use crate::features::{inquiry, number};
use crate::sharing::Sharing;
use domain::region::Regions;
use i18n::Language;
use std::fs::Permissions;
use std::io::{BufReader, BufWriter, IsTerminal as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;
use std::sync::Arc;
use store::Store;
use store::setting::Purpose;
use tracing_subscriber::EnvFilter;

/// Runs the command; a failure is told with its whole chain of causes.
pub fn run(command: Command) -> ExitCode {
    // Whatever we write may name what happened to whom: no file of ours is made for others to read.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    dump_no_core();
    match dispatch(command.does) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("jindu: {error}");
            let mut cause = error.source();
            while let Some(deeper) = cause {
                eprintln!("  because: {deeper}");
                cause = deeper.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Memory holds what people typed and the keys: where the process dies, nothing of it is written to a disk.
fn dump_no_core() {
    use nix::sys::{prctl, resource};
    let no_file = resource::setrlimit(resource::Resource::RLIMIT_CORE, 0, 0);
    let nowhere = prctl::set_dumpable(false);
    if let Err(error) = no_file.and(nowhere) {
        eprintln!("jindu: a core may be dumped, for the system does not let that be switched off: {error}");
    }
}

fn dispatch(does: Does) -> Result<ExitCode, Failed> {
    match does {
        Does::Demo(demo) => on_runtime(run_demo(demo)),
        Does::Serve(serve) => on_runtime(run_serve(serve)),
        Does::Fill(fill) => on_runtime(run_fill(fill)),
        Does::Inquire(asked) => run_inquire(asked),
        Does::Feed(does) => feeds::run::feed(does),
        Does::Held(does) => feeds::run::held(does),
        Does::Batch(does) => feeds::run::batch(does),
        Does::Backup(does) => backup::backup(does),
        Does::Restore(does) => backup::restore(does),
        Does::Copy(does) => copy::copy(does),
        Does::Office(does) => on_runtime(run_office(does)),
        Does::Keys(does) => keys::keys(does),
        Does::Log(does) => log::log(does),
        Does::Person(does) => person::person(does),
        Does::Staff(does) => staff::staff(does),
        Does::Number(Number::Check { numbers }) => {
            let (input, output) = (BufReader::new(std::io::stdin()), std::io::stdout().lock());
            let output = BufWriter::with_capacity(1 << 16, output);
            let (today, regions) = (Clock::System.today(), Regions::built_in()?);
            say::heard(number::cli::check(&numbers, today, &regions, input, output))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(super) fn on_runtime(work: impl Future<Output = Result<ExitCode, Failed>>) -> Result<ExitCode, Failed> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

pub(super) fn configured(place: &Place) -> Result<Config, Failed> {
    let Place { config, data, database } = place;
    Ok(Config::load_for(config.as_deref(), data.as_deref(), database.as_deref())?)
}

async fn run_serve(serve: Serve) -> Result<ExitCode, Failed> {
    let mut config = configured(&serve.place)?;
    config.listen = serve.listen.unwrap_or(config.listen);
    if serve.bench {
        config.limits.inquiries_per_minute = u32::MAX;
        config.limits.mismatches_per_hour = u32::MAX;
        config.limits.mismatches_per_minute_of_all = u32::MAX;
    }
    start_log(&config)?;
    let app = App::open(&config, None, Clock::System).await?;
    warn_of_other_purpose(&config, app.store.purpose());
    let sharing = Sharing::start(&app, &config).await;
    let listening = Listening::at(Arc::clone(&app), &config, serve.bench).await?;
    let (address, data) = (listening.address()?, app.store.purpose().as_str());
    tracing::info!(%address, data, schema = Store::schema(), "answering");
    let ways = Ways::start(&app, &config);
    let keeping = Keeping::start(&app);
    let served = listening.serve().await;
    ways.stop().await;
    keeping.stop().await;
    sharing.stop().await;
    served?;
    Ok(ExitCode::SUCCESS)
}

/// A database stays what it was made as; who writes something else into the configuration should know.
fn warn_of_other_purpose(config: &Config, is: Purpose) {
    let configured = if config.demonstration { Purpose::Demonstration } else { Purpose::Service };
    if configured != is {
        tracing::warn!(
            "the database holds {} data and stays so; `demonstration = {}` in the configuration counts for a fresh one only",
            is.as_str(),
            config.demonstration
        );
    }
}

async fn run_demo(demo: Demo) -> Result<ExitCode, Failed> {
    // Lives as long as the server; without --data everything is gone at the end.
    let temporary = tempfile::Builder::new()
        .prefix("jindu-demo-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?;
    let data = demo.data.as_deref().unwrap_or_else(|| temporary.path());
    let config = Config::load(None, Some(data))?;
    // What goes with us is in no database that stays.
    let database = config.database.clone().filter(|_| demo.data.is_some());
    let mut config = Config { listen: demo.listen, database, key_file: None, demonstration: true, ..config };
    config.log.level = "warn".to_owned();
    // Nobody else serves a demonstration.
    config.limits.leave_seconds = 0;
    start_log(&config)?;
    let recipe =
        demonstration::Recipe { applications: demo.applications, seed: demo.seed, now: Clock::System.now() };
    let (app, samples) = tokio::select! {
        prepared = demonstration::prepare(&config, Clock::System, recipe) => prepared?,
        // The temporary folder goes with us.
        () = told_to_stop()? => return Ok(ExitCode::SUCCESS),
    };
    let listening = Listening::at(Arc::clone(&app), &config, false).await?;
    say::line(format_args!("Jindu is at http://{}/", listening.address()?))?;
    say::line(format_args!("Stop it with Ctrl-C. Inquiries to type (all people are invented):\n"))?;
    for sample in &samples {
        let demonstration::Sample { label, citizen_number, applied_on, name, receipt_number } = sample;
        say::line(format_args!("  {label:13}  {citizen_number}  {applied_on}  {receipt_number}  {name}"))?;
    }
    say_staff(&config, listening.address()?.port(), demonstration::staff(&app).await?)?;
    if let Some(path) = demo.samples {
        demonstration::write_json(&path, &samples)?;
    }
    let keeping = Keeping::start(&app);
    drop(app);
    let served = listening.serve().await;
    keeping.stop().await;
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Says where staff of the demonstration sign in, and with which codes at first.
fn say_staff(config: &Config, port: u16, staff: Vec<demonstration::Enrolment>) -> std::io::Result<()> {
    let listen = std::net::SocketAddr::new(config.listen.ip(), port);
    let origin = config.staff.origin(listen);
    say::line(format_args!("\nStaff sign in at {origin}/staff. Codes to enrol with, each once:\n"))?;
    staff.iter().try_for_each(|enrolment| {
        let demonstration::Enrolment { login, code } = enrolment;
        say::line(format_args!("  {login:13}  {code}"))
    })
}

async fn run_fill(fill: Fill) -> Result<ExitCode, Failed> {
    let config = Config { demonstration: true, ..Config::load(None, Some(&fill.data))? };
    let recipe =
        demonstration::Recipe { applications: fill.applications, seed: fill.seed, now: Clock::System.now() };
    demonstration::fill_for_bench(&config, Clock::System, recipe, &fill.bench_samples).await?;
    Ok(ExitCode::SUCCESS)
}

async fn run_office(Office::Import { file, dry_run, place }: Office) -> Result<ExitCode, Failed> {
    let config = configured(&place)?;
    start_log(&config)?;
    let store = open_store(&config, None).await?;
    let mode = if dry_run { Mode::Try } else { Mode::Put };
    say::line(import(&store, Clock::System, &file, mode).await?)?;
    Ok(ExitCode::SUCCESS)
}

fn run_inquire(asked: Inquire) -> Result<ExitCode, Failed> {
    let language = Language::parse(&asked.language)
        .ok_or_else(|| format!("language {:?} is not spoken here; use zh or en", asked.language))?;
    let typed = inquiry::Typed {
        citizen_number: asked.number,
        applied_on: asked.applied_on,
        name: asked.name,
        receipt_number: asked.receipt,
        work: None,
    };
    let said = inquire(&Asking { server: asked.server, language, json: asked.json }, &typed)?;
    if said.answered || asked.json {
        say::line(said.text.trim_end())?;
    } else {
        eprintln!("{}", said.text.trim_end());
    }
    Ok(if said.answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Logs go to the error output; they name requests, never people.
pub(super) fn start_log(config: &Config) -> Result<(), Failed> {
    // That there was nothing to migrate is no news; what a client of a stream or of the
    // database says, we say in our own words, and without the values.
    let filter = EnvFilter::try_new(format!(
        "refinery_core=warn,async_nats=warn,tokio_postgres=warn,{}",
        config.log.level
    ))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal());
    let log = log.with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    }
}
