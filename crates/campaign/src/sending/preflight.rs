//! What must be in order before the first message.

use anyhow::Result;
use crm::CampaignState;
use jiff::{SignedDuration, Timestamp};
use model::ConsentPurpose;
use plan::StepContent;
use rollout::Limits;
use whatsapp::PeopleLimit;

use super::audience::ChosenAudience;
use super::content::TemplateShape;
use super::offer::{APPROVED, purpose_of};
use super::open::SendingAccount;
use super::told_limits::rehearsal_burst;
use crate::kept::template_of;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    Good,
    /// The campaign can begin, and somebody should look.
    Doubtful,
    /// The campaign must not begin.
    Bad,
}

impl CheckState {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        ["good", "doubtful", "bad"][self as usize]
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The subject of the check, in a word.
    pub about: &'static str,
    pub state: CheckState,
    /// The finding, and what to do if it is not good.
    pub text: String,
}

/// The result of the checks before the first message.
#[derive(Clone, Debug, Default)]
pub struct Preflight {
    pub checks: Vec<Check>,
    /// Whether marketing goes by the endpoint of its own.
    pub is_onboarded: bool,
    /// The limits by the plan and by what the platform says.
    pub limits: Limits,
}

impl Preflight {
    /// Whether the campaign may begin.
    pub fn is_good(&self) -> bool {
        self.checks.iter().all(|it| it.state != CheckState::Bad)
    }

    fn add(&mut self, about: &'static str, state: CheckState, text: impl Into<String>) {
        self.checks.push(Check { about, state, text: text.into() });
    }

    fn good_if(&mut self, about: &'static str, is_good: bool, good: String, bad: String) {
        let state = if is_good { CheckState::Good } else { CheckState::Bad };
        self.add(about, state, if is_good { good } else { bad });
    }
}

/// A token that ends so soon is worth a warning.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The permission to send.
const MESSAGING: &str = "whatsapp_business_messaging";

impl SendingAccount {
    /// Takes what a preflight found: the limits of the platform, and the endpoint of marketing.
    pub fn take(&mut self, preflight: &Preflight) {
        self.journal.plan.limits = preflight.limits.clone();
        self.is_onboarded = preflight.is_onboarded;
    }

    /// Asks the platform and the database what must be in order. `first` is the audience of the first step.
    pub async fn preflight(&self, first: &ChosenAudience) -> Result<Preflight> {
        let mut found = Preflight { limits: self.plan.limits.clone(), ..Preflight::default() };
        self.check_number(&mut found).await?;
        self.check_account(&mut found).await?;
        self.check_token(&mut found).await?;
        self.check_templates(&mut found).await?;
        self.check_campaign(&mut found).await?;
        self.check_people(&mut found, first).await?;
        self.check_log_of_sends(&mut found).await?;
        let (state, text) = self.check_round_trip().await;
        found.add("webhook", state, text);
        if self.clock.is_rehearsal() {
            found.limits.number_burst = rehearsal_burst(found.limits.number_rate);
        }
        Ok(found)
    }

    async fn check_number(&self, found: &mut Preflight) -> Result<()> {
        let number = self.client.number(&self.number).await?;
        let status = number.status.as_deref().unwrap_or("not told");
        found.good_if(
            "number",
            status == "CONNECTED",
            "the number is connected".into(),
            format!("the number is {status}, and only a connected number sends: look at it in WhatsApp Manager"),
        );
        let name = number.name_status.as_deref().unwrap_or("not told");
        found.good_if(
            "name",
            matches!(name, "APPROVED" | "AVAILABLE_WITHOUT_REVIEW"),
            "the name of the number is approved".into(),
            format!("the name of the number is {name}: it must be approved first, in WhatsApp Manager"),
        );
        let quality = number.quality_rating.as_deref().unwrap_or("UNKNOWN");
        let state = if quality == "RED" {
            CheckState::Bad
        } else if quality == "YELLOW" {
            CheckState::Doubtful
        } else {
            CheckState::Good
        };
        found.add("quality", state, format!("the quality of the number is {quality}"));
        let lowest = Limits::default().people_per_day;
        found.limits.people_per_day = self.plan.of_plan.people(lowest);
        found.limits = self.plan.of_plan.with(&number, &found.limits);
        let lowest = lowest.unwrap_or(0);
        let (state, text) = match number.people_a_day {
            Some(PeopleLimit::Unlimited) => (CheckState::Good, "any number of people a day".to_owned()),
            Some(PeopleLimit::Most(most)) => (CheckState::Good, format!("{most} people in 24 hours")),
            Some(PeopleLimit::Other(word)) => {
                let text = format!("the tier {word} is not known, so the lowest holds: {lowest} people in 24 hours");
                (CheckState::Doubtful, text)
            }
            None => {
                let text =
                    format!("the platform does not tell the tier, so the lowest holds: {lowest} people in 24 hours");
                (CheckState::Doubtful, text)
            }
        };
        found.add("people-per-day", state, text);
        Ok(())
    }

    async fn check_account(&self, found: &mut Preflight) -> Result<()> {
        let account = self.client.account(&self.account).await?;
        let review = account.review.as_deref().unwrap_or("not told");
        found.good_if(
            "account",
            review == "APPROVED",
            "the account is approved".into(),
            format!("the review of the account is {review}: look at it in Business Support Home"),
        );
        found.good_if(
            "payment",
            !account.lacks_payment(),
            "nothing is wrong with the payment".into(),
            "the account has no valid way to pay: add one in Business Manager".into(),
        );
        for health in account.health.iter().filter(|it| it.can_send == "BLOCKED") {
            let reason = health.errors.first().map_or("look at it in Business Manager", |it| it.description.as_str());
            found.add("health", CheckState::Bad, format!("{} cannot send: {reason}", health.entity));
        }
        let onboarding = account.marketing_onboarding.as_deref().unwrap_or("not told");
        found.is_onboarded = onboarding == "ONBOARDED";
        let text = match found.is_onboarded {
            true => "marketing goes by /marketing_messages".to_owned(),
            false => format!(
                "the account is not onboarded to marketing messages ({onboarding}), so marketing goes by /messages"
            ),
        };
        found.add("marketing", if found.is_onboarded { CheckState::Good } else { CheckState::Doubtful }, text);
        Ok(())
    }

    async fn check_token(&self, found: &mut Preflight) -> Result<()> {
        let Some(token) = self.client.token().await? else {
            found.add("token", CheckState::Doubtful, "there is no token to look at");
            return Ok(());
        };
        let end = [token.expires_at, token.data_access_expires_at].into_iter().flatten().min();
        let now = self.clock.now();
        let is_valid = token.is_valid != Some(false) && end.is_none_or(|it| it > now);
        if !is_valid {
            found.add("token", CheckState::Bad, "the token is not valid any more: make a new one in Business Manager");
        } else if !token.scopes.is_empty() && !token.scopes.iter().any(|it| it == MESSAGING) {
            found.add("token", CheckState::Bad, format!("the token lacks {MESSAGING}: give it to the app"));
        } else if let Some(end) = end {
            let state = if end.duration_since(now) < SOON { CheckState::Doubtful } else { CheckState::Good };
            found.add("token", state, format!("the token is valid until {}", end.strftime("%Y-%m-%d %H:%M UTC")));
        } else {
            found.add("token", CheckState::Good, "the token is valid and does not expire");
        }
        Ok(())
    }

    async fn check_templates(&self, found: &mut Preflight) -> Result<()> {
        if let Err(error) = self.templates.sync().await {
            found.add("template", CheckState::Bad, format!("the templates of the account cannot be read: {error:#}"));
        }
        let rows = self.crm.account_templates(&self.account).await?;
        for step in &self.plan.steps {
            let StepContent::Template { name } = &step.content else { continue };
            let approved: Vec<_> = rows.iter().filter(|it| &it.name == name && it.status == APPROVED).collect();
            if approved.is_empty() {
                let text = match rows.iter().find(|it| &it.name == name) {
                    Some(_) => format!("no language of the template {name} is approved: see `ferry template status`"),
                    None => format!(
                        "the account has no template {name}: `ferry template submit` brings it there, and `ferry template status` lists those it has"
                    ),
                };
                found.add("template", CheckState::Bad, text);
            }
            for row in approved {
                let Some(Ok(template)) = row.sent_body.as_deref().map(template_of) else {
                    let text = format!(
                        "what {name} ({}) says is not in the database: run `ferry template sync`",
                        row.language
                    );
                    found.add("template", CheckState::Bad, text);
                    continue;
                };
                let shape = TemplateShape::of(&template);
                if let Some(part) = shape.unsupported {
                    found.add(
                        "template",
                        CheckState::Bad,
                        format!("{name} ({}) has {part}, which cannot be sent yet", row.language),
                    );
                }
                for place in shape.places().iter().filter(|it| !step.parameters.contains_key(it)) {
                    let text = format!(
                        "{name} ({}) needs a value for {place:?}: add it to the parameters of the step",
                        row.language
                    );
                    found.add("template", CheckState::Bad, text);
                }
                // In another language the template may have it.
                let places = shape.places();
                for place in step.parameters.keys().filter(|it| !places.contains(it)) {
                    let text = format!(
                        "{name} ({}) has no place for {place:?}, which the parameters of the step fill: nobody gets that value",
                        row.language
                    );
                    found.add("template", CheckState::Doubtful, text);
                }
                if row.observed.quality == "RED" {
                    found.add(
                        "template",
                        CheckState::Doubtful,
                        format!("the quality of {name} ({}) is RED", row.language),
                    );
                }
                if purpose_of(&row.category) == Some(ConsentPurpose::Authentication) {
                    let text =
                        format!("{name} ({}) is for authentication: one-time codes are no campaign", row.language);
                    found.add("template", CheckState::Bad, text);
                }
            }
        }
        Ok(())
    }

    async fn check_campaign(&self, found: &mut Preflight) -> Result<()> {
        let now = self.clock.now();
        found.good_if(
            "time",
            now < self.plan.not_after,
            format!("the campaign ends at {}", shown(self.plan.not_after)),
            format!("not_after has passed: {}", shown(self.plan.not_after)),
        );
        let row = self.row();
        let Some(known) = self.crm.campaign(&self.plan.name).await? else { return Ok(()) };
        let is_same = (&known.mode, &known.account, &known.sender) == (&row.mode, &row.account, &row.sender);
        let state = self.crm.campaign_state(&self.plan.name).await?;
        let is_done = state == CampaignState::Finished && self.crm.n_planned(&self.plan.name).await? == 0;
        let text = if !is_same {
            format!(
                "a campaign {} was started in mode {} with the number {}: give this one another name",
                row.name, known.mode, known.sender
            )
        } else if state == CampaignState::Stopped || is_done {
            format!("the campaign is {}: give a new one another name", state.name())
        } else if state == CampaignState::Paused {
            let reason = self.crm.campaign_orders(&row.name).await?.pop().map(|it| it.reason).unwrap_or_default();
            format!("the campaign is paused ({reason}): `ferry campaign resume {}` lets it go on", row.name)
        } else {
            found.add("campaign", CheckState::Good, "the campaign goes on as it was started");
            return Ok(());
        };
        found.add("campaign", CheckState::Bad, text);
        Ok(())
    }

    async fn check_log_of_sends(&self, found: &mut Preflight) -> Result<()> {
        let logged = match self.logged() {
            Ok(logged) => self.check_sends(&logged).await.map(|()| logged),
            Err(error) => Err(error.into()),
        };
        let logged = match logged {
            Ok(logged) => logged,
            Err(error) => {
                found.add("log", CheckState::Bad, error.to_string());
                return Ok(());
            }
        };
        let row = self.row();
        let is_of_other_mode = self.crm.campaign(&row.name).await?.is_some_and(|it| it.mode != row.mode);
        if is_of_other_mode {
            // The log is compared with messages of one mode, and the check of the campaign says what is wrong.
            return Ok(());
        }
        let sent = self.crm.sent_ids(&self.plan.name).await?;
        if self.log.is_empty()? && self.crm.n_intents().await? > 0 {
            let text = "the log of sends is new, and the database has sent before: if no other machine sends, it was lost, and a restore would \
                not be noticed";
            found.add("log", CheckState::Doubtful, text);
            return Ok(());
        }
        let n_missing =
            sent.iter().filter(|it| it.state != "unknown" && !logged.contains_key(&it.id.to_string())).count();
        if n_missing > 0 {
            let text = format!(
                "the log of sends lacks {n_missing} messages that the database has: if no other machine sends, it was lost, and a restore \
                 would not be noticed"
            );
            found.add("log", CheckState::Doubtful, text);
        }
        Ok(())
    }

    async fn check_people(&self, found: &mut Preflight, first: &ChosenAudience) -> Result<()> {
        let gates = &self.plan.gates;
        let (n_contacts, n_refusers) = self.crm.refusers().await?;
        let share = |n: u64, of: u64| if of == 0 { 0.0 } else { n as f64 / of as f64 };
        let refusers = share(n_refusers, n_contacts);
        found.good_if(
            "refusers",
            refusers <= gates.max_refusers,
            format!("{:.1} % of all contacts have refused messages", refusers * 100.0),
            format!(
                "{:.1} % of all contacts have refused messages, and max_refusers is {:.1} %: find out why before you write to the others",
                refusers * 100.0,
                gates.max_refusers * 100.0
            ),
        );
        let absent = share(first.n_not_registered, first.n_members);
        found.good_if(
            "registered",
            absent <= gates.max_not_registered,
            format!("{:.1} % of the segment are known not to be on WhatsApp", absent * 100.0),
            format!(
                "{:.1} % of the segment are known not to be on WhatsApp, and max_not_registered is {:.1} %: verify the numbers, or leave \
                 these people out of the segment",
                absent * 100.0,
                gates.max_not_registered * 100.0
            ),
        );
        let n = first.messages.len();
        let has_begun = self.crm.has_messages(&self.plan.name).await?;
        found.good_if(
            "people",
            n > 0 || has_begun,
            format!("{n} people would get the first step now"),
            "nobody would get the first step now: see who is left out, and why".into(),
        );
        let without = first.countries.iter().zip(&first.messages).map(|(country, it)| (*country, it.purpose, 1));
        let spend = self.spend(without).unwrap_or_default();
        let n_without = spend.n_without_rate;
        if let Some(most) = self.plan.max_spend.as_ref().filter(|it| it.amount < spend.amount) {
            let text = format!(
                "all of the first step would cost {}, and max_spend is {} {}: the campaign pauses before everybody has it",
                spend.amount, most.amount, most.currency
            );
            found.add("max-spend", CheckState::Doubtful, text);
        }
        if self.plan.max_spend.is_some() && n_without > 0 {
            let text = format!(
                "the rate card has no rate for {n_without} people, so max_spend cannot be kept: add their countries to it"
            );
            found.add("max-spend", CheckState::Bad, text);
        }
        Ok(())
    }
}

fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
