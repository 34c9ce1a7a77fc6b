import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import * as v from "valibot";

const BODY_BYTES_MAX = 256 * 1024;

/** Refuses a body that is far longer than anything that is asked for. */
export function smallBody(sentence: string): MiddlewareHandler {
  return bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: () => {
      throw new HTTPException(413, { message: sentence });
    },
  });
}

/**
 * The request's JSON, checked.
 * @throws {HTTPException} 400 with the first problem's sentence
 */
export async function jsonOf<T>(c: Context, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const body: unknown = await c.req.json().catch((cause: unknown) => {
    throw new HTTPException(400, { message: 'This comes as JSON: {"text": "…"}.', cause });
  });
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new HTTPException(400, { message: result.issues[0].message });
}

/** Text that Postgres can store: neither NUL nor half a surrogate pair. */
export function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed().trim();
}

/** A question's text, not empty and not too long. */
export function questionText(charsMax: number) {
  const empty = "The question is empty: write what you want to know.";
  return v.pipe(
    v.string(empty),
    v.maxLength(charsMax, tooLong(charsMax)),
    v.transform(storable),
    v.nonEmpty(empty),
  );
}

export function tooLong(charsMax: number): string {
  const most = charsMax.toLocaleString("en");
  return `The question is too long: at most ${most} characters, please shorten it.`;
}
