-- The consent ledger: what people have said about being written to, one row a statement. Rows are added; triggers refuse to
-- change or delete them (guards_sqlite.sql, guards_postgres.sql). What counts is derived by the views below.
--
-- purpose is conversation, utility, marketing or authentication, or messages if the source names none. state is how the
-- words were understood when they were recorded; consent_reading says where they are understood in another way now.
-- said_from and said_until are the same for an instant, and a day apart where only the day is known. basis says where the
-- words were found: cell, opt_out (a column whose meaning is a refusal), message, event, list (a list of people who have
-- opted out), unreadable, record (an opt-in or opt-out with a date, wording and proof of its own), inbound (a thread that
-- the person began), platform (a block by the platform, or its end), review (the decision about an ambiguous answer).
-- statement_id is a hash of channel, purpose, basis, words, date and source: see model::Statement.
--
-- The columns from identity on are null for statements of exports, which are most: the contact's own phone or Viber user
-- said it, and the proof is source_row of first_run, whose file and digest are in the table source. identity is
-- KIND:SCOPE:VALUE, place where it was said, proof KIND:REFERENCE (message, row, form or call) and proof_digest a SHA-256.
--
-- Times are in the years 1970 to 2200, so that no other unit is taken for microseconds. A yes is dated two days after it was
-- recorded at the latest: one of next year would outrank every refusal until then. So are words that can be read as a yes
-- later.
create table consent (
  contact_id blob not null check (length(contact_id) = 16),
  statement_id bigint not null,
  channel text not null check (channel = 'sms' or channel = 'viber' or channel = 'whatsapp' or channel = 'email'
    or channel = 'all'),
  purpose text not null check (purpose = 'messages' or purpose = 'conversation' or purpose = 'utility'
    or purpose = 'marketing' or purpose = 'authentication'),
  state text not null check (state = 'yes' or state = 'unclear' or state = 'no' or state = 'stop'),
  said_from bigint check (said_from between 0 and 7289654399999999),
  said_until bigint check (said_until between 0 and 7289654399999999),
  basis text not null check (basis = 'cell' or basis = 'opt_out' or basis = 'message' or basis = 'event' or basis = 'list'
    or basis = 'unreadable' or basis = 'record' or basis = 'inbound' or basis = 'platform' or basis = 'review'),
  words text not null,
  source_row text not null,
  first_run text not null,
  first_run_at bigint not null check (first_run_at between 0 and 7289654399999999),
  identity text,
  place text,
  wording text,
  wording_version text,
  proof text check (proof like 'message:%' or proof like 'row:%' or proof like 'form:%' or proof like 'call:%'),
  proof_digest text,
  primary key (contact_id, statement_id),
  check ((said_from is null) = (said_until is null) and (said_from is null or said_until >= said_from)),
  check (said_from is null or said_from <= first_run_at + 172800000000
    or (state <> 'yes' and basis <> 'cell' and basis <> 'opt_out' and basis <> 'message'))
) without rowid;

-- How words are understood now, where that differs from the state in the ledger. Written when the words of the plan change.
-- A person's own STOP (basis message) is never read as an unclear answer or as a yes. Triggers refuse that, and deletions.
create table consent_reading (
  basis text not null check (basis = 'cell' or basis = 'opt_out' or basis = 'message'),
  words text not null,
  state text not null check (state = 'yes' or state = 'unclear' or state = 'no' or state = 'stop'),
  read_at bigint not null,
  primary key (basis, words)
) without rowid;

-- Statements that were recorded in error: a row that could not be read and now can, a date that was read in another way, a
-- copy of a merge that was undone, a yes that a restore takes back. Rows are added and never changed. Those of a statement
-- are numbered from 1; an even number takes the retraction before it back. A refusal is only retracted if another held
-- statement about its channel and purpose has its words and is as strict, or if a contact that was merged into this one
-- has it.
create table consent_retraction (
  contact_id blob not null,
  statement_id bigint not null,
  number bigint not null check (number > 0),
  at bigint not null,
  reason text not null,
  primary key (contact_id, statement_id, number)
) without rowid;

-- What people were told when they consented. A consent covers exactly the purposes that its version names, joined by a
-- plus. digest is the SHA-256 of the text. Rows are added and never changed.
create table wording (
  name text not null,
  version text not null,
  language text not null,
  text text not null,
  digest text not null,
  purposes text not null,
  recorded_at bigint not null,
  primary key (name, version)
) without rowid;

create view consent_retracted as
  select contact_id, statement_id from consent_retraction group by contact_id, statement_id having max(number) % 2 = 1;

-- All statements, with the state that their words have now. strictness orders the states.
create view consent_read as
  select consent.contact_id, consent.statement_id, channel, purpose, coalesce(reading.state, consent.state) as state,
    said_from, said_until, consent.basis, consent.words, source_row, first_run, first_run_at, identity, place, wording,
    wording_version, proof, proof_digest,
    case coalesce(reading.state, consent.state) when 'yes' then 1 when 'unclear' then 2 when 'no' then 3 else 4 end
      as strictness
  from consent
    left join consent_reading as reading on reading.basis = consent.basis and reading.words = consent.words;

-- The statements that are not retracted.
create view consent_held as
  select said.* from consent_read as said
    left join consent_retracted as retracted
      on retracted.contact_id = said.contact_id and retracted.statement_id = said.statement_id
  where retracted.contact_id is null;

-- The held statements that cannot be retracted: refusals whose words no other held statement about their channel and
-- purpose has that is as strict, and which no contact has that was merged into this one. A value that could not be read is
-- no refusal.
create view consent_irreplaceable as
  select held.contact_id, held.statement_id from consent_held as held
  where held.strictness > 1 and held.basis <> 'unreadable'
    and not exists (select 1 from consent_held as other where other.contact_id = held.contact_id
      and other.statement_id <> held.statement_id and other.basis = held.basis and other.words = held.words
      and other.strictness >= held.strictness and (other.channel = held.channel or other.channel = 'all')
      and (other.purpose = held.purpose or other.purpose = 'messages'))
    and not exists (select 1 from decision join consent as own on own.contact_id = decision.other_id
      where decision.contact_id = held.contact_id and decision.decision = 'merge' and own.statement_id = held.statement_id);

-- The held statements that are heard: a decision (basis review) stands for the unclear answers with its channel, purpose,
-- words and date.
create view consent_heard as
  select held.* from consent_held as held
  where held.strictness <> 2 or held.basis = 'review' or not exists (select 1 from consent_held as decision
    where decision.contact_id = held.contact_id and decision.basis = 'review' and decision.strictness <> 2
      and decision.channel = held.channel and decision.purpose = held.purpose and decision.words = held.words
      and decision.said_from is not distinct from held.said_from
      and decision.said_until is not distinct from held.said_until);

-- The blocks by platforms that are in force, by channel and purpose: the last that a platform said of them is a block.
create view consent_block as
  with target(purpose) as (
    select 'conversation' union all select 'utility' union all select 'marketing' union all select 'authentication'
  )
  select contact_id, channel, purpose, statement_id, state, strictness, said_from, said_until, first_run_at from (
    select held.contact_id, held.channel, target.purpose, held.statement_id, held.state, held.strictness, held.said_from,
      held.said_until, held.first_run_at, row_number() over (partition by held.contact_id, held.channel, target.purpose
        order by held.said_from desc{nulls last}, held.statement_id desc) as newest
    from consent_held as held join target on held.purpose = 'messages' or held.purpose = target.purpose
    where held.basis = 'platform' and held.channel <> 'email'
  ) as ranked where newest = 1 and state = 'stop';

-- What counts for each contact, channel and purpose: the statement that decides, and its state. WhatsApp may be written to
-- only if that is a yes. A yes to WhatsApp has a wording, and a date since WhatsApp began (2009-02-24): without a date
-- nobody can prove it. consent::for_purpose has the same rule, and scripts/consent_model.py; tests compare the three.
create view consent_now as
  with target(channel, purpose) as (
    select 'sms', 'conversation' union all select 'sms', 'utility' union all select 'sms', 'marketing'
    union all select 'sms', 'authentication' union all select 'viber', 'conversation' union all select 'viber', 'utility'
    union all select 'viber', 'marketing' union all select 'viber', 'authentication'
    union all select 'whatsapp', 'conversation' union all select 'whatsapp', 'utility'
    union all select 'whatsapp', 'marketing' union all select 'whatsapp', 'authentication'
  ),
  said as (
    select held.contact_id, target.channel, target.purpose, held.statement_id, held.state, held.strictness, held.said_from,
      held.said_until, held.first_run_at, 0 as is_block
    from consent_heard as held
      join target on case
        when held.strictness > 1 then
          (held.purpose = 'messages' or held.purpose = target.purpose)
          and (held.channel = target.channel or held.channel = 'all'
            or (target.purpose = 'marketing' and held.channel <> 'email'))
        when held.channel <> target.channel and (held.channel <> 'all' or target.channel = 'whatsapp') then false
        when held.basis = 'inbound' then target.purpose = 'conversation'
        else (held.purpose = 'messages' or held.purpose = target.purpose)
          and (target.channel <> 'whatsapp' or held.said_from >= 1235433600000000)
          and (case when held.wording is null then target.channel <> 'whatsapp'
            else exists (select 1 from wording where wording.name = held.wording
              and wording.version = held.wording_version
              and '+' || wording.purposes || '+' like '%+' || target.purpose || '+%') end)
        end
    where held.basis <> 'platform'
    union all
    select block.contact_id, target.channel, target.purpose, block.statement_id, block.state, block.strictness,
      block.said_from, block.said_until, block.first_run_at,
      case when block.channel = target.channel or block.channel = 'all' then 1 else 0 end as is_block
    from consent_block as block
      join target on block.purpose = target.purpose
        and (block.channel = target.channel or block.channel = 'all' or target.purpose = 'marketing')
  ),
  compared as (
    select said.*,
      max(case when strictness <> 2 then said_from end) over (partition by contact_id, channel, purpose, is_block)
        as last_start,
      max(case when strictness = 1 and said_from < first_run_at then said_from
        when strictness = 1 and said_from is not null then first_run_at end)
        over (partition by contact_id, channel, purpose, is_block) as last_yes
    from said
  ),
  ranked as (
    select compared.*,
      row_number() over (partition by contact_id, channel, purpose order by
        is_block desc,
        case when (select value from ferry_meta where key = 'consent_rule') = 'strictest' then 1
          when said_from is not null then
            case when last_start is null or said_from >= last_start or said_until >= last_start then 1 else 0 end
          when strictness > 1 and (last_yes is null or last_yes <= first_run_at) then 1 else 0 end desc,
        strictness desc, said_from desc{nulls last}, said_until desc{nulls last}, first_run_at, statement_id) as nth
    from compared
  )
  select contact_id, channel, purpose, state, statement_id, said_from from ranked where nth = 1;

-- What counts for each contact as a whole, for lists and counts. consent is the strictest of what counts on the three
-- messaging channels, whatever the purpose. whatsapp_consent is what counts for marketing on WhatsApp if a yes without a
-- wording is taken at its word: consent_now says what may be sent. consent::for_messages and for_whatsapp have the same
-- rules.
create view consent_summary as
  with target(name) as (
    select 'sms' union all select 'viber' union all select 'whatsapp' union all select 'whatsapp marketing'
  ),
  -- Most contacts have one statement. It counts alone, without the windows below.
  lone as (
    select held.* from consent_held as held where not exists (select 1 from consent as other
      where other.contact_id = held.contact_id and other.statement_id <> held.statement_id)
  ),
  -- An end of a block and a thread that the person began are no consent to messages.
  lone_said as (
    select lone.*, case when channel = 'email' or (strictness = 1 and (basis = 'platform' or basis = 'inbound')) then 0
      else 1 end as is_said from lone
  ),
  several as (
    select held.* from consent_heard as held where exists (select 1 from consent as other
      where other.contact_id = held.contact_id and other.statement_id <> held.statement_id)
  ),
  said as (
    select held.contact_id, target.name as target, held.statement_id, held.channel, held.state, held.strictness,
      held.said_from, held.said_until, held.first_run_at, 0 as is_block
    from several as held
      join target on case
        when held.channel = 'email' then false
        when target.name <> 'whatsapp marketing' then held.channel = target.name or (held.channel = 'all'
          and (held.strictness > 1 or target.name <> 'whatsapp'))
        when held.purpose <> 'messages' and held.purpose <> 'marketing' then false
        when held.strictness > 1 then true
        else held.channel = 'whatsapp' and (held.wording is null or exists (select 1 from wording
          where wording.name = held.wording and wording.version = held.wording_version
            and '+' || wording.purposes || '+' like '%+marketing+%')) end
    where held.basis <> 'platform' and (held.basis <> 'inbound' or held.strictness > 1)
    union all
    select block.contact_id, target.name as target, block.statement_id, block.channel, block.state, block.strictness,
      block.said_from, block.said_until, block.first_run_at,
      case when block.channel = target.name or block.channel = 'all'
        or (block.channel = 'whatsapp' and target.name = 'whatsapp marketing') then 1 else 0 end as is_block
    from consent_block as block
      join target on case
        when target.name = 'whatsapp marketing' then block.purpose = 'marketing'
        else block.channel = target.name or block.channel = 'all' end
    where exists (select 1 from consent as other
      where other.contact_id = block.contact_id and other.statement_id <> block.statement_id)
  ),
  compared as (
    select said.*,
      max(case when strictness <> 2 then said_from end) over (partition by contact_id, target, is_block) as last_start,
      max(case when strictness = 1 and said_from < first_run_at then said_from
        when strictness = 1 and said_from is not null then first_run_at end)
        over (partition by contact_id, target, is_block) as last_yes
    from said
  ),
  ranked as (
    select compared.*,
      row_number() over (partition by contact_id, target order by
        is_block desc,
        case when (select value from ferry_meta where key = 'consent_rule') = 'strictest' then 1
          when said_from is not null then
            case when last_start is null or said_from >= last_start or said_until >= last_start then 1 else 0 end
          when strictness > 1 and (last_yes is null or last_yes <= first_run_at) then 1 else 0 end desc,
        strictness desc, said_from desc{nulls last}, said_until desc{nulls last}, first_run_at, statement_id) as nth
    from compared
  ),
  -- The strictest of the three channels first.
  counting as (
    select ranked.*,
      max(case when target = 'whatsapp marketing' then state end) over (partition by contact_id) as whatsapp_consent,
      row_number() over (partition by contact_id order by case target when 'whatsapp marketing' then 1 else 0 end,
        strictness desc, said_from desc{nulls last}, said_until desc{nulls last}, statement_id) as nth_channel
    from ranked where nth = 1
  )
  select contact_id, state as consent, said_from as consent_at, channel as consent_channel, statement_id,
    case when purpose <> 'messages' and purpose <> 'marketing' then null
      when strictness > 1 then state
      when channel = 'whatsapp' and (wording is null or exists (select 1 from wording as its
        where its.name = lone_said.wording and its.version = lone_said.wording_version
          and '+' || its.purposes || '+' like '%+marketing+%')) then state end as whatsapp_consent
  from lone_said where is_said = 1
  union all
  select contact_id, state, said_from, channel, statement_id, whatsapp_consent from counting where nth_channel = 1;
