-- A workspace that is not the first of its platform is served once the operator has allowed it.
alter table workspace add column allowed_at timestamptz;

-- Admins may stop everything for a while.
alter table workspace add column paused_at timestamptz;

-- Are other channels' answers drawn only from the channels that were chosen for it?
alter table workspace add column sources_chosen boolean not null default false;
-- Null: as the workspace has it. Its own answers may use a channel's files all the same.
alter table channel add column is_source boolean;

-- Whoever may has said that this file counts before others.
alter table share add column official_by text;

-- When this person last chose the workspace for their direct messages.
alter table person add column dm_chosen_at timestamptz;
