-- The history of identities is added to and never changed. The function names no table, so it works in any schema and with
-- any search path. "always" counts for replication as well.
create function identity_event_refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'rows of % are added and never changed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger identity_event_no_change before update or delete or truncate on identity_event
  for each statement execute function identity_event_refuse();
alter table identity_event enable always trigger identity_event_no_change;
