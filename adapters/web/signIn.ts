import { createHash, timingSafeEqual } from "node:crypto";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { html } from "hono/html";
import { createTries, type Tries } from "./tries.ts";

const COOKIE = "docent";
const SIGNED_IN_S = 30 * 24 * 60 * 60;
const WRONG_TRIES_MAX = 10;
const WRONG_TRIES_WINDOW_MS = 60_000;
const FORM_BYTES_MAX = 4096;
// What the sign-in page itself is made of.
const OPEN = /^\/[a-z]+\.(?:css|svg)$/;

// This one page has a form; and a form's Origin is withheld where the referrer is.
const PAGE_HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'",
  "referrer-policy": "same-origin",
};

const TOO_OFTEN = "There were too many wrong tries: please wait a minute.";
const WRONG = "This is not the token: please look at WEB_TOKEN once more.";

/** Lets nobody in who has not shown the token: once in a form, or with each request as `Authorization: Bearer`. */
export function signIn(token: string): Hono {
  const tries = createTries(WRONG_TRIES_MAX, WRONG_TRIES_WINDOW_MS);
  const form = bodyLimit({ maxSize: FORM_BYTES_MAX });
  const app = new Hono();
  app.post("/sign-in", form, (c) => enter(c, token, tries));
  app.use(onlySignedIn(token, tries));
  return app;
}

async function enter(c: Context, token: string, tries: Tries): Promise<Response> {
  const { token: given } = await c.req.parseBody();
  const outcome = tried(c, typeof given === "string" ? given.trim() : "", token, tries);
  if (outcome === "too often") return signInPage(c, 429, TOO_OFTEN);
  if (outcome === "wrong") return signInPage(c, 401, WRONG);
  const expires = Math.floor(Date.now() / 1000) + SIGNED_IN_S;
  await setSignedCookie(c, COOKIE, String(expires), token, {
    httpOnly: true,
    sameSite: "Strict",
    secure: c.req.header("origin")?.startsWith("https:") ?? false,
    path: "/",
    maxAge: SIGNED_IN_S,
  });
  return c.redirect("/", 303);
}

function onlySignedIn(token: string, tries: Tries): MiddlewareHandler {
  return async (c, next) => {
    if (OPEN.test(c.req.path) || (await hasCookie(c, token))) return next();
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const outcome = bearer === undefined ? "missing" : tried(c, bearer, token, tries);
    if (outcome === "right") return next();
    if (!c.req.path.startsWith("/api/")) return signInPage(c, 401, "");
    if (outcome === "too often") return c.json({ error: TOO_OFTEN }, 429);
    c.header("www-authenticate", "Bearer");
    return c.json({ error: "Please sign in first: open this address in a browser." }, 401);
  };
}

async function hasCookie(c: Context, token: string): Promise<boolean> {
  const expires = await getSignedCookie(c, token, COOKIE);
  return Boolean(expires) && Number(expires) * 1000 > Date.now();
}

function tried(c: Context, given: string, token: string, tries: Tries) {
  const source = getConnInfo(c).remote.address ?? "";
  if (tries.waitMs(source) > 0) return "too often";
  if (isSame(given, token)) return "right";
  tries.failed(source);
  return "wrong";
}

/** Takes as long whatever is wrong about it. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

async function signInPage(c: Context, status: 401 | 429, problem: string): Promise<Response> {
  const alert = problem && html`<p class="notice" role="alert">${problem}</p>`;
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Sign in · Docent</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/base.css">
    <link rel="stylesheet" href="/door.css">
  </head>
  <body>
    <main>
      <h1><img src="/icon.svg" alt="" width="26" height="26">Docent</h1>
      ${alert}
      <form method="post" action="/sign-in">
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
        <p class="quiet">Whoever set this Docent up has it: it is the setting WEB_TOKEN.</p>
        <button type="submit" class="primary">Sign in</button>
      </form>
      <p class="quiet">You signed in here before? <a href="/">Go on to the chat</a>.</p>
    </main>
  </body>
</html>`;
  return c.html(page, status, PAGE_HEADERS);
}
