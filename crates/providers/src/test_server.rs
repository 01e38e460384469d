//! A provider in this process, for tests of the driver with real connections.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{ClientConfig, Hooks, base_url};
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::{Account, Connection, PullError, PullOptions, Pulled, provider, pull, stream_of};

/// What the server does with a request.
pub(crate) enum Reply {
    /// Answers with a status and a body.
    Answer(u16, Vec<u8>),
    /// Ends the connection before the end of a body.
    Cut(Vec<u8>),
    /// Ends the connection without an answer.
    Lost,
}

impl Reply {
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::Answer(200, value.to_string().into_bytes())
    }
}

/// A request, as its method with its path, and its body.
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The number under a key of the query.
    pub(crate) fn number(&self, key: &str) -> Option<usize> {
        let query = self.line.split_once('?')?.1;
        query.split('&').find_map(|it| it.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
    }
}

/// A server on this machine that answers by a function, and keeps the lines of all requests.
pub(crate) struct Server {
    url: url::Url,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = base_url(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let (answer, kept) = (Arc::new(Mutex::new(answer)), Arc::clone(&lines));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(asked) = read_request(&mut stream).await {
                        kept.lock().unwrap().push(asked.line.clone());
                        let reply = (*answer.lock().unwrap())(&asked);
                        if !send(&mut stream, reply).await {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, lines }
    }

    /// Returns the requests since the last call.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }

    /// Reads a stream of a provider from here. Records that come once are read too.
    pub(crate) async fn pull(
        &self,
        name: &str,
        stream: &str,
        folder: &Path,
        options: &PullOptions,
    ) -> Result<Pulled, PullError> {
        let provider = provider(name).unwrap();
        let spec = stream_of(provider, Some(stream)).unwrap();
        pull(provider, spec, &self.connection(), folder, options, &|_| {}).await
    }

    /// Reads a stream as another account.
    pub(crate) async fn pull_as(
        &self,
        account: &str,
        name: &str,
        stream: &str,
        folder: &Path,
        options: &PullOptions,
    ) -> Result<Pulled, PullError> {
        let provider = provider(name).unwrap();
        let spec = stream_of(provider, Some(stream)).unwrap();
        let mut connection = self.connection();
        connection.account.id = account.to_owned();
        pull(provider, spec, &connection, folder, options, &|_| {}).await
    }

    /// Returns the ids of all records that a folder has, sorted and once each.
    pub(crate) fn ids_kept(&self, name: &str, stream: &str, folder: &Path) -> Vec<String> {
        let spec = stream_of(provider(name).unwrap(), Some(stream)).unwrap();
        let stream = (spec.open)(&self.connection());
        let contents = pages::read_store(folder).unwrap();
        let mut ids = Vec::new();
        for placed in contents.frames.iter().filter(|it| it.frame.kind == pages::FrameKind::Page) {
            let call = serde_json::from_value(placed.frame.call.clone()).unwrap();
            let body = contents.body(placed).unwrap();
            ids.extend(stream.read(&call, &body).unwrap().rows.into_iter().map(|it| it.id));
        }
        ids.sort();
        ids.dedup();
        ids
    }

    fn connection(&self) -> Connection {
        Connection { may_consume: true, ..connection(&[self.url.as_str(); 6]) }
    }
}

/// An account at hosts.
pub(crate) fn connection(bases: &[&str]) -> Connection {
    Connection {
        account: Account { id: "abcd1234".to_owned(), secret: "secret".to_owned() },
        bases: bases.iter().map(|it| base_url(it).unwrap()).collect(),
        settings: [("sender".to_owned(), "Ma Marque".to_owned())].into(),
        ids: Vec::new(),
        may_consume: false,
    }
}

/// Options for the time from `since` to `until`, asked for an hour later.
pub(crate) fn options(since: &str, until: &str) -> PullOptions {
    let at = |it: &str| it.parse::<Timestamp>().unwrap();
    PullOptions {
        since: Some(at(since)),
        until: Some(at(until)),
        goes_on: false,
        is_brief: false,
        orders_again: false,
        now: at(until).checked_add(jiff::SignedDuration::from_hours(1)).unwrap(),
        max_calls: None,
        client: ClientConfig { backoff: Duration::from_millis(1), attempts: 3, ..ClientConfig::default() },
        hooks: Hooks::default(),
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).await.ok().filter(|it| *it > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        length = line.strip_prefix("content-length:").map_or(length, |it| it.trim().parse().unwrap());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let line = first.rsplit_once(' ').map(|it| it.0.to_owned())?;
    Some(Asked { line, body })
}

/// Sends a reply; false if the connection ends.
async fn send(stream: &mut BufReader<TcpStream>, reply: Reply) -> bool {
    let head = |status: u16, n_bytes: usize| format!("HTTP/1.1 {status} X\r\ncontent-length: {n_bytes}\r\n\r\n");
    let (bytes, goes_on) = match reply {
        Reply::Answer(status, body) => ([head(status, body.len()).into_bytes(), body].concat(), true),
        Reply::Cut(body) => ([head(200, body.len() + 1).into_bytes(), body].concat(), false),
        Reply::Lost => return false,
    };
    stream.get_mut().write_all(&bytes).await.is_ok() && goes_on
}

/// What the profile of a stream reads in a folder of pages: `phone or Viber id|words or state|moment` of each record.
pub(crate) fn rows_by_profile(name: &str, stream: &str, folder: &Path) -> Vec<String> {
    let spec = stream_of(provider(name).unwrap(), Some(stream)).unwrap();
    let profiles = extract::Profile::built_in().unwrap();
    let profile = profiles.iter().find(|it| Some(it.name.as_str()) == spec.profile).unwrap();
    let mut files = pages::read_store(folder).unwrap().segments;
    files.sort();
    let settings = extract::Settings::of_profiles(std::slice::from_ref(profile));
    let probed = extract::probe(&files, &settings).unwrap();
    let layout = profile.layout(folder, &probed.columns).unwrap();
    let mut rows = Vec::new();
    let add = |row: extract::Row| -> Result<(), extract::ExtractError> {
        let cells = row.cells.unwrap();
        rows.push(match layout.contact(|it| cells.get(it)) {
            Ok(raw) => {
                let who = if raw.phone.is_empty() { raw.viber_id } else { raw.phone };
                let event = raw.event.map(|it| it.state.name().to_owned());
                format!("{who}|{}|{}", event.unwrap_or_else(|| raw.message.to_owned()), raw.last_at)
            }
            Err(reason) => reason.code().to_owned(),
        });
        Ok(())
    };
    extract::read(&probed, add).unwrap();
    rows
}
