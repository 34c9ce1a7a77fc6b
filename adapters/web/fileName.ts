const NAME_CHARACTERS_MAX = 200;

// Control characters, and those that turn the direction of writing round ("exe.fdp" shown as "pdf.exe").
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A name that is safe to show and to save under: no path, nothing invisible, not too long, never empty. */
export function cleanFileName(given: string): string {
  const last = given.split(/[/\\]/).at(-1) ?? "";
  const clean = last.normalize("NFC").replace(UNSAFE, "").replace(/\s+/g, " ").trim();
  if (/^\.*$/.test(clean)) return "untitled";
  const characters = [...clean];
  if (characters.length <= NAME_CHARACTERS_MAX) return clean;
  // The ending says what kind of file it is, so it stays.
  const ending = /\.[^.]{1,10}$/.exec(clean)?.[0] ?? "";
  return characters.slice(0, NAME_CHARACTERS_MAX - ending.length).join("") + ending;
}

/** RFC 6266 with RFC 5987: an ASCII name for old clients, the true one beside it. */
export function contentDisposition(kind: "inline" | "attachment", name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
