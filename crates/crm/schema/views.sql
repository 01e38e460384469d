-- Views for people and for other tools. Their names and columns stay the same from version to version; tables may
-- change. Ids are hexadecimal, times are ISO 8601 text on SQLite and timestamptz on PostgreSQL.
create view contact_view as
  select {contact view columns}, (select run_id from run where run.number = contact.run_number) as run_id,
    summary.consent, time_of(summary.consent_at) as consent_at, summary.consent_channel, summary.whatsapp_consent,
    case when suppressed.contact_id is null then 'no' else 'yes' end as suppressed,
    case when held.contact_id is null then 'no' else 'yes' end as held
  from contact left join consent_summary as summary on summary.contact_id = contact.contact_id
    left join suppressed on suppressed.contact_id = contact.contact_id
    left join held on held.contact_id = contact.contact_id;

create view identity_view as
  select hex_of(contact_id) as contact_id, kind, scope, value from identity;

create view consent_view as
  select hex_of(said.contact_id) as contact_id, said.statement_id, channel, purpose, state, time_of(said_from) as said_from,
    time_of(said_until) as said_until, basis, words, source_row, first_run, time_of(first_run_at) as first_run_at, identity, place, wording,
    wording_version, proof, proof_digest, case when retracted.contact_id is null then 'no' else 'yes' end as retracted
  from consent_read as said left join consent_retracted as retracted
    on retracted.contact_id = said.contact_id and retracted.statement_id = said.statement_id;

-- What counts for each contact, channel and purpose.
create view consent_now_view as
  select hex_of(contact_id) as contact_id, channel, purpose, state, statement_id, time_of(said_from) as said_from
  from consent_now;

create view evidence_view as
  select hex_of(contact_id) as contact_id, method, time_of(checked_at) as checked_at, variant, answer,
    time_of(expires_at) as expires_at, price_micros, wa_id, raw_status
  from evidence;

-- Templates with the text that is submitted, and the text that the source proposes beside an edit.
create view template_view as
  select template.name, template.language, scenario_id, scenario_language, now.version, now.origin, now.category, now.body,
    now.made_by, time_of(now.made_at) as made_at, later.version as proposed_version, later.body as proposed_body,
    case decision when '' then 'undecided' else decision end as decision, decided_by,
    case when decided_at <> 0 then time_of(decided_at) end as decided_at, comment,
    case is_missing when 0 then 'no' else 'yes' end as is_missing
  from template
    join template_version as now on now.name = template.name and now.language = template.language and now.version = current
    left join template_version as later on later.name = template.name and later.language = template.language
      and later.version = source and source <> seen;

-- The present WhatsApp registration of contacts, derived from all evidence. The rules are those of
-- model::Registration, with which a test compares this view.
create view registration_now as
  with changed as (
    select contact_id, max(checked_at) as changed_at from evidence where raw_status = 'identity_changed' group by contact_id
  ),
  counted as (
    select evidence.* from evidence left join changed on changed.contact_id = evidence.contact_id
    where changed_at is null or checked_at >= changed_at
  ),
  -- Level 1 is evidence that has not expired and is not dated in the future. Level 2 is all evidence: what it says counts
  -- only if level 1 says nothing.
  leveled as (
    select 1 as level, counted.* from counted
    where (expires_at is null or expires_at > now_micros()) and checked_at <= now_micros() + 86400000000
    union all select 2 as level, counted.* from counted
  ),
  -- What one check said of all the national spellings of a number.
  checked as (
    select level, contact_id, method, checked_at,
      case when max(case answer when 'registered' then 1 else 0 end) = 1 then 'registered'
        when max(case answer when 'contradictory' then 1 else 0 end) = 1 then 'contradictory'
        when max(case answer when 'no_answer' then 1 else 0 end) = 0 then 'not_registered' end as answer
    from leveled group by level, contact_id, method, checked_at
  ),
  -- The newest check of each method that says something.
  verdict as (
    select ranked.*, case when method = 'passive' and answer <> 'contradictory' then 1 else 0 end as is_proof from (
      select checked.*, row_number() over (partition by level, contact_id, method order by checked_at desc) as place
      from checked where answer is not null
    ) as ranked where place = 1
  ),
  -- Each verdict beside those of the other methods. A message that was delivered or written is proof.
  compared as (
    select level, contact_id, method, checked_at, answer,
      min(answer) over (partition by level, contact_id) as least,
      max(answer) over (partition by level, contact_id) as greatest,
      max(case is_proof when 1 then checked_at end) over (partition by level, contact_id) as proof_at,
      max(case is_proof when 1 then answer end) over (partition by level, contact_id) as proof_answer,
      row_number() over (partition by level, contact_id order by checked_at desc, method) as place
    from verdict
  ),
  doubted as (
    select compared.*, max(case when checked_at > proof_at and answer <> proof_answer then 1 else 0 end)
      over (partition by level, contact_id) as is_doubted
    from compared
  ),
  -- The newest verdict, or the proof if nothing has contradicted it since.
  resolved as (
    select level, contact_id,
      case when proof_at is null or is_doubted = 1 then method else 'passive' end as method,
      case when proof_at is null or is_doubted = 1 then checked_at else proof_at end as checked_at,
      case when is_doubted = 1 or (proof_at is null and least <> greatest) then 'contradictory'
        else coalesce(proof_answer, answer) end as answer
    from doubted where place = 1
  ),
  -- Level 3 is the newest evidence, which names the method where nothing is known.
  levels as (
    select level, contact_id, method, checked_at, answer from resolved where level = 1 or answer <> 'contradictory'
    union all
    select 3 as level, contact_id, method, checked_at, 'no_answer' as answer from (
      select counted.*, row_number() over (partition by contact_id order by checked_at desc, method desc) as place from counted
    ) as ranked where place = 1
  ),
  first_level as (
    select levels.*, row_number() over (partition by contact_id order by level) as place from levels
  )
  select contact_id, case level when 1 then answer else 'no_answer' end as answer, method, checked_at,
    case level when 2 then answer end as expired,
    (select max(asked.expires_at) from evidence as asked where asked.contact_id = first_level.contact_id
      and asked.method = first_level.method and asked.checked_at = first_level.checked_at) as expires_at,
    case when level = 1 and answer = 'registered' then
      (select max(asked.wa_id) from evidence as asked where asked.contact_id = first_level.contact_id
        and asked.method = first_level.method and asked.checked_at = first_level.checked_at
        and asked.answer = 'registered') end as wa_id
  from first_level where place = 1;

create view registration_view as
  select hex_of(contact_id) as contact_id, answer, method, time_of(checked_at) as checked_at,
    time_of(expires_at) as expires_at, expired, wa_id
  from registration_now;

-- The segment of each contact, which says what can be done with it: see model::Segment.
create view segment_view as
  select hex_of(contact.contact_id) as contact_id, contact.e164, summary.whatsapp_consent,
    case when summary.consent = 'no' or summary.consent = 'stop' then 'opted-out'
      when suppressed.contact_id is not null then 'suppressed'
      when held.contact_id is not null then 'held'
      when summary.consent = 'unclear' then 'unclear'
      when registration_now.answer = 'registered' then 'ready'
      when registration_now.answer = 'not_registered' then 're-engage'
      else 'undecided' end as segment
  from contact left join consent_summary as summary on summary.contact_id = contact.contact_id
    left join suppressed on suppressed.contact_id = contact.contact_id
    left join held on held.contact_id = contact.contact_id
    left join registration_now on registration_now.contact_id = contact.contact_id;

-- All contacts, with the columns of model::condition, and what keeps some of them out of every segment. All columns are texts
-- or whole numbers that both databases compare the same: times are texts such as 2026-01-31T12:00:00Z, and texts are compared
-- byte by byte.
create view person_or_kept_out as
  select contact.contact_id as id, hex_of(contact.contact_id){plain} as contact_id, contact.e164{plain} as e164,
    contact.region{plain} as region, contact.line_type{plain} as line_type, contact.name{plain} as name,
    attribute_of(first_name) as first_name, attribute_of(last_name) as last_name, contact.email{plain} as email,
    contact.language{plain} as language, iso_of(contact.first_at) as first_at, iso_of(contact.last_at) as last_at,
    iso_of(contact.last_inbound_at) as last_inbound_at, iso_of(contact.last_outbound_at) as last_outbound_at,
    contact.n_messages as messages, contact.n_rows as rows, contact.reachable{plain} as reachable,
    summary.consent{plain} as consent, iso_of(summary.consent_at) as consent_at,
    summary.consent_channel{plain} as consent_channel, summary.whatsapp_consent{plain} as whatsapp_consent,
    contact.channels{plain} as channels, registration_now.answer{plain} as registration,
    registration_now.method{plain} as method, iso_of(registration_now.checked_at) as checked_at,
    iso_of(registration_now.expires_at) as expires_at, registration_now.wa_id{plain} as wa_id,
    case registration_now.answer when 'registered' then 'ready' when 'not_registered' then 're-engage'
      else 'undecided' end{plain} as segment,
    contact.tags{plain} as tags, contact.attributes{plain} as attributes,
    case when held.contact_id is null then 0 else 1 end as is_held,
    case when suppressed.contact_id is null then 0 else 1 end as is_suppressed
  from contact left join consent_summary as summary on summary.contact_id = contact.contact_id
    left join suppressed on suppressed.contact_id = contact.contact_id
    left join held on held.contact_id = contact.contact_id
    left join registration_now on registration_now.contact_id = contact.contact_id;

-- The people who have neither refused nor are suppressed, and of whom nothing is unclear; is_held tells who of them is held.
create view person_or_held as
  select id, contact_id, e164, region, line_type, name, first_name, last_name, email, language, first_at, last_at,
    last_inbound_at, last_outbound_at, messages, rows, reachable, consent, consent_at, consent_channel, whatsapp_consent,
    channels, registration, method, checked_at, expires_at, wa_id, segment, tags, attributes, is_held
  from person_or_kept_out
  where is_suppressed = 0 and (consent is null or consent = 'yes')
    and (whatsapp_consent is null or whatsapp_consent = 'yes');

-- The people who can be in a segment by condition: those of person_or_held who are not held.
create view person_view as
  select id, contact_id, e164, region, line_type, name, first_name, last_name, email, language, first_at, last_at,
    last_inbound_at, last_outbound_at, messages, rows, reachable, consent, consent_at, consent_channel, whatsapp_consent,
    channels, registration, method, checked_at, expires_at, wa_id, segment, tags, attributes
  from person_or_held where is_held = 0;
