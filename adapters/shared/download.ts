import { FileRejected, ServiceError } from "../../src/errors.ts";

export interface Source {
  /** The platform's name, for errors. */
  service: string;
  url: string;
  /** The hosts that may be asked, and may see `headers`. */
  allowed(url: URL): boolean;
  headers: Record<string, string>;
}

const REDIRECTS_MAX = 3;

/**
 * Asks for a file, following redirects by hand: fetch would follow them to any host.
 * @throws {FileRejected} refused: a host that is not allowed, or a file that is not to be had
 * @throws {ServiceError} when the platform failed
 */
export async function open(source: Source, signal: AbortSignal): Promise<Response> {
  let url = parse(source.url);
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    if (!url || !source.allowed(url)) break;
    const response = await ask(source, url, signal);
    if (response.status < 300 || response.status >= 400) return checked(source, response);
    await response.body?.cancel();
    url = parse(response.headers.get("location"), url);
  }
  throw new FileRejected("refused", "The link to this file leads outside of the platform.");
}

/**
 * The bytes as they come.
 * @throws {FileRejected} too_large as soon as more than `bytesMax` came
 */
export async function* bounded(
  bytes: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let bytesSoFar = 0;
  for await (const piece of bytes) {
    bytesSoFar += piece.byteLength;
    if (bytesSoFar > bytesMax) throw tooLarge(bytesMax);
    yield piece;
  }
}

export function tooLarge(bytesMax: number): FileRejected {
  const megabytes = Math.floor(bytesMax / 2 ** 20);
  const limit = megabytes > 0 ? `${megabytes} MB` : `${bytesMax} bytes`;
  return new FileRejected("too_large", `This file is larger than ${limit}, the most I can read.`);
}

async function ask(source: Source, url: URL, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers: source.headers, redirect: "manual", signal });
  } catch (error) {
    throw new ServiceError(source.service, "the file host did not answer", { cause: error });
  }
}

async function checked(source: Source, response: Response): Promise<Response> {
  const { status } = response;
  if (status === 200) return response;
  await response.body?.cancel();
  if (status !== 429 && status < 500) {
    throw new FileRejected("refused", "This file can't be downloaded: it is gone, or not for me.");
  }
  const retryAfterMs = Number(response.headers.get("retry-after")) * 1_000;
  throw new ServiceError(source.service, `the file host answered ${status}`, {
    status,
    ...(retryAfterMs > 0 && { retryAfterMs }),
  });
}

function parse(url: string | null, base?: URL): URL | null {
  return url === null ? null : URL.parse(url, base?.href);
}
