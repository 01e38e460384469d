//! Text of sources that are read from providers.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use model::{counted, grouped};
use pages::{PullCoverage, PullFinding};
use providers::{PROVIDERS, ProviderSpec, StreamSpec};
use pull::{Checked, Forecast, PulledSource};
use run::UnreadSource;

/// `twilio: 2,345 records in 3 pages, 2026-01-01 to 2026-02-01`
pub fn pulled(source: &PulledSource) -> String {
    let PulledSource { name, coverage, calls, new_rows } = source;
    let new = match calls {
        0 => "already read".to_owned(),
        calls => format!("{} in {}", counted(*new_rows, "record"), counted(*calls, "call")),
    };
    let period = period(coverage).map_or(String::new(), |it| format!(", {it}"));
    let findings: Vec<String> = coverage.findings.iter().map(finding).collect();
    let findings = findings.iter().map(|it| format!("; {it}")).collect::<String>();
    format!("{name}: {new}{period}{findings}")
}

/// All sources that were read, one a line.
pub fn all_pulled(sources: &[PulledSource]) -> String {
    sources.iter().map(|it| pulled(it) + "\n").collect()
}

/// `2026-01-01 to 2026-02-01 08:30 UTC`
fn period(coverage: &PullCoverage) -> Option<String> {
    Some(format!("{} to {}", moment(coverage.since?), moment(coverage.until?)))
}

/// A moment in UTC; midnight is a day.
fn moment(at: Timestamp) -> String {
    match at.as_second().rem_euclid(86_400) {
        0 => at.strftime("%F").to_string(),
        _ => at.strftime("%F %R UTC").to_string(),
    }
}

/// The facts of a reading, one a line.
pub fn coverage_lines(coverage: &PullCoverage) -> Vec<String> {
    let period = period(coverage).map_or(String::new(), |it| format!(" of {it}"));
    let mut lines = vec![format!(
        "{} in {}{period}, read from the provider",
        counted(coverage.rows, "record"),
        counted(coverage.pages, "page")
    )];
    if !coverage.is_complete {
        lines.push("the last reading has not come to its end: the same command goes on with it".to_owned());
    }
    lines.extend(coverage.findings.iter().map(finding));
    lines
}

fn finding(finding: &PullFinding) -> String {
    match finding {
        PullFinding::KeptSince { wanted, since } => {
            format!("{} was asked for; the provider keeps records only since {}", moment(*wanted), moment(*since))
        }
        PullFinding::TotalDiffers { claimed, records } => {
            format!("the provider counts {} records; {} came", grouped(*claimed), grouped(*records))
        }
        PullFinding::NothingCame => {
            "no record came: see whether the account is the right one, and the time that is read".to_owned()
        }
        PullFinding::Moved { times } => {
            let times = if *times == 1 { "once".to_owned() } else { format!("{} times", grouped(*times)) };
            format!("records were deleted while they were read: pages were read again {times}")
        }
        PullFinding::Deleted { records } => {
            format!(
                "{} of an earlier reading are deleted at the provider; they stay in the pages",
                counted(*records, "record")
            )
        }
    }
}

/// Warnings about a reading: what came is not what the provider counts, or was deleted meanwhile.
pub fn warnings(name: &str, coverage: &PullCoverage) -> Vec<String> {
    coverage.findings.iter().map(|it| format!("source \"{name}\": {}", finding(it))).collect()
}

/// The warning about an optional source that could not be read.
pub fn unread(source: &UnreadSource) -> String {
    let UnreadSource { name, provider, why, holds_refusals, has_earlier } = source;
    let goes_on = match has_earlier {
        true => "the run goes on with what was read before",
        false => "the run goes on without it",
    };
    let refusals = match holds_refusals {
        true => "; it can hold refusals, so people to write to are not exported until it is read",
        false => "",
    };
    format!("source \"{name}\" was not read from {provider}: {why}; {goes_on}{refusals}")
}

/// Why a run without some sources does not end well; none if it read all.
pub fn why_not_well(unread: &[UnreadSource]) -> Option<String> {
    let n = unread.len() as u64;
    (n > 0).then(|| {
        format!(
            "{} could not be read from {}",
            counted(n, "source"),
            if n == 1 { "its provider" } else { "their providers" }
        )
    })
}

/// The result of checking a source.
pub fn checked(checked: &Checked) -> String {
    let mut parts = vec![match checked.has_read {
        true => format!("{} accepts the credentials", checked.host),
        false => format!("{} was reached, and asked for nothing", checked.host),
    }];
    if let Some(window) = checked.window {
        parts.push(format!("{} to {} can be read", moment(window.since), moment(window.until)));
    }
    parts.push(forecast(&checked.forecast));
    parts.join("; ")
}

fn forecast(forecast: &Forecast) -> String {
    let mut text = match (forecast.rows, forecast.calls) {
        (Some(rows), Some(calls)) => format!("about {} in {}", counted(rows, "record"), counted(calls, "call")),
        _ => "how many records there are cannot be told before".to_owned(),
    };
    if let Some(duration) = forecast.duration {
        let _ = write!(text, ", {}", duration_text(duration));
    }
    match forecast.price_of_row {
        Some((0, _)) => text += "; each record is charged, also when it is read again: see the prices of your contract",
        Some((micros, currency)) => {
            let _ = write!(text, "; each costs {} {currency}, also when it is read again", amount(micros));
        }
        None => text += "; free of charge",
    }
    text
}

/// `0.0005`
fn amount(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn duration_text(duration: Duration) -> String {
    match duration.as_secs() {
        0..=1 => "a second or two at most".to_owned(),
        seconds @ 2..=119 => format!("at least {seconds} seconds"),
        seconds @ 120..=7199 => format!("at least {} minutes", seconds / 60),
        seconds => format!("at least {} hours", seconds / 3600),
    }
}

/// All providers and their streams.
pub fn list() -> String {
    let mut text = String::new();
    for provider in PROVIDERS {
        let _ = writeln!(text, "{} ({})", provider.name, provider.title);
        for stream in provider.streams {
            let _ = writeln!(text, "  {:16} {}", stream.name, stream_line(provider, stream));
        }
    }
    text
}

fn stream_line(_: &ProviderSpec, stream: &StreamSpec) -> String {
    let mut parts = vec![stream.title.to_owned()];
    if let Some(kept) = stream.windows.spec().and_then(|it| it.kept) {
        parts.push(format!("{} days", kept.days));
    }
    match stream.price {
        None => {}
        Some((0, _)) => parts.push("each record is charged".to_owned()),
        Some((micros, currency)) => parts.push(format!("{} {currency} a record", amount(micros))),
    }
    if stream.consumes {
        parts.push("each record comes once".to_owned());
    }
    if stream.holds_refusals {
        parts.push("can hold refusals".to_owned());
    }
    parts.join("; ")
}
