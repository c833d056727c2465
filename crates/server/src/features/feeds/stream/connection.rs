//! The way to a stream: the server, the account, the durable consumer.

use crate::app::Failed;
use crate::config;
use async_nats::jetstream::consumer::{self, AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event};
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
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
        // The operator names the servers; another one that they tell of might be reached in the open.
        .ignore_discovered_servers()
        .event_callback(move |event| {
            tell(&feed, &event);
            std::future::ready(())
        });
    if let Some(file) = &setting.credentials {
        guarded(file, SECRET)?;
        options = options.credentials_file(file).await.map_err(|error| unusable(file, &error))?;
    }
    if let Some(file) = &setting.root_certificates {
        guarded(file, PUBLIC)?;
        options = options.add_root_certificates(file.clone());
    }
    if let (Some(certificate), Some(key)) = (&setting.certificate, &setting.certificate_key) {
        guarded(certificate, PUBLIC)?;
        guarded(key, SECRET)?;
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    let sealed = setting.server.split(',').any(|server| server.trim().starts_with("tls://"));
    Ok(options.require_tls(sealed))
}

/// Who else than its owner may not do what with a file, and what makes it so.
struct Guard {
    mode: u32,
    may: &'static str,
    advice: &'static str,
}

/// Whoever reads it can speak for us.
const SECRET: Guard = Guard { mode: 0o077, may: "read", advice: "chmod 600" };
/// Anybody may read it, but who writes to it says whom we believe.
const PUBLIC: Guard = Guard { mode: 0o022, may: "change", advice: "chmod go-w" };

/// A file that cannot be read is named here; the client would only say that it found none. One that is open to others
/// is refused.
fn guarded(file: &Path, Guard { mode, may, advice }: Guard) -> Result<(), Failed> {
    let about = File::open(file).and_then(|file| file.metadata()).map_err(|error| unusable(file, &error))?;
    if about.mode() & mode != 0 {
        return Err(format!("others may {may} {0}; run `{advice} {0}`", file.display()).into());
    }
    Ok(())
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
    match loses(&found.cached_info().config) {
        Some(why) => {
            let advice = "name another durable, or delete it there";
            Err(format!("consumer {durable} of stream {name} {why}; {advice}").into())
        }
        None => Ok(found),
    }
}

/// Why messages would be lost with a consumer that somebody else has made.
fn loses(config: &consumer::Config) -> Option<&'static str> {
    let filters = !config.filter_subject.is_empty() || !config.filter_subjects.is_empty();
    [
        (config.ack_policy != AckPolicy::Explicit, "does not acknowledge message by message"),
        (config.max_deliver > 0, "gives a message up after some deliveries (max_deliver is not -1)"),
        (filters, "delivers some subjects of the stream only (it has a filter_subject)"),
        (
            config.deliver_policy != DeliverPolicy::All,
            "leaves out what the stream has (deliver_policy is not all)",
        ),
        (config.headers_only, "delivers no bodies (headers_only)"),
    ]
    .into_iter()
    .find_map(|(loses, why)| loses.then_some(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{TcpListener, TcpStream};

    fn setting(server: &str) -> config::Stream {
        config::Stream {
            feed: "county".into(),
            server: server.into(),
            stream: "S".into(),
            durable: "d".into(),
            credentials: None,
            root_certificates: None,
            certificate: None,
            certificate_key: None,
            batch: 1,
        }
    }

    #[tokio::test]
    async fn files_that_others_could_read_or_change_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, mode| {
            let path = folder.path().join(name);
            write(&path, "nothing that anybody reads").unwrap();
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        };
        let refused = async |setting: &config::Stream| match options(setting).await {
            Err(error) => error.to_string(),
            Ok(_) => String::new(),
        };
        let usual = setting("nats://localhost:4222");
        for mode in [0o644, 0o640, 0o604, 0o620] {
            let path = file("post.creds", mode);
            let said = refused(&config::Stream { credentials: Some(path.clone()), ..usual.clone() }).await;
            assert!(said.contains(&format!("run `chmod 600 {}`", path.display())), "{mode:o}: {said}");
        }
        let tls = |certificate, key, roots: PathBuf| config::Stream {
            certificate: Some(certificate),
            certificate_key: Some(key),
            root_certificates: Some(roots),
            ..usual.clone()
        };
        let all = |[certificate, key, roots]: [u32; 3]| {
            tls(file("a.pem", certificate), file("a.key", key), file("roots.pem", roots))
        };
        assert_eq!(refused(&all([0o644, 0o600, 0o644])).await, "");
        for (modes, name) in [
            ([0o644, 0o640, 0o644], "a.key"),
            ([0o664, 0o600, 0o644], "a.pem"),
            ([0o644, 0o600, 0o646], "roots.pem"),
        ] {
            let said = refused(&all(modes)).await;
            assert!(said.contains("others may") && said.contains(name), "{said}");
        }
    }

    /// Speaks as a server that tells of another one, and hangs up.
    async fn greet(stream: TcpStream, port: u16) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let info = format!(
            "INFO {{\"server_id\":\"S\",\"server_name\":\"s\",\"version\":\"2.10.0\",\"proto\":1,\"go\":\"go\",\
             \"host\":\"127.0.0.1\",\"port\":1,\"headers\":true,\"max_payload\":1048576,\"client_id\":1,\
             \"connect_urls\":[\"127.0.0.1:{port}\"]}}\r\n"
        );
        stream.write_all(info.as_bytes()).await?;
        let mut line = String::new();
        while line.trim() != "PING" {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
        }
        stream.write_all(b"PONG\r\n").await
    }

    #[tokio::test]
    async fn a_server_cannot_lead_us_to_another_one() {
        let (named, other) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let port = other.local_addr().unwrap().port();
        let address = format!("nats://{}", named.local_addr().unwrap());
        let options = options(&setting(&address)).await.unwrap();
        let client = tokio::spawn(async move { options.connect(address).await.unwrap() });
        // Each time it is hung up on, it comes back to the server that was named.
        for _ in 0..5 {
            let came = tokio::select! {
                came = named.accept() => came.unwrap().0,
                _ = other.accept() => panic!("it went to the server that it was told of"),
            };
            greet(came, port).await.unwrap();
        }
        drop(client.await.unwrap());
    }
}
