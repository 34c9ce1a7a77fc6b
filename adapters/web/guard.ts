import type { MiddlewareHandler } from "hono";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const EVERYWHERE = ["0.0.0.0", "::", "[::]"];
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

export interface Bound {
  /** What the server listens on: HOST. */
  host: string;
  /** Left out where it is not known yet: then any port is right. */
  port?: number | undefined;
  /** PUBLIC_URL: where a proxy in front of it is reached. */
  publicUrl?: string | null | undefined;
}

/**
 * Keeps other sites out of a server that asks nobody to sign in: a page elsewhere can reach 127.0.0.1 by a
 * name of its own (Host), or send a form there (Origin). Clients other than browsers send no Origin.
 */
export function guard(bound: Bound): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!isOurs(host, bound)) {
      return c.json({ error: "This address is not one that Docent answers to." }, 403);
    }
    const origin = c.req.header("origin");
    if (origin && !SAFE_METHODS.includes(c.req.method) && !sameOrigin(origin, host)) {
      return c.json({ error: "Another site may not do this here." }, 403);
    }
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    return next();
  };
}

function sameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function isOurs(hostHeader: string, bound: Bound): boolean {
  const url = URL.parse(`http://${hostHeader}`);
  if (url?.host !== hostHeader.replace(/:80$/, "").toLowerCase()) return false;
  if (bound.publicUrl && url.host === URL.parse(bound.publicUrl)?.host) return true;
  // Published to a network, the port may be another outside, and people come by number. A number is safe:
  // only a name can be pointed here by somebody else.
  if (EVERYWHERE.includes(bound.host)) return isKnownName(url.hostname, bound) || isNumber(url);
  const portIsRight = bound.port === undefined || Number(url.port || 80) === bound.port;
  return portIsRight && isKnownName(url.hostname, bound);
}

function isKnownName(hostname: string, bound: Bound): boolean {
  return LOOPBACK.includes(hostname) || hostname === URL.parse(`http://${bound.host}`)?.hostname;
}

function isNumber(url: URL): boolean {
  return /^[\d.]+$/.test(url.hostname) || url.hostname.startsWith("[");
}
