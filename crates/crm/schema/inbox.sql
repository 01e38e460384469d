-- What platforms have told by webhooks. Triggers (inbox_guards_*.sql) refuse to change or delete rows: of a body only the raw
-- bytes may become null, of a dead letter only its state changes.
--
-- body_id counts the bodies in the order in which they were stored. webhook names the webhook that received the body, digest its
-- SHA-256. body is null once it has been kept for as long as the plan says. n_events, n_new and n_broken count what it held
-- when it came in: events, those that no earlier body had brought, and parts that could not be read.
create table webhook_body (
  body_id bigint not null primary key check (body_id > 0),
  webhook text not null,
  received_at bigint not null,
  digest blob not null check (length(digest) = 32),
  body blob default null,
  n_events bigint not null,
  n_new bigint not null,
  n_broken bigint not null,
  is_signed bigint not null check (is_signed = 0 or is_signed = 1)
);

create index webhook_body_kept on webhook_body (body_id) where body is not null;
create index webhook_body_broken on webhook_body (digest) where n_broken > 0;

-- The keys of all events that were ever stored, as keyed digests: see model::ContactKey::event_key. An event that a body brings
-- again adds nothing, for ever. Events without a signature have keys of their own, so they never stand in for a signed one.
create table event_key (
  digest blob not null primary key check (length(digest) = 32),
  number bigint not null
) without rowid;

-- The events, in the order in which they were stored: number rises by one from 1, and no later transaction adds a lower one.
-- digest is the one of event_key, place the position in the body. channel is null if the event is of none that is read. at is the
-- time by the word of the platform. fact is the event as JSON: see model::Event. It holds no text of a message. contact_id is
-- the contact whom the ids of the event named when it was stored, which need not be in the database; null if it names nobody.
-- reading says how the words of a person, or the choice made in the app, were read.
create table event (
  number bigint not null primary key check (number > 0),
  digest blob not null check (length(digest) = 32),
  body_id bigint not null,
  place bigint not null,
  webhook text not null,
  kind text not null,
  account text not null,
  sender text not null,
  channel text check (channel is null or channel = 'sms' or channel = 'whatsapp'),
  at bigint,
  received_at bigint not null,
  is_signed bigint not null check (is_signed = 0 or is_signed = 1),
  contact_id blob check (contact_id is null or length(contact_id) = 16),
  reading text check (reading is null or reading = 'stop' or reading = 'start' or reading = 'unclear'),
  fact text not null
) without rowid;

create index event_other on event (number) where kind = 'other';
create index event_contact on event (contact_id, number) where contact_id is not null;
create index event_stops on event (contact_id) where reading = 'stop';

-- Parts of bodies that could not be read as events. place is a JSON pointer into the body, empty for the whole. at is when it
-- came in. state: open, done if it was read later, dropped if a person decided so. The raw body of an open one is kept.
create table dead_letter (
  number bigint not null primary key check (number > 0),
  body_id bigint not null,
  place text not null,
  reason text not null,
  at bigint not null,
  state text not null check (state = 'open' or state = 'done' or state = 'dropped'),
  unique (body_id, place)
) without rowid;

create index dead_letter_open on dead_letter (body_id) where state = 'open';

-- How far those that derive state from events have come: the number of the last event that is in what they have derived.
create table event_cursor (
  name text not null primary key,
  number bigint not null
) without rowid;

create view webhook_body_view as
  select body_id, webhook, time_of(received_at) as received_at, hex_of(digest) as digest,
    case when body is null then 'no' else 'yes' end as is_kept, n_events, n_new, n_broken,
    case is_signed when 0 then 'no' else 'yes' end as signed
  from webhook_body;

create view event_view as
  select number, hex_of(digest) as digest, body_id, place, webhook, kind, account, sender, channel,
    time_of(at) as at, time_of(received_at) as received_at,
    case is_signed when 0 then 'no' else 'yes' end as signed,
    hex_of(person_id) as contact_id, reading, fact
  from (select event.*, coalesce(survivor.contact_id, event.contact_id) as person_id
    from event left join contact_survivor as survivor on survivor.merged_id = event.contact_id) as event_of;

create view dead_letter_view as
  select dead_letter.number, dead_letter.body_id, webhook, place, reason, time_of(at) as at, state
  from dead_letter join webhook_body on webhook_body.body_id = dead_letter.body_id;
