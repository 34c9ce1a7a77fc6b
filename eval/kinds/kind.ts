import type { Engine } from "../product.ts";
import type { Report } from "../report.ts";

/** A kind of set, told by what its folder holds. One file in this folder for each. */
export interface SetKind {
  /** Files or folders: a set that has them all is of this kind. */
  files: readonly string[];
  /** @returns a report of the set, and others of what was measured beside it */
  run(set: SetToRun, signal: AbortSignal): Promise<Report[]>;
}

export interface SetToRun {
  /** Holds the sets, and beside them what several of them share. */
  folder: string;
  name: string;
  engine: Engine;
  /** Where run files are written, one for each set. */
  out: string;
}
