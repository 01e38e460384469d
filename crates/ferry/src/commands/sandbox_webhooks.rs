use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};
use jiff::Timestamp;
use model::{counted, grouped};
use results::WebhooksSent;
use sandbox::webhooks::{
    Pace, RequestLog, SendSettings, Sender, Sent, Signer, Target, Traffic, TrafficSettings, Webhook, WebhookFile,
    WebhookKind, WebhookWriter,
};

use crate::cli::sandbox_webhooks::{SendingArgs, WebhooksArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::text;

/// Sends invented webhooks, or those of a file, and says what became of them.
pub(crate) async fn send(args: &WebhooksArgs, output: Output) -> Result<Exit> {
    let target = Target::parse(&args.to, args.sending.allow_remote)?;
    let webhooks = webhooks(args, &target)?;
    let log = args.log.as_deref().map(|it| created(RequestLog::create(it), it)).transpose()?;
    let mut copies = args.bodies.as_deref().map(|it| created(WebhookWriter::create(it), it)).transpose()?;
    let copied = webhooks.map(|webhook| {
        let webhook = webhook?;
        if let Some(copies) = &mut copies {
            copies.add(&webhook).context("could not write the file of --bodies")?;
        }
        Ok::<_, Error>(webhook)
    });
    let slow = Duration::from_secs(args.tricks.slow_seconds.into());
    let sender = Sender::start(target, send_settings(&args.sending, slow), log);
    pace(&args.sending).send(&sender, copied).await?;
    let sent = sender.finish().await.context("could not write the log")?;
    if let Some(copies) = copies {
        copies.finish().context("could not write the file of --bodies")?;
    }
    let result = result(&sent);
    output.print(&result, || lines(&result))?;
    Ok(if sent.forged_accepted + sent.given_up > 0 { Exit::Failed } else { Exit::Done })
}

fn created<T>(file: io::Result<T>, path: &Path) -> Result<T> {
    file.with_context(|| format!("could not create {}", text::path(path)))
}

/// The webhooks to send, one by one.
fn webhooks(args: &WebhooksArgs, target: &Target) -> Result<Box<dyn Iterator<Item = Result<Webhook>>>> {
    if let Some(path) = &args.from {
        return Ok(Box::new(WebhookFile::open(path)?.map(|it| it.map_err(Error::from))));
    }
    let is_of_twilio = args.kind == WebhookKind::Twilio;
    ensure!(!is_of_twilio || args.tricks.truncated == 0.0, "--truncated: a form that is cut is still a form");
    let secret = secret(args)?;
    let url = args.public_url.as_deref().unwrap_or(&args.to);
    let signer = Signer::new(args.kind, &secret, url).context("the secret is empty: anybody could sign with it")?;
    let tricks = &args.tricks;
    let settings = TrafficSettings {
        seed: args.seed,
        profile: args.profile,
        events: args.events,
        starts_at: args.starts_at.unwrap_or_else(Timestamp::now),
        path: target.path.clone(),
        doubled: tricks.doubled,
        shuffled: tricks.shuffled,
        late: tricks.late,
        forged: tricks.forged,
        truncated: tricks.truncated,
        cut_off: tricks.cut_off,
        slow: tricks.slow,
        large: tricks.large,
    };
    Ok(Box::new(Traffic::new(settings, signer).map(Ok)))
}

fn secret(args: &WebhooksArgs) -> Result<String> {
    if let Some(path) = &args.secret_file {
        let secret = std::fs::read_to_string(path);
        let secret = secret.with_context(|| format!("could not read the secret from {}", text::path(path)))?;
        return Ok(secret.trim().to_owned());
    }
    let variable = args.secret_env.as_deref().unwrap_or_default();
    std::env::var(variable).with_context(|| format!("the environment variable {variable} is not set"))
}

fn send_settings(args: &SendingArgs, slow: Duration) -> SendSettings {
    SendSettings {
        connections: args.connections as usize,
        answer_timeout: Duration::from_secs(args.timeout.into()) + slow,
        slow,
        retry_for: Duration::from_secs(args.retry_for.into()),
        ..SendSettings::default()
    }
}

fn pace(args: &SendingArgs) -> Pace {
    let burst = args.burst.map(|it| Duration::from_secs(it.into()));
    Pace { rate: args.rate.map(f64::from), burst }
}

fn result(sent: &Sent) -> WebhooksSent {
    let ms = |it: Duration| (it.as_secs_f64() * 1e5).round() / 100.0;
    WebhooksSent {
        webhooks: sent.webhooks,
        requests: sent.requests,
        acknowledged: sent.acknowledged,
        acknowledged_events: sent.acknowledged_events,
        kinds: sent.kinds.iter().map(|(kind, n)| (kind.name().to_owned(), *n)).collect(),
        answers: sent.answers.iter().map(|(status, n)| (status.to_string(), *n)).collect(),
        unanswered: sent.unanswered,
        given_up: sent.given_up,
        forged_accepted: sent.forged_accepted,
        seconds: (sent.took.as_secs_f64() * 1_000.0).round() / 1_000.0,
        rate: (sent.rate() * 10.0).round() / 10.0,
        p50_ms: ms(sent.times.median),
        p99_ms: ms(sent.times.p99),
        max_ms: ms(sent.times.longest),
        behind_ms: ms(sent.most_behind),
    }
}

fn lines(sent: &WebhooksSent) -> String {
    let listed = |it: &mut dyn Iterator<Item = String>| it.collect::<Vec<_>>().join(", ");
    let kinds = listed(&mut sent.kinds.iter().map(|(kind, n)| format!("{} {kind}", grouped(*n))));
    let unanswered = (sent.unanswered > 0).then(|| format!("{} without an answer", grouped(sent.unanswered)));
    let answers = sent.answers.iter().map(|(status, n)| format!("{} with {status}", grouped(*n)));
    let mut text = format!(
        "sent         {} in {}: {kinds}\n\
         acknowledged {} with {}\n\
         answered     {}\n\
         answers in   {} ms (half), {} ms (99 of 100), {} ms (all)\n\
         rate         {} answers a second for {} s; at most {} ms behind\n",
        counted(sent.webhooks, "webhook"),
        counted(sent.requests, "request"),
        counted(sent.acknowledged, "webhook"),
        counted(sent.acknowledged_events, "event"),
        listed(&mut answers.chain(unanswered)),
        sent.p50_ms,
        sent.p99_ms,
        sent.max_ms,
        sent.rate,
        sent.seconds,
        sent.behind_ms,
    );
    if sent.answers.is_empty() {
        text += "no server    nothing answered: is a server listening at the address of --to?\n";
    }
    if sent.given_up > 0 {
        text += &format!("given up     {}: --retry-for was over\n", counted(sent.given_up, "webhook"));
    }
    if sent.forged_accepted > 0 {
        text +=
            &format!("forged       {} accepted: the server believes wrong signatures\n", grouped(sent.forged_accepted));
    }
    text
}
