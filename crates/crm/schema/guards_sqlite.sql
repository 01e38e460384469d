-- Triggers on SQLite that keep the ledger of consent append-only. Without recursive_triggers, which each connection sets
-- for itself, `insert or replace` deletes a row without a delete trigger: so an insert looks for the row first. A row that
-- is there already stays as it is; another statement under its id is an error, or it would be lost. A state that is read from
-- words may differ, because words can be read in another way later.
create trigger consent_insert before insert on consent
  when exists (select 1 from consent where contact_id = new.contact_id and statement_id = new.statement_id)
begin
  select raise(abort, 'consent: another statement of the contact has this statement_id')
    from consent where contact_id = new.contact_id and statement_id = new.statement_id and not (channel = new.channel
      and purpose = new.purpose and basis = new.basis and words = new.words and said_from is new.said_from
      and said_until is new.said_until and wording is new.wording and wording_version is new.wording_version
      and (state = new.state or basis = 'cell' or basis = 'opt_out' or basis = 'message' or basis = 'event'));
  select raise(ignore);
end;
create trigger consent_update before update on consent
begin select raise(abort, 'consent: statements are never changed; retract one and add another'); end;
create trigger consent_delete before delete on consent
begin select raise(abort, 'consent: statements are never deleted'); end;

create trigger consent_reading_insert before insert on consent_reading
  when new.basis = 'message' and (new.state = 'yes' or new.state = 'unclear') and exists (select 1 from consent
    where basis = 'message' and state = 'stop' and words = new.words)
begin select raise(abort, 'consent_reading: a person''s own STOP is never read as an unclear answer or as a yes'); end;
create trigger consent_reading_update before update on consent_reading
  when new.basis = 'message' and (new.state = 'yes' or new.state = 'unclear') and exists (select 1 from consent
    where basis = 'message' and state = 'stop' and words = new.words)
begin select raise(abort, 'consent_reading: a person''s own STOP is never read as an unclear answer or as a yes'); end;
create trigger consent_reading_delete before delete on consent_reading
begin select raise(abort, 'consent_reading: rows are never deleted; words are read anew by another row'); end;

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

-- An entry of the suppression list only goes once it is written again under another key, or as that of a number instead of a
-- digest of others: then each contact that it is about is linked to the new entry too.
create trigger suppression_insert before insert on suppression
  when exists (select 1 from suppression where key_id = new.key_id and digest = new.digest and at = new.at
    and action = new.action)
begin
  select raise(abort, 'suppression: entries are never changed; add another') from suppression where key_id = new.key_id
    and digest = new.digest and at = new.at and action = new.action
    and not (digest_of = new.digest_of and reason = new.reason);
  select raise(ignore);
end;
create trigger suppression_update before update on suppression
begin select raise(abort, 'suppression: entries are never changed; add another'); end;
create trigger suppression_delete before delete on suppression
  when not exists (select 1 from suppression_contact where key_id = old.key_id and digest = old.digest)
    or exists (select 1 from suppression_contact as link where link.key_id = old.key_id and link.digest = old.digest
      and not exists (select 1 from suppression_contact as other
        join suppression as again on again.key_id = other.key_id and again.digest = other.digest
        where other.contact_id = link.contact_id and again.digest <> old.digest and again.at = old.at
          and again.action = old.action and again.reason = old.reason and again.digest_of <> 'sha256'
          and (again.key_id <> old.key_id or old.digest_of = 'sha256')))
begin select raise(abort, 'suppression: entries are never deleted; ferry suppress --remove takes one back'); end;

-- The link of an entry to a contact goes only after the entry, or after the contact itself was taken off the list later.
create trigger suppression_contact_insert before insert on suppression_contact
  when exists (select 1 from suppression_contact where contact_id = new.contact_id and key_id = new.key_id
    and digest = new.digest)
begin select raise(ignore); end;
create trigger suppression_contact_update before update on suppression_contact
begin select raise(abort, 'suppression_contact: whom an entry is about is never changed'); end;
create trigger suppression_contact_delete before delete on suppression_contact
  when exists (select 1 from suppression as entry where entry.key_id = old.key_id and entry.digest = old.digest
    and not exists (select 1 from suppression_contact as own
      join suppression as off on off.key_id = own.key_id and off.digest = own.digest
      where own.contact_id = old.contact_id and off.digest_of = 'contact' and off.action = 'remove'
        and off.at >= entry.at))
begin select raise(abort, 'suppression_contact: whom an entry is about is never forgotten'); end;
