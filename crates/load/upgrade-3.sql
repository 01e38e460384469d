-- From schema 3: evidence has an expiry, a price and the variant that was asked about; receipts say who was asked.
-- Answers of before were all of the contact's own number. They expire after the 30 days that were never written down.
alter table evidence rename to evidence_of_before;
create table verification (
  verification_id bigint primary key,
  method text not null,
  checked_at bigint not null,
  expires_at bigint,
  price_micros bigint not null,
  yes_word text,
  no_word text
) without rowid;
create table evidence (
  contact_id blob not null,
  verification_id bigint not null,
  variant text not null,
  answer text not null check (
    answer = 'registered' or answer = 'not_registered' or answer = 'no_answer' or answer = 'contradictory'
  ),
  wa_id text,
  raw_status text,
  primary key (contact_id, verification_id, variant)
) without rowid;
create view every_evidence as
  select contact_id, method, checked_at, variant, answer, expires_at, price_micros, wa_id,
    coalesce(raw_status, case answer when 'registered' then yes_word when 'not_registered' then no_word end) as raw_status
  from evidence join verification on verification.verification_id = evidence.verification_id;
insert into verification
  select distinct checked_at, method, checked_at, checked_at + 2592000000000, 0, cast(null as text), cast(null as text)
  from evidence_of_before;
insert into evidence
  select contact_id, checked_at, '', answer, wa_id, raw_status from evidence_of_before;
drop table evidence_of_before;
create table usage (
  method text not null,
  at bigint not null,
  n_checks bigint not null,
  primary key (method, at)
) without rowid;
alter table receipt add column adapter text not null default '';
update receipt set adapter = 'contacts' where stage = 'verify';
update ferry_meta set value = '4' where key = 'schema_version';
