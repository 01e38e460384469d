-- From schema 2: the consent that counts stands in contact, with its channel, and the rows behind all values in one text.
alter table contact add column consent_channel text;
update contact set consent_channel = (
  select min(channel) from consent where consent.contact_id = contact.contact_id and purpose = 'messages'
    and state = contact.consent and at is not distinct from contact.consent_at
    and source_row = coalesce(contact.consent_row, contact.source_rows)
);
delete from consent where purpose = 'messages' and exists (
  select 1 from contact where contact.contact_id = consent.contact_id and consent_channel = consent.channel
);
create view every_consent as
  select contact_id, channel, purpose, state, at from consent
  union all
  select contact_id, consent_channel, 'messages', consent, consent_at from contact where consent_channel is not null;
alter table contact add column value_rows text;
alter table contact add column content bigint;
update contact set value_rows = nullif(trim(
  coalesce(' name=' || name_row, '') || coalesce(' email=' || email_row, '')
  || coalesce(' language=' || language_row, '') || coalesce(' last_at=' || last_at_row, '')
  || coalesce(' reachable=' || reachable_row, '') || coalesce(' consent=' || consent_row, '')
), '');
alter table contact drop column name_row;
alter table contact drop column email_row;
alter table contact drop column language_row;
alter table contact drop column last_at_row;
alter table contact drop column reachable_row;
alter table contact drop column consent_row;
create table decision (
  contact_id blob not null,
  other_id blob not null,
  decision text not null check (decision = 'merge' or decision = 'never' or decision = 'shared'),
  at bigint not null,
  before text,
  primary key (contact_id, other_id)
) without rowid;
update ferry_meta set value = '3' where key = 'schema_version';
