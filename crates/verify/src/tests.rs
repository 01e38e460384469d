//! Batches against the sandbox, in this process: a provider and numbers in, evidence out.
//!
//! A provider is an adapter and what is special about it, separated by commas:
//! `contacts, fault missing, quota 45`.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use model::{Answer, ContactId, Evidence};
use phone::PhoneNumber;
use sandbox::{Clock, Fault, Limits, Login, Population, Sandbox, Templates};
use tokio::net::TcpListener;
use whatsapp::{Client, ClientConfig, Credentials, EVOLUTION_KEY, WAHA_KEY, WUZAPI_KEY, base_url};

use crate::{
    Adapter, Check, CheckOptions, ForeignIds, KnownAnswer, KnownAnswers, PollPolicy, Secret, Verified, examine, verify,
};

const TOKEN: &str = "sandbox-token";
const LOGIN: &str = "ferry:Pass-word-1";

/// A provider, as a test names it.
struct Provider {
    adapter: String,
    faults: Vec<Fault>,
    limits: Limits,
    config: ClientConfig,
    is_blocking: bool,
    has_login: bool,
    is_down: bool,
    before: Option<Answer>,
    known_registered: Vec<PhoneNumber>,
}

impl Provider {
    fn read(text: &str) -> Self {
        let mut settings = text.split(',').map(str::trim);
        let mut provider = Self {
            adapter: settings.next().unwrap().to_owned(),
            faults: Vec::new(),
            limits: Limits::default(),
            config: ClientConfig {
                timeout: Duration::from_millis(400),
                backoff: Duration::from_millis(1),
                ..ClientConfig::default()
            },
            is_blocking: true,
            has_login: false,
            is_down: false,
            before: None,
            known_registered: Vec::new(),
        };
        settings.for_each(|it| provider.set(it));
        provider
    }

    fn set(&mut self, setting: &str) {
        let (what, value) = setting.split_once(' ').unwrap_or((setting, ""));
        match what {
            "fault" => self.faults.push(value.parse().unwrap()),
            "quota" => self.config.quota = Some(value.parse().unwrap()),
            "attempts" => self.config.attempts = value.parse().unwrap(),
            "numbers-a-day" => self.limits.numbers_a_day = Some(value.parse().unwrap()),
            "lookup-seconds" => self.limits.lookup_seconds = value.parse().unwrap(),
            "non-blocking" => self.is_blocking = false,
            "login" => self.has_login = true,
            "down" => self.is_down = true,
            "before" => self.before = Answer::ALL.into_iter().find(|it| it.name() == value),
            "known" => self.known_registered.push(number(value)),
            _ => panic!("no such setting: {setting}"),
        }
    }

    /// Starts the sandbox, unless the provider is down, and makes an adapter that calls it.
    async fn adapter(&mut self) -> Adapter {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = base_url(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let sandbox = Sandbox {
            population: Population::new(3, 0.7),
            faults: Mutex::new(std::mem::take(&mut self.faults)),
            ledger: None,
            token: Some(TOKEN.to_owned()),
            login: Some(Login::of(LOGIN)),
            limits: std::mem::take(&mut self.limits),
            clock: Clock::starting(Timestamp::UNIX_EPOCH),
            templates: Templates::default(),
            uploads: sandbox::Uploads::default(),
            providers: sandbox::Providers::new(sandbox::ProviderSettings::default(), Timestamp::UNIX_EPOCH),
            sending: sandbox::Sending::default(),
            n_requests: AtomicU64::new(0),
        };
        if !self.is_down {
            tokio::spawn(sandbox::serve(sandbox, listener));
        }
        let client = |credentials| Client::new(base.clone(), credentials, self.config).unwrap();
        let key = |header| client(Credentials::Key(header, TOKEN.to_owned()));
        match self.adapter.as_str() {
            "contacts" if self.has_login => {
                Adapter::Contacts { client: client(whatsapp::login(LOGIN)), is_blocking: self.is_blocking }
            }
            "contacts" => {
                let client = client(Credentials::Bearer(TOKEN.to_owned()));
                Adapter::Contacts { client, is_blocking: self.is_blocking }
            }
            "waha" => Adapter::Waha { client: key(WAHA_KEY), session: "default".to_owned() },
            "evolution" => Adapter::Evolution { client: key(EVOLUTION_KEY), instance: "main 1".to_owned() },
            "wuzapi" => Adapter::Wuzapi { client: key(WUZAPI_KEY) },
            "green-api" => {
                let client = client(Credentials::None);
                Adapter::GreenApi { client, instance: "1101".to_owned(), token: Secret(TOKEN.to_owned()) }
            }
            other => panic!("no such adapter: {other}"),
        }
    }

    fn options(&self) -> CheckOptions {
        CheckOptions {
            valid_for: SignedDuration::from_hours(24),
            price_micros: 1000,
            concurrency: 2,
            poll: PollPolicy { n_polls: 2, between_polls: Duration::from_millis(1) },
            known_registered: self.known_registered.clone(),
            foreign_ids: ForeignIds::default(),
        }
    }
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::from_e164(text).unwrap()
}

/// Reads numbers separated by spaces; `+33199000000..20` are twenty from that one on.
fn numbers(text: &str) -> Vec<PhoneNumber> {
    let range = |it: &str| match it.split_once("..") {
        Some((first, n)) => {
            let first = number(first).digits();
            (first..first + n.parse::<u64>().unwrap()).map(PhoneNumber::from_digits).collect()
        }
        None => vec![number(it)],
    };
    text.split_whitespace().flat_map(range).collect()
}

/// Verifies one batch.
fn check(provider: &str, batch: &str, expected: Expect) {
    let mut provider = Provider::read(provider);
    let checks: Vec<Check> = numbers(batch)
        .into_iter()
        .map(|phone| Check { contact_id: id(phone), phone, before: provider.before })
        .collect();
    let text = block_on(async {
        let adapter = provider.adapter().await;
        let verified = verify(&adapter, &checks, &provider.options(), || Timestamp::UNIX_EPOCH).await;
        let counts = adapter.counts();
        shown(&verified, &checks) + &format!("checks {}, calls {}\n", counts.units, counts.calls)
    });
    expected.assert_eq(&text);
}

/// Finds out whether a provider can tell numbers apart.
fn check_provider(provider: &str, expected: Expect) {
    let mut provider = Provider::read(provider);
    let verdict = block_on(async {
        let adapter = provider.adapter().await;
        examine(&adapter, &provider.known_registered).await
    });
    expected.assert_eq(&verdict.map_or_else(|it| chain(&it), |it| format!("{it:?}")));
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn id(phone: PhoneNumber) -> ContactId {
    ContactId(u128::from(phone.digits()).to_be_bytes())
}

/// Shows a line per piece of evidence, or of more than eight how many there are of each answer.
fn shown(verified: &Verified, checks: &[Check]) -> String {
    let mut text = String::new();
    match verified.evidence.len() {
        0..=8 => verified.evidence.iter().for_each(|it| text += &line(it, checks)),
        _ => {
            for answer in Answer::ALL {
                let n = verified.evidence.iter().filter(|it| it.answer == answer).count();
                text += &if n == 0 { String::new() } else { format!("{n} {}\n", answer.name()) };
            }
        }
    }
    let crate::Mismatches { missing, doubled, unasked, odd, shared_ids } = verified.mismatches;
    if missing + doubled + unasked > 0 {
        text += &format!("{missing} missing, {doubled} doubled, {unasked} unasked\n");
    }
    if odd + shared_ids > 0 {
        text += &format!("{odd} odd, {shared_ids} shared ids\n");
    }
    if let Some(doubt) = verified.doubt {
        text += &format!("suspect: every answer was {}\n", doubt.name());
    }
    if let Some(failure) = &verified.failure {
        text += &format!("{}\n", chain(failure));
    }
    text
}

/// `+525500000001 as +5215500000001: registered (valid)`
fn line(evidence: &Evidence, checks: &[Check]) -> String {
    let phone = checks.iter().find(|it| it.contact_id == evidence.contact_id).unwrap().phone;
    let variant = evidence.variant.map_or(String::new(), |it| format!(" as {it}"));
    let wa_id = evidence.wa_id.as_ref().filter(|it| it.as_str() != phone.digits().to_string());
    let wa_id = wa_id.map_or(String::new(), |it| format!(", id {}", it.as_str()));
    format!("{phone}{variant}: {} ({}){wa_id}\n", evidence.answer.name(), evidence.raw_status.as_deref().unwrap_or("-"))
}

/// Shows an error and its cause.
fn chain(error: &dyn std::error::Error) -> String {
    format!("{error}{}", error.source().map_or(String::new(), |it| format!(": {it}")))
}

#[test]
fn an_answer_is_evidence_with_the_words_of_the_provider() {
    check(
        "contacts",
        "+33199000007..4",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            +33199000009: registered (valid)
            +33199000010: registered (valid)
            checks 4, calls 1
        "#]],
    );
}

#[test]
fn every_adapter_gives_the_same_answers() {
    let answers = |provider: &str| {
        let mut provider = Provider::read(provider);
        let checks = numbers("+33199000000..30 +5511960000000..5");
        let checks: Vec<Check> =
            checks.into_iter().map(|phone| Check { contact_id: id(phone), phone, before: None }).collect();
        let verified = block_on(async {
            let adapter = provider.adapter().await;
            verify(&adapter, &checks, &provider.options(), || Timestamp::UNIX_EPOCH).await
        });
        assert!(verified.failure.is_none(), "{:?}", verified.failure);
        verified.evidence.into_iter().map(|it| (it.contact_id, it.variant, it.answer)).collect::<Vec<_>>()
    };
    let expected = answers("contacts");
    assert!(expected.len() > 35, "some numbers have variants: {}", expected.len());
    for provider in ["contacts, login, non-blocking", "waha", "evolution", "wuzapi", "green-api"] {
        assert_eq!(answers(provider), expected, "{provider}");
    }
}

#[test]
fn variants_are_checked_until_one_is_registered() {
    check(
        "contacts",
        "+5511960000000..4",
        expect![[r#"
            +5511960000000: registered (valid)
            +5511960000001: registered (valid)
            +5511960000002: registered (valid), id 551160000002
            +5511960000003: not_registered (invalid)
            +5511960000003 as +551160000003: registered (valid), id 551160000003
            checks 5, calls 2
        "#]],
    );
}

#[test]
fn two_spellings_of_one_number_are_checked_once() {
    check(
        "contacts",
        "+5511960000000 +551160000000",
        expect![[r#"
            +5511960000000: registered (valid)
            +551160000000 as +5511960000000: registered (valid), id 5511960000000
            checks 1, calls 1
        "#]],
    );
}

#[test]
fn passing_faults_are_retried() {
    check(
        "contacts, fault rate-limit=2",
        "+33199000007..2",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            checks 6, calls 3
        "#]],
    );
    check(
        "contacts, fault server-error=3",
        "+33199000007..2",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            checks 8, calls 4
        "#]],
    );
    check(
        "contacts, fault timeout-before=1",
        "+33199000007..2",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            checks 4, calls 2
        "#]],
    );
    check(
        "contacts, fault timeout-after=1",
        "+33199000007..2",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            checks 4, calls 2
        "#]],
    );
    check(
        "contacts, fault truncate=2",
        "+33199000007..2",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            checks 6, calls 3
        "#]],
    );
    check(
        "contacts, fault html=2",
        "+33199000007..2",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            checks 6, calls 3
        "#]],
    );
}

#[test]
fn lasting_faults_are_a_failure_of_the_batch() {
    check(
        "contacts, fault server-error, attempts 2",
        "+33199000000..2",
        expect![[r#"
            could not check 2 contacts: the provider failed (500)
            checks 4, calls 2
        "#]],
    );
    check(
        "contacts, fault rate-limit, attempts 2",
        "+33199000000..2",
        expect![[r#"
            could not check 2 contacts: the provider asks to slow down
            checks 4, calls 2
        "#]],
    );
    check(
        "contacts, fault html, attempts 2",
        "+33199000000..2",
        expect![[r#"
            could not check 2 contacts: the answer of the provider is not what its interface says
            checks 4, calls 2
        "#]],
    );
}

#[test]
fn a_provider_that_is_down_uses_no_quota() {
    check(
        "contacts, down, attempts 2, quota 2",
        "+33199000000..2",
        expect![[r#"
            could not check 2 contacts: could not reach the provider at 127.0.0.1
            checks 0, calls 2
        "#]],
    );
}

#[test]
fn an_expired_session_logs_in_again_and_a_wrong_token_is_refused() {
    check(
        "contacts, login, fault expired-token=1",
        "+33199000000..2",
        expect![[r#"
            +33199000000: registered (valid)
            +33199000001: registered (valid)
            checks 2, calls 1
        "#]],
    );
    check(
        "contacts, login, fault expired-token=2",
        "+33199000000..2",
        expect![[r#"
            could not check 2 contacts: the provider refused the call (401, code 1005)
            checks 2, calls 1
        "#]],
    );
    check(
        "contacts, fault expired-token=1",
        "+33199000000..2",
        expect![[r#"
            could not check 2 contacts: the provider refused the call (401, code 1005)
            checks 2, calls 1
        "#]],
    );
}

#[test]
fn answers_that_do_not_match_affect_only_their_numbers() {
    check(
        "contacts, fault missing",
        "+33199000000..12",
        expect![[r#"
            9 registered
            2 not_registered
            1 no_answer
            1 missing, 0 doubled, 0 unasked
            checks 12, calls 1
        "#]],
    );
    check(
        "contacts, fault doubled",
        "+33199000000..12",
        expect![[r#"
            9 registered
            2 not_registered
            1 no_answer
            0 missing, 1 doubled, 0 unasked
            checks 12, calls 1
        "#]],
    );
    check(
        "contacts, fault contradict",
        "+33199000000..12",
        expect![[r#"
            9 registered
            2 not_registered
            1 contradictory
            0 missing, 1 doubled, 0 unasked
            checks 12, calls 1
        "#]],
    );
    check(
        "contacts, fault unasked",
        "+33199000000..2",
        expect![[r#"
            +33199000000: registered (valid)
            +33199000001: registered (valid)
            0 missing, 0 doubled, 1 unasked
            checks 2, calls 1
        "#]],
    );
    check(
        "contacts, fault reordered",
        "+33199000007..4",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            +33199000009: registered (valid)
            +33199000010: registered (valid)
            checks 4, calls 1
        "#]],
    );
}

#[test]
fn odd_words_are_no_answers_and_one_id_for_all_is_not_believed() {
    check(
        "contacts, fault odd",
        "+33199000000..12",
        expect![[r#"
            9 registered
            2 not_registered
            1 no_answer
            1 odd, 0 shared ids
            checks 12, calls 1
        "#]],
    );
    check(
        "contacts, fault one-id",
        "+33199000000..12",
        expect![[r#"
            2 not_registered
            10 contradictory
            0 odd, 10 shared ids
            checks 12, calls 1
        "#]],
    );
}

#[test]
fn unfinished_numbers_are_polled() {
    check(
        "contacts, fault processing=1",
        "+33199000007..4",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            +33199000009: registered (valid)
            +33199000010: registered (valid)
            checks 6, calls 2
        "#]],
    );
    check(
        "contacts, non-blocking, lookup-seconds 3600",
        "+33199000007..4",
        expect![[r#"
            +33199000007: no_answer (processing)
            +33199000008: no_answer (processing)
            +33199000009: no_answer (processing)
            +33199000010: no_answer (processing)
            checks 12, calls 3
        "#]],
    );
}

#[test]
fn a_failed_poll_keeps_the_answers_of_before() {
    check(
        "contacts, fault processing=1, quota 5",
        "+33199000007..4",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000009: registered (valid)
            could not check 2 contacts: the quota of checks is used up
            checks 4, calls 1
        "#]],
    );
}

#[test]
fn a_quota_checks_as_many_contacts_as_it_allows() {
    check(
        "contacts, quota 3",
        "+33199000007..4",
        expect![[r#"
            +33199000007: registered (valid)
            +33199000008: not_registered (invalid)
            +33199000009: registered (valid)
            could not check 1 contact: the quota of checks is used up
            checks 3, calls 1
        "#]],
    );
}

#[test]
fn a_quota_is_not_used_for_only_one_variant_of_a_number() {
    check(
        "contacts, quota 3",
        "+5511960000003..2",
        expect![[r#"
            +5511960000003: not_registered (invalid)
            +5511960000003 as +551160000003: registered (valid), id 551160000003
            could not check 1 contact: the quota of checks is used up
            checks 2, calls 2
        "#]],
    );
}

#[test]
fn the_quota_of_the_provider_ends_the_batch() {
    check(
        "green-api, numbers-a-day 2",
        "+33199000007..4",
        expect![[r#"
            +33199000007: registered (true)
            +33199000008: not_registered (false)
            could not check 1 contact: the provider says that its quota is used up
            checks 4, calls 4
        "#]],
    );
}

#[test]
fn a_batch_of_equal_answers_is_suspect_unless_the_provider_proves_itself() {
    check(
        "contacts, fault always-invalid",
        "+33199000000..19",
        expect![[r#"
            19 not_registered
            checks 19, calls 1
        "#]],
    );
    check(
        "contacts, fault always-invalid",
        "+33199000000..20",
        expect![[r#"
            20 no_answer
            suspect: every answer was not_registered
            checks 20, calls 1
        "#]],
    );
    check(
        "contacts, fault always-valid",
        "+33199000000..20",
        expect![[r#"
            20 no_answer
            suspect: every answer was registered
            checks 25, calls 2
        "#]],
    );
}

#[test]
fn a_known_registered_number_proves_that_a_provider_knows_people() {
    check(
        "contacts, known +33199000000",
        "+447700900200..20",
        expect![[r#"
            20 not_registered
            checks 26, calls 3
        "#]],
    );
    check(
        "contacts, fault always-invalid, known +33199000000",
        "+33199000000..20",
        expect![[r#"
            20 no_answer
            suspect: every answer was not_registered
            checks 26, calls 3
        "#]],
    );
}

#[test]
fn answers_that_repeat_earlier_ones_are_not_suspect() {
    check(
        "contacts, fault always-invalid, before not_registered",
        "+33199000000..20",
        expect![[r#"
            20 not_registered
            checks 20, calls 1
        "#]],
    );
}

#[test]
fn test_numbers_find_out_what_a_provider_knows() {
    check_provider("contacts", expect!["Informative"]);
    check_provider("contacts, fault always-valid", expect!["SaysYesToAll"]);
    check_provider("contacts, fault always-invalid", expect!["Informative"]);
    check_provider("contacts, fault always-invalid, known +33199000000", expect!["SaysNoToKnown"]);
    check_provider(
        "contacts, down, attempts 1",
        expect!["could not check 5 test numbers: could not reach the provider at 127.0.0.1"],
    );
}

#[test]
fn files_give_evidence_of_both_spellings_without_a_call() {
    let mut known = KnownAnswers::default();
    let at = Timestamp::from_second(1_767_000_000).unwrap();
    for (phone, answer, raw) in [
        ("+551160000000", Answer::Registered, "delivered"),
        ("+33199000001", Answer::NoAnswer, "failed 131026"),
        ("+33199000002", Answer::Registered, "read"),
    ] {
        known.add(number(phone), KnownAnswer { at, answer, raw: raw.to_owned(), wa_id: None });
    }
    let checks = numbers("+5511960000000 +33199000001 +33199000003");
    let checks: Vec<Check> =
        checks.into_iter().map(|phone| Check { contact_id: id(phone), phone, before: None }).collect();
    let options = Provider::read("contacts").options();
    let verified = block_on(verify(&Adapter::Passive(known), &checks, &options, || Timestamp::UNIX_EPOCH));
    assert!(verified.evidence.iter().all(|it| it.checked_at == at && it.method == "passive"));
    expect![[r#"
        +5511960000000 as +551160000000: registered (delivered)
        +33199000001: no_answer (failed 131026)
    "#]]
    .assert_eq(&shown(&verified, &checks));
}
