-- Threads in which Docent stays quiet until it is mentioned.
create table muted_thread (
  workspace_id int not null,
  channel_id int not null,
  thread_id text not null,
  muted_by text not null,
  muted_at timestamptz not null default now(),
  primary key (workspace_id, channel_id, thread_id),
  foreign key (workspace_id, channel_id) references channel (workspace_id, id) on delete cascade
);

-- Everything that happened in the workspace up to then was handed in: what came later, while nobody listened, is read back.
alter table workspace add column heard_until timestamptz;

-- It was off or gone for so long that its files were deleted then: they may come in once more.
alter table channel add column emptied_at timestamptz;

-- Their answers are shown when they are complete.
alter table person add column streams boolean not null default true;

-- The files that were shared in a channel before Docent came: read once somebody has said yes.
create table backfill (
  workspace_id int not null,
  channel_id int not null,
  -- Whoever brought Docent into the channel, and may want this.
  invited_by text,
  -- Null until somebody says yes.
  wanted_by text,
  wanted_at timestamptz,
  -- Where to go on; null before the first page.
  cursor text,
  files int not null default 0,
  finished_at timestamptz,
  primary key (workspace_id, channel_id),
  foreign key (workspace_id, channel_id) references channel (workspace_id, id) on delete cascade
);

-- Slack workspaces that were added through OAuth. The tokens are sealed with a key that the database does not have.
create table slack_installation (
  team_id text primary key,
  enterprise_id text,
  sealed text not null,
  installed_by text,
  installed_at timestamptz not null default now()
);
