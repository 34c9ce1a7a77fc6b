import type { Engine } from "../product.ts";
import type { Report } from "../report.ts";

/** A kind of set, told by the files that its folder holds. One file in this folder for each. */
export interface SetKind {
  files: readonly string[];
  run(set: SetToRun, signal: AbortSignal): Promise<Report>;
}

export interface SetToRun {
  /** Holds the sets, and beside them what several of them share. */
  folder: string;
  name: string;
  engine: Engine;
}
