//! The way to a stream: the server, the account, the durable consumer.

use crate::app::Failed;
use crate::config;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event};
use std::path::Path;
use std::time::Duration;

/// How long a message may be on its way through us before the server delivers it to somebody again.
const ACK_WAIT: Duration = Duration::from_secs(30);
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A consumer, and the connection it speaks through.
pub(super) struct Consumer {
    pub(super) client: Client,
    pub(super) pull: PullConsumer,
}

/// Connects and finds the durable consumer; makes it where it is missing.
///
/// A connection that breaks later is made again by itself.
///
/// # Errors
/// Says which file, server, stream or consumer does not do, and what to change.
pub(super) async fn connect(setting: &config::Stream) -> Result<Consumer, Failed> {
    let servers: Vec<&str> = setting.server.split(',').map(str::trim).collect();
    let client = options(setting)
        .await?
        .connect(servers.as_slice())
        .await
        .map_err(|error| format!("{} cannot be reached: {error}", setting.server))?;
    let pull = consumer(&jetstream::new(client.clone()), setting).await?;
    Ok(Consumer { client, pull })
}

async fn options(setting: &config::Stream) -> Result<ConnectOptions, Failed> {
    let feed = setting.feed.clone();
    let mut options = ConnectOptions::new()
        .name("jindu")
        .connection_timeout(PATIENCE)
        .request_timeout(Some(PATIENCE))
        .event_callback(move |event| {
            tell(&feed, &event);
            std::future::ready(())
        });
    if let Some(file) = &setting.credentials {
        options = options.credentials_file(file).await.map_err(|error| unusable(file, &error))?;
    }
    if let Some(file) = &setting.root_certificates {
        readable(file)?;
        options = options.add_root_certificates(file.clone());
    }
    if let (Some(certificate), Some(key)) = (&setting.certificate, &setting.certificate_key) {
        readable(certificate)?;
        readable(key)?;
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    let sealed = setting.server.split(',').any(|server| server.trim().starts_with("tls://"));
    Ok(options.require_tls(sealed))
}

/// A file that cannot be read is named here; the client would only say that it found none.
fn readable(file: &Path) -> Result<(), Failed> {
    Ok(std::fs::File::open(file).map(drop).map_err(|error| unusable(file, &error))?)
}

fn unusable(file: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be used: {error}", file.display())
}

/// The log names the feed and what became of the connection, never a subject or a message.
fn tell(feed: &str, event: &Event) {
    match event {
        Event::Connected => tracing::info!(feed, "stream connected"),
        Event::Disconnected => tracing::warn!(feed, "stream lost its connection; trying again"),
        Event::LameDuckMode | Event::Draining | Event::Closed => tracing::info!(feed, "stream: {event}"),
        Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
            tracing::warn!(feed, "stream: {event}");
        }
    }
}

async fn consumer(jetstream: &Context, setting: &config::Stream) -> Result<PullConsumer, Failed> {
    let config::Stream { stream: name, durable, .. } = setting;
    let stream = jetstream
        .get_stream(name)
        .await
        .map_err(|error| format!("stream {name} cannot be used: {error}; its owner makes it, not we"))?;
    let wanted = pull::Config {
        durable_name: Some(durable.clone()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_ack_pending: i64::from(setting.batch) * 4,
        ..pull::Config::default()
    };
    let found = stream
        .get_or_create_consumer(durable, wanted)
        .await
        .map_err(|error| format!("consumer {durable} of stream {name} cannot be used: {error}"))?;
    if found.cached_info().config.ack_policy != AckPolicy::Explicit {
        let why = "does not acknowledge message by message; name another durable, or delete it there";
        return Err(format!("consumer {durable} of stream {name} {why}").into());
    }
    Ok(found)
}
