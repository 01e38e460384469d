-- What follows from the events of webhooks. All rows of delivery, conversation, number_state and account_state are derived:
-- a replay (`Crm::derive_anew`) empties these tables and makes them anew from the events, with the same result. Nothing else may
-- be written to them.

-- How far each message of the business has come. message_key is a keyed digest of the channel, of the platform's id, and of the
-- member where a message went to a group: see model::ContactKey::message_key. message_id is that of outbox, if a status brought
-- it. Each moment is the earliest that was told of its state; a failure stands beside the states. The price is that of the status
-- that went furthest (price_from), and counts once, if the message was delivered. first_event and last_event are the
-- numbers of the first and the last event.
create table delivery (
  message_key blob not null primary key check (length(message_key) = 32),
  message_id text,
  channel text not null check (channel = 'sms' or channel = 'whatsapp'),
  contact_id blob check (contact_id is null or length(contact_id) = 16),
  accepted_at bigint,
  held_at bigint,
  sent_at bigint,
  delivered_at bigint,
  read_at bigint,
  failed_at bigint,
  failed_code bigint,
  price_from text check (price_from is null or price_from = 'sent' or price_from = 'delivered' or price_from = 'read'),
  is_billable bigint,
  price_category text,
  price_type text,
  first_event bigint not null,
  last_event bigint not null
) without rowid;

create index delivery_by_last_event on delivery (last_event);
create index delivery_by_message on delivery (message_id) where message_id is not null;
create index delivery_failed on delivery (failed_code) where failed_code is not null;
create index delivery_by_contact on delivery (contact_id) where contact_id is not null;

-- Which message of outbox a message of the platform is, as the platform answered when it was sent. This is not derived: it joins
-- a status without our id to its message, whichever of both came first. state is held or paused if the platform said that it keeps
-- the message back. Rows are added and never changed.
create table message_answer (
  message_key blob not null primary key check (length(message_key) = 32),
  message_id text not null check (length(message_id) = 32),
  state text not null default 'accepted' check (state = 'accepted' or state = 'held' or state = 'paused'),
  at bigint not null
) without rowid;

create index message_answer_by_message on message_answer (message_id);

-- When a person has last written to or called a sender of the business, which on WhatsApp lets the business answer for 24 hours.
-- event_key is the digest of that event, last_event its number. asked_at is the last message that wants an answer; null if none
-- does.
create table conversation (
  contact_id blob not null check (length(contact_id) = 16),
  channel text not null check (channel = 'sms' or channel = 'whatsapp'),
  sender text not null,
  last_inbound_at bigint not null,
  event_key blob not null check (length(event_key) = 32),
  last_event bigint not null,
  asked_at bigint,
  primary key (contact_id, channel, sender)
) without rowid;

-- The last word of the platform on a number, for each thing that it speaks of. The later word counts by its own time, and of two
-- at once the one with the greater key. people_limit is how many people the business may write to in a day, -1 for any number;
-- words that name no limit leave it. rest is what else was said, as a list of names and values in JSON.
create table number_state (
  account text not null,
  sender text not null,
  about text not null,
  event text not null,
  at bigint not null,
  event_key blob not null check (length(event_key) = 32),
  rest text not null,
  people_limit bigint,
  limit_at bigint,
  limit_key blob default null,
  primary key (account, sender, about)
) without rowid;

-- As number_state, for the whole account.
create table account_state (
  account text not null,
  about text not null,
  event text not null,
  at bigint not null,
  event_key blob not null check (length(event_key) = 32),
  rest text not null,
  people_limit bigint,
  limit_at bigint,
  limit_key blob default null,
  primary key (account, about)
) without rowid;

-- How far each message has come, in one word. A message that was delivered has not failed, whatever was said: is_anomaly is yes
-- then.
create view delivery_view as
  select hex_of(delivery.message_key) as message_key,
    coalesce(delivery.message_id, message_answer.message_id) as message_id, outbox.campaign, outbox.step,
    outbox.state as outbox_state, delivery.channel, hex_of(delivery.person_id) as contact_id,
    case when delivery.read_at is not null then 'read' when delivery.delivered_at is not null then 'delivered'
      when delivery.failed_at is not null then 'failed' when delivery.sent_at is not null then 'sent'
      when delivery.held_at is not null or message_answer.state <> 'accepted' then 'held' when delivery.accepted_at is not null then 'accepted'
      else 'unknown' end as state,
    case when delivery.accepted_at is not null then time_of(delivery.accepted_at) else time_of(message_answer.at) end as accepted_at,
    time_of(delivery.held_at) as held_at,
    time_of(delivery.sent_at) as sent_at, time_of(delivery.delivered_at) as delivered_at,
    time_of(delivery.read_at) as read_at, time_of(delivery.failed_at) as failed_at, delivery.failed_code,
    case when delivery.failed_at is not null and (delivery.delivered_at is not null or delivery.read_at is not null)
      then 'yes' else 'no' end as is_anomaly,
    case when delivery.is_billable = 1 and (delivery.delivered_at is not null or delivery.read_at is not null)
      then 'yes' else 'no' end as is_billed,
    delivery.price_category, delivery.price_type
  from (select delivery.*, coalesce(survivor.contact_id, delivery.contact_id) as person_id
      from delivery left join contact_survivor as survivor on survivor.merged_id = delivery.contact_id) as delivery
    left join message_answer on message_answer.message_key = delivery.message_key
    left join outbox on outbox.message_id = coalesce(delivery.message_id, message_answer.message_id);

create view conversation_view as
  select hex_of(contact_id) as contact_id, channel, sender, time_of(last_inbound_at) as last_inbound_at,
    time_of(asked_at) as asked_at, time_of(ends_at) as open_until
  from (select contact_id, channel, sender, last_inbound_at, asked_at,
      case channel when 'whatsapp' then last_inbound_at + 86400000000 end as ends_at
    from (select coalesce(survivor.contact_id, conversation.contact_id) as contact_id, channel, sender,
        max(last_inbound_at) as last_inbound_at, max(asked_at) as asked_at
      from conversation left join contact_survivor as survivor on survivor.merged_id = conversation.contact_id
      group by 1, 2, 3) as of_people) as opened;

create view number_state_view as
  select account, sender, about, event, time_of(at) as at, people_limit, time_of(limit_at) as limit_at, rest from number_state;

create view account_state_view as
  select account, about, event, time_of(at) as at, people_limit, time_of(limit_at) as limit_at, rest from account_state;

-- When somebody last wrote to the business and last got a message of it, by imports and by webhooks together. The columns of
-- contact stay what imports say, so that they keep their sources.
create view contact_activity_view as
  select hex_of(contact_id) as contact_id, time_of(inbound_at) as last_inbound_at,
    time_of(outbound_at) as last_outbound_at
  from (select contact_id, max(inbound_at) as inbound_at, max(outbound_at) as outbound_at from (
    select contact_id, last_inbound_at as inbound_at, last_outbound_at as outbound_at from contact
    union all
    select coalesce(survivor.contact_id, conversation.contact_id) as contact_id, last_inbound_at as inbound_at,
      null as outbound_at
    from conversation left join contact_survivor as survivor on survivor.merged_id = conversation.contact_id
    union all
    select coalesce(survivor.contact_id, delivery.contact_id) as contact_id, null as inbound_at,
      coalesce(sent_at, delivered_at, read_at) as outbound_at
    from delivery left join contact_survivor as survivor on survivor.merged_id = delivery.contact_id
    where delivery.contact_id is not null
  ) as moments
  where inbound_at is not null or outbound_at is not null
  group by contact_id) as latest;
