//! `ferry consent review`: answers that are not understood, and decisions about them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Result, bail};
use consent::{Wordings, Words};
use consent_ledger::review::{
    self, Decision, Undecidable, contradictions, decide, held, read_list, reason, write_list,
};
use crm::{Crm, Recorded, UnclearStatement};
use crossing::{look_at_ledger, record_wordings, who};
use jiff::Timestamp;
use model::{ConsentChannel, ConsentState, ContactId, RunMark, Statement, WordingName, counted};
use phone::PhoneNumber;
use plan::Plan;
use results::{ConsentReviewResult, RefusedRow, ShownUnclear};

use crate::{mark, safe, shown_id, source_row, when, wordings};

/// How many unclear statements are printed.
const SHOWN: usize = 20;

/// What a decision has that a list or a row does not say.
#[derive(Clone, Debug, Default)]
pub struct ReviewOptions {
    pub because: Option<String>,
    pub by: Option<String>,
    pub wording: Option<WordingName>,
    /// Another channel that the answer holds back; none for its own.
    pub channel: Option<ConsentChannel>,
    /// The answer was decided in another way before.
    pub is_again: bool,
}

/// What to do about unclear answers.
#[derive(Clone, Debug)]
pub enum ReviewWork<'a> {
    List,
    /// Write a list with columns for decisions.
    Export {
        to: &'a Path,
        with_numbers: bool,
    },
    /// Read decisions from a list.
    Import(&'a Path),
    /// Decide about one person; about one statement, if that has several.
    Decide {
        who: &'a str,
        statement: Option<i64>,
        state: ConsentState,
    },
}

/// Lists unclear answers, or decides about them. Gives the result with its text.
pub async fn review(
    plan: &Plan,
    options: &ReviewOptions,
    work: &ReviewWork<'_>,
) -> Result<(ConsentReviewResult, String)> {
    let (crm, key) = look_at_ledger(plan).await?;
    let review = Review { options, plan, words: plan.words() };
    let done = match work {
        ReviewWork::List => review.list(&crm).await,
        ReviewWork::Export { to, with_numbers } => review.export(&crm, to, *with_numbers).await,
        ReviewWork::Import(file) => review.import(&crm, file).await,
        ReviewWork::Decide { who, statement, state } => {
            let contact = who::found(plan, &crm, &key, who).await?;
            review.decide(&crm, contact, *statement, *state).await
        }
    };
    crm.close().await;
    done
}

/// A result with its text.
type Told = (ConsentReviewResult, String);

struct Review<'a> {
    options: &'a ReviewOptions,
    plan: &'a Plan,
    words: Words,
}

/// What became of decisions.
#[derive(Default)]
struct Decided {
    recorded: Recorded,
    n_left_open: u64,
    refused: BTreeMap<u64, Undecidable>,
}

impl Review<'_> {
    async fn list(&self, crm: &Crm) -> Result<Told> {
        let unclear = open_answers(crm).await?;
        let text = self.text(&unclear);
        Ok((self.result(&unclear, &Decided::default(), None), text))
    }

    async fn export(&self, crm: &Crm, to: &Path, with_numbers: bool) -> Result<Told> {
        let unclear = open_answers(crm).await?;
        let phones = if with_numbers { Some(phones(crm, &unclear).await?) } else { None };
        let of = |contact: ContactId| phones.as_ref().and_then(|it| it.get(&contact).copied());
        let of: Option<&dyn Fn(ContactId) -> Option<PhoneNumber>> = if phones.is_some() { Some(&of) } else { None };
        write_list(to, &unclear, &self.words, of)?;
        let n_written = counted(unclear.len() as u64, "unclear answer");
        let file = safe(&run_text::path(to));
        let text = match run::is_standard_output(to) {
            true => format!("{n_written} written to standard output\n"),
            false => format!(
                "{n_written} written to {file}: fill in decision (yes, no or stop), because and by, and wording for a yes,\n\
                 then run `ferry consent review --import {file}`\n"
            ),
        };
        Ok((self.result(&unclear, &Decided::default(), Some(file)), text))
    }

    async fn import(&self, crm: &Crm, file: &Path) -> Result<Told> {
        let defaults = self.decision(ConsentState::No);
        let rows = read_list(file, &defaults)?;
        let unclear = crm.unclear_statements().await?;
        let by_id: HashMap<(ContactId, i64), &UnclearStatement> =
            unclear.iter().map(|it| ((it.contact, it.id), it)).collect();
        let known = wordings(self.plan, Some(crm)).await?;
        let mark = mark("review", Timestamp::now())?;
        let refused = contradictions(&rows).into_iter().collect();
        let (mut said, mut decided) = (Vec::new(), Decided { refused, ..Decided::default() });
        for row in rows {
            if decided.refused.contains_key(&row.line) {
                continue;
            }
            let Some(decision) = row.decision else {
                decided.n_left_open += 1;
                continue;
            };
            let found = row.of.and_then(|it| by_id.get(&it)).ok_or(Undecidable::NotUnclear);
            let made = decision.and_then(|it| Ok((found?, it)));
            let made = made.and_then(|(of, it)| Ok((of.contact, decide(of, &it, &known, &mark, row.line)?)));
            match made {
                Ok(statement) => said.push(statement),
                Err(why) => drop(decided.refused.insert(row.line, why)),
            }
        }
        decided.recorded = self.record(&said).await?;
        self.told(crm, &decided).await
    }

    async fn decide(&self, crm: &Crm, contact: ContactId, statement: Option<i64>, state: ConsentState) -> Result<Told> {
        let mut unclear = crm.unclear_statements().await?;
        unclear.retain(|it| it.contact == contact && statement.is_none_or(|id| id == it.id));
        if unclear.iter().any(|it| !it.is_settled()) {
            unclear.retain(|it| !it.is_settled());
        }
        let of = match &unclear[..] {
            [of] => of,
            [] => bail!(
                "nothing unclear holds this person back: see `ferry consent show`; to correct what is recorded, import the \
                 right answer with its date: `ferry consent import`"
            ),
            several => {
                let ids: Vec<String> = several.iter().map(|it| shown_id(it.id)).collect();
                bail!("several answers of this person are unclear: name one with --statement: {}", ids.join(" "))
            }
        };
        let known: Wordings = wordings(self.plan, Some(crm)).await?;
        let mark: RunMark = mark("review", Timestamp::now())?;
        let statement = decide(of, &self.decision(state), &known, &mark, 1);
        let statement = statement.map_err(|why| anyhow::anyhow!("the decision was not taken: {}", why.text()))?;
        let recorded = self.record(&[(contact, statement)]).await?;
        self.told(crm, &Decided { recorded, ..Decided::default() }).await
    }

    fn decision(&self, state: ConsentState) -> Decision {
        Decision {
            state,
            by: self.options.by.clone().unwrap_or_default(),
            because: self.options.because.clone().unwrap_or_default(),
            channel: self.options.channel,
            wording: self.options.wording.clone(),
            is_again: self.options.is_again,
        }
    }

    /// Records decisions, with the wordings that they name.
    async fn record(&self, said: &[(ContactId, Statement)]) -> Result<Recorded> {
        if said.is_empty() {
            return Ok(Recorded::default());
        }
        let crm = Crm::open(&self.plan.crm_url()?).await?;
        record_wordings(self.plan, &crm).await?;
        let recorded = crm.record_statements(said).await?;
        crm.close().await;
        Ok(recorded)
    }

    async fn told(&self, crm: &Crm, decided: &Decided) -> Result<Told> {
        let unclear = open_answers(crm).await?;
        let Decided { recorded, n_left_open, refused } = decided;
        let left = counted(unclear.len() as u64, "unclear answer");
        let mut text = format!(
            "{} recorded, {} known already, {n_left_open} left open, {} refused; {left} left\n",
            counted(recorded.added, "decision"),
            recorded.known,
            refused.len()
        );
        for (line, why) in refused.iter().take(SHOWN) {
            text += &format!("refused    line {line}: {}\n", why.text());
        }
        Ok((self.result(&unclear, decided, None), text))
    }

    fn result(&self, unclear: &[UnclearStatement], decided: &Decided, file: Option<String>) -> ConsentReviewResult {
        let shown = |it: &UnclearStatement| ShownUnclear {
            contact_id: it.contact.to_string(),
            statement_id: shown_id(it.id),
            channel: it.statement.channel.name(),
            purpose: it.statement.purpose.name(),
            said_at: it.statement.at.map(consent_ledger::export::said_at),
            words: it.statement.words.0.clone(),
            source_row: source_row(&it.statement),
            since: it.statement.first_run.started_at.to_string(),
            reason: reason(&self.words, &it.statement),
            holds: held(it),
            decided: it.decisions.iter().map(decision).collect(),
        };
        ConsentReviewResult {
            unclear: unclear.iter().map(shown).collect(),
            decided: decided.recorded.added,
            known: decided.recorded.known,
            left_open: decided.n_left_open,
            refused: decided.refused.iter().map(refused_row).collect(),
            file,
        }
    }

    fn text(&self, unclear: &[UnclearStatement]) -> String {
        if unclear.is_empty() {
            return "nothing unclear holds anybody back\n".to_owned();
        }
        let mut text = String::new();
        for it in unclear.iter().take(SHOWN) {
            let said = &it.statement;
            text += &format!("contact {}, statement {}\n", it.contact, shown_id(it.id));
            text += &format!("  {} by {} {}\n", when(said), said.channel.name(), review::quoted(&said.words));
            text += &format!("  {}\n", reason(&self.words, said));
            text +=
                &format!("  from {}, since {}\n", safe(&source_row(said)), said.first_run.started_at.strftime("%F"));
            text += &format!("  holds back {}\n", held(it));
            for it in &it.decisions {
                text += &format!("  decided {}\n", decision(it));
            }
        }
        let n = counted(unclear.len() as u64, "unclear answer");
        text += &match unclear.len() > SHOWN {
            true => format!("{n}, the first {SHOWN} of them above; --export FILE writes all\n"),
            false => format!("{n}\n"),
        };
        text + "decide: ferry consent review WHO --decide no --because TEXT --by NAME\n"
    }
}

/// The answers that nobody has decided about.
async fn open_answers(crm: &Crm) -> Result<Vec<UnclearStatement>> {
    let mut unclear = crm.unclear_statements().await?;
    unclear.retain(|it| !it.is_settled());
    Ok(unclear)
}

fn refused_row((line, why): (&u64, &Undecidable)) -> RefusedRow {
    RefusedRow { line: *line, reason: why.text() }
}

/// `no by whatsapp`: a decision for another channel than that of the answer.
fn decision(it: &Statement) -> String {
    format!("{} by {}", it.state.name(), it.channel.name())
}

/// The phones of the contacts.
async fn phones(crm: &Crm, unclear: &[UnclearStatement]) -> Result<HashMap<ContactId, PhoneNumber>> {
    let ids: Vec<ContactId> = unclear.iter().map(|it| it.contact).collect();
    let contacts = crm.held(&ids).await?;
    Ok(contacts.into_iter().filter_map(|(id, contact)| Some((id, contact.phone?))).collect())
}
