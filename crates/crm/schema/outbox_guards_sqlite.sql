-- Triggers of the outbox on SQLite. A trigger before an insert also sees what `insert or replace` would replace: triggers on
-- delete do not fire for those rows. They ask for types and words too, because a column takes values of any type and
-- `pragma ignore_check_constraints` switches checks off. Messages are plain literals: SQLite before 3.47 reads no other.
-- The gate in braces is outbox_gate_sqlite.sql.

-- A row that is unknown can never be sent, so it is let in. The newest trigger fires first: this one
-- comes after outbox_insert.
create trigger outbox_insert_gate before insert on outbox when new.state is not 'unknown' begin
  {outbox gate}
end;

create trigger outbox_insert before insert on outbox begin
  select raise(abort, 'outbox: a message begins as planned, as an intent or as unknown')
    where new.state is null or (new.state <> 'planned' and new.state <> 'intent' and new.state <> 'unknown');
  select raise(abort, 'outbox: the row is malformed')
    where typeof(new.message_id) <> 'text' or length(new.message_id) <> 32 or new.message_id glob '*[^0-9a-f]*'
      or typeof(new.campaign) <> 'text' or typeof(new.step) <> 'text' or typeof(new.contact_id) <> 'blob'
      or typeof(new.recipient) <> 'blob' or length(new.recipient) <> 32 or typeof(new.epoch) <> 'integer'
      or typeof(new.planned_at) <> 'integer'
      or typeof(new.channel) <> 'text' or typeof(new.purpose) <> 'text'
      or not (new.channel = 'sms' or new.channel = 'viber' or new.channel = 'whatsapp')
      or not (new.purpose = 'conversation' or new.purpose = 'utility' or new.purpose = 'marketing'
        or new.purpose = 'authentication');
  select raise(abort, 'outbox: there is a message of this id')
    where exists (select 1 from outbox where message_id = new.message_id);
  select raise(abort, 'outbox: this step of the campaign is taken for the contact')
    where exists (select 1 from send_key where campaign = new.campaign and step = new.step and kind = 'contact'
      and value = new.contact_id);
  select raise(abort, 'outbox: this step of the campaign is taken for the address')
    where exists (select 1 from send_key where campaign = new.campaign and step = new.step and kind = new.channel
      and value = new.recipient);
end;

-- After the insert, because `insert or ignore` may leave the row out.
create trigger outbox_inserted after insert on outbox begin
  insert into send_key (campaign, step, kind, value, message_id, at)
    values (new.campaign, new.step, 'contact', new.contact_id, new.message_id, new.planned_at),
      (new.campaign, new.step, new.channel, new.recipient, new.message_id, new.planned_at);
end;

create trigger outbox_intent before update on outbox
  when new.state = 'intent' and (old.state = 'planned' or old.state = 'intent') begin
  {outbox gate}
end;

create trigger outbox_update before update on outbox begin
  select raise(abort, 'outbox: a message keeps its id, campaign, step, contact, channel, purpose, recipient and plan')
    where new.message_id is not old.message_id or new.campaign is not old.campaign or new.step is not old.step
      or new.wave is not old.wave or new.contact_id is not old.contact_id or new.channel is not old.channel
      or (new.purpose is not old.purpose and not (old.state = 'planned' and new.state = 'planned'))
      or not (new.purpose = 'conversation' or new.purpose = 'utility' or new.purpose = 'marketing'
        or new.purpose = 'authentication')
      or new.recipient is not old.recipient or new.sender is not old.sender or new.planned_at is not old.planned_at;
  select raise(abort, 'outbox: the state of a message cannot change in this way')
    where not coalesce(case old.state
      when 'planned' then new.state = 'planned' or new.state = 'intent' or new.state = 'cancelled' or new.state = 'unknown'
      when 'intent' then new.state = 'intent' or new.state = 'accepted' or new.state = 'refused' or new.state = 'unknown'
        or new.state = 'not_sent'
      when 'unknown' then new.state = 'accepted' or new.state = 'refused' or (new.state = 'not_sent' and exists
        (select 1 from outbox_settlement where message_id = new.message_id and state = 'not_sent'))
      when 'not_sent' then new.state = 'planned' or new.state = 'cancelled' end, 0);
  select raise(abort, 'outbox: consent and basis of a message change only when it becomes an intent')
    where new.state <> 'intent' and not (old.state = 'planned' and new.state = 'unknown') and (new.consent_id is not old.consent_id or new.intent_at is not old.intent_at
      or new.intent_number is not old.intent_number or new.claimed_at is not old.claimed_at
      or (new.basis is not old.basis and new.state <> 'planned'));
  select raise(abort, 'outbox: only a planned message can be moved to the present epoch')
    where new.epoch is not old.epoch and (new.state <> 'planned'
      or new.epoch is not (select cast(value as integer) from ferry_meta where key = 'outbox_epoch'));
end;

create trigger outbox_delete before delete on outbox begin
  select raise(abort, 'outbox: messages are never deleted');
end;

create trigger outbox_settlement_insert before insert on outbox_settlement begin
  select raise(abort, 'outbox: only a message of which nobody knows whether it left can be settled')
    where not exists (select 1 from outbox where message_id = new.message_id and state = 'unknown');
  select raise(abort, 'outbox: this message is settled')
    where exists (select 1 from outbox_settlement where message_id = new.message_id);
end;

create trigger outbox_settlement_update before update on outbox_settlement begin
  select raise(abort, 'outbox: what was decided about a message is never changed');
end;

create trigger outbox_settlement_delete before delete on outbox_settlement begin
  select raise(abort, 'outbox: what was decided about a message is never deleted');
end;

create trigger intent_counter_update before update on intent_counter begin
  select raise(abort, 'outbox: the number of intents can only grow')
    where new.name is not old.name or new.number < old.number;
end;

create trigger intent_counter_delete before delete on intent_counter begin
  select raise(abort, 'outbox: the number of intents can only grow');
end;

create trigger send_key_insert before insert on send_key begin
  select raise(abort, 'outbox: the key is malformed')
    where typeof(new.campaign) <> 'text' or typeof(new.step) <> 'text' or typeof(new.value) <> 'blob'
      or typeof(new.kind) <> 'text'
      or not (new.kind = 'contact' or new.kind = 'sms' or new.kind = 'viber' or new.kind = 'whatsapp');
  select raise(abort, 'outbox: this step of the campaign is taken')
    where exists (select 1 from send_key where campaign = new.campaign and step = new.step and kind = new.kind
      and value = new.value);
end;

create trigger send_key_update before update on send_key begin
  select raise(abort, 'outbox: keys that were taken are never changed');
end;

create trigger send_key_delete before delete on send_key begin
  select raise(abort, 'outbox: keys that were taken are never given back');
end;

create trigger sending_basis_insert before insert on sending_basis begin
  select raise(abort, 'outbox: a basis was declared at this moment')
    where exists (select 1 from sending_basis where channel = new.channel and purpose = new.purpose and since = new.since);
end;

create trigger sending_basis_update before update on sending_basis begin
  select raise(abort, 'outbox: a basis that was declared is never changed');
end;

create trigger sending_basis_delete before delete on sending_basis begin
  select raise(abort, 'outbox: a basis that was declared is never deleted');
end;

create trigger outbox_epoch_insert before insert on ferry_meta when new.key = 'outbox_epoch' begin
  select raise(abort, 'outbox: the epoch can only be raised')
    where exists (select 1 from ferry_meta where key = 'outbox_epoch');
end;

create trigger outbox_epoch_update before update on ferry_meta when old.key = 'outbox_epoch' or new.key = 'outbox_epoch' begin
  select raise(abort, 'outbox: the epoch can only be raised')
    where new.key is not old.key or cast(new.value as integer) < cast(old.value as integer);
end;

create trigger outbox_epoch_delete before delete on ferry_meta when old.key = 'outbox_epoch' begin
  select raise(abort, 'outbox: the epoch can only be raised');
end;

create trigger campaign_update before update on campaign begin
  select raise(abort, 'campaign: a campaign keeps its mode, its account and its number');
end;

create trigger campaign_delete before delete on campaign begin
  select raise(abort, 'campaign: campaigns are never deleted');
end;

create trigger campaign_order_insert before insert on campaign_order begin
  select raise(abort, 'campaign: orders are numbered one after another')
    where new.number is not (select coalesce(max(number), 0) + 1 from campaign_order where campaign = new.campaign);
  select raise(abort, 'campaign: a campaign that was stopped stays so')
    where exists (select 1 from campaign_order where campaign = new.campaign and word = 'stop');
end;

create trigger campaign_order_update before update on campaign_order begin
  select raise(abort, 'campaign: orders are never changed');
end;

create trigger campaign_order_delete before delete on campaign_order begin
  select raise(abort, 'campaign: orders are never deleted');
end;
