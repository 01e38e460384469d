//! A client of `POST /v1/contacts` that does the least, for scripts/bench-verify: it asks about all numbers of a file, eight
//! calls at once, reads each answer, and keeps nothing but how many there were. It says how many seconds that took.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};

type Failure = Box<dyn Error + Send + Sync>;

const BATCH: usize = 1000;
const CALLS_AT_ONCE: usize = 8;

#[derive(Serialize)]
struct Question<'a> {
    blocking: &'static str,
    contacts: &'a [String],
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    contacts: Vec<Checked<'a>>,
}

#[derive(Deserialize)]
struct Checked<'a> {
    input: &'a str,
    status: &'a str,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let [url, file] = std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "plain URL FILE")?;
    let numbers: Vec<String> = std::fs::read_to_string(file)?.lines().map(str::to_owned).collect();
    let (client, url) = (reqwest::Client::new(), format!("{url}/v1/contacts"));
    let started = Instant::now();
    let calls = numbers.chunks(BATCH).map(|contacts| {
        let question = serde_json::to_vec(&Question { blocking: "wait", contacts });
        let call = client.post(&url).header(CONTENT_TYPE, "application/json");
        tokio::spawn(async move {
            let body = call.body(question?).send().await?.bytes().await?;
            let answer: Answer = serde_json::from_slice(&body)?;
            let is_answer = |it: &&Checked| !it.input.is_empty() && !it.status.is_empty();
            Ok::<_, Failure>(answer.contacts.iter().filter(is_answer).count())
        })
    });
    let answered = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
    let answered: usize = answered.map(|it| it?).try_fold(0, |sum, n| async move { Ok(sum + n) }).await?;
    let seconds = started.elapsed().as_secs_f64();
    if answered != numbers.len() {
        return Err(format!("{answered} of {} numbers were answered for", numbers.len()).into());
    }
    println!("{seconds}");
    Ok(())
}
