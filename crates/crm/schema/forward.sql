-- Bodies of webhooks that another program gets too, once they are stored. The row is written with the body, and goes when the
-- program has taken it: at least once, so a program can get a body twice. headers is a list of names and values in JSON, query
-- what stood behind the ? of the address: with both the program can check the signature as Ferry did. n_attempts counts the
-- attempts, n_refused those that were answered with 4xx. next_at is when the next one is due. state: waiting, or given_up, and
-- failure is the cause of the last failure. A row outlives its raw body: what has no body can only be given up.
create table forward_queue (
  body_id bigint not null primary key check (body_id > 0),
  webhook text not null,
  headers text not null,
  query text,
  queued_at bigint not null,
  n_attempts bigint not null check (n_attempts >= 0),
  n_refused bigint not null check (n_refused >= 0),
  next_at bigint not null,
  state text not null check (state = 'waiting' or state = 'given_up'),
  failure text
) without rowid;

create index forward_queue_order on forward_queue (webhook, state, body_id);

create view forward_queue_view as
  select body_id, webhook, time_of(queued_at) as queued_at, n_attempts, n_refused, time_of(next_at) as next_at, state, failure
  from forward_queue;

