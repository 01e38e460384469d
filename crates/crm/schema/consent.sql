-- Statements of people about being written to, one row each. Statements are added and never deleted. Only the last run
-- and state, which is how the words are understood now, change. What counts is derived from all statements of a contact
-- and is in contact. said_from and said_until are the same for an instant, and a day apart where only the day is known.
-- basis says where the words were found: cell, opt_out (a column whose meaning is a refusal), message, event, list (a
-- list of people who have opted out) or unreadable. statement_id is a hash of channel, purpose, basis, words, date and
-- source: see model::Statement.
create table consent (
  contact_id blob not null,
  statement_id bigint not null,
  channel text not null,
  purpose text not null,
  state text not null check (state = 'yes' or state = 'unclear' or state = 'no' or state = 'stop'),
  said_from bigint,
  said_until bigint,
  basis text not null,
  words text not null,
  source_row text not null,
  first_run text not null,
  first_run_at bigint not null,
  last_run text not null,
  last_run_at bigint not null,
  primary key (contact_id, statement_id)
) without rowid;

