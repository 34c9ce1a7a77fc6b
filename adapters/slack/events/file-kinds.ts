/** What a file's mode and access say of it, in an event as in files.info. */
interface Kind {
  mode?: string | null | undefined;
  file_access?: string | null | undefined;
}

const GONE_MODES = new Set(["tombstone", "hidden_by_limit"]);
const GONE_ACCESS = new Set(["access_denied", "file_not_found"]);
const CANVAS_MODES = new Set(["quip", "canvas"]);
/** Written in Slack itself: their title is what people know them by. */
const WRITTEN_MODES = new Set([...CANVAS_MODES, "snippet", "post", "space"]);

export function isGone({ mode, file_access }: Kind): boolean {
  return GONE_MODES.has(mode ?? "") || GONE_ACCESS.has(file_access ?? "");
}

/** A file that is kept elsewhere: Slack has no bytes of it. */
export function isLink({ mode }: Kind): boolean {
  return mode === "external";
}

export function isCanvas({ mode }: Kind): boolean {
  return CANVAS_MODES.has(mode ?? "");
}

export function isWrittenInSlack({ mode }: Kind): boolean {
  return WRITTEN_MODES.has(mode ?? "");
}

export interface Named extends Kind {
  id?: string | undefined;
  name?: string | null | undefined;
  title?: string | null | undefined;
}

/** What people call a file; its id where nothing more is known. */
export function nameOf(file: Named): string {
  const { id = "", name, title } = file;
  return (isCanvas(file) ? title || name : name || title) || id;
}
