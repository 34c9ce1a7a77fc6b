/** A thread is opened, by people or by the bot. */
import { GatewayDispatchEvents as Event, MessageFlags, MessageType } from "discord.js";
import { at, type Draft, type Hub, post, revise } from "./posting.ts";
import { addChannel } from "./setup.ts";
import { threadShape } from "./shapes.ts";
import { type Channel, type ChannelKind, found, type Message } from "./world.ts";

const ARCHIVE_MINUTES = 1_440;

export interface ThreadDraft {
  channelId: string;
  ownerId: string;
  name: string;
  /** The message that it hangs on. */
  messageId?: string | undefined;
  isPrivate?: boolean;
  members?: string[];
  autoArchiveMinutes?: number | undefined;
  /** What is said in it at once: a forum's post. */
  first?: Omit<Draft, "channelId" | "authorId">;
}

export function openThread(
  hub: Hub,
  draft: ThreadDraft,
): { channel: Channel; first: Message | null } {
  const { world, dispatch } = hub;
  const parent = found(world.channels, draft.channelId, "channel");
  const channel = addChannel(world, {
    id: draft.messageId ?? world.nextId(),
    kind: kindOf(parent, draft),
    guildId: parent.guildId,
    name: draft.name,
    parentId: parent.id,
    adult: parent.adult,
    thread: {
      ownerId: draft.ownerId,
      members: [...new Set([draft.ownerId, ...(draft.members ?? [])])],
      archived: false,
      locked: false,
      autoArchiveMinutes: draft.autoArchiveMinutes ?? ARCHIVE_MINUTES,
      archivedMs: world.nowMs(),
      createdMs: world.nowMs(),
    },
  });
  const about = () => ({ ...threadShape(world, channel), newly_created: true as const });
  dispatch(Event.ThreadCreate, at(world, channel.id), about);
  return { channel, first: begin(hub, { parent, channel }, draft) };
}

function kindOf({ kind }: Channel, { isPrivate }: ThreadDraft): ChannelKind {
  if (isPrivate) return "privateThread";
  return kind === "news" ? "newsThread" : "thread";
}

interface Opened {
  parent: Channel;
  channel: Channel;
}

/** What stands in the new thread and in its channel. */
function begin(hub: Hub, { parent, channel }: Opened, draft: ThreadDraft): Message | null {
  const { ownerId: authorId, messageId, first } = draft;
  if (messageId !== undefined) {
    const on = found(hub.world.messages, messageId, "message");
    revise(hub, on, { flags: on.flags | MessageFlags.HasThread }, false);
    const reference = { kind: "starter", channelId: parent.id, messageId } as const;
    const type = MessageType.ThreadStarterMessage;
    post(hub, { channelId: channel.id, authorId: on.authorId, type, reference });
  } else if (parent.kind !== "forum" && !draft.isPrivate) {
    const reference = { kind: "starter", channelId: channel.id, messageId: channel.id } as const;
    const type = MessageType.ThreadCreated;
    post(hub, { channelId: parent.id, authorId, type, reference, content: channel.name });
  }
  if (!first) return null;
  // A forum's post has one id with its first message.
  const own = parent.kind === "forum" ? { id: channel.id } : {};
  return post(hub, { ...first, ...own, channelId: channel.id, authorId });
}
