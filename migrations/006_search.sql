-- What finds a passage and scores it first, its words, stands in the row; grams and pairs, four times as many, are
-- only looked at for the best. Null where a process before this version wrote the row: `weights` has words too.
alter table chunk_terms add column words sparsevec;
alter table chunk_terms set (toast_tuple_target = 4080);

-- Few: a search leaves them out.
create index content_unsearchable on content (workspace_id, id) where state <> 'searchable';

-- What a file's name says when "v2", "final", "(1)" and dates are taken out of it; null where it says nothing. The
-- newest of one sharer in one channel goes before the others, which a search sees for itself.
alter table share add column version_key text;
create index share_version on share (workspace_id, channel_id, sharer_id, version_key)
  where version_key is not null;

-- How rare a word is, is counted in what a question may see: of the whole workspace it would tell of hidden files.
-- `term_frequency`, `term_sample` and `share.superseded_by` are no longer used; processes before this version are.
