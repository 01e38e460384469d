-- People whom the business does not write to, by contact id, which is a keyed digest of their phone. Rows are added and
-- never changed. The last row of a contact counts.
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
