-- What happened to the identities of contacts: phones, Viber ids, WhatsApp ids, business-scoped ids, user names. Rows are
-- added and never changed or deleted: triggers refuse it, see identity_guards_*.sql. event_id names an event for good, so
-- one that is delivered twice is one row. number is the order in which rows were added; replays go by at, which is when it
-- happened by the word of the platform or the source. kind, scope and value name the identity, as in table identity. from_*
-- name what it was before (changed) or by which identity the contact was known (linked). source says where it was said:
-- the id of a message, a run and row, or the person who acknowledged. contact_id is the contact that the event was about
-- when it was recorded, which may have been merged into another since.
create table identity_event (
  event_id text primary key,
  number bigint not null unique,
  contact_id blob not null check (length(contact_id) = 16),
  event text not null check (event = 'observed' or event = 'linked' or event = 'changed' or event = 'ended'
    or event = 'questioned' or event = 'reassigned' or event = 'acknowledged'),
  kind text check (kind = 'phone' or kind = 'viber' or kind = 'wa_id' or kind = 'bsuid' or kind = 'username'
    or kind = 'external'),
  scope text,
  value text,
  from_kind text,
  from_scope text,
  from_value text,
  at bigint not null check (at >= 0),
  recorded_at bigint not null,
  source text not null,
  note text not null,
  check ((event = 'acknowledged') = (kind is null) and (kind is null) = (scope is null)
    and (kind is null) = (value is null)),
  check ((event = 'changed' or event = 'linked') = (from_kind is not null)
    and (from_kind is null) = (from_scope is null) and (from_kind is null) = (from_value is null)),
  -- Only a number becomes a number, and only in one scope.
  check (event <> 'changed' or (from_kind = kind and from_scope = scope and from_value <> value))
) without rowid;

create index identity_event_contact on identity_event (contact_id, event, at);
create index identity_event_value on identity_event (value, kind);
create index identity_event_from on identity_event (from_value, from_kind);

-- The contact into which each merged contact went in the end.
create view contact_survivor as
  with recursive step (merged_id, contact_id) as (
    select other_id, contact_id from decision where decision = 'merge'
    union
    select step.merged_id, decision.contact_id from step
      join decision on decision.other_id = step.contact_id and decision.decision = 'merge'
  )
  select merged_id, contact_id from step where not exists (
    select 1 from decision where decision.other_id = step.contact_id and decision.decision = 'merge');

-- What events say of each identity of a contact: it has the identity (is_left 0), or no longer (is_left 1). A number that
-- was re-assigned is the contact's again once a person has acknowledged the contact since.
create view identity_word as
  select contact_id, kind, scope, value, at, event_id, source, 0 as is_left from identity_event
    where event = 'observed' or event = 'linked' or event = 'changed'
  union all
  select contact_id, from_kind as kind, from_scope as scope, from_value as value, at, event_id, source,
    case event when 'changed' then 1 else 0 end as is_left
  from identity_event where event = 'changed' or event = 'linked'
  union all
  select contact_id, kind, scope, value, at, event_id, source, 1 as is_left from identity_event as said
    where event = 'ended' or (event = 'reassigned' and not exists (
      select 1 from identity_event as ack where ack.contact_id = said.contact_id and ack.event = 'acknowledged'
        and ack.at >= said.at));

-- The identities that each contact has now, derived from all events and from what imports wrote. An import counts as an
-- observation when its run began, but never brings back an identity that an event has ended: the export may be old. The
-- rules are those of model::alias_chains, with which a test compares this view.
create view identity_now as
  with word as (
    select coalesce(contact_survivor.contact_id, identity_word.contact_id) as contact_id, kind, scope, value, at, event_id,
      source, is_left
    from identity_word left join contact_survivor on contact_survivor.merged_id = identity_word.contact_id
  ),
  imported as (
    select contact_id, 'phone' as kind, '' as scope, e164 as value, run_number from contact where e164 is not null
    union
    select contact.contact_id, identity.kind, identity.scope, identity.value, run_number
    from identity join contact on contact.contact_id = identity.contact_id
  ),
  had as (
    select contact_id, kind, scope, value, at, event_id, source from word
      where is_left = 0 and not exists (
        select 1 from word as gone where gone.contact_id = word.contact_id and gone.kind = word.kind
          and gone.scope = word.scope and gone.value = word.value and gone.is_left = 1 and gone.at >= word.at)
    union all
    select imported.contact_id, kind, scope, value, run.started_at as at, null as event_id, 'run ' || run.run_id as source
    from imported join run on run.number = imported.run_number
    where not exists (
      select 1 from word as gone where gone.contact_id = imported.contact_id and gone.kind = imported.kind
        and gone.scope = imported.scope and gone.value = imported.value and gone.is_left = 1)
  ),
  ranked as (
    select had.*, row_number() over (partition by contact_id, kind, scope, value order by at, event_id, source) as place
    from had
  )
  select contact_id, kind, scope, value, at as since, event_id, source from ranked where place = 1;

-- The numbers that events have given to contacts, and that no later event has taken from them.
create view identity_gained as
  select said.contact_id, said.kind, said.value,
    case said.kind when 'phone' then said.value else '+' || said.value end as e164, said.at
  from identity_event as said
  where (said.kind = 'phone' or said.kind = 'wa_id')
    and (said.event = 'observed' or said.event = 'linked' or said.event = 'changed')
    and not exists (select 1 from identity_event as gone where gone.contact_id = said.contact_id and gone.at >= said.at
      and ((gone.event = 'changed' and gone.from_kind = said.kind and gone.from_value = said.value)
        or ((gone.event = 'ended' or gone.event = 'reassigned') and gone.kind = said.kind and gone.value = said.value)));

-- The contacts to which nothing may be sent until a person acknowledges them: their number may be that of another person
-- by now. One row a contact: since the earliest reason, and that reason. The table in identity_history.rs says which events
-- hold a contact, and why. A contact is held for those that were merged into it as well. It has to be in table contact.
--
-- The gate asks this for every message, so all that is asked of one contact is looked up by index. A moment and its reason
-- are one number there, moment * 8 + reason, of which the least is taken. An acknowledgement does not end number_shared: only
-- a merge of the two contacts does.
create view contact_hold as
  select contact_id, (first - first % 8) / 8 as since,
    case first % 8 when 0 then 'identity_changed' when 1 then 'number_changed' when 2 then 'number_ended'
      when 3 then 'number_reassigned' when 4 then 'number_used_again' else 'number_shared' end as reason
  from (
    select contact.contact_id, (
      with recursive part (id) as (
        select contact.contact_id
        union
        select decision.other_id from part
          join decision on decision.contact_id = part.id and decision.decision = 'merge'
      )
      select min(cause) from (
        -- What happened to the contact.
        select said.at * 8 + case said.event when 'questioned' then 0 when 'changed' then 1 when 'ended' then 2 else 3 end
          as cause
        from part join identity_event as said on said.contact_id = part.id
        where (said.event = 'questioned' or said.event = 'reassigned'
            or ((said.event = 'changed' or said.event = 'ended') and (said.kind = 'phone' or said.kind = 'wa_id')))
          and not exists (
            select 1 from identity_event as ack where ack.contact_id = part.id and ack.event = 'acknowledged'
              and ack.at >= said.at)
        union all
        -- What WhatsApp has reported beside the answers of checks.
        select checked_at * 8 as cause from part join evidence on evidence.contact_id = part.id
        where raw_status = 'identity_changed' and not exists (
          select 1 from identity_event as ack where ack.contact_id = part.id and ack.event = 'acknowledged'
            and ack.at >= evidence.checked_at)
        union all
        -- Somebody has left the number of the contact, whoever that was. A run that began after that tells of the old
        -- number again.
        select case when run.started_at > gone.at then run.started_at * 8 + 4
          else gone.at * 8 + case gone.event when 'changed' then 1 when 'ended' then 2 else 3 end end as cause
        from identity_event as gone left join run on run.number = contact.run_number
        where ((gone.from_value = contact.e164 and gone.from_kind = 'phone' and gone.event = 'changed')
            or (gone.from_value = substr(contact.e164, 2) and gone.from_kind = 'wa_id' and gone.event = 'changed')
            or (gone.value = contact.e164 and gone.kind = 'phone' and (gone.event = 'ended' or gone.event = 'reassigned'))
            or (gone.value = substr(contact.e164, 2) and gone.kind = 'wa_id'
              and (gone.event = 'ended' or gone.event = 'reassigned')))
          and not exists (
            select 1 from identity_event as ack where ack.contact_id = contact.contact_id and ack.event = 'acknowledged'
              and ack.at >= gone.at and (run.started_at is null or ack.at >= run.started_at))
        union all
        -- Another contact was imported with the number that this one has by an event, or this one with that of another.
        -- What one of them has said does not count for the other.
        select said.at * 8 + 5 as cause from part join identity_gained as said on said.contact_id = part.id
          join contact as twin on twin.e164 = said.e164
        where twin.contact_id not in (select id from part)
        union all
        select said.at * 8 + 5 as cause from part join identity_gained as said on said.contact_id = part.id
          join identity as twin on twin.value = said.e164 and twin.kind = 'phone' and twin.scope = ''
        where twin.contact_id not in (select id from part)
        union all
        select said.at * 8 + 5 as cause from identity as own
          join identity_gained as said on (said.value = own.value and said.kind = 'phone')
            or (said.value = substr(own.value, 2) and said.kind = 'wa_id')
          join contact as twin on twin.contact_id = said.contact_id
        where own.contact_id = contact.contact_id and own.kind = 'phone' and own.scope = ''
          and said.contact_id not in (select id from part)
        union all
        select said.at * 8 + 5 as cause from identity_gained as said
          join contact as twin on twin.contact_id = said.contact_id
        where ((said.value = contact.e164 and said.kind = 'phone')
            or (said.value = substr(contact.e164, 2) and said.kind = 'wa_id'))
          and said.contact_id not in (select id from part)
      ) as causes
    ) as first
    from contact
  ) as of_contact
  where first is not null;

-- The contacts that events or evidence may hold: all of contact_hold, and some more. It is found without reading every
-- contact, so that lists of contacts can leave out those that are held.
create view hold_candidate as
  with cause as (
    select contact_id from identity_event
      where event = 'questioned' or event = 'reassigned' or event = 'changed' or event = 'ended'
    union
    select contact_id from evidence where raw_status = 'identity_changed'
  )
  select contact_id from cause
  union
  select contact_survivor.contact_id from cause join contact_survivor on contact_survivor.merged_id = cause.contact_id
  union
  select contact.contact_id from identity_event as gone join contact on contact.e164 = gone.from_value
  where gone.from_kind = 'phone' and gone.event = 'changed'
  union
  select contact.contact_id from identity_event as gone join contact on contact.e164 = '+' || gone.from_value
  where gone.from_kind = 'wa_id' and gone.event = 'changed'
  union
  select contact.contact_id from identity_event as gone join contact on contact.e164 = gone.value
  where gone.kind = 'phone' and (gone.event = 'ended' or gone.event = 'reassigned')
  union
  select contact.contact_id from identity_event as gone join contact on contact.e164 = '+' || gone.value
  where gone.kind = 'wa_id' and (gone.event = 'ended' or gone.event = 'reassigned')
  union
  select twin.contact_id from identity_gained as said join contact as twin on twin.e164 = said.e164
  union
  select twin.contact_id from identity_gained as said
    join identity as twin on twin.value = said.e164 and twin.kind = 'phone' and twin.scope = ''
  union
  select coalesce(contact_survivor.contact_id, said.contact_id) from identity_gained as said
    left join contact_survivor on contact_survivor.merged_id = said.contact_id;

-- The contacts of contact_hold, all at once.
create view held as
  select contact_id from contact_hold where contact_id in (select contact_id from hold_candidate) group by contact_id;

create view identity_event_view as
  select number, event_id, hex_of(contact_id) as contact_id, event, kind, scope, value, from_kind, from_scope, from_value,
    time_of(at) as at, time_of(recorded_at) as recorded_at, source, note
  from identity_event;

create view identity_now_view as
  select hex_of(contact_id) as contact_id, kind, scope, value, time_of(since) as since, event_id, source from identity_now;

create view contact_hold_view as
  select hex_of(contact_id) as contact_id, time_of(since) as since, reason from contact_hold;
