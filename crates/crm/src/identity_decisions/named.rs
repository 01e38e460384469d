//! What follows when a platform names contacts together, by the ids of one event.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::{ConsentState, ContactId, Identity, IdentityDecision, Statement};

use crate::LoadError;
use crate::identity_decisions::archive::{ArchivedContact, Before};
use crate::sql::Tx;

/// The reason in the ledger.
const REASON: &str = "named together by the platform";

impl Tx {
    /// Gives each of some contacts, whom the platform names together, the refusals of the others and the answers of theirs that
    /// are not understood. A yes stays with whoever said it.
    pub(crate) async fn share_refusals(&mut self, contacts: &[ContactId]) -> Result<(), LoadError> {
        let refuses = |it: &&Statement| it.state != ConsentState::Yes;
        let mut said = self.said_of(contacts).await?;
        let mut refusing: BTreeSet<ContactId> = BTreeSet::new();
        for (from, held) in &said {
            let ids: Vec<i64> = held.statements.iter().filter(refuses).map(Statement::id).collect();
            for to in contacts.iter().filter(|it| *it != from && !ids.is_empty()) {
                self.copy_statements(*from, *to, &ids, None).await?;
                refusing.insert(*to);
            }
        }
        if refusing.is_empty() {
            return Ok(());
        }
        let refusals: Vec<Statement> =
            said.values().flat_map(|it| it.statements.iter().filter(refuses).cloned()).collect();
        for contact in &refusing {
            let mut held = said.remove(contact).unwrap_or_default().statements;
            held.extend(refusals.iter().cloned());
            self.hold(*contact, &held, REASON).await?;
        }
        let refusing: Vec<ContactId> = refusing.into_iter().collect();
        self.cancel_what_waits(&refusing, Timestamp::now()).await.map(drop)
    }

    /// Merges somebody whom only webhooks name, by `identity`, into the contact that the platform says it is, which need not
    /// be in the database either. Nothing happens if a person has said that they are two. Messages
    /// that wait are cancelled if the consent of the contact no longer counts.
    pub(crate) async fn absorb_named(
        &mut self,
        survivor: ContactId,
        absorbed: ContactId,
        identity: &Identity,
    ) -> Result<(), LoadError> {
        self.lock_contacts(&[survivor, absorbed]).await?;
        if self.decisions().await?.iter().any(|it| it.decision.is_about(survivor, absorbed)) {
            return Ok(());
        }
        let of_absorbed = ArchivedContact::of_named(self, absorbed, identity).await?;
        let before = Before { survivor: ArchivedContact::of(self, survivor).await?, absorbed: of_absorbed };
        let mut held = self.said(survivor).await?.statements;
        held.extend(self.said(absorbed).await?.statements);
        self.copy_statements(absorbed, survivor, &before.absorbed.statements, before.absorbed.names().first()).await?;
        self.decide(IdentityDecision::SamePerson { survivor, absorbed }, Some(before.text())).await?;
        self.hold(survivor, &held, REASON).await?;
        self.take_over_suppression(survivor, absorbed).await?;
        self.take_keys_of_merge(survivor, absorbed, Timestamp::now()).await?;
        self.cancel_what_waits(&[survivor], Timestamp::now()).await.map(drop)
    }
}
