//! A client of `POST /v1/contacts` that does as little as possible, for scripts/bench-verify. It checks all numbers of a
//! file with eight calls at once, reads each answer, keeps only their count, and prints the seconds that this took.

#![allow(clippy::print_stdout, reason = "it prints its result")]

use std::error::Error;
use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};

type Failure = Box<dyn Error + Send + Sync>;

const BATCH: usize = 1000;
const CALLS_AT_ONCE: usize = 8;

#[derive(Serialize)]
struct CheckRequest<'a> {
    blocking: &'static str,
    contacts: &'a [String],
}

#[derive(Deserialize)]
struct CheckResponse<'a> {
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
        let request = serde_json::to_vec(&CheckRequest { blocking: "wait", contacts });
        let call = client.post(&url).header(CONTENT_TYPE, "application/json");
        tokio::spawn(async move {
            let body = call.body(request?).send().await?.bytes().await?;
            let answer: CheckResponse = serde_json::from_slice(&body)?;
            let is_answer = |it: &&Checked| !it.input.is_empty() && !it.status.is_empty();
            Ok::<_, Failure>(answer.contacts.iter().filter(is_answer).count())
        })
    });
    let answered = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
    let answered: usize = answered.map(|it| it?).try_fold(0, |sum, n| async move { Ok(sum + n) }).await?;
    let seconds = started.elapsed().as_secs_f64();
    if answered != numbers.len() {
        return Err(format!("{answered} of {} numbers have an answer", numbers.len()).into());
    }
    println!("{seconds}");
    Ok(())
}
