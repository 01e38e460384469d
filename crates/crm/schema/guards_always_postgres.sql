-- After all triggers on PostgreSQL. They are enabled always, so that a session that replays a replica
-- (session_replication_role) does not switch them off. Each function gets a search path of its own, with the temporary
-- schema last: names in a function mean the tables beside it, whoever calls it.
do $$
declare
  one record;
begin
  for one in select tgname, tgrelid::regclass as on_table, tgfoid::regprocedure as called, proname
    from pg_trigger join pg_proc on pg_proc.oid = tgfoid
    where not tgisinternal and pronamespace = current_schema()::regnamespace
  loop
    execute format('alter table %s enable always trigger %I', one.on_table, one.tgname);
    if one.proname <> 'outbox_wait' then
      execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', one.called, current_schema());
    end if;
  end loop;
end $$;
