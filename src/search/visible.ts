/**
 * The shares that a search may use, for a FROM clause: `$1` is the workspace, `$2` the channels in scope. Every
 * statement that finds or shows a passage joins this; nothing is filtered afterwards. A thread that is its own
 * channel goes with the channel it hangs on.
 */
export const VISIBLE_SHARE = `
  share s
  join channel ch on ch.workspace_id = s.workspace_id and ch.id = s.channel_id
       and ch.mode <> 'off' and ch.gone_at is null
  join content f on f.workspace_id = s.workspace_id and f.id = s.content_id and f.state = 'searchable'
 where s.workspace_id = $1 and s.channel_id = any($2::int[])
   and not exists (select from channel parent
                    where parent.workspace_id = ch.workspace_id and parent.id = ch.parent_id
                      and (parent.mode = 'off' or parent.gone_at is not null))
   and not exists (select from person p
                    where p.workspace_id = s.workspace_id and p.platform_id = s.sharer_id
                      and p.opted_out_at is not null)`;
