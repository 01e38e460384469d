-- The history of identities is added to and never changed. "insert or replace" deletes without the trigger of delete, so a
-- row that is there already is refused before it is inserted.
create trigger identity_event_no_update before update on identity_event begin
  select raise(abort, 'rows of identity_event are added and never changed');
end;
create trigger identity_event_no_delete before delete on identity_event begin
  select raise(abort, 'rows of identity_event are added and never changed');
end;
create trigger identity_event_no_replace before insert on identity_event
  when exists (select 1 from identity_event where event_id = new.event_id or number = new.number)
begin
  select raise(abort, 'rows of identity_event are added and never changed');
end;
