-- From schema 2: the consent that counts stands in contact, with its channel.
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
  select contact_id, channel, purpose, state, at, source_row from consent
  union all
  select contact_id, consent_channel, 'messages', consent, consent_at, coalesce(consent_row, source_rows) from contact
  where consent_channel is not null;
update ferry_meta set value = '3' where key = 'schema_version';
