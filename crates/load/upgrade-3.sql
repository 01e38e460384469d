-- From schema 3: evidence has an expiry, a price and the variant that was asked about; receipts say who was asked.
-- Answers of before were all of the contact's own number. They expire after the 30 days that were never written down.
alter table evidence rename to evidence_of_before;
create table evidence (
  contact_id blob not null,
  method text not null,
  checked_at bigint not null,
  variant text not null,
  answer text not null check (
    answer = 'registered' or answer = 'not_registered' or answer = 'no_answer' or answer = 'contradictory'
  ),
  expires_at bigint,
  price_micros bigint not null,
  wa_id text,
  raw_status text,
  primary key (contact_id, method, checked_at, variant)
) without rowid;
insert into evidence
  select contact_id, method, checked_at, '', answer, checked_at + 2592000000000, 0, wa_id, raw_status
  from evidence_of_before;
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
