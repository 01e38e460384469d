-- Messages that are to be sent, and what became of each. Triggers (outbox_guards_sqlite.sql, outbox_guards_postgres.sql)
-- let a row in only if the contact may be written to at that moment, and ask again whenever a row becomes an intent. They
-- refuse to delete rows. An erasing procedure will need a way through: outbox_delete is the place.
--
-- message_id is 32 random hexadecimal digits, which go out with the message. recipient is a keyed digest of the address, of
-- 32 bytes: see model::ContactKey::recipient. consent_id is the statement that counted for the purpose when the row was
-- planned, and again when it became an intent. basis is the one that the plan declares for SMS and Viber. epoch is that of
-- ferry_meta when the row was planned: a restore raises it, and rows of an earlier epoch are not sent.
--
-- state: planned; intent, which is committed before the message leaves; accepted, refused and unknown by the answer of the
-- provider, unknown if there was none; not_sent if it is proven that nothing left, so that it can be planned again;
-- cancelled. Accepted, refused and cancelled rows never change again. A row begins as unknown, or becomes it
-- from planned, if a later copy of the database had sent the message: see sends.log in docs/sending.md.
--
-- wave is the part of the step with which it was released. sender is the number that sends. not_before is the moment of the
-- campaign's clock before which it is not looked at, waits_for the reason in a word. attempts counts intents of which it is
-- proven that nothing left. intent_number numbers all intents of the database without a gap. intent_at is the campaign's clock,
-- which a rehearsal moves, and claimed_at the clock of the database: bytes leave at most 100 ms after claimed_at. opens is 1 if
-- no conversation of the person was open. code is the code of the platform's refusal.
create table outbox (
  message_id text not null primary key check (length(message_id) = 32),
  campaign text not null,
  step text not null,
  wave bigint not null default 1,
  contact_id blob not null,
  channel text not null check (channel = 'sms' or channel = 'viber' or channel = 'whatsapp'),
  purpose text not null check (purpose = 'conversation' or purpose = 'utility' or purpose = 'marketing'
    or purpose = 'authentication'),
  recipient blob not null check (length(recipient) = 32),
  sender text not null default '',
  state text not null check (state = 'planned' or state = 'intent' or state = 'accepted' or state = 'refused'
    or state = 'unknown' or state = 'not_sent' or state = 'cancelled'),
  consent_id bigint,
  basis text,
  epoch bigint not null,
  planned_at bigint not null,
  not_before bigint not null default 0,
  waits_for text,
  attempts bigint not null default 0,
  intent_number bigint,
  intent_at bigint,
  claimed_at bigint,
  opens bigint,
  code bigint,
  settled_at bigint,
  unique (campaign, step, contact_id),
  unique (campaign, step, channel, recipient)
) without rowid;

create index outbox_by_contact on outbox (contact_id);

create index outbox_waiting on outbox (campaign, not_before, contact_id) where state = 'planned';

create index outbox_open on outbox (claimed_at) where state = 'intent';

create index outbox_not_sent on outbox (campaign) where state = 'not_sent';

create unique index outbox_by_intent on outbox (intent_number) where intent_number is not null;

create index outbox_by_moment on outbox (intent_at) where intent_at is not null;

-- What a message says: the template with its language, and the values of its variables in JSON. Values are about people. A message
-- that was sent keeps the digest of the bytes that left.
create table outbox_content (
  message_id text not null primary key,
  template text not null,
  language text not null,
  content text not null
) without rowid;

-- The number of the last intent. Whoever makes intents locks the row.
create table intent_counter (
  name text not null primary key check (name = 'intent'),
  number bigint not null
) without rowid;

insert into intent_counter (name, number) values ('intent', 0);

-- What a person has decided about a message of which nobody knows whether it left: state is accepted or not_sent. Rows are added
-- and never changed.
create table outbox_settlement (
  message_id text not null primary key,
  state text not null check (state = 'accepted' or state = 'not_sent'),
  reason text not null check (reason <> ''),
  by_whom text not null,
  at bigint not null
) without rowid;

-- The keys by which a message goes out once: for each campaign and step the contact (kind contact, and value its id) and the
-- address (kind is the channel, and value the digest). A row of outbox takes both. They stay taken when contacts are merged,
-- phones are corrected and people are erased. Rows are added and never changed.
create table send_key (
  campaign text not null,
  step text not null,
  kind text not null check (kind = 'contact' or kind = 'sms' or kind = 'viber' or kind = 'whatsapp'),
  value blob not null,
  message_id text not null,
  at bigint not null,
  primary key (campaign, step, kind, value)
) without rowid;

create index send_key_by_value on send_key (kind, value);

-- The basis on which the plan says that people may be written to by SMS and Viber. The last row of a channel and purpose
-- counts; an empty basis takes it back. Rows are added and never changed.
create table sending_basis (
  channel text not null check (channel = 'sms' or channel = 'viber'),
  purpose text not null,
  basis text not null,
  since bigint not null,
  run_id text not null,
  primary key (channel, purpose, since)
) without rowid;

create view outbox_view as
  select outbox.message_id, campaign, step, wave, hex_of(contact_id) as contact_id, channel, purpose,
    hex_of(recipient) as recipient, sender, outbox.state, template, outbox_content.language, consent_id, basis, epoch,
    time_of(planned_at) as planned_at, case when not_before > 0 then time_of(not_before) end as not_before, waits_for, attempts,
    intent_number, time_of(intent_at) as intent_at, case opens when 1 then 'yes' when 0 then 'no' end as opens, code,
    time_of(settled_at) as settled_at, outbox_settlement.reason as settled_because, outbox_settlement.by_whom as settled_by
  from outbox left join outbox_content on outbox_content.message_id = outbox.message_id
    left join outbox_settlement on outbox_settlement.message_id = outbox.message_id;
