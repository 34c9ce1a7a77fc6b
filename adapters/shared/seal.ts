import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SALT = "docent";

/** For what must be stored and read by nobody else: tokens, and addresses that let anybody write. */
export interface Sealer {
  /** As text without spaces; the same text is sealed differently each time. */
  seal(text: string): string;
  /** Null where it was sealed with another secret, for another purpose, or changed since. */
  open(sealed: string): string | null;
}

/** @param purpose what is sealed: nothing that was sealed for one purpose opens for another */
export function sealer(secret: string, purpose: string): Sealer {
  const key = Buffer.from(hkdfSync("sha256", secret, SALT, purpose, KEY_BYTES));
  return {
    seal: (text) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      const hidden = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), hidden]).toString("base64url");
    },
    open: (sealed) => unsealed(key, Buffer.from(sealed, "base64url")),
  };
}

function unsealed(key: Buffer, bytes: Buffer): string | null {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const hidden = bytes.subarray(NONCE_BYTES + TAG_BYTES);
  const cipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return cipher.update(hidden, undefined, "utf8") + cipher.final("utf8");
  } catch {
    // All that can go wrong here is that it does not fit the key.
    return null;
  }
}
