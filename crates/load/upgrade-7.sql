-- From schema 7: evidence that is not usual stands in a table of its own.
drop view every_evidence;
alter table evidence rename to evidence_of_before;
create table evidence (
  contact_id blob not null,
  verification_id bigint not null,
  answer smallint not null check (answer between 0 and 3),
  primary key (contact_id, verification_id)
) without rowid;
create table unusual_evidence (
  contact_id blob not null,
  verification_id bigint not null,
  variant text not null,
  answer smallint not null check (answer between 0 and 3),
  wa_id text,
  raw_status text,
  primary key (contact_id, verification_id, variant)
) without rowid;
insert into evidence
  select contact_id, verification_id, answer
  from evidence_of_before where variant = '' and wa_id is null and raw_status is null order by contact_id, verification_id;
insert into unusual_evidence
  select contact_id, verification_id, variant, answer,
    case answer when 1 then nullif(coalesce(wa_id, '='), '') else wa_id end, raw_status
  from evidence_of_before where not (variant = '' and wa_id is null and raw_status is null)
  order by contact_id, verification_id, variant;
drop table evidence_of_before;
create view every_evidence as
  select contact_id, method, checked_at, variant,
    case answer when 1 then 'registered' when 0 then 'not_registered' when 2 then 'no_answer' else 'contradictory' end as answer,
    expires_at, price_micros, wa_id,
    coalesce(raw_status, case answer when 1 then yes_word when 0 then no_word end) as raw_status
  from (
    select contact_id, verification_id, cast('' as text) as variant, answer,
      cast(case answer when 1 then '=' end as text) as wa_id, cast(null as text) as raw_status
    from evidence
    union all
    select contact_id, verification_id, variant, answer, wa_id, raw_status from unusual_evidence
  ) as said join verification on verification.verification_id = said.verification_id;
update ferry_meta set value = '8' where key = 'schema_version';
