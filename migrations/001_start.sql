-- Every tenant's table starts its key with workspace_id, and every query names it: that is the isolation,
-- and the distribution column when one Postgres is outgrown.
create extension if not exists vector;

create table workspace (
  id int generated always as identity primary key,
  platform text not null,
  platform_id text not null,
  name text,
  served boolean not null default true,
  day_budget_microusd bigint,
  month_budget_microusd bigint,
  outsiders_checked_at timestamptz,
  created_at timestamptz not null default now(),
  unique (platform, platform_id)
);

-- A private thread is a row of its own, with parent_id: no query reads access from a thread id.
create table channel (
  workspace_id int not null references workspace on delete cascade,
  id int generated always as identity,
  platform_id text not null,
  parent_id int,
  name text,
  -- Until the platform has said, a channel is private.
  visibility text not null default 'private' check (visibility in ('public', 'private', 'direct')),
  external boolean not null default false,
  age_restricted boolean not null default false,
  mode text not null default 'auto' check (mode in ('auto', 'ask', 'off')),
  mode_set_by text,
  mode_set_at timestamptz,
  -- Kinds of file read by themselves beside documents and images: audio, video, archive.
  kinds text[] not null default '{}',
  answer_style text,
  last_message_id text,
  gone_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, platform_id)
);

create table person (
  workspace_id int not null references workspace on delete cascade,
  platform_id text not null,
  opted_out_at timestamptz,
  blocked_at timestamptz,
  -- The served workspace that this person's direct messages search.
  dm_workspace_id int,
  primary key (workspace_id, platform_id)
);

create table outsider (
  workspace_id int not null references workspace on delete cascade,
  user_id text not null,
  kind text not null check (kind in ('guest', 'external')),
  primary key (workspace_id, user_id)
);

-- Bytes, known by their SHA-256: two shares of the same bytes in a workspace are one content.
create table content (
  workspace_id int not null references workspace on delete cascade,
  id bigint generated always as identity,
  sha256 bytea not null,
  bytes bigint not null,
  kind text,
  state text not null check (state in ('reading', 'searchable', 'failed')),
  reason_kind text,
  reason text,
  pages int,
  -- Chunks committed so far; a retry of a reading goes on behind them.
  chunks int not null default 0,
  embedder text,
  vectors int not null default 0,
  -- Vectors that the embedder refused; without them a content is complete too.
  refused int not null default 0,
  -- The job that reads it, so that two shares of the same bytes are not read twice at once.
  reader text,
  reader_until timestamptz,
  created_at timestamptz not null default now(),
  searchable_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, sha256)
);
create index content_without_vectors on content (workspace_id, id)
  where state = 'searchable' and vectors + refused < chunks;

-- One appearance of a file in one channel. The name is the share's: the same bytes may be called otherwise elsewhere.
create table share (
  workspace_id int not null references workspace on delete cascade,
  id bigint generated always as identity,
  channel_id int not null,
  content_id bigint,
  file_id text not null,
  message_id text not null,
  thread_id text,
  sharer_id text not null,
  name text not null,
  name_terms int[] not null default '{}',
  permalink text,
  shared_at timestamptz not null,
  -- Why it cannot be read, where no content could be had at all.
  reason_kind text,
  reason text,
  superseded_by bigint,
  primary key (workspace_id, id),
  unique (workspace_id, channel_id, file_id),
  foreign key (workspace_id, channel_id) references channel (workspace_id, id) on delete cascade,
  foreign key (workspace_id, content_id) references content (workspace_id, id)
);
create index share_content on share (workspace_id, content_id);
create index share_file on share (workspace_id, file_id);
create index share_name_terms on share using gin (name_terms) with (fastupdate = off);

-- Three tables with one key, so that vectors can come later without rewriting text and its indexes.
create table chunk (
  workspace_id int not null,
  content_id bigint not null,
  position int not null,
  text text not null,
  locator jsonb not null,
  -- The embedder will not have it: words alone, and not tried again.
  refused boolean not null default false,
  primary key (workspace_id, content_id, position),
  foreign key (workspace_id, content_id) references content (workspace_id, id) on delete cascade
);

create table chunk_terms (
  workspace_id int not null,
  content_id bigint not null,
  position int not null,
  -- Hashes of (workspace, term), for finding candidates.
  terms int[] not null,
  -- Saturated term frequencies by the same hashes, for scoring.
  weights sparsevec not null,
  primary key (workspace_id, content_id, position),
  foreign key (workspace_id, content_id) references content (workspace_id, id) on delete cascade
);
create index chunk_terms_terms on chunk_terms using gin (terms) with (fastupdate = off);

create table chunk_vector (
  workspace_id int not null,
  content_id bigint not null,
  position int not null,
  bits bit(1024) not null,
  embedding halfvec(1024) not null,
  primary key (workspace_id, content_id, position),
  foreign key (workspace_id, content_id) references content (workspace_id, id) on delete cascade
);
alter table chunk_vector alter column bits set storage plain;
alter table chunk_vector alter column embedding set storage plain;
-- The scan of sign bits reads this index alone.
create index chunk_vector_bits on chunk_vector (workspace_id, content_id) include (position, bits);

-- How many chunks of a sample hold a term: what makes a word rare or common in this workspace.
create table term_sample (
  workspace_id int primary key references workspace on delete cascade,
  chunks bigint not null,
  sampled int not null,
  made_at timestamptz not null default now()
);
create table term_frequency (
  workspace_id int not null references workspace on delete cascade,
  term int not null,
  sampled int not null,
  primary key (workspace_id, term)
);

-- Events already taken in: the same key twice is one event.
create table event (
  key text primary key,
  received_at timestamptz not null default now()
);
create index event_received on event (received_at);

create table answer (
  workspace_id int not null references workspace on delete cascade,
  id bigint generated always as identity,
  event_key text not null,
  channel_id int not null,
  thread_id text not null,
  question_id text not null,
  asker_id text not null,
  private boolean not null default false,
  question text not null,
  text text,
  state text not null default 'answering' check (state in ('answering', 'done', 'failed')),
  posted text[] not null default '{}',
  files text[] not null default '{}',
  model text,
  attempts jsonb not null default '[]',
  -- Counts how often it was asked for: a try of an older version writes nothing.
  version int not null default 1,
  -- What it was made from: scope, coverage and the passages with their scores, by share and position.
  retrieved jsonb,
  cost_microusd bigint not null default 0,
  rating smallint,
  rating_reason text,
  asked_at timestamptz not null default now(),
  answered_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, event_key),
  foreign key (workspace_id, channel_id) references channel (workspace_id, id) on delete cascade
);
create index answer_question on answer (workspace_id, channel_id, question_id);
create index answer_thread on answer (workspace_id, channel_id, thread_id, asked_at);

create table answer_source (
  workspace_id int not null,
  answer_id bigint not null,
  number int not null,
  share_id bigint not null,
  content_id bigint not null,
  position int not null,
  quote text not null,
  primary key (workspace_id, answer_id, number),
  foreign key (workspace_id, answer_id) references answer (workspace_id, id) on delete cascade
);
create index answer_source_share on answer_source (workspace_id, share_id);

create table cost (
  workspace_id int not null references workspace on delete cascade,
  id bigint generated always as identity,
  at timestamptz not null default now(),
  purpose text not null check (purpose in ('answer', 'index', 'query', 'rerank', 'context')),
  user_id text,
  model text not null,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  microusd bigint not null default 0,
  -- Reserved before the call as the worst case; settled with what it really took.
  settled boolean not null default true,
  primary key (workspace_id, id)
);
create index cost_at on cost (workspace_id, at);

create table model_health (
  model text primary key,
  state text not null check (state in ('ready', 'cooling', 'retired', 'unknown')),
  reason text,
  since timestamptz not null default now(),
  cooling_until timestamptz,
  failures int not null default 0,
  last_success_at timestamptz
);

-- The local web chat is one workspace, and is its own platform: these are its messages and files.
create table web_message (
  id bigint generated always as identity primary key,
  channel text not null,
  -- The first message of the thread; null for a first message itself.
  thread bigint,
  user_id text not null,
  text text not null default '',
  -- Files that came with a question; they are shown with it, not by themselves.
  file_ids text[] not null default '{}',
  edited_at timestamptz,
  -- Taken back, but somebody wrote after it: the row stays without its words.
  deleted boolean not null default false,
  -- For a reply of Docent: the question that it answers.
  reply_to bigint unique references web_message on delete cascade,
  -- Counts who has begun to write a reply: only the last one may go on.
  writer int not null default 0,
  finished_at timestamptz,
  created_at timestamptz not null default now()
);
create index web_message_channel on web_message (channel, id);
create index web_message_files on web_message using gin (file_ids) where file_ids <> '{}';

create table web_reply_part (
  message_id bigint not null references web_message on delete cascade,
  position int not null,
  part jsonb not null,
  primary key (message_id, position)
);

create table web_file (
  id text primary key,
  channel text not null,
  message_id bigint not null references web_message on delete cascade,
  user_id text not null,
  name text not null,
  bytes bigint not null,
  -- Sent to go with a question.
  handed_over boolean not null default false,
  state jsonb not null,
  created_at timestamptz not null default now()
);
create index web_file_channel on web_file (channel, created_at);

create table web_file_part (
  file_id text not null references web_file on delete cascade,
  position int not null,
  bytes bytea not null,
  primary key (file_id, position)
);
-- Uploads are mostly compressed already.
alter table web_file_part alter column bytes set storage external;
