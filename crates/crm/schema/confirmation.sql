-- The STOPs that may be confirmed, once each, by the person and the number that they were written to: the step of the
-- confirmation is the id of the statement. Each is a word or a button of the person, signed, in a conversation with the
-- business alone, and it changed something: nothing that was recorded before had stopped all messages on WhatsApp, or a yes
-- followed it. A yes after the STOP ends it. The gate of the outbox (outbox_gate_sqlite.sql, outbox_guards_postgres.sql) asks
-- this view, and adds how long the conversation is open. A statement of a webhook names the event by its number in source_row and
-- by its digest in proof; both must be those of one event, because a restored database numbers its events anew.
create view stop_to_confirm as
  select stop.contact_id, stop.statement_id, event.sender, stop.said_from, stop.identity
  from consent_held as stop
    join event on event.number = case when stop.first_run = 'webhook' and stop.source_row like 'webhook:%'
        then cast(substr(stop.source_row, 9) as bigint) end
      and stop.proof = 'message:' || hex_of(event.digest)
  where stop.state = 'stop' and stop.basis = 'message' and stop.channel = 'whatsapp' and stop.purpose = 'messages'
    and event.kind = 'message' and event.reading = 'stop' and event.is_signed = 1
    and event.fact like '%"group":null%' and event.fact like '%"is_standby":false%'
    -- A number can be that of several contacts, whom the STOP counts for. One of them is answered.
    and (event.contact_id = stop.contact_id or exists (select 1 from contact_survivor as survivor
      where survivor.merged_id = event.contact_id and survivor.contact_id = stop.contact_id))
    and not exists (select 1 from consent_held as yes where yes.contact_id = stop.contact_id and yes.strictness = 1
      and yes.channel = 'whatsapp' and yes.basis <> 'platform' and yes.said_from > stop.said_from)
    and not exists (select 1 from consent_held as earlier where earlier.contact_id = stop.contact_id
      and earlier.statement_id <> stop.statement_id and earlier.strictness > 2 and earlier.purpose = 'messages'
      and (earlier.channel = 'whatsapp' or earlier.channel = 'all')
      and case when earlier.first_run = 'webhook' and earlier.source_row like 'webhook:%'
        then cast(substr(earlier.source_row, 9) as bigint) < event.number
        else earlier.first_run_at <= stop.first_run_at end
      and not exists (select 1 from consent_held as yes where yes.contact_id = stop.contact_id and yes.strictness = 1
        and yes.channel = 'whatsapp' and yes.basis <> 'platform'
        and yes.said_from > coalesce(earlier.said_from, earlier.first_run_at) and yes.said_from <= stop.said_from));
