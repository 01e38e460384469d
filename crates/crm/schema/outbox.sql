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
-- cancelled. Accepted, refused and cancelled rows never change again.
create table outbox (
  message_id text not null primary key check (length(message_id) = 32),
  campaign text not null,
  step text not null,
  contact_id blob not null,
  channel text not null check (channel = 'sms' or channel = 'viber' or channel = 'whatsapp'),
  purpose text not null check (purpose = 'conversation' or purpose = 'utility' or purpose = 'marketing'
    or purpose = 'authentication'),
  recipient blob not null check (length(recipient) = 32),
  state text not null check (state = 'planned' or state = 'intent' or state = 'accepted' or state = 'refused'
    or state = 'unknown' or state = 'not_sent' or state = 'cancelled'),
  consent_id bigint,
  basis text,
  epoch bigint not null,
  planned_at bigint not null,
  intent_at bigint,
  settled_at bigint,
  unique (campaign, step, contact_id),
  unique (campaign, step, channel, recipient)
) without rowid;

create index outbox_by_contact on outbox (contact_id);

create index outbox_waiting on outbox (campaign, step, contact_id) where state = 'planned';

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
  select message_id, campaign, step, hex_of(contact_id) as contact_id, channel, purpose, hex_of(recipient) as recipient,
    state, consent_id, basis, epoch, time_of(planned_at) as planned_at, time_of(intent_at) as intent_at,
    time_of(settled_at) as settled_at
  from outbox;
