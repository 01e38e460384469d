//! A provider in this process, for tests.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use expect_test::Expect;
use http::{CallError, ClientConfig, Hooks, base_url};
use tempfile::TempDir;

use crate::{Account, Call, Connection, Method, PageRead, PullError, PullOptions, Pulled, provider, pull, stream_of};

/// A connection whose hosts are all at one address.
pub(crate) fn connection(name: &str, url: &str) -> Connection {
    let base = base_url(url).unwrap();
    let settings = [("region", "eu-west-1"), ("project", "proj"), ("app", "app1")];
    Connection {
        account: Account { id: "acct".into(), secret: "secret".into() },
        bases: provider(name).unwrap().hosts.iter().map(|_| base.clone()).collect(),
        settings: settings.map(|(key, value)| (key.into(), value.into())).into(),
        ids: Vec::new(),
        may_consume: false,
    }
}

/// A call, what came of it, and the call that comes next, as lines.
pub(crate) struct Shown(String);

pub(crate) fn shown(call: &Call, page: &Result<PageRead, CallError>) -> Shown {
    let line = |it: &Call| {
        let method = if it.method == Method::Get { "GET" } else { "POST" };
        let body = if it.body.is_null() { String::new() } else { format!(" {}", it.body) };
        format!("{method} {}{body}", it.path)
    };
    let mut text = line(call) + "\n";
    let page = page.as_ref().unwrap();
    for row in &page.rows {
        let at = row.at.map(|it| format!(" {it}")).unwrap_or_default();
        let _ = writeln!(text, "{}{at}", row.id);
    }
    if let Some(total) = page.total {
        let _ = writeln!(text, "of {total}");
    }
    if let Some(next) = &page.next {
        let _ = writeln!(text, "then {}", line(next));
    }
    Shown(text)
}

impl Shown {
    #[track_caller]
    pub(crate) fn assert(&self, expected: Expect) {
        expected.assert_eq(&self.0);
    }
}

/// A call as the server got it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// How many calls came before.
    pub(crate) number: usize,
    /// The path with the query, decoded.
    pub(crate) path: String,
    /// The header `Authorization`; empty without one.
    pub(crate) authorization: String,
    pub(crate) target: String,
    pub(crate) body: String,
}

impl Asked {
    /// Returns a number of the query; 0 if it has none.
    pub(crate) fn number_of(&self, key: &str) -> usize {
        self.query(key).and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn query(&self, key: &str) -> Option<String> {
        let query = self.path.split_once('?')?.1;
        query.split('&').find_map(|it| Some(it.strip_prefix(key)?.strip_prefix('=')?.to_owned()))
    }
}

/// A server on this machine that answers as a test says, until it is dropped.
pub(crate) struct Served {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: tokio::task::JoinHandle<()>,
    folder: TempDir,
}

impl Served {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (answer, heard) = (Arc::new(answer), Arc::clone(&asked));
        let handler = move |request: Request| {
            let (answer, heard) = (Arc::clone(&answer), Arc::clone(&heard));
            async move {
                let number = heard.lock().unwrap().len();
                let asked = read(request, number).await;
                let (status, body) = answer(&asked);
                heard.lock().unwrap().push(asked);
                // The body of a redirect is where it leads.
                let location = if status == 307 { body.clone() } else { String::new() };
                (StatusCode::from_u16(status).unwrap(), [("location", location)], body)
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, asked, serving, folder: tempfile::tempdir().unwrap() }
    }

    /// Returns the calls that came.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Reads a stream from the server.
    pub(crate) async fn pull(&self, name: &str, stream: &str) -> Result<Pulled, PullError> {
        let provider = provider(name).unwrap();
        let spec = stream_of(provider, Some(stream)).unwrap();
        let options = PullOptions {
            since: Some("2026-02-20T00:00:00Z".parse().unwrap()),
            until: None,
            goes_on: false,
            is_brief: false,
            orders_again: false,
            now: "2026-03-10T00:00:00Z".parse().unwrap(),
            max_calls: Some(500),
            client: ClientConfig { attempts: 3, backoff: Duration::from_millis(1), ..ClientConfig::default() },
            hooks: Hooks::default(),
        };
        pull(provider, spec, &connection(name, &self.url), self.folder.path(), &options, &|_| {}).await
    }

    /// Returns the ids of the records that are kept.
    pub(crate) fn kept(&self, name: &str, stream: &str) -> BTreeSet<String> {
        let spec = stream_of(provider(name).unwrap(), Some(stream)).unwrap();
        let stream = (spec.open)(&connection(name, &self.url));
        let contents = pages::read_store(self.folder.path()).unwrap();
        let mut ids = BTreeSet::new();
        for placed in contents.frames.iter().filter(|it| it.frame.rows > 0) {
            let call = serde_json::from_value(placed.frame.call.clone()).unwrap();
            let page = stream.read(&call, &contents.body(placed).unwrap()).unwrap();
            ids.extend(page.rows.into_iter().map(|it| it.id));
        }
        ids
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn read(request: Request, number: usize) -> Asked {
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).map_or("", |it| it.to_str().unwrap()).to_owned();
    let path = head.uri.path_and_query().unwrap().as_str();
    let path = path.replace("%5B", "[").replace("%5D", "]").replace("%3A", ":");
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Asked { number, path, authorization: header("authorization"), target: header("x-amz-target"), body }
}
