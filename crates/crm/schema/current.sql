-- The tables and views of the CRM database, in the words of SQLite; sql::postgres turns them into those of PostgreSQL.
-- Times in tables are microseconds since 1970 in UTC. Checks say "= or =" and not "in": SQLite makes a table of such a
-- list for each row that it checks, which took a third of the time of a load.
create table ferry_meta (key text primary key, value text not null) without rowid;

create table run (
  run_id text primary key,
  -- Names the run for good. run_id is a label for people: two runs of one day and name have two labels.
  uid text not null unique,
  -- Runs are counted from 1. Contacts name the run of their rows by this number.
  number bigint not null unique,
  started_at bigint not null,
  key_id text not null,
  tool text not null
) without rowid;

-- The run that loads into the database, of which there is one at a time: see lease.rs. The fence rises with every
-- acquisition. A lease that was given back expired in 1970.
create table lease (
  name text primary key,
  run_uid text not null,
  holder text not null,
  since bigint not null,
  expires_at bigint not null,
  fence bigint not null
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

-- The contacts of a batch are fixed when it is planned: they are in the order of their ids.
create table batch (
  run_id text not null,
  number bigint not null,
  n_contacts bigint not null,
  digest text not null,
  primary key (run_id, number)
) without rowid;

-- Proof that a stage did a batch, committed in one transaction with the rows of the batch.
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
  -- Of a verified batch: the provider, or the file of answers with its digest.
  adapter text not null default '',
  primary key (run_id, stage, batch)
) without rowid;

-- One row a person. The columns, with what each means, are in contact/columns.rs. The unique index over e164 is made
-- when a load is complete: see contact/load.rs.
create table contact (
{contact columns}
) without rowid;

-- Identities other than the phone, which is in contact. Contacts are loaded in the order of their ids, so rows go to
-- the end of the table. The index by value is made when a load is complete.
create table identity (
  contact_id blob not null,
  kind text not null,
  scope text not null,
  value text not null,
  primary key (contact_id, kind, scope, value)
) without rowid;

-- How the columns of a source were read the last time, as JSON: the order of day and month, whether digits are
-- international, the encoding. A later file of the source that contradicts this is an error.
create table source_reading (
  name text primary key,
  run_id text not null,
  reading text not null
) without rowid;

-- Answers of checks of WhatsApp registration. Rows are added, never changed; the registration of a contact is derived
-- from all of them. variant is the number that was asked about, where it was another national spelling than the
-- contact's own, and else empty. evidence_id is a hash of method, moment, expiry, price and variant: a file of answers
-- that is read twice adds nothing. The price is in millionths of the currency of the plan. raw_status is the provider's
-- own word.
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

-- How many numbers each provider was asked about, minute by minute. Quotas hold beyond a run.
create table usage (
  method text not null,
  at bigint not null,
  n_checks bigint not null,
  primary key (method, at)
) without rowid;

-- Templates that were submitted, and what WhatsApp says of them. status is WhatsApp's word, or SENDING until its answer
-- comes: such a template may or may not exist. A row that is SENDING is a claim: holder is a random word of the process
-- that gave the order, claimed_at is when, and until unknown_until WhatsApp may still be carrying it out. sent_body is what
-- was sent last, in JSON; null if that is not known. Each part of what WhatsApp says has the moment to which it applies, so
-- that an older word never replaces a newer one; 0 is never. differs lists the fields in which what was approved is not
-- what was sent, in JSON; null if both were never compared. untold holds alerts in JSON until they were told.
create table account_template (
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
  holder text not null default '',
  claimed_at bigint not null default 0,
  unknown_until bigint not null default 0,
  sent_body text,
  observed_at bigint not null default 0,
  status_at bigint not null default 0,
  status_since bigint not null default 0,
  disable_at bigint not null default 0,
  pause text not null default '',
  quality text not null default '',
  quality_at bigint not null default 0,
  category_at bigint not null default 0,
  previous_category text not null default '',
  announced_category text not null default '',
  announced_for bigint not null default 0,
  differs text,
  untold text not null default '',
  primary key (account, name, language)
) without rowid;

-- Submissions and edits of templates, which WhatsApp limits. digest is that of what was sent.
create table template_order (
  account text not null,
  at bigint not null,
  name text not null,
  language text not null,
  kind text not null check (kind = 'submit' or kind = 'edit'),
  outcome text not null check (outcome = 'sent' or outcome = 'taken' or outcome = 'refused' or outcome = 'unknown'),
  digest text not null,
  primary key (account, at, name, language)
) without rowid;

-- Samples for the media headers of templates, by the digest of the file. session is that of a resumable upload, and handle
-- what its last byte gave; both are empty until they are there. holder is a random word of the process that uploads, until
-- held_until at the latest.
create table sample_upload (
  app text not null,
  digest text not null,
  session text not null,
  handle text not null,
  uploaded_at bigint not null,
  holder text not null,
  held_until bigint not null,
  primary key (app, digest)
) without rowid;

-- Scenarios as they were last imported, by the [[scenario]] sections of the plan. body is the neutral form in JSON, and
-- digest that of its text. run_id is the last run that imported it. is_missing says that its section no longer has it.
create table scenario (
  scenario_id text not null,
  language text not null,
  section text not null,
  format text not null,
  file text not null,
  place text not null,
  intent text not null,
  purpose text not null,
  criticality text not null,
  owner text not null,
  body text not null,
  digest text not null,
  run_id text not null,
  changed_at bigint not null,
  is_missing bigint not null default 0,
  primary key (scenario_id, language)
) without rowid;

-- The steps of scenarios on WhatsApp, and each message that a step sends (part, from 0). number gives their order. A step
-- that sends nothing has one row without text. For a message within the 24-hour window, source_text is what the translation
-- says and text what is sent. They differ if somebody has edited the text; edited_from is the source_text of that moment, so
-- a source_text that differs from it is a proposal. digest is the SHA-256 of text; one that does not fit tells that the text
-- was changed by hand, which is an edit made by "database". A step that sends a template names it, and template has its text. Rows
-- with an edit, a decision or a comment stay when their step is gone, with is_missing; other rows are deleted.
create table scenario_step (
  scenario_id text not null,
  language text not null,
  step_id text not null,
  part bigint not null,
  number bigint not null,
  from_step text not null,
  kind text not null,
  template text not null,
  source_text text not null,
  text text not null,
  digest text not null,
  edited_from text,
  edited_by text not null default '',
  edited_at bigint not null default 0,
  decision text not null default '' check (decision = '' or decision = 'approved' or decision = 'rejected'),
  decided_by text not null default '',
  decided_at bigint not null default 0,
  comment text not null default '',
  is_missing bigint not null default 0,
  primary key (scenario_id, language, step_id, part)
) without rowid;

-- Templates as they are kept, whether submitted or not. name and language are those of the translation and never change;
-- the template that is submitted can have others. current is the version that is submitted, source the last version from
-- the source. seen is the source version that the current text was made from or compared with: if source is later, its
-- text is proposed beside the current one. The decision is about the current version.
create table template (
  name text not null,
  language text not null,
  scenario_id text not null,
  scenario_language text not null,
  current bigint not null,
  source bigint not null,
  seen bigint not null,
  decision text not null default '' check (decision = '' or decision = 'approved' or decision = 'rejected'),
  decided_by text not null default '',
  decided_at bigint not null default 0,
  comment text not null default '',
  is_missing bigint not null default 0,
  primary key (name, language)
) without rowid;

-- Every version of a template, from the source or edited by a person. Rows are added and never changed. body is the
-- template in the JSON of WhatsApp, without the handle of a sample, and digest the SHA-256 of its text. A row whose digest
-- does not fit was changed by hand: its text becomes a version of its own, made by "database".
create table template_version (
  name text not null,
  language text not null,
  version bigint not null,
  origin text not null check (origin = 'source' or origin = 'edit'),
  body text not null,
  digest text not null,
  category text not null,
  run_id text not null,
  made_by text not null,
  made_at bigint not null,
  primary key (name, language, version)
) without rowid;

-- What people decided and wrote about templates and messages. Rows are added and never changed. subject is
-- template NAME LANGUAGE or message SCENARIO LANGUAGE STEP PART. version is what they had before them, and text the new
-- text. made_by is "database" for a text that was changed by hand.
create table review (
  subject text not null,
  at bigint not null,
  made_by text not null,
  version text not null,
  decision text not null,
  changed text not null,
  text text not null,
  comment text not null,
  primary key (subject, at)
) without rowid;

-- What the translation and the linter say of a section. place is a JSON pointer, template the template that it is about.
-- scenario_id is empty where a file has no scenario.
create table finding (
  section text not null,
  number bigint not null,
  scenario_id text not null,
  language text not null,
  code text not null,
  rule text not null,
  severity text not null,
  place text not null,
  template text not null,
  message text not null,
  primary key (section, number)
) without rowid;

-- Decisions about identity: merged contacts, and pairs that must never be merged. before holds the rows of both contacts
-- before a merge, as JSON.
create table decision (
  contact_id blob not null,
  other_id blob not null,
  decision text not null check (decision = 'merge' or decision = 'never' or decision = 'shared'),
  at bigint not null,
  before text,
  primary key (contact_id, other_id)
) without rowid;

-- All restores of a backup. Rows are added and never changed, also by a restore.
create table restore_log (
  at bigint not null,
  backup text not null,
  taken_at bigint not null,
  n_contacts bigint not null,
  primary key (at, backup)
) without rowid;
