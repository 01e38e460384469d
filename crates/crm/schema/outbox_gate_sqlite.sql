select raise(abort, 'outbox: the contact is not in the database')
    where not exists (select 1 from contact where contact_id = new.contact_id);
  select raise(abort, 'outbox: the contact is suppressed')
    where exists (select 1 from suppressed where contact_id = new.contact_id);
  select raise(abort, 'outbox: the contact is held until somebody acknowledges that the number changed hands')
    where exists (select 1 from contact_hold where contact_id = new.contact_id);
  select raise(abort, 'outbox: the message is of an earlier epoch: the database was restored since')
    where new.epoch is not (select cast(value as integer) from ferry_meta where key = 'outbox_epoch');
  select raise(abort, 'outbox: an intent has a moment')
    where new.state = 'intent' and typeof(new.intent_at) <> 'integer';
  select raise(abort, 'outbox: the plan does not declare this basis for the channel and purpose')
    where new.channel <> 'whatsapp' and (new.basis is null or new.basis = '' or new.basis is not (select basis
      from sending_basis where channel = new.channel and purpose = new.purpose order by since desc limit 1));
  select raise(abort, 'outbox: a confirmation answers by WhatsApp, in the open conversation')
    where new.campaign = 'confirm-stop' and (new.channel <> 'whatsapp' or new.purpose <> 'conversation');
  select raise(abort, 'outbox: a confirmation is a text')
    where new.campaign = 'confirm-stop' and new.state = 'intent' and not exists (select 1 from outbox_content
      where message_id = new.message_id and template = '');
  select raise(abort, 'outbox: this STOP has its confirmation')
    where new.campaign = 'confirm-stop' and exists (select 1 from send_key where campaign = 'confirm-stop' and step = new.step
      and message_id <> new.message_id);
  select raise(abort, 'outbox: there is no STOP that counts now and is to be confirmed')
    where new.campaign = 'confirm-stop' and not (
      exists (select 1 from stop_to_confirm as stop where stop.contact_id = new.contact_id
        and stop.statement_id = new.consent_id and cast(stop.statement_id as text) = new.step and stop.sender = new.sender
        and stop.said_from > coalesce(new.intent_at, new.planned_at) - 86100000000)
      and exists (select 1 from consent_now as now where now.contact_id = new.contact_id and now.channel = 'whatsapp'
        and now.purpose = 'conversation' and now.state = 'stop'));
  select case
      when new.campaign = 'confirm-stop' then null
      when count(*) = 0 and new.channel = 'whatsapp'
        then raise(abort, 'outbox: no consent that counts for this purpose on WhatsApp')
      when max(state) <> 'yes' and new.channel = 'whatsapp'
        then raise(abort, 'outbox: no consent that counts for this purpose on WhatsApp')
      when max(state) <> 'yes'
        then raise(abort, 'outbox: the contact has refused this purpose on the channel, or is not understood')
      when max(statement_id) is not new.consent_id and (new.channel = 'whatsapp' or new.consent_id is not null)
        then raise(abort, 'outbox: another statement counts now') end
    from consent_now where contact_id = new.contact_id and channel = new.channel and purpose = new.purpose;
