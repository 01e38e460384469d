-- Campaigns that were started, and what was ordered. The last order of a campaign says whether it runs: see campaign_view.
--
-- mode is sandbox, test or live. A campaign keeps its mode, its account and its number: people who got it in a test did not get it.
create table campaign (
  name text not null primary key,
  mode text not null check (mode = 'sandbox' or mode = 'test' or mode = 'live'),
  account text not null,
  sender text not null,
  created_at bigint not null
) without rowid;

-- Orders about a campaign, by people and by Ferry's own gates (by_whom is ferry then). at is the clock of the database when the order
-- was given, before it waited for anybody; recorded_at when it was written. No intent is younger than the recorded_at of a stop.
-- Rows are added and never changed.
create table campaign_order (
  campaign text not null,
  number bigint not null,
  word text not null check (word = 'start' or word = 'pause' or word = 'resume' or word = 'stop' or word = 'finish'),
  reason text not null,
  by_whom text not null,
  at bigint not null,
  recorded_at bigint not null,
  primary key (campaign, number)
) without rowid;

-- Parts of a step that were released together. What they hold is frozen from then on. is_test is 1 for the first of a step, which
-- is judged before the next is released. judged_at is the moment of the campaign's clock when that was done.
create table wave (
  campaign text not null,
  step text not null,
  number bigint not null,
  size bigint not null,
  is_test bigint not null,
  released_at bigint not null,
  judged_at bigint,
  primary key (campaign, step, number)
) without rowid;

-- The template of a wave in each language, as it was approved when the wave was released. purpose follows from the category.
-- differs is what the approved template had other than the one that was sent, in JSON, and empty if there was nothing.
create table wave_template (
  campaign text not null,
  step text not null,
  wave bigint not null,
  template text not null,
  language text not null,
  digest text not null,
  category text not null,
  differs text not null,
  primary key (campaign, step, wave, language)
) without rowid;

-- People whom a step leaves out, with the reason in a word. Written anew with each wave: somebody who may be written to later is
-- taken then.
create table campaign_exclusion (
  campaign text not null,
  step text not null,
  contact_id blob not null check (length(contact_id) = 16),
  reason text not null,
  at bigint not null,
  primary key (campaign, step, contact_id)
) without rowid;

-- What the sender of a campaign waits for, as it said last: a limit, until when, or until it is lifted if until_at is null. limit_name
-- is empty while it sends.
create table campaign_wait (
  campaign text not null primary key,
  limit_name text not null,
  until_at bigint,
  at bigint not null
) without rowid;

create view campaign_view as
  select campaign.name, campaign.mode, campaign.account, campaign.sender, time_of(campaign.created_at) as created_at,
    case campaign_order.word when 'start' then 'running' when 'resume' then 'running' when 'pause' then 'paused'
      when 'stop' then 'stopped' else 'finished' end as state,
    campaign_order.reason, campaign_order.by_whom, time_of(campaign_order.at) as since
  from campaign join campaign_order on campaign_order.campaign = campaign.name
    and campaign_order.number = (select max(number) from campaign_order as latest where latest.campaign = campaign.name);

-- Every order, with the last intent before it was given and the first after it was recorded, which there is none of after a stop
-- or a pause. last_intent_after_us is the time from the order to the last intent before the next order, in microseconds; null
-- if none came after the order.
create view campaign_order_view as
  select campaign, number, word, reason, by_whom, time_of(at) as at, time_of(recorded_at) as recorded_at,
    (select max(claimed_at) from outbox where outbox.campaign = campaign_order.campaign
      and claimed_at > campaign_order.at and claimed_at < coalesce((select min(later.at) from campaign_order as later
        where later.campaign = campaign_order.campaign and later.number > campaign_order.number),
        9223372036854775807)) - campaign_order.at as last_intent_after_us
  from campaign_order;

create view wave_view as
  select campaign, step, number, size, case is_test when 1 then 'yes' else 'no' end as is_test,
    time_of(released_at) as released_at, time_of(judged_at) as judged_at
  from wave;

create view campaign_exclusion_view as
  select campaign, step, hex_of(contact_id) as contact_id, reason, time_of(at) as at from campaign_exclusion;

create view campaign_wait_view as
  select campaign, limit_name, time_of(until_at) as until_at, time_of(at) as at from campaign_wait;
