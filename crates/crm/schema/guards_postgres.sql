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

-- An entry of the suppression list only goes once it is written again: under the current key, or as that of a number.
create trigger suppression_change before update or truncate on suppression for each statement
  execute function refuse_change('suppression: entries are never changed; add another');
create trigger suppression_contact_truncate before truncate on suppression_contact for each statement
  execute function refuse_change('suppression_contact: whom an entry is about is never forgotten');
create function check_suppression_delete() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from suppression as again where again.at = old.at and again.action = old.action
      and again.reason = old.reason and again.digest <> old.digest) then
    raise exception 'suppression: entries are never deleted; ferry suppress --remove takes one back'
      using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end $$;
create trigger suppression_delete before delete on suppression
  for each row execute function check_suppression_delete();
