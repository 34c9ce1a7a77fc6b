import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Adapter } from "../chat.ts";
import { FileRejected, ServiceError } from "../errors.ts";
import type { FileShared } from "../events.ts";

/** A file's bytes on our disk, for as long as it is read; disposing removes them. */
export interface Download extends AsyncDisposable {
  path: string;
  sha256: Buffer;
  count: number;
}

/**
 * Fetches a shared file, bounded in size and time.
 * @throws {FileRejected} empty or too_large, or as the platform's adapter says
 * @throws {ServiceError} when it took too long
 */
export async function downloadToDisk(
  deps: { workFolder: string; limits: { fileBytesMax: number; downloadTimeoutMs: number } },
  adapter: Adapter,
  file: FileShared,
  signal: AbortSignal,
): Promise<Download> {
  const { fileBytesMax, downloadTimeoutMs } = deps.limits;
  const target = path.join(deps.workFolder, `${randomUUID()}.part`);
  const remove = () => rm(target, { force: true });
  const timeout = AbortSignal.timeout(downloadTimeoutMs);
  const meter = createMeter();
  try {
    const either = AbortSignal.any([signal, timeout]);
    const source = adapter.download(file, fileBytesMax, either);
    await pipeline(source, meter.stream, createWriteStream(target, { mode: 0o600 }), {
      signal: either,
    });
    if (meter.count() === 0) {
      throw new FileRejected("empty", "The file is empty. Share it again once it has content.");
    }
  } catch (error) {
    await remove();
    if (!timeout.aborted || error instanceof FileRejected) throw error;
    throw new ServiceError(adapter.platform, "a download took too long", { cause: error });
  }
  return {
    path: target,
    sha256: meter.digest(),
    count: meter.count(),
    [Symbol.asyncDispose]: remove,
  };
}

function createMeter(): { stream: Transform; count(): number; digest(): Buffer } {
  const hash = createHash("sha256");
  let count = 0;
  const stream = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      hash.update(bytes);
      count += bytes.length;
      done(null, bytes);
    },
  });
  return { stream, count: () => count, digest: () => hash.digest() };
}
