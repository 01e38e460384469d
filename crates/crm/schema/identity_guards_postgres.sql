-- The history of identities is added to and never changed.
create trigger identity_event_no_change before update or delete or truncate on identity_event
  for each statement execute function refuse_change('rows of identity_event are added and never changed');
