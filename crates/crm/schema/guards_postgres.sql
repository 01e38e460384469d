-- Triggers on PostgreSQL that keep the ledger of consent append-only. They are enabled always, so that a session that
-- replays a replica (session_replication_role) does not get around them. The functions look for tables in the schema of
-- the table whose trigger they are, whatever the search path of the caller is.
create function refuse_change() returns trigger language plpgsql as $$
begin raise exception '%: %', tg_table_name, tg_argv[0] using errcode = 'integrity_constraint_violation'; end $$;

create trigger consent_change before update or delete or truncate on consent
  for each statement execute function refuse_change('statements are never changed or deleted; retract one and add another');
create trigger consent_retraction_change before update or delete or truncate on consent_retraction
  for each statement execute function refuse_change('rows are never changed or deleted; an even number takes a retraction back');
create trigger wording_change before update or delete or truncate on wording
  for each statement execute function refuse_change('a version is never changed or deleted; add another');

create function check_retraction() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare last bigint; stays boolean;
begin
  execute format('select max(number) from %I.consent_retraction where contact_id = $1 and statement_id = $2',
    tg_table_schema) into last using new.contact_id, new.statement_id;
  if new.number <> 1 + coalesce(last, 0) then
    raise exception 'consent_retraction: the retractions of a statement are numbered from 1'
      using errcode = 'integrity_constraint_violation';
  end if;
  execute format($check$select exists (select 1 from %1$I.consent_held as held
    where held.contact_id = $1 and held.statement_id = $2 and held.strictness > 1 and held.basis <> 'unreadable'
      and not exists (select 1 from %1$I.consent_held as other where other.contact_id = held.contact_id
        and other.statement_id <> held.statement_id and other.basis = held.basis and other.words = held.words)
      and not exists (select 1 from %1$I.decision join %1$I.consent as own on own.contact_id = decision.other_id
        where decision.contact_id = held.contact_id and decision.decision = 'merge'
          and own.statement_id = held.statement_id))$check$, tg_table_schema) into stays using new.contact_id, new.statement_id;
  if new.number % 2 = 1 and stays then
    raise exception 'consent_retraction: a refusal stays unless another held statement has its words, or a merged contact has it'
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger consent_retraction_insert before insert on consent_retraction
  for each row execute function check_retraction();

alter table consent enable always trigger consent_change;
alter table consent_retraction enable always trigger consent_retraction_change;
alter table consent_retraction enable always trigger consent_retraction_insert;
alter table wording enable always trigger wording_change;
