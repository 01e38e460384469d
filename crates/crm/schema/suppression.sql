-- People whom the business does not write to, as keyed digests of their numbers, of other identities, or of contact ids. Rows
-- are added and never changed, but for this: a row under an older key, or of a digest that others have made, is replaced by
-- rows of the same history under the current key as soon as the number is seen. The last row of a digest counts.
-- digest_of tells what the digest is of. sha256 is a plain digest that others have made of a number: it is keyed too,
-- because a plain digest of a number gives the number away.
create table suppression (
  key_id text not null,
  digest blob not null check (length(digest) = 32),
  at bigint not null,
  action text not null check (action = 'add' or action = 'remove'),
  digest_of text not null check (digest_of = 'identity' or digest_of = 'contact' or digest_of = 'sha256'),
  reason text not null,
  primary key (key_id, digest, at, action)
) without rowid;

-- The contacts that an entry of the list is known to be about, and since when that is known. A contact need not be in the
-- database yet.
create table suppression_contact (
  contact_id blob not null,
  key_id text not null,
  digest blob not null,
  at bigint not null,
  primary key (contact_id, key_id, digest)
) without rowid;

create index suppression_contact_digest on suppression_contact (digest);

-- The entries that hold back a contact now.
create view suppressing as
  select link.contact_id, last.key_id, last.digest, last.digest_of, last.at, last.reason
  from suppression_contact as link
    join suppression as last on last.key_id = link.key_id and last.digest = link.digest
  where last.action = 'add' and not exists (
    select 1 from suppression as later
    where later.key_id = last.key_id and later.digest = last.digest and later.at > last.at);

create view suppressed as select contact_id from suppressing group by contact_id;
