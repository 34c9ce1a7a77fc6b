-- What finds a passage and scores it first, its words, stands in the row; grams and pairs, four times as many, are
-- only looked at for the best. `weights` held all of them.
alter table chunk_terms add column words sparsevec;
alter table chunk_terms rename column weights to details;
update chunk_terms t set words = halves.words, details = halves.details
  from (select k.workspace_id, k.content_id, k.position,
               ('{' || coalesce(string_agg(e.entry, ',' order by e.at) filter (where e.is_word), '')
                    || '}/1000000000')::sparsevec as words,
               ('{' || coalesce(string_agg(e.entry, ',' order by e.at) filter (where not e.is_word), '')
                    || '}/1000000000')::sparsevec as details
          from chunk_terms k
          left join lateral (
               -- A sparsevec as text counts its indices from 1.
               select u.entry, u.at, split_part(u.entry, ':', 1)::bigint - 1 = any(k.terms) as is_word
                 from unnest(string_to_array(trim('{}' from split_part(k.details::text, '/', 1)), ','))
                      with ordinality u (entry, at)) e on true
         group by k.workspace_id, k.content_id, k.position) halves
 where t.workspace_id = halves.workspace_id and t.content_id = halves.content_id
   and t.position = halves.position;
alter table chunk_terms alter column words set not null;

-- How rare a word is, is counted in what a question may see: of the whole workspace it would tell of hidden files.
drop table term_frequency;
drop table term_sample;

-- Few: a search leaves them out.
create index content_unsearchable on content (workspace_id, id) where state <> 'searchable';

-- What a file's name says when "v2", "final", "(1)" and dates are taken out of it; null where it says nothing. The
-- newest of one sharer in one channel goes before the others, which a search sees for itself.
alter table share add column version_key text;
create index share_version on share (workspace_id, channel_id, sharer_id, version_key)
  where version_key is not null;
alter table share drop column superseded_by;
