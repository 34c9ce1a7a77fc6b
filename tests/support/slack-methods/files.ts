/** files.* */
import type { StoredFile, World } from "../slack-world.ts";
import { type Caller, channelIn, type Methods, SlackSays } from "./method.ts";

const UNREADABLE = new Set(["external", "tombstone", "hidden_by_limit"]);

export const FILES: Methods = {
  "files.info": (world, args, caller) => {
    const file = world.files.get(args.file ?? "");
    if (!(file && isSeen(world, file, caller))) throw new SlackSays("file_not_found");
    if (file.deleted) throw new SlackSays("file_deleted");
    return { file: fileFacts(world, file, caller.url) };
  },
  "files.list": (world, args, caller) => {
    const channel = args.channel === undefined ? null : channelIn(world, args.channel, caller);
    const found = [...world.files.values()]
      .filter((file) => !file.deleted && isSeen(world, file, caller))
      .filter(({ channels }) => channel === null || channels.includes(channel.id))
      .filter(({ ts = "0" }) => Number(ts) >= Number(args.ts_from ?? 0))
      .filter(({ ts = "0" }) => Number(ts) <= Number(args.ts_to ?? Number.MAX_SAFE_INTEGER))
      .reverse();
    const count = Math.min(world.pageMax.list, Number(args.count ?? 100));
    const page = Number(args.page ?? 1);
    const files = found.slice((page - 1) * count, page * count);
    const paging = { count, total: found.length, page, pages: Math.ceil(found.length / count) };
    return { files: files.map((file) => entry(world, file, caller.url)), paging };
  },
};

function entry(world: World, file: StoredFile, url: string): object {
  const facts = fileFacts(world, file, url);
  if (!file.sparse) return facts;
  return { ...facts, shares: undefined, has_more_shares: false, skipped_shares: true };
}

/** The bot sees what is shared in a channel that it is in. */
function isSeen(world: World, { channels }: StoredFile, { team }: Caller): boolean {
  return channels.some((id) => world.channels.get(id)?.members.includes(team.botUserId));
}

export function fileFacts(world: World, file: StoredFile, url: string): object {
  const { access, mode = "hosted" } = file;
  if (access) return { id: file.id, file_access: access, created: 0, timestamp: 0, user: "" };
  if (mode === "tombstone" || mode === "hidden_by_limit") return { id: file.id, mode };
  const kinds = file.channels.map((id) => ({ id, kind: world.channels.get(id)?.kind }));
  const idsOf = (...wanted: string[]) =>
    kinds.filter(({ kind }) => wanted.includes(kind ?? "")).map(({ id }) => id);
  const createdS = Math.floor(Number(file.ts ?? 0));
  const isExternal = mode === "external";
  return {
    id: file.id,
    created: createdS,
    timestamp: createdS,
    name: file.name,
    title: file.name,
    mimetype: file.mimetype,
    filetype: file.filetype ?? file.name.split(".").at(-1) ?? "",
    user: file.userId ?? "U1",
    mode,
    is_external: isExternal,
    external_type: isExternal ? "gdrive" : "",
    ...(file.externalUrl !== undefined && { external_url: file.externalUrl }),
    size: file.size ?? file.content.byteLength,
    file_access: "visible",
    url_private: file.externalUrl ?? `${url}/files/${file.id}`,
    ...(!UNREADABLE.has(mode) && { url_private_download: `${url}/files/${file.id}` }),
    channels: idsOf("public"),
    groups: idsOf("private", "mpim"),
    ims: idsOf("im"),
    shares: { public: sharesIn(world, file, true), private: sharesIn(world, file, false) },
  };
}

/** The messages that a file is in, by channel. */
function sharesIn(world: World, { id, channels }: StoredFile, inPublic: boolean): object {
  const wanted = channels.filter((channel) => isPublic(world, channel) === inPublic);
  return Object.fromEntries(
    wanted.map((channel) => [
      channel,
      world.messages
        .filter((message) => message.channel === channel && message.fileIds?.includes(id))
        .map(({ ts, threadTs }) => ({ ts, ...(threadTs !== null && { thread_ts: threadTs }) })),
    ]),
  );
}

function isPublic(world: World, channel: string): boolean {
  return world.channels.get(channel)?.kind === "public";
}
