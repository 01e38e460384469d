-- From schema 1: what message logs say of a contact.
alter table contact add column first_at bigint;
alter table contact add column n_messages bigint not null default 0;
alter table contact add column reachable text check (reachable = 'yes' or reachable = 'no');
alter table contact add column reachable_row text;
alter table contact add column written bigint;
update ferry_meta set value = '2' where key = 'schema_version';
