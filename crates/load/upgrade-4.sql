create table template (
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
  primary key (account, name, language)
) without rowid;
create table template_order (
  account text not null,
  at bigint not null,
  name text not null,
  language text not null,
  kind text not null check (kind = 'submit' or kind = 'edit'),
  outcome text not null check (outcome = 'sent' or outcome = 'taken' or outcome = 'refused' or outcome = 'unknown'),
  primary key (account, at, name, language)
) without rowid;
update ferry_meta set value = '5' where key = 'schema_version';
