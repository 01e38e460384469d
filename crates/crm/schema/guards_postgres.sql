-- Triggers on PostgreSQL that keep the ledger of consent append-only.

-- Refuses what its trigger was made for. The argument says why.
create function refuse_change() returns trigger language plpgsql as $$
begin raise exception '%', tg_argv[0] using errcode = 'integrity_constraint_violation'; end $$;

create trigger consent_change before update or delete or truncate on consent for each statement
  execute function refuse_change('consent: statements are never changed or deleted; retract one and add another');
create trigger consent_retraction_change before update or delete or truncate on consent_retraction for each statement
  execute function refuse_change('consent_retraction: rows are never changed or deleted; an even number takes one back');
create trigger wording_change before update or delete or truncate on wording for each statement
  execute function refuse_change('wording: a version is never changed or deleted; add another');

create function check_retraction() returns trigger language plpgsql as $$
begin
  if new.number <> 1 + coalesce((select max(number) from consent_retraction
      where contact_id = new.contact_id and statement_id = new.statement_id), 0) then
    raise exception 'consent_retraction: the retractions of a statement are numbered from 1'
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.number % 2 = 1 and exists (select 1 from consent_irreplaceable as it
      where it.contact_id = new.contact_id and it.statement_id = new.statement_id) then
    raise exception 'consent_retraction: a refusal stays unless another held statement about its channel and purpose has its words, or a merged contact has it'
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger consent_retraction_insert before insert on consent_retraction
  for each row execute function check_retraction();

create function check_reading() returns trigger language plpgsql as $$
begin
  if new.basis = 'message' and new.state in ('yes', 'unclear') and exists (select 1 from consent
      where basis = 'message' and state = 'stop' and words = new.words) then
    raise exception 'consent_reading: a person''s own STOP is never read as an unclear answer or as a yes'
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger consent_reading_write before insert or update on consent_reading
  for each row execute function check_reading();
create trigger consent_reading_delete before delete or truncate on consent_reading for each statement
  execute function refuse_change('consent_reading: rows are never deleted; words are read anew by another row');

-- An entry of the suppression list only goes once it is written again under another key, or as that of a number instead of a
-- digest of others: then each contact that it is about is linked to the new entry too.
create trigger suppression_change before update or truncate on suppression for each statement
  execute function refuse_change('suppression: entries are never changed; add another');
create function check_suppression_delete() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from suppression_contact where key_id = old.key_id and digest = old.digest)
    or exists (select 1 from suppression_contact as link where link.key_id = old.key_id and link.digest = old.digest
      and not exists (select 1 from suppression_contact as other
        join suppression as again on again.key_id = other.key_id and again.digest = other.digest
        where other.contact_id = link.contact_id and again.digest <> old.digest and again.at = old.at
          and again.action = old.action and again.reason = old.reason and again.digest_of <> 'sha256'
          and (again.key_id <> old.key_id or old.digest_of = 'sha256'))) then
    raise exception 'suppression: entries are never deleted; ferry suppress --remove takes one back'
      using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end $$;
create trigger suppression_delete before delete on suppression
  for each row execute function check_suppression_delete();

-- The link of an entry to a contact goes only after the entry, or after the contact itself was taken off the list later.
create trigger suppression_contact_change before update or truncate on suppression_contact for each statement
  execute function refuse_change('suppression_contact: whom an entry is about is never changed or forgotten');
create function check_link_delete() returns trigger language plpgsql as $$
begin
  if exists (select 1 from suppression as entry where entry.key_id = old.key_id and entry.digest = old.digest
      and not exists (select 1 from suppression_contact as own
        join suppression as off on off.key_id = own.key_id and off.digest = own.digest
        where own.contact_id = old.contact_id and off.digest_of = 'contact' and off.action = 'remove'
          and off.at >= entry.at)) then
    raise exception 'suppression_contact: whom an entry is about is never forgotten'
      using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end $$;
create trigger suppression_contact_delete before delete on suppression_contact
  for each row execute function check_link_delete();
