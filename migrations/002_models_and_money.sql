-- What all processes together know of the models. `reason` is the kind of the last failure from here on, and was
-- words before: those are forgotten.
update model_health set state = 'unknown', reason = null, failures = 0, cooling_until = null;
alter table model_health drop constraint model_health_state_check;
alter table model_health
  add check (state in ('unknown', 'ready', 'cooling', 'retired', 'no_provider')),
  -- A process tries the model out; the others leave it to that one.
  add column probing_until timestamptz,
  -- From the service's catalogue.
  add column catalogued_at timestamptz,
  add column expires_on date,
  add column context_tokens int,
  add column sees_images boolean,
  add column input_microusd_per_mtoken bigint,
  add column output_microusd_per_mtoken bigint,
  add column uptime_day real;
comment on column model_health.cooling_until is
  'Until when it is passed over, whatever the state; then it is tried out before a question is put to it.';

create table model_attempt (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  model text not null,
  outcome text not null check (outcome in ('answered', 'failed')),
  reason text not null default '',
  -- Tried out by ourselves, not with a question of somebody's.
  probe boolean not null default false,
  first_token_ms int,
  total_ms int not null,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  microusd bigint not null default 0
);
create index model_attempt_at on model_attempt (at);
create index model_attempt_model on model_attempt (model, at);

-- The key by its fingerprint, since two may be in use while a new one is rolled out.
create table model_key (
  fingerprint text primary key,
  state text not null default 'unknown' check (state in ('unknown', 'valid', 'invalid', 'credit_out')),
  since timestamptz not null default now(),
  -- Until when nothing is asked with it, while it is not valid or its credit is out.
  resting_until timestamptz,
  limit_microusd bigint,
  remaining_microusd bigint,
  day_microusd bigint,
  month_microusd bigint,
  expires_at timestamptz,
  checked_at timestamptz
);

-- What has to be done by one process alone from time to time.
create table chore (
  name text primary key,
  done_at timestamptz not null default now()
);

-- What a workspace has spent or set aside on a day (UTC). One row a day, so that its lock puts parallel calls in order.
create table spend (
  workspace_id int not null references workspace on delete cascade,
  day date not null,
  microusd bigint not null default 0,
  -- Of that, for reading files: their vectors and context.
  reading_microusd bigint not null default 0,
  -- Of that, for models much dearer than the first one.
  dear_microusd bigint not null default 0,
  primary key (workspace_id, day)
);
insert into spend (workspace_id, day, microusd, reading_microusd)
select workspace_id, (at at time zone 'UTC')::date, sum(microusd),
       coalesce(sum(microusd) filter (where purpose in ('index', 'context')), 0)
  from cost group by 1, 2;
create index cost_unsettled on cost (at) where not settled;

-- Which part of a budget the operator has been told of.
create table budget_notice (
  workspace_id int not null references workspace on delete cascade,
  period text not null check (period in ('day', 'month')),
  starts_on date not null,
  percent int not null,
  primary key (workspace_id, period, starts_on, percent)
);

alter table answer
  -- It says that a budget is used up: once a thread is enough.
  add column says_budget boolean not null default false,
  -- All models had failed, so that it is given a second time by itself.
  add column retried boolean not null default false,
  -- The version for which its asker's question was counted.
  add column counted_version int not null default 0;

-- How many questions somebody has had answered by models on a day (UTC).
create table asked (
  workspace_id int not null references workspace on delete cascade,
  asker_id text not null,
  day date not null,
  questions int not null,
  primary key (workspace_id, asker_id, day)
);
