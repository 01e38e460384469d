-- From schema 5: the usual id of who is registered, the digits of the number, is null, and '' says that none was given.
drop view every_evidence;
update evidence set wa_id = case when wa_id = '=' then null else coalesce(wa_id, '') end where answer = 'registered';
create view every_evidence as
  select contact_id, method, checked_at, variant, answer, expires_at, price_micros,
    case answer when 'registered' then nullif(coalesce(wa_id, '='), '') else wa_id end as wa_id,
    coalesce(raw_status, case answer when 'registered' then yes_word when 'not_registered' then no_word end) as raw_status
  from evidence join verification on verification.verification_id = evidence.verification_id;
update ferry_meta set value = '6' where key = 'schema_version';
