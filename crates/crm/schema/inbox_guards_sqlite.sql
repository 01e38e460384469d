-- What came in by webhooks is added to and never changed. "insert or replace" deletes without the trigger of delete, so a row
-- that is there already is refused before it is inserted.
create trigger webhook_body_insert before insert on webhook_body
  when exists (select 1 from webhook_body where body_id = new.body_id)
begin select raise(abort, 'webhook_body: rows are never replaced'); end;
create trigger webhook_body_update before update on webhook_body
  when new.body is not null or new.body_id is not old.body_id or new.webhook is not old.webhook
    or new.received_at is not old.received_at or new.digest is not old.digest or new.n_events is not old.n_events
    or new.n_new is not old.n_new or new.n_broken is not old.n_broken or new.is_signed is not old.is_signed
begin select raise(abort, 'webhook_body: only the raw body may become null'); end;
create trigger webhook_body_unread before update on webhook_body
  when exists (select 1 from dead_letter where body_id = old.body_id and state = 'open')
begin select raise(abort, 'webhook_body: the body of an open dead letter is kept'); end;
create trigger webhook_body_delete before delete on webhook_body
begin select raise(abort, 'webhook_body: rows are never deleted'); end;

create trigger event_key_insert before insert on event_key
  when exists (select 1 from event_key where digest = new.digest)
begin select raise(abort, 'event_key: keys are never replaced'); end;
create trigger event_key_update before update on event_key
begin select raise(abort, 'event_key: keys are never changed or deleted'); end;
create trigger event_key_delete before delete on event_key
begin select raise(abort, 'event_key: keys are never changed or deleted'); end;

create trigger event_insert before insert on event when exists (select 1 from event where number = new.number)
begin select raise(abort, 'event: rows are never replaced'); end;
create trigger event_update before update on event
begin select raise(abort, 'event: events are never changed or deleted'); end;
create trigger event_delete before delete on event
begin select raise(abort, 'event: events are never changed or deleted'); end;

create trigger dead_letter_insert before insert on dead_letter
  when exists (select 1 from dead_letter where number = new.number or (body_id = new.body_id and place = new.place))
begin select raise(abort, 'dead_letter: rows are never replaced'); end;
create trigger dead_letter_update before update on dead_letter
  when old.state <> 'open' or new.number is not old.number or new.body_id is not old.body_id or new.place is not old.place
    or new.reason is not old.reason or new.at is not old.at
begin select raise(abort, 'dead_letter: only the state of an open one changes'); end;
create trigger dead_letter_delete before delete on dead_letter
begin select raise(abort, 'dead_letter: rows are never deleted'); end;
