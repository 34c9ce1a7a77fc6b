-- Guests and people of other organisations are listed page by page, and in between told of by events. Where to go on:
-- '' is the first page; null: all are listed, which outsiders_checked_at says since when.
alter table workspace add column outsiders_cursor text default '';
-- When the listing that is under way, or was the last one, began.
alter table workspace add column outsiders_begun_at timestamptz;

-- The platform's ids of the channels that they are in, as far as Docent sees them; null: not known.
alter table outsider add column channels text[];
-- Channels that Docent has come into since: of these `channels` does not tell.
alter table outsider add column unsure text[] not null default '{}';
alter table outsider add column asked_at timestamptz;
alter table outsider add column seen_at timestamptz not null default now();
-- Counts what was heard of them: what was asked before the last of it is not written down.
alter table outsider add column changes int not null default 0;
