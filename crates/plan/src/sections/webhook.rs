//! `[[webhook]]`: an address that a platform calls with what happens.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::secret_of_environment;
use crate::{Plan, PlanError};

/// The days for which raw bodies are kept, if the plan does not say. They hold what people wrote.
pub const KEEP_DAYS: u32 = 30;
/// The API of 360dialog, and the variable with the key of a number.
const DEFAULT_API_URL: &str = "https://waba-v2.360dialog.io";
const DEFAULT_API_KEY: &str = "FERRY_360DIALOG_KEY";
/// Limits the path of a webhook. Platforms limit the whole address.
const MOST_PATH_BYTES: usize = 200;
/// The shortest part of a path that nobody guesses: 20 letters and digits.
const LEAST_SECRET_PART: usize = 20;
/// The paths that the server has of its own.
const OWN_PATHS: [&str; 2] = ["/health", "/metrics"];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSection {
    /// Who calls the address: `meta` (the Cloud API), `360dialog` or `twilio`.
    #[schemars(with = "WebhookKind")]
    kind: Spanned<WebhookKind>,
    /// The name in logs, metrics and the database. Two webhooks of one kind need names. Default: the kind.
    #[schemars(with = "Option<String>", regex(pattern = "^[a-z0-9][a-z0-9-]{0,63}$"))]
    name: Option<Spanned<String>>,
    /// The path of the address, such as `/webhooks/meta`.
    #[schemars(with = "String", regex(pattern = "^/"))]
    path: Spanned<String>,
    /// The environment variables with the secrets that sign the bodies: the app secret of Meta, the platform secret of
    /// 360dialog, the auth token of Twilio. All of them count, so name the old and the new one while you change it.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    secrets_env: Option<Spanned<Vec<Spanned<String>>>>,
    /// The file with these secrets, one a line, relative to the plan, instead of `secrets_env`.
    #[schemars(with = "Option<PathBuf>")]
    secrets_file: Option<Spanned<PathBuf>>,
    /// `360dialog` without a platform secret: the environment variable with the USER:PASSWORD that it sends by HTTP
    /// Basic, instead of `secrets_env`. The last part of `path` then has at least 20 characters that nobody guesses.
    /// Nothing signs what comes, so a yes is put to review, and a refusal counts.
    #[schemars(with = "Option<String>")]
    basic_env: Option<Spanned<String>>,
    /// `meta` only: the environment variable with the token of the handshake. You choose it, and enter it where you
    /// register the address.
    #[schemars(with = "Option<String>")]
    verify_token_env: Option<Spanned<String>>,
    /// The address as the platform calls it, with its path. `twilio` needs it, because it signs the address.
    #[schemars(with = "Option<String>")]
    public_url: Option<Spanned<String>>,
    /// The address that gets each body after it was stored, with its headers: the program that has answered until now.
    #[schemars(with = "Option<String>")]
    forward: Option<Spanned<String>>,
    /// `360dialog` only: the environment variable with the API key of the number. `ferry webhook` needs it. If the plan names a
    /// variable, it must be set.
    #[schemars(with = "Option<String>", extend("default" = DEFAULT_API_KEY))]
    api_key_env: Option<Spanned<String>>,
    /// `360dialog` only: the address of its API, for `ferry webhook`.
    #[schemars(with = "Option<String>", extend("default" = DEFAULT_API_URL))]
    api_url: Option<Spanned<String>>,
    /// The days for which raw bodies are kept. What was read in them stays.
    #[schemars(with = "Option<u32>", range(min = 1, max = 3650), extend("default" = KEEP_DAYS))]
    keep_days: Option<Spanned<u32>>,
}

/// The platform that calls a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum WebhookKind {
    #[serde(rename = "meta")]
    Meta,
    #[serde(rename = "360dialog")]
    Dialog360,
    #[serde(rename = "twilio")]
    Twilio,
}

impl WebhookKind {
    /// The word for it in a plan.
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Dialog360 => "360dialog",
            Self::Twilio => "twilio",
        }
    }
}

/// How a webhook knows its platform. It has no `Debug`: it holds secrets.
pub enum WebhookProof {
    /// Any of these secrets signs. None is empty.
    Secrets(Vec<String>),
    /// The platform sends this `USER:PASSWORD` and signs nothing.
    Basic(String),
}

impl WebhookSection {
    pub fn kind(&self) -> WebhookKind {
        *self.kind.get_ref()
    }

    /// The name in logs, metrics and the database. No other webhook of the plan has it.
    pub fn name(&self) -> &str {
        self.name.as_ref().map_or(self.kind().name(), |it| it.get_ref())
    }

    /// The path. No other webhook of the plan has it.
    pub fn path(&self) -> &str {
        self.path.get_ref()
    }

    /// Whether the path is a secret, which must not be shown.
    pub fn has_secret_path(&self) -> bool {
        self.basic_env.is_some()
    }

    /// The address as the platform calls it, if the plan says.
    pub fn public_url(&self) -> Option<&str> {
        self.public_url.as_ref().map(|it| it.get_ref().as_str())
    }

    /// The address that gets the bodies after they were stored.
    pub fn forward(&self) -> Option<&str> {
        self.forward.as_ref().map(|it| it.get_ref().as_str())
    }

    /// The address of the API of 360dialog.
    pub fn api_url(&self, plan: &Plan) -> Result<Url, PlanError> {
        let (url, at) = self.api_url.as_ref().map_or((DEFAULT_API_URL, 0), |it| (it.get_ref(), it.span().start));
        http::base_url(url).map_err(|error| plan.wrong(at, format!("api_url: {error}")))
    }

    /// The key of the number at 360dialog.
    pub fn api_key(&self, plan: &Plan) -> Result<String, PlanError> {
        let what = "the API key of the number at 360dialog";
        if let Some(variable) = &self.api_key_env {
            return secret_of_environment(plan, variable, what);
        }
        match std::env::var(DEFAULT_API_KEY).unwrap_or_default().trim() {
            "" => {
                let message = format!("the environment has no {DEFAULT_API_KEY}: set it to {what}");
                Err(plan.wrong(self.kind.span().start, message))
            }
            key => Ok(key.to_owned()),
        }
    }

    /// The days for which raw bodies are kept.
    pub fn keep_days(&self) -> u32 {
        self.keep_days.as_ref().map_or(KEEP_DAYS, |it| *it.get_ref())
    }

    /// Reads the secrets from the environment or their file.
    pub fn proof(&self, plan: &Plan) -> Result<WebhookProof, PlanError> {
        if let Some(variable) = &self.basic_env {
            let basic = secret_of_environment(plan, variable, "the USER:PASSWORD that the platform sends")?;
            return match basic.split_once(':') {
                Some((user, password)) if !user.is_empty() && !password.is_empty() => Ok(WebhookProof::Basic(basic)),
                _ => {
                    let message = format!("{} is not USER:PASSWORD in the environment", variable.get_ref());
                    Err(plan.wrong(variable.span().start, message))
                }
            };
        }
        if let Some(variables) = &self.secrets_env {
            let secret = |it| secret_of_environment(plan, it, "the secret that signs the webhook");
            let secrets: Result<Vec<String>, PlanError> = variables.get_ref().iter().map(secret).collect();
            return secrets.map(WebhookProof::Secrets);
        }
        let file = self.secrets_file.as_ref().ok_or_else(|| self.lacks_secrets(plan))?;
        secrets_of_file(plan, file).map(WebhookProof::Secrets)
    }

    /// Reads the token of the handshake, if the plan names one.
    pub fn verify_token(&self, plan: &Plan) -> Result<Option<String>, PlanError> {
        let variable = self.verify_token_env.as_ref();
        let token = |it| secret_of_environment(plan, it, "the token that you enter where you register the address");
        variable.map(token).transpose()
    }

    pub(crate) fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        self.name.as_ref().map_or(Ok(()), |it| plan.check_name("a webhook", it))?;
        self.check_path(plan)?;
        self.check_secrets(plan)?;
        if let (Some(token), true) = (&self.verify_token_env, self.kind() != WebhookKind::Meta) {
            let message = format!("verify_token_env is for kind = \"meta\": {} has no handshake", self.kind().name());
            return Err(plan.wrong(token.span().start, message));
        }
        for (key, given) in [("api_key_env", &self.api_key_env), ("api_url", &self.api_url)] {
            if let (Some(given), true) = (given, self.kind() != WebhookKind::Dialog360) {
                let message = format!("{key} is for kind = \"360dialog\"");
                return Err(plan.wrong(given.span().start, message));
            }
        }
        self.api_url(plan)?;
        for (key, url) in [("public_url", &self.public_url), ("forward", &self.forward)] {
            url.as_ref().map_or(Ok(()), |it| check_url(plan, key, it))?;
        }
        if let (WebhookKind::Twilio, None) = (self.kind(), &self.public_url) {
            let message = format!(
                "Twilio signs the address that it calls: add public_url = \"https://YOUR-HOST{}\"",
                self.path.get_ref()
            );
            return Err(plan.wrong(self.kind.span().start, message));
        }
        self.keep_days.as_ref().map_or(Ok(()), |it| plan.check_range("keep_days", it, 1..=3650))
    }

    fn check_path(&self, plan: &Plan) -> Result<(), PlanError> {
        let path = self.path.get_ref();
        let wrong = |message: String| Err(plan.wrong(self.path.span().start, message));
        let is_usual = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | '~' | '/');
        let is_right = path.len() <= MOST_PATH_BYTES
            && path.chars().all(is_usual)
            && path.strip_prefix('/').is_some_and(|it| it.split('/').all(|it| !matches!(it, "" | "." | "..")));
        if !is_right {
            return wrong(format!("path \"{path}\": write a path such as /webhooks/meta, of letters, digits, - _ . ~"));
        }
        if OWN_PATHS.contains(&path.as_str()) {
            return wrong(format!(
                "path \"{path}\" is one of the server's own: choose another, such as /webhooks/meta"
            ));
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        if self.has_secret_path() && last.len() < LEAST_SECRET_PART {
            return wrong(format!(
                "nothing signs this webhook, so its path is a secret: end it with {LEAST_SECRET_PART} or more random letters \
                 and digits"
            ));
        }
        Ok(())
    }

    fn check_secrets(&self, plan: &Plan) -> Result<(), PlanError> {
        let given: Vec<(&str, usize)> = [
            self.secrets_env.as_ref().map(|it| ("secrets_env", it.span().start)),
            self.secrets_file.as_ref().map(|it| ("secrets_file", it.span().start)),
            self.basic_env.as_ref().map(|it| ("basic_env", it.span().start)),
        ]
        .into_iter()
        .flatten()
        .collect();
        match given.as_slice() {
            [] => Err(self.lacks_secrets(plan)),
            [("secrets_env", at)] if self.secrets_env.as_ref().is_some_and(|it| it.get_ref().is_empty()) => {
                Err(plan.wrong(*at, "secrets_env names no variable".into()))
            }
            [("basic_env", at)] if self.kind() != WebhookKind::Dialog360 => {
                let name = self.kind().name();
                let message =
                    format!("basic_env is for kind = \"360dialog\": {name} signs its bodies, name secrets_env");
                Err(plan.wrong(*at, message))
            }
            [_] => Ok(()),
            [(first, _), (second, at), ..] => {
                Err(plan.wrong(*at, format!("the webhook has {first} and {second}: give one")))
            }
        }
    }

    fn lacks_secrets(&self, plan: &Plan) -> PlanError {
        let variable = match self.kind() {
            WebhookKind::Meta => "FERRY_META_SECRET",
            WebhookKind::Dialog360 => "FERRY_360DIALOG_SECRET",
            WebhookKind::Twilio => "FERRY_TWILIO_TOKEN",
        };
        let message = format!("anyone could send to this webhook: add secrets_env = [\"{variable}\"]");
        plan.wrong(self.kind.span().start, message)
    }
}

impl Plan {
    /// Fails if a webhook is wrong, or two have one name or path.
    pub(crate) fn check_webhooks(&self) -> Result<(), PlanError> {
        for (n, webhook) in self.webhooks.iter().enumerate() {
            webhook.check(self)?;
            let before = &self.webhooks[..n];
            if before.iter().any(|it| it.path() == webhook.path()) {
                let message = format!("two webhooks have the path \"{}\"", webhook.path());
                return Err(self.wrong(webhook.path.span().start, message));
            }
            if before.iter().any(|it| it.name() == webhook.name()) {
                let at = webhook.name.as_ref().map_or(webhook.kind.span().start, |it| it.span().start);
                let message =
                    format!("two webhooks are named \"{}\": give each a name, such as name = \"shop\"", webhook.name());
                return Err(self.wrong(at, message));
            }
        }
        Ok(())
    }
}

/// Fails if an address is not one of HTTPS, or of this machine. It may have a query.
fn check_url(plan: &Plan, key: &str, url: &Spanned<String>) -> Result<(), PlanError> {
    let without_query = Url::parse(url.get_ref()).map(|mut it| {
        it.set_query(None);
        it.to_string()
    });
    let checked = http::base_url(without_query.as_deref().unwrap_or_default());
    checked.map(drop).map_err(|error| plan.wrong(url.span().start, format!("{key}: {error}")))
}

/// The secrets in a file, one a line.
fn secrets_of_file(plan: &Plan, file: &Spanned<PathBuf>) -> Result<Vec<String>, PlanError> {
    let wrong =
        |why: String| plan.wrong(file.span().start, format!("secrets_file {}: {why}", file.get_ref().display()));
    let text = run::read_small_text(&plan.folder().join(file.get_ref()), run::MOST_SECRET_BYTES);
    let text = text.map_err(|error| wrong(error.to_string()))?;
    let secrets: Vec<String> = text.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect();
    match secrets.is_empty() {
        true => Err(wrong("it is empty".to_owned())),
        false => Ok(secrets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tests::PLAN;

    const META: &str =
        "[[webhook]]\nkind = \"meta\"\npath = \"/webhooks/meta\"\nsecrets_env = [\"FERRY_TEST_NO_SECRET\"]\n";
    const DIALOG: &str =
        "[[webhook]]\nkind = \"360dialog\"\npath = \"/webhooks/d\"\nsecrets_file = \"secrets\"\nkeep_days = 7\n";

    /// The plan with these sections, read, and its webhooks with their secrets.
    fn read(sections: &str) -> Result<Vec<String>, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("plan.toml");
        std::fs::write(home.path().join("secrets"), "new\n\n old \n").unwrap();
        std::fs::write(home.path().join("empty"), "\n").unwrap();
        // The section begins at the line 20.
        std::fs::write(&path, format!("{PLAN}{sections}")).unwrap();
        let shown = |error: PlanError| error.to_string().replace(&format!("{}/", home.path().display()), "");
        let plan = Plan::read(&path).map_err(shown)?;
        let webhooks = plan.webhooks.iter().map(|it| {
            let secrets = match it.proof(&plan)? {
                WebhookProof::Secrets(secrets) => secrets.join(" "),
                WebhookProof::Basic(basic) => basic,
            };
            it.verify_token(&plan)?;
            Ok(format!("{} {} {} {} {secrets}", it.name(), it.kind().name(), it.path(), it.keep_days()))
        });
        webhooks.collect::<Result<_, _>>().map_err(shown)
    }

    fn error(sections: &str) -> String {
        read(sections).err().unwrap_or_else(|| "fine".to_owned())
    }

    #[test]
    fn a_webhook_has_its_secrets_in_the_environment_or_a_file() {
        assert_eq!(read(DIALOG).unwrap(), ["360dialog 360dialog /webhooks/d 7 new old"]);
        let named = DIALOG.replace("path", "name = \"shop\"\npath").replace("keep_days = 7\n", "");
        assert_eq!(read(&named).unwrap(), ["shop 360dialog /webhooks/d 30 new old"]);
        assert_eq!(
            error(META),
            "plan.toml:22: the environment has no FERRY_TEST_NO_SECRET: set it to the secret that signs the webhook"
        );
        assert_eq!(error(&DIALOG.replace("\"secrets\"", "\"empty\"")), "plan.toml:22: secrets_file empty: it is empty");
    }

    #[test]
    fn two_webhooks_of_one_kind_need_names_and_paths_of_their_own() {
        let other = DIALOG.replace("/webhooks/d", "/webhooks/e");
        assert_eq!(
            error(&format!("{DIALOG}{other}")),
            "plan.toml:25: two webhooks are named \"360dialog\": give each a name, such as name = \"shop\""
        );
        assert_eq!(error(&format!("{DIALOG}{}", other.replace("path", "name = \"shop\"\npath"))), "fine");
        assert_eq!(error(&DIALOG.repeat(2)), "plan.toml:26: two webhooks have the path \"/webhooks/d\"");
    }

    #[test]
    fn a_wrong_webhook_is_told_with_its_line_and_what_to_write() {
        for (from, to, expected) in [
            (
                "\"360dialog\"",
                "\"360dialogue\"",
                "plan.toml:20: unknown variant `360dialogue`, expected one of `meta`, `360dialog`, `twilio`; did you mean \
                 `360dialog`?",
            ),
            (
                "secrets_file",
                "secret_file",
                "plan.toml:22: unknown field `secret_file`, expected one of `kind`, `name`, `path`, `secrets_env`, \
                 `secrets_file`, `basic_env`, `verify_token_env`, `public_url`, `forward`, `api_key_env`, \
                 `api_url`, `keep_days`; did you mean `secrets_file`?",
            ),
            (
                "secrets_file = \"secrets\"\n",
                "",
                "plan.toml:20: anyone could send to this webhook: add secrets_env = [\"FERRY_360DIALOG_SECRET\"]",
            ),
            ("secrets_file = \"secrets\"", "secrets_env = []", "plan.toml:22: secrets_env names no variable"),
            (
                "keep_days = 7",
                "secrets_env = [\"X\"]",
                "plan.toml:22: the webhook has secrets_env and secrets_file: give one",
            ),
            (
                "secrets_file = \"secrets\"",
                "basic_env = \"X\"",
                "plan.toml:21: nothing signs this webhook, so its path is a secret: end it with 20 or more random letters \
                 and digits",
            ),
            ("keep_days = 7", "keep_days = 0", "plan.toml:23: keep_days is 0: it can be from 1 to 3650"),
            (
                "keep_days = 7",
                "verify_token_env = \"X\"",
                "plan.toml:23: verify_token_env is for kind = \"meta\": 360dialog has no handshake",
            ),
            (
                "keep_days = 7",
                "api_url = \"http://example.com\"",
                "plan.toml:23: api_url: the address must begin with https:// (http:// is only for this machine, such as \
                 http://127.0.0.1:8480)",
            ),
            (
                "keep_days = 7",
                "forward = \"http://example.com/hook?a=1\"",
                "plan.toml:23: forward: the address must begin with https:// (http:// is only for this machine, such as \
                 http://127.0.0.1:8480)",
            ),
            ("keep_days = 7", "forward = \"https://example.com/hook?a=1\"", "fine"),
            (
                "\"360dialog\"",
                "\"twilio\"",
                "plan.toml:20: Twilio signs the address that it calls: add public_url = \"https://YOUR-HOST/webhooks/d\"",
            ),
            (
                "/webhooks/d",
                "/health",
                "plan.toml:21: path \"/health\" is one of the server's own: choose another, such as /webhooks/meta",
            ),
        ] {
            assert_eq!(error(&DIALOG.replace(from, to)), expected, "{to}");
        }
        for path in ["webhooks", "/", "/a/", "//a", "/a//b", "/a/../b", "/a?b", "/a b", "/é"] {
            let error = error(&DIALOG.replace("/webhooks/d", path));
            assert!(error.starts_with(&format!("plan.toml:21: path \"{path}\": write a path")), "{error}");
        }
    }
}
