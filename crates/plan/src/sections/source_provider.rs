//! The keys of a `[[source]]` that is read from the API of a provider.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::base_url;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use providers::{Account, Connection, PROVIDERS, ProviderSpec, StreamSpec, provider, stream_of};
use toml::Spanned;

use crate::sections::{secret_of_environment, secret_of_file};
use crate::{Plan, PlanError, SourceSection, nearest};

/// How a source is read from its provider.
#[derive(Clone, Copy, Debug)]
pub struct ProviderSource<'a> {
    pub source: &'a SourceSection,
    pub provider: &'static ProviderSpec,
    pub stream: &'static StreamSpec,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl SourceSection {
    /// Returns how the source is read from its provider; none if it is read from files.
    pub fn of_provider(&self) -> Option<ProviderSource<'_>> {
        let (provider, stream) = (self.provider_spec()?, self.stream_spec()?);
        let at = |it: &Option<Spanned<String>>| it.as_ref().and_then(|it| moment(it.get_ref()));
        Some(ProviderSource { source: self, provider, stream, since: at(&self.since), until: at(&self.until) })
    }

    fn provider_spec(&self) -> Option<&'static ProviderSpec> {
        provider(self.provider.as_ref()?.get_ref())
    }

    pub(crate) fn stream_spec(&self) -> Option<&'static StreamSpec> {
        stream_of(self.provider_spec()?, self.stream.as_ref().map(|it| it.get_ref().as_str()))
    }

    /// Returns the name of the profile: that of the plan, else that of the stream.
    pub(crate) fn profile_name(&self) -> &str {
        let of_stream = || self.stream_spec().and_then(|it| it.profile);
        self.profile.as_ref().map_or_else(|| of_stream().unwrap_or("columns"), |it| it.get_ref())
    }

    pub(crate) fn profile_at(&self) -> usize {
        self.profile.as_ref().map_or(self.name.span().start, |it| it.span().start)
    }

    /// Whether the source holds scenarios and no contacts.
    pub(crate) fn holds_scenarios(&self) -> bool {
        self.stream_spec().is_some_and(|it| it.profile.is_none())
    }

    /// Whether a run goes on without the source if it cannot be read.
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// Whether the source is read from the API of a provider.
    pub fn has_provider(&self) -> bool {
        self.provider.is_some()
    }

    /// Returns the variables and files that hold secrets of the source.
    pub fn places_of_secrets(&self) -> Vec<String> {
        let variables = [&self.account_env, &self.token_env].into_iter().flatten().map(|it| it.get_ref().clone());
        variables.chain(self.token_file.iter().map(|it| it.get_ref().display().to_string())).collect()
    }

    /// Checks the keys of a provider before profiles are resolved.
    pub(crate) fn check_stream(&self, plan: &Plan) -> Result<(), PlanError> {
        let Some(given) = &self.provider else {
            return self.check_of_files(plan);
        };
        let unknown = |at: &Spanned<String>, what: &str, known: Vec<String>| {
            let near = nearest(at.get_ref(), &known).map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
            let message = format!("unknown {what} `{}`, expected one of {}{near}", at.get_ref(), known.join(", "));
            plan.wrong(at.span().start, message)
        };
        let Some(spec) = self.provider_spec() else {
            return Err(unknown(given, "provider", PROVIDERS.iter().map(|it| it.name.to_owned()).collect()));
        };
        if self.stream_spec().is_none() {
            let at = self.stream.as_ref().unwrap_or(given);
            let known = spec.streams.iter().map(|it| it.name.to_owned()).collect();
            return Err(unknown(at, &format!("stream of {}", spec.title), known));
        }
        Ok(())
    }

    /// A source of files needs a path, a channel and a profile, and has no keys of a provider.
    fn check_of_files(&self, plan: &Plan) -> Result<(), PlanError> {
        let (name, at) = (self.name.get_ref(), self.name.span().start);
        let lacks =
            [("channel", self.channel.is_none()), ("path", self.path.is_none()), ("profile", self.profile.is_none())];
        if let Some((key, _)) = lacks.iter().find(|it| it.1) {
            return Err(plan.wrong(at, format!("source \"{name}\": missing field `{key}`")));
        }
        let text = |it: &Option<Spanned<String>>| it.as_ref().map(|it| it.span().start);
        let of_provider = [
            ("stream", text(&self.stream)),
            ("account_env", text(&self.account_env)),
            ("token_env", text(&self.token_env)),
            ("url", text(&self.url)),
            ("since", text(&self.since)),
            ("until", text(&self.until)),
            ("ids_from", text(&self.ids_from)),
            ("sender", text(&self.sender)),
            ("api_region", text(&self.api_region)),
            ("project", text(&self.project)),
            ("app", text(&self.app)),
            ("opt_out_list", text(&self.opt_out_list)),
        ];
        match of_provider.iter().find_map(|(key, at)| Some((key, (*at)?))) {
            Some((key, at)) => {
                Err(plan.wrong(at, format!("{key} is for a source with a provider: add provider = \"…\"")))
            }
            None => Ok(()),
        }
    }

    /// Checks the values of the keys of a provider.
    pub(crate) fn check_provider(&self, plan: &Plan) -> Result<(), PlanError> {
        let Some(ProviderSource { provider, stream, since, until, .. }) = self.of_provider() else { return Ok(()) };
        let (name, at) = (self.name.get_ref(), self.name.span().start);
        for (key, given, read) in [("since", &self.since, since), ("until", &self.until, until)] {
            let Some(given) = given else { continue };
            if read.is_none() {
                let message =
                    format!("{key} is a date such as \"2026-01-31\", or a moment such as \"2026-01-31T08:00:00Z\"");
                return Err(plan.wrong(given.span().start, message));
            }
            let Some(windows) = stream.windows.spec() else {
                let message =
                    format!("source \"{name}\": {} have no dates to choose by: leave {key} out", stream.title);
                return Err(plan.wrong(given.span().start, message));
            };
            if windows.has_whole_days && read.is_some_and(|it| it.as_second().rem_euclid(86_400) != 0) {
                let message =
                    format!("{key}: {} gives whole days of UTC: write a date such as \"2026-01-31\"", provider.title);
                return Err(plan.wrong(given.span().start, message));
            }
        }
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(plan.wrong(at, format!("source \"{name}\": since is not before until")));
        }
        if stream.consumes && !self.consume {
            let message = format!(
                "source \"{name}\": {} returns each record of this stream once, and what a crash loses cannot be read again; \
                 if you accept that, write consume = true",
                provider.title
            );
            return Err(plan.wrong(at, message));
        }
        if let (Some(what), None) = (provider.account, &self.account_env) {
            return Err(plan.wrong(at, format!("source \"{name}\" needs account_env: the variable with the {what}")));
        }
        if self.token_env.is_none() && self.token_file.is_none() {
            let message = format!("source \"{name}\" needs token_env or token_file: the {}", provider.secret);
            return Err(plan.wrong(at, message));
        }
        for key in stream.needs {
            if self.setting(key).is_none() {
                return Err(plan.wrong(at, format!("source \"{name}\" needs {}", key_of(key))));
            }
        }
        if let Some(ids_from) = &self.ids_from
            && !plan.sources.iter().any(|it| it.name.get_ref() == ids_from.get_ref() && it.name.get_ref() != name)
        {
            let message = format!("ids_from: the plan has no other source \"{}\"", ids_from.get_ref());
            return Err(plan.wrong(ids_from.span().start, message));
        }
        let is_other = |it: &&SourceSection| it.has_provider() && it.name.get_ref() != name && it.path() == self.path();
        if let Some(other) = plan.all_sources().find(is_other) {
            let message = format!(
                "sources \"{name}\" and \"{}\" have one path: each needs a folder of its own",
                other.name.get_ref()
            );
            return Err(plan.wrong(at, message));
        }
        self.bases(plan).map(drop)
    }

    fn setting(&self, key: &str) -> Option<&Spanned<String>> {
        match key {
            "ids_from" => self.ids_from.as_ref(),
            "sender" => self.sender.as_ref(),
            "region" => self.api_region.as_ref(),
            "project" => self.project.as_ref(),
            "app" => self.app.as_ref(),
            "opt_out_list" => self.opt_out_list.as_ref(),
            _ => None,
        }
    }

    /// The addresses of the hosts of the provider.
    fn bases(&self, plan: &Plan) -> Result<Vec<url::Url>, PlanError> {
        let Some(provider) = self.provider_spec() else { return Ok(Vec::new()) };
        let region = self.api_region.as_ref().map_or("us-east-1", |it| it.get_ref());
        let base = |host: &&str| {
            let (text, at) = match &self.url {
                Some(url) => (url.get_ref().clone(), url.span().start),
                None => (host.replace("{region}", region), self.name.span().start),
            };
            base_url(&text).map_err(|error| plan.wrong(at, format!("url: {error}")))
        };
        provider.hosts.iter().map(base).collect()
    }
}

impl ProviderSource<'_> {
    /// Returns the account and the addresses, with secrets from the environment or a file. `ids` are those that the stream
    /// asks about.
    pub fn connection(&self, plan: &Plan, ids: Vec<String>) -> Result<Connection, PlanError> {
        let source = self.source;
        let id = match (&source.account_env, self.provider.account) {
            (Some(variable), Some(what)) => secret_of_environment(plan, variable, &format!("the {what}"))?,
            _ => String::new(),
        };
        let settings = ["sender", "region", "project", "app", "opt_out_list"].into_iter();
        let settings = settings.filter_map(|it| Some((it.to_owned(), source.setting(it)?.get_ref().clone())));
        Ok(Connection {
            account: Account { id, secret: self.secret(plan)? },
            bases: source.bases(plan)?,
            settings: settings.collect::<BTreeMap<_, _>>(),
            ids,
            may_consume: source.consume,
        })
    }

    fn secret(&self, plan: &Plan) -> Result<String, PlanError> {
        let source = self.source;
        match (&source.token_env, &source.token_file) {
            (Some(variable), _) => secret_of_environment(plan, variable, &format!("the {}", self.provider.secret)),
            (None, Some(file)) => secret_of_file(plan, file),
            (None, None) => Ok(String::new()),
        }
    }

    /// Returns the folder in which pages are kept, as an absolute path.
    pub fn folder(&self, plan: &Plan) -> PathBuf {
        plan.folder().join(self.source.path())
    }

    /// Returns the name of the source whose ids are asked about.
    pub fn ids_from(&self) -> Option<&str> {
        self.source.ids_from.as_ref().map(|it| it.get_ref().as_str())
    }

    pub fn max_calls(&self) -> Option<u64> {
        self.source.max_calls.map(std::num::NonZeroU64::get)
    }

    pub fn allows_private(&self) -> bool {
        self.source.allow_private
    }
}

/// The key of a plan for a setting of a stream.
fn key_of(setting: &str) -> &str {
    if setting == "region" { "api_region" } else { setting }
}

/// Reads a date, which begins at midnight UTC, or a moment.
fn moment(text: &str) -> Option<Timestamp> {
    let day = |it: Date| it.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
    text.parse().ok().or_else(|| text.parse().ok().and_then(day))
}
