-- What came in by webhooks is added to and never changed.
create trigger webhook_body_no_delete before delete or truncate on webhook_body for each statement
  execute function refuse_change('webhook_body: rows are never deleted');
create trigger event_key_no_change before update or delete or truncate on event_key for each statement
  execute function refuse_change('event_key: keys are never changed or deleted');
create trigger event_no_change before update or delete or truncate on event for each statement
  execute function refuse_change('event: events are never changed or deleted');
create trigger dead_letter_no_delete before delete or truncate on dead_letter for each statement
  execute function refuse_change('dead_letter: rows are never deleted');

create function check_body_change() returns trigger language plpgsql as $$
begin
  if new.body is not null or (new.body_id, new.webhook, new.received_at, new.digest, new.n_events, new.n_new, new.n_broken,
      new.is_signed) is distinct from (old.body_id, old.webhook, old.received_at, old.digest, old.n_events, old.n_new,
      old.n_broken, old.is_signed) then
    raise exception 'webhook_body: only the raw body may become null' using errcode = 'integrity_constraint_violation';
  end if;
  if exists (select 1 from dead_letter where body_id = old.body_id and state = 'open') then
    raise exception 'webhook_body: the body of an open dead letter is kept'
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger webhook_body_update before update on webhook_body for each row execute function check_body_change();

create function check_dead_letter_change() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' or (new.number, new.body_id, new.place, new.reason, new.at)
      is distinct from (old.number, old.body_id, old.place, old.reason, old.at) then
    raise exception 'dead_letter: only the state of an open one changes' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end $$;
create trigger dead_letter_update before update on dead_letter for each row execute function check_dead_letter_change();
