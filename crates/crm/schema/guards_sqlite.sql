-- Triggers on SQLite that keep the ledger of consent append-only. Without recursive_triggers, which each connection sets
-- for itself, `insert or replace` deletes a row without a delete trigger: so an insert looks for the row first. A row that
-- is there already stays as it is; another statement under its id is an error, or it would be lost.
create trigger consent_insert before insert on consent
  when exists (select 1 from consent where contact_id = new.contact_id and statement_id = new.statement_id)
begin
  select raise(abort, 'consent: another statement of the contact has this statement_id')
    from consent where contact_id = new.contact_id and statement_id = new.statement_id and not (channel = new.channel
      and purpose = new.purpose and basis = new.basis and words = new.words and said_from is new.said_from);
  select raise(ignore);
end;
create trigger consent_update before update on consent
begin select raise(abort, 'consent: statements are never changed; retract one and add another'); end;
create trigger consent_delete before delete on consent
begin select raise(abort, 'consent: statements are never deleted'); end;

create trigger wording_insert before insert on wording
  when exists (select 1 from wording where name = new.name and version = new.version)
begin select raise(abort, 'wording: this version is there already; a new text is a new version'); end;
create trigger wording_update before update on wording
begin select raise(abort, 'wording: a version is never changed; add another'); end;
create trigger wording_delete before delete on wording
begin select raise(abort, 'wording: a version is never deleted'); end;

create trigger consent_retraction_insert before insert on consent_retraction
begin
  select raise(abort, 'consent_retraction: the retractions of a statement are numbered from 1') where new.number <>
    1 + coalesce((select max(number) from consent_retraction
      where contact_id = new.contact_id and statement_id = new.statement_id), 0);
  select raise(abort, 'consent_retraction: a refusal stays unless another held statement about its channel and purpose has its words, or a merged contact has it')
    where new.number % 2 = 1 and exists (select 1 from consent_irreplaceable as it
      where it.contact_id = new.contact_id and it.statement_id = new.statement_id);
end;
create trigger consent_retraction_update before update on consent_retraction
begin select raise(abort, 'consent_retraction: rows are never changed; an even number takes a retraction back'); end;
create trigger consent_retraction_delete before delete on consent_retraction
begin select raise(abort, 'consent_retraction: rows are never deleted'); end;

-- An entry of the suppression list only goes once it is written again: under the current key, or as that of a number.
create trigger suppression_update before update on suppression
begin select raise(abort, 'suppression: entries are never changed; add another'); end;
create trigger suppression_delete before delete on suppression
  when not exists (select 1 from suppression as again where again.at = old.at and again.action = old.action
    and again.reason = old.reason and again.digest <> old.digest)
begin select raise(abort, 'suppression: entries are never deleted; ferry suppress --remove takes one back'); end;
