import type { Loopback } from "./loopback.ts";

/** A name that nobody has. It is also too long for one, so that no name server needs to be asked. */
export const NO_SUCH_HOST = `https://${"openrouter".repeat(7)}.invalid/api/v1`;

/** The same server spoken to in TLS, which it does not understand: the handshake fails. */
export function inTls({ url }: Loopback): string {
  return url.replace("http:", "https:");
}
