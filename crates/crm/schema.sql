-- The CRM database, in the words of SQLite; load::crm turns them into those of PostgreSQL.
-- Instants are microseconds since 1970 in UTC. Checks say "= or =" and not "in": for each row that it
-- checks SQLite makes a table of such a list, which took a third of the time of a load.
create table ferry_meta (key text primary key, value text not null) without rowid;

create table run (
  run_id text primary key,
  -- Counts the runs of the database from 1; contacts name the run of their rows by it.
  number bigint not null,
  started_at bigint not null,
  key_id text not null,
  tool text not null
) without rowid;

create table source (
  run_id text not null,
  name text not null,
  channel text not null,
  profile text not null,
  sha256 text not null,
  n_rows bigint not null,
  primary key (run_id, name)
) without rowid;

create table reject_summary (
  run_id text not null,
  source text not null,
  reason text not null,
  n_rows bigint not null,
  primary key (run_id, source, reason)
) without rowid;

-- Membership is fixed when a batch is planned: contacts in the order of their ids.
create table batch (
  run_id text not null,
  number bigint not null,
  n_contacts bigint not null,
  digest text not null,
  primary key (run_id, number)
) without rowid;

-- Committed in the same transaction as the rows that it speaks for.
create table receipt (
  run_id text not null,
  stage text not null,
  batch bigint not null,
  input text not null,
  output text not null,
  rows_in bigint not null,
  kept bigint not null,
  merged bigint not null,
  rejected bigint not null,
  suppressed bigint not null,
  at bigint not null,
  tool text not null,
  -- Who was asked, of a verified batch; a file that was read with its digest.
  adapter text not null default '',
  primary key (run_id, stage, batch)
) without rowid;

-- source_rows names the rows that the contact was made of, such as 'sms:1-3,9 viber:7'. They are rows of the run that
-- run_number names; rows of an earlier run have its id before them, as in '2026-11-28-spring/crm:5'.
-- value_rows says which source row each value came from: first the row of all that are not named after it. Where it
-- is null, or names a row for some values only, the others came from source_rows, which is then one row.
create table contact (
  contact_id blob primary key check (length(contact_id) = 16),
  e164 text,
  region text,
  line_type text,
  name text,
  email text,
  language text,
  first_at bigint,
  last_at bigint,
  last_inbound_at bigint,
  last_outbound_at bigint,
  n_messages bigint not null,
  reachable text check (reachable = 'yes' or reachable = 'no'),
  -- What counts for messages, derived from the statements in consent, with its date and what it speaks of.
  consent text check (consent = 'yes' or consent = 'unclear' or consent = 'no' or consent = 'stop'),
  consent_at bigint,
  consent_channel text,
  -- What counts for WhatsApp itself, by statements that name it.
  whatsapp_consent text,
  tags text,
  channels text not null,
  n_rows bigint not null,
  source_rows text not null,
  value_rows text,
  run_number bigint not null,
  -- A check sum of what Ferry wrote: a value that is another now was edited by a person. See load::edits.
  written bigint,
  -- A hash of what the last import said of the contact: where it says the same again, there is nothing to do.
  content bigint
) without rowid;
-- The unique index over e164 is made when a load is complete: see load::contacts.

-- Identities other than the phone, which stands in contact itself.
create table identity (
  kind text not null,
  scope text not null,
  value text not null,
  contact_id blob not null,
  primary key (kind, scope, value, contact_id)
) without rowid;
create index identity_contact on identity (contact_id);

-- What people said about being written to, one row a statement. Statements are added and never taken away; state, which
-- is how the words are understood now, and the last run change. What counts is derived from all statements of a contact
-- and stands in contact. said_from and said_until are the same for an instant, and a day apart where only the day is
-- known. basis says where the words stood: cell, opt_out (a column whose meaning is a refusal), message, event, list (a
-- list of people who have opted out) or unreadable. statement_id is a hash of channel, purpose, basis, words, date and
-- source: see model::Statement.
create table consent (
  contact_id blob not null,
  statement_id bigint not null,
  channel text not null,
  purpose text not null,
  state text not null check (state = 'yes' or state = 'unclear' or state = 'no' or state = 'stop'),
  said_from bigint,
  said_until bigint,
  basis text not null,
  words text not null,
  source_row text not null,
  first_run text not null,
  first_run_at bigint not null,
  last_run text not null,
  last_run_at bigint not null,
  primary key (contact_id, statement_id)
) without rowid;

-- People whom the business does not write to, by contact id, which is a keyed digest of their phone. Rows are added and
-- never changed: the last one of a contact counts.
create table suppression (
  contact_id blob not null,
  at bigint not null,
  action text not null check (action = 'add' or action = 'remove'),
  reason text not null,
  primary key (contact_id, at, action)
) without rowid;

create view suppressed as
  select contact_id from suppression as last
  where action = 'add'
    and not exists (select 1 from suppression as later where later.contact_id = last.contact_id and later.at > last.at)
  group by contact_id;

-- How the columns of a source were read the last time, as JSON: the order of dates, whether digits are international, the
-- encoding. A later file of the source that contradicts it is an error.
create table source_reading (
  name text primary key,
  run_id text not null,
  reading text not null
) without rowid;

-- What checks of WhatsApp registration said. Rows are added, never changed; the registration of a contact is derived from all
-- of them. variant is the number that was asked about, where it was another national spelling than the contact's own, and else
-- empty. evidence_id is a hash of method, moment, expiry, price and variant: a file of answers that is read twice adds nothing.
-- The price is in millionths of the currency of the plan. raw_status is the provider's own word.
create table evidence (
  contact_id blob not null,
  evidence_id bigint not null,
  method text not null,
  checked_at bigint not null,
  variant text not null,
  answer text not null check (answer = 'registered' or answer = 'not_registered' or answer = 'no_answer' or answer = 'contradictory'),
  expires_at bigint,
  price_micros bigint not null,
  wa_id text,
  raw_status text,
  primary key (contact_id, evidence_id)
) without rowid;

-- How many numbers were asked about, by the minute in which they were: quotas hold beyond a run.
create table usage (
  method text not null,
  at bigint not null,
  n_checks bigint not null,
  primary key (method, at)
) without rowid;

-- Templates that were submitted, and what WhatsApp says of them; states are kept as it writes them. SENDING is one whose
-- answer has not come: it may be there or not.
create table template (
  account text not null,
  name text not null,
  language text not null,
  template_id text,
  digest text not null,
  category text not null,
  status text not null,
  reason text,
  scenario text not null,
  changed_at bigint not null,
  primary key (account, name, language)
) without rowid;
-- What was ordered of whom, and when: submissions and edits are limited.
create table template_order (
  account text not null,
  at bigint not null,
  name text not null,
  language text not null,
  kind text not null check (kind = 'submit' or kind = 'edit'),
  outcome text not null check (outcome = 'sent' or outcome = 'taken' or outcome = 'refused' or outcome = 'unknown'),
  primary key (account, at, name, language)
) without rowid;

-- Who is who: merges, and what must never be merged. A merge stands here with what both contacts were before it.
create table decision (
  contact_id blob not null,
  other_id blob not null,
  decision text not null check (decision = 'merge' or decision = 'never' or decision = 'shared'),
  at bigint not null,
  before text,
  primary key (contact_id, other_id)
) without rowid;
