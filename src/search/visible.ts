/**
 * The shares that a search may use, for a FROM clause: `$1` is the workspace, `$2` the channels in scope. Every
 * statement that finds or shows a passage joins this; nothing is filtered afterwards. A thread that is its own
 * channel goes with the channel it hangs on. What is left out is little, so that it is cheaper to look for than
 * what is let in.
 */
export const VISIBLE_SHARE = `
  share s
 where s.workspace_id = $1 and s.channel_id = any($2::int[]) and s.content_id is not null
   and not exists (
         select from channel ch
           left join channel parent on parent.workspace_id = $1 and parent.id = ch.parent_id
          where ch.workspace_id = $1 and ch.id = s.channel_id
            and (ch.mode = 'off' or ch.gone_at is not null
                 or parent.mode = 'off' or parent.gone_at is not null))
   and not exists (
         select from content
          where workspace_id = $1 and id = s.content_id and state <> 'searchable')
   and not exists (
         select from person
          where workspace_id = $1 and platform_id = s.sharer_id and opted_out_at is not null)`;
