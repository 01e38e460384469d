//! Checks `[sending]`, and fills in its defaults.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZoneDatabase;
use phone::PhoneNumber;
use rollout::Window;
use toml::Spanned;
use url::Host;

use super::{PlanSending, Risk, SendingGates, SendingMode, SendingSection};
use crate::error::{nearest, with_nearest};
use crate::secrets::key_path;
use crate::sections::webhook::WebhookKind;
use crate::{Plan, PlanError};

/// Digits of the id of a number.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 1..=32;
/// More people than that are no test.
const MOST_TEST_RECIPIENTS: usize = 200;

impl SendingSection {
    /// Checks the section. `[whatsapp]` and the webhooks of the plan have been checked before.
    pub(crate) fn read(self, plan: &Plan) -> Result<PlanSending, PlanError> {
        self.check_number(plan)?;
        self.check_account(plan)?;
        Ok(PlanSending {
            mode: *self.mode.get_ref(),
            number: self.number.get_ref().clone(),
            test_recipients: self.read_recipients(plan)?,
            per_second: in_range(plan, "per_second", self.per_second.as_ref(), 1..=1000)?,
            messages_per_hour: Some(self.per_hour.as_ref().map_or(super::PER_HOUR, |it| *it.get_ref()))
                .filter(|it| *it > 0),
            people_per_day: in_range(plan, "people_per_day", self.people_per_day.as_ref(), 1..=u32::MAX)?,
            hours: self.read_hours(plan)?,
            zone: self.read_zone(plan)?,
            timeout: Duration::from_millis(
                in_range(plan, "timeout_ms", self.timeout_ms.as_ref(), 1..=60_000)?.unwrap_or(super::TIMEOUT_MS),
            ),
            webhook: self.read_webhook(plan)?,
            log: self.log_path(plan),
            gates: self.read_gates(plan)?,
            leave_out: self.read_leave_out(),
            allows_us_marketing: self.allow_us_marketing,
            confirm_stop: self.read_confirm_stop(plan)?,
            at: self.mode.span().start,
        })
    }

    fn check_number(&self, plan: &Plan) -> Result<(), PlanError> {
        let number = self.number.get_ref();
        if NUMBER_DIGITS.contains(&number.len()) && number.bytes().all(|it| it.is_ascii_digit()) {
            return Ok(());
        }
        let message = "number is the id of the number that sends, digits only: copy phone_number_id from the settings of \
            your account";
        Err(plan.wrong(self.number.span().start, message.into()))
    }

    /// Fails without an account, and in the sandbox's mode if the account is not on this machine.
    fn check_account(&self, plan: &Plan) -> Result<(), PlanError> {
        let at = self.mode.span().start;
        let Some(account) = &plan.whatsapp else {
            let message = "[sending] needs the account that sends: add [whatsapp] with account = \"…\"";
            return Err(plan.wrong(at, message.into()));
        };
        let url = account.base_url(plan)?;
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        match (*self.mode.get_ref(), is_here) {
            (SendingMode::Sandbox, false) => {
                let message = "mode = \"sandbox\" sends to this machine only: give [whatsapp] a url such as \
                    \"http://127.0.0.1:8480/v25.0\", or choose mode = \"test\"";
                Err(plan.wrong(at, message.into()))
            }
            _ => Ok(()),
        }
    }

    fn read_recipients(&self, plan: &Plan) -> Result<Vec<PhoneNumber>, PlanError> {
        let numbers = self.test_recipients.as_ref().map_or(&[][..], |it| it.get_ref());
        let at = self.test_recipients.as_ref().map_or(self.mode.span().start, |it| it.span().start);
        if numbers.is_empty() && *self.mode.get_ref() == SendingMode::Test {
            let message = "mode = \"test\" sends to test_recipients only: add test_recipients = [\"+33…\"]";
            return Err(plan.wrong(at, message.into()));
        }
        if numbers.len() > MOST_TEST_RECIPIENTS {
            let message = format!("test_recipients has {} numbers: {MOST_TEST_RECIPIENTS} are the most", numbers.len());
            return Err(plan.wrong(at, message));
        }
        let number = |(n, given): (usize, &Spanned<String>)| {
            // The error does not repeat the number, which belongs to a person.
            let parsed = PhoneNumber::parse(given.get_ref(), None).ok().filter(|_| given.get_ref().starts_with('+'));
            parsed.map(|it| it.number).ok_or_else(|| {
                let message = format!(
                    "test_recipients: number {n} is not one such as +33199000001: write + and the country code"
                );
                plan.wrong(given.span().start, message)
            })
        };
        (1..).zip(numbers).map(number).collect()
    }

    fn read_hours(&self, plan: &Plan) -> Result<Window, PlanError> {
        match &self.hours {
            Some(given) => hours(plan, given),
            None => Ok(default_hours()),
        }
    }

    fn read_zone(&self, plan: &Plan) -> Result<Option<String>, PlanError> {
        let Some(zone) = &self.zone else { return Ok(None) };
        let (name, zones) = (zone.get_ref(), TimeZoneDatabase::bundled());
        if zones.get(name).is_ok() {
            return Ok(Some(name.clone()));
        }
        let known: Vec<String> = zones.available().map(|it| it.as_str().to_owned()).collect();
        let hint = nearest(name, &known).map_or(String::new(), |it| format!("; did you mean \"{it}\"?"));
        Err(plan.wrong(zone.span().start, format!("\"{name}\" is not a time zone such as Europe/Paris{hint}")))
    }

    /// The webhook that the plan names, or the only one that can bring statuses.
    fn read_webhook(&self, plan: &Plan) -> Result<Option<String>, PlanError> {
        let webhooks = plan.webhooks.iter().filter(|it| it.kind() != WebhookKind::Twilio);
        let names: Vec<&str> = webhooks.map(|it| it.name()).collect();
        let listed = names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        match (&self.webhook, names.as_slice()) {
            (Some(given), names) if names.contains(&given.get_ref().as_str()) => Ok(Some(given.get_ref().clone())),
            (Some(given), []) => {
                let message = format!(
                    "the plan has no [[webhook]] \"{}\" of kind \"meta\" or \"360dialog\": add it, or leave out webhook",
                    given.get_ref()
                );
                Err(plan.wrong(given.span().start, message))
            }
            (Some(given), _) => {
                let message = format!("unknown webhook `{}`, expected one of {listed}", given.get_ref());
                Err(plan.wrong(given.span().start, with_nearest(&message)))
            }
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some((*only).to_owned())),
            (None, [first, ..]) => {
                let message = format!(
                    "the plan has several webhooks that can bring statuses ({listed}): name one, such as webhook = \"{first}\""
                );
                Err(plan.wrong(self.mode.span().start, message))
            }
        }
    }

    fn log_path(&self, plan: &Plan) -> PathBuf {
        match &self.log {
            Some(path) => plan.folder().join(path),
            None => key_path(plan).with_file_name(super::DEFAULT_LOG),
        }
    }

    fn read_gates(&self, plan: &Plan) -> Result<SendingGates, PlanError> {
        let share = |key: &str, given: &Option<Spanned<f64>>, default: f64| {
            in_range(plan, key, given.as_ref(), 0.0..=1.0).map(|it| it.unwrap_or(default))
        };
        let watch = in_range(plan, "watch_minutes", self.watch_minutes.as_ref(), 0..=1440)?;
        Ok(SendingGates {
            min_delivered: share("min_delivered", &self.min_delivered, super::MIN_DELIVERED)?,
            max_failed: share("max_failed", &self.max_failed, super::MAX_FAILED)?,
            max_refusers: share("max_refusers", &self.max_refusers, super::MAX_REFUSERS)?,
            max_not_registered: share("max_not_registered", &self.max_not_registered, super::MAX_NOT_REGISTERED)?,
            max_stops: share("max_stops", &self.max_stops, super::MAX_STOPS)?,
            test_wave: self.read_test_wave(plan)?,
            watch: Duration::from_secs(60 * u64::from(watch.unwrap_or(super::WATCH_MINUTES))),
        })
    }

    fn read_test_wave(&self, plan: &Plan) -> Result<u32, PlanError> {
        let Some(given) = &self.test_wave else { return Ok(super::TEST_WAVE) };
        match (*given.get_ref(), self.mode.get_ref()) {
            (0, SendingMode::Sandbox) => Ok(0),
            (0, _) => {
                let message =
                    "test_wave is 0: only mode = \"sandbox\" sends without a test wave, others from 100 to 200";
                Err(plan.wrong(given.span().start, message.into()))
            }
            (n, _) => plan.check_range("test_wave", given, 100..=200).map(|()| n),
        }
    }

    fn read_confirm_stop(&self, plan: &Plan) -> Result<Option<String>, PlanError> {
        let Some(given) = &self.confirm_stop else { return Ok(None) };
        let text = given.get_ref().trim();
        let message = match text.chars().count() {
            0 => "confirm_stop is empty: write what somebody reads who has said stop, or leave it out".to_owned(),
            n if n > super::MOST_TEXT => {
                format!("confirm_stop has {n} characters: WhatsApp takes {} at the most", super::MOST_TEXT)
            }
            _ => return Ok(Some(text.to_owned())),
        };
        Err(plan.wrong(given.span().start, message))
    }

    fn read_leave_out(&self) -> Vec<Risk> {
        let Some(given) = &self.leave_out else { return Risk::ALL.to_vec() };
        let mut risks: Vec<Risk> = given.iter().map(|it| *it.get_ref()).collect();
        risks.sort_unstable();
        risks.dedup();
        risks
    }
}

/// Returns a number that the plan gives, if it is in its range.
fn in_range<T: Copy + PartialOrd + std::fmt::Display>(
    plan: &Plan,
    key: &str,
    given: Option<&Spanned<T>>,
    range: std::ops::RangeInclusive<T>,
) -> Result<Option<T>, PlanError> {
    let Some(given) = given else { return Ok(None) };
    plan.check_range(key, given, range).map(|()| Some(*given.get_ref()))
}

/// The hours of a plan that names none.
pub(crate) fn default_hours() -> Window {
    rollout::Limits::default().hours.window
}

/// Reads the hours of a day; `any` is the whole day.
pub(crate) fn hours(plan: &Plan, given: &Spanned<String>) -> Result<Window, PlanError> {
    let text = if given.get_ref() == "any" { "00:00-24:00" } else { given.get_ref() };
    Window::parse(text).ok_or_else(|| {
        let message = format!(
            "hours \"{}\": write them such as \"09:00-20:00\", the end after the start, or \"any\"",
            given.get_ref()
        );
        plan.wrong(given.span().start, message)
    })
}
