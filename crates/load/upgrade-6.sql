-- From schema 6: an answer is a number.
drop view every_evidence;
alter table evidence rename to evidence_of_before;
create table evidence (
  contact_id blob not null,
  verification_id bigint not null,
  variant text not null,
  answer smallint not null check (answer between 0 and 3),
  wa_id text,
  raw_status text,
  primary key (contact_id, verification_id, variant)
) without rowid;
insert into evidence
  select contact_id, verification_id, variant,
    case answer when 'registered' then 1 when 'not_registered' then 0 when 'no_answer' then 2 when 'contradictory' then 3 end,
    wa_id, raw_status
  from evidence_of_before order by contact_id, verification_id, variant;
drop table evidence_of_before;
create view every_evidence as
  select contact_id, method, checked_at, variant,
    case answer when 1 then 'registered' when 0 then 'not_registered' when 2 then 'no_answer' else 'contradictory' end as answer,
    expires_at, price_micros,
    case answer when 1 then nullif(coalesce(wa_id, '='), '') else wa_id end as wa_id,
    coalesce(raw_status, case answer when 1 then yes_word when 0 then no_word end) as raw_status
  from evidence join verification on verification.verification_id = evidence.verification_id;
update ferry_meta set value = '7' where key = 'schema_version';
