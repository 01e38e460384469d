-- Triggers of the outbox on PostgreSQL.

-- The same for the confirmation of a STOP, which is the only message that goes out after one. The conversation is open for 24
-- hours, of which the last five minutes are left for the way.
create function confirmation_gate(new outbox) returns text language plpgsql as $$
begin
  if new.channel <> 'whatsapp' or new.purpose <> 'conversation' then
    return 'a confirmation answers by WhatsApp, in the open conversation';
  end if;
  if new.state = 'intent' and not exists (select 1 from outbox_content
      where message_id = new.message_id and template = '') then
    return 'a confirmation is a text';
  end if;
  if exists (select 1 from send_key where campaign = 'confirm-stop' and step = new.step
      and message_id <> new.message_id) then
    return 'this STOP has its confirmation';
  end if;
  if not exists (select 1 from stop_to_confirm as stop where stop.contact_id = new.contact_id
        and stop.statement_id = new.consent_id and cast(stop.statement_id as text) = new.step and stop.sender = new.sender
        and stop.said_from > coalesce(new.intent_at, new.planned_at) - 86100000000)
      or not exists (select 1 from consent_now as now where now.contact_id = new.contact_id and now.channel = 'whatsapp'
        and now.purpose = 'conversation' and now.state = 'stop') then
    return 'there is no STOP that counts now and is to be confirmed';
  end if;
  return null;
end $$;

-- Says why a row may not be sent; null if it may.
create function outbox_gate(new outbox) returns text language plpgsql as $$
declare
  counts record;
begin
  if new.state = 'intent' then
    -- A withdrawal takes the same lock before it commits: see outbox_wait. Whoever comes second sees the other, but only
    -- if each statement sees what was committed before it.
    if current_setting('transaction_isolation') <> 'read committed' then
      return 'an intent needs a transaction that is read committed';
    end if;
    if new.intent_at is null then
      return 'an intent has a moment';
    end if;
    perform pg_advisory_xact_lock_shared(4928464, get_byte(new.contact_id, 0));
  end if;
  if not exists (select 1 from contact where contact_id = new.contact_id) then
    return 'the contact is not in the database';
  end if;
  if exists (select 1 from suppressed where contact_id = new.contact_id) then
    return 'the contact is suppressed';
  end if;
  if exists (select 1 from contact_hold where contact_id = new.contact_id) then
    return 'the contact is held until somebody acknowledges that the number changed hands';
  end if;
  if new.epoch is distinct from (select value::bigint from ferry_meta where key = 'outbox_epoch') then
    return 'the message is of an earlier epoch: the database was restored since';
  end if;
  if new.channel <> 'whatsapp' and (new.basis is null or new.basis = '' or new.basis is distinct from (select basis
      from sending_basis where channel = new.channel and purpose = new.purpose order by since desc limit 1)) then
    return 'the plan does not declare this basis for the channel and purpose';
  end if;
  if new.campaign = 'confirm-stop' then
    return confirmation_gate(new);
  end if;
  select state, statement_id into counts from consent_now
    where contact_id = new.contact_id and channel = new.channel and purpose = new.purpose;
  if new.channel = 'whatsapp' and counts.state is distinct from 'yes' then
    return 'no consent that counts for this purpose on WhatsApp';
  end if;
  if counts.state <> 'yes' then
    return 'the contact has refused this purpose on the channel, or is not understood';
  end if;
  if new.consent_id is distinct from counts.statement_id and (new.channel = 'whatsapp' or new.consent_id is not null) then
    return 'another statement counts now';
  end if;
  return null;
end $$;

-- A plan that was made while a table was empty would read all of it later, so tables are read by their indexes.
create function outbox_insert() returns trigger language plpgsql set enable_seqscan = off set jit = off as $$
declare
  n_taken bigint;
  refusal text;
begin
  if new.state is null or (new.state <> 'planned' and new.state <> 'intent' and new.state <> 'unknown') then
    raise exception 'outbox: a message begins as planned, as an intent or as unknown' using errcode = '23000';
  end if;
  if new.message_id !~ '^[0-9a-f]{32}$' or length(new.recipient) <> 32 or length(new.contact_id) <> 16 then
    raise exception 'outbox: the row is malformed' using errcode = '23000';
  end if;
  if exists (select 1 from outbox where message_id = new.message_id) then
    raise exception 'outbox: there is a message of this id' using errcode = '23000';
  end if;
  -- A row that is unknown can never be sent, so it is let in.
  refusal := case when new.state <> 'unknown' then outbox_gate(new) end;
  if refusal is not null then
    raise exception 'outbox: %', refusal using errcode = '23000';
  end if;
  -- Another transaction may be about to take a key, so this waits for it.
  insert into send_key (campaign, step, kind, value, message_id, at)
    values (new.campaign, new.step, 'contact', new.contact_id, new.message_id, new.planned_at) on conflict do nothing;
  get diagnostics n_taken = row_count;
  if n_taken = 0 then
    raise exception 'outbox: this step of the campaign is taken for the contact' using errcode = '23000';
  end if;
  insert into send_key (campaign, step, kind, value, message_id, at)
    values (new.campaign, new.step, new.channel, new.recipient, new.message_id, new.planned_at) on conflict do nothing;
  get diagnostics n_taken = row_count;
  if n_taken = 0 then
    raise exception 'outbox: this step of the campaign is taken for the address' using errcode = '23000';
  end if;
  return new;
end $$;

create function outbox_update() returns trigger language plpgsql set enable_seqscan = off set jit = off as $$
declare
  refusal text;
begin
  if (new.message_id, new.campaign, new.step, new.wave, new.contact_id, new.channel, new.recipient, new.sender,
      new.planned_at)
    is distinct from
    (old.message_id, old.campaign, old.step, old.wave, old.contact_id, old.channel, old.recipient, old.sender,
      old.planned_at)
    or (new.purpose <> old.purpose and not (old.state = 'planned' and new.state = 'planned')) then
    raise exception
      'outbox: a message keeps its id, campaign, step, contact, channel, purpose, recipient and plan' using errcode = '23000';
  end if;
  if not coalesce(case old.state
      when 'planned' then new.state = 'planned' or new.state = 'intent' or new.state = 'cancelled' or new.state = 'unknown'
      when 'intent' then new.state = 'intent' or new.state = 'accepted' or new.state = 'refused' or new.state = 'unknown'
        or new.state = 'not_sent'
      when 'unknown' then new.state = 'accepted' or new.state = 'refused' or (new.state = 'not_sent' and exists
        (select 1 from outbox_settlement where message_id = new.message_id and state = 'not_sent'))
      when 'not_sent' then new.state = 'planned' or new.state = 'cancelled' end, false) then
    raise exception 'outbox: the state of a message cannot change in this way' using errcode = '23000';
  end if;
  if new.state <> 'intent' and not (old.state = 'planned' and new.state = 'unknown') and (new.consent_id is distinct from old.consent_id
      or new.intent_at is distinct from old.intent_at or new.intent_number is distinct from old.intent_number
      or new.claimed_at is distinct from old.claimed_at
      or (new.basis is distinct from old.basis and new.state <> 'planned')) then
    raise exception 'outbox: consent and basis of a message change only when it becomes an intent' using errcode = '23000';
  end if;
  if new.epoch <> old.epoch and (new.state <> 'planned'
      or new.epoch is distinct from (select value::bigint from ferry_meta where key = 'outbox_epoch')) then
    raise exception 'outbox: only a planned message can be moved to the present epoch' using errcode = '23000';
  end if;
  if new.state = 'intent' then
    refusal := outbox_gate(new);
    if refusal is not null then
      raise exception 'outbox: %', refusal using errcode = '23000';
    end if;
  end if;
  return new;
end $$;

create function outbox_settlement() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from outbox where message_id = new.message_id and state = 'unknown') then
    raise exception 'outbox: only a message of which nobody knows whether it left can be settled' using errcode = '23000';
  end if;
  return new;
end $$;

create function intent_counter() returns trigger language plpgsql as $$
begin
  if new.name <> old.name or new.number < old.number then
    raise exception 'outbox: the number of intents can only grow' using errcode = '23000';
  end if;
  return new;
end $$;

create trigger outbox_settlement_insert before insert on outbox_settlement
  for each row execute function outbox_settlement();
create trigger outbox_settlement_update before update on outbox_settlement
  for each row execute function refuse_change('outbox: what was decided about a message is never changed');
create trigger outbox_settlement_delete before delete on outbox_settlement
  for each row execute function refuse_change('outbox: what was decided about a message is never deleted');
create trigger outbox_settlement_truncate before truncate on outbox_settlement
  for each statement execute function refuse_change('outbox: what was decided about a message is never deleted');
create trigger intent_counter_update before update on intent_counter for each row execute function intent_counter();
create trigger intent_counter_delete before delete on intent_counter
  for each row execute function refuse_change('outbox: the number of intents can only grow');
create trigger intent_counter_truncate before truncate on intent_counter
  for each statement execute function refuse_change('outbox: the number of intents can only grow');

create function outbox_epoch() returns trigger language plpgsql as $$
begin
  if new.key <> old.key or new.value::bigint < old.value::bigint then
    raise exception 'outbox: the epoch can only be raised' using errcode = '23000';
  end if;
  return new;
end $$;

create trigger outbox_insert before insert on outbox for each row execute function outbox_insert();
create trigger outbox_update before update on outbox for each row execute function outbox_update();
create trigger outbox_delete before delete on outbox
  for each row execute function refuse_change('outbox: messages are never deleted');
create trigger outbox_truncate before truncate on outbox
  for each statement execute function refuse_change('outbox: messages are never deleted');
create trigger send_key_update before update on send_key
  for each row execute function refuse_change('outbox: keys that were taken are never changed');
create trigger send_key_delete before delete on send_key
  for each row execute function refuse_change('outbox: keys that were taken are never given back');
create trigger send_key_truncate before truncate on send_key
  for each statement execute function refuse_change('outbox: keys that were taken are never given back');
create trigger sending_basis_update before update on sending_basis
  for each row execute function refuse_change('outbox: a basis that was declared is never changed');
create trigger sending_basis_delete before delete on sending_basis
  for each row execute function refuse_change('outbox: a basis that was declared is never deleted');
create trigger sending_basis_truncate before truncate on sending_basis
  for each statement execute function refuse_change('outbox: a basis that was declared is never deleted');
create trigger outbox_epoch_update before update on ferry_meta for each row
  when (old.key = 'outbox_epoch' or new.key = 'outbox_epoch') execute function outbox_epoch();
create trigger outbox_epoch_delete before delete on ferry_meta for each row when (old.key = 'outbox_epoch')
  execute function refuse_change('outbox: the epoch can only be raised');
create trigger outbox_epoch_truncate before truncate on ferry_meta
  for each statement execute function refuse_change('outbox: the epoch can only be raised');

-- A withdrawal is a statement other than a yes, a retraction or a suppression. It commits only when no transaction is about
-- to make an intent for a contact whose id begins with the same byte, and keeps others from it until it has committed. This
-- is deferred, so that a load holds the locks for its commit alone. There are 256 of them, which is what a transaction may
-- hold, and loads take them in the order of contact ids.
create function outbox_wait() returns trigger language plpgsql as $$
begin
  -- Full names, and no search path of its own: a load calls this for every refusal.
  perform pg_catalog.pg_advisory_xact_lock(4928464, pg_catalog.get_byte(new.contact_id, 0));
  return null;
end $$;

create constraint trigger outbox_wait after insert on consent deferrable initially deferred
  for each row when (new.state <> 'yes') execute function outbox_wait();
create constraint trigger outbox_wait_for_retraction after insert on consent_retraction deferrable initially deferred
  for each row execute function outbox_wait();

create constraint trigger outbox_wait_for_suppression after insert on suppression_contact deferrable initially deferred
  for each row execute function outbox_wait();

-- As outbox_wait, for an entry of the list that was known to be about some contacts before.
create function outbox_wait_for_listed() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(4928464, get_byte(contact_id, 0)) from suppression_contact
    where key_id = new.key_id and digest = new.digest;
  return null;
end $$;

create constraint trigger outbox_wait_for_listed after insert on suppression deferrable initially deferred
  for each row when (new.action = 'add') execute function outbox_wait_for_listed();

create function campaign_order() returns trigger language plpgsql as $$
begin
  if new.number <> (select coalesce(max(number), 0) + 1 from campaign_order where campaign = new.campaign) then
    raise exception 'campaign: orders are numbered one after another' using errcode = '23000';
  end if;
  if exists (select 1 from campaign_order where campaign = new.campaign and word = 'stop') then
    raise exception 'campaign: a campaign that was stopped stays so' using errcode = '23000';
  end if;
  return new;
end $$;

create trigger campaign_update before update on campaign
  for each row execute function refuse_change('campaign: a campaign keeps its mode, its account and its number');
create trigger campaign_delete before delete on campaign
  for each row execute function refuse_change('campaign: campaigns are never deleted');
create trigger campaign_truncate before truncate on campaign
  for each statement execute function refuse_change('campaign: campaigns are never deleted');
create trigger campaign_order_insert before insert on campaign_order for each row execute function campaign_order();
create trigger campaign_order_update before update on campaign_order
  for each row execute function refuse_change('campaign: orders are never changed');
create trigger campaign_order_delete before delete on campaign_order
  for each row execute function refuse_change('campaign: orders are never deleted');
create trigger campaign_order_truncate before truncate on campaign_order
  for each statement execute function refuse_change('campaign: orders are never deleted');
