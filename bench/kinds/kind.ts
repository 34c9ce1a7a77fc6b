import type { Engine } from "../database.ts";
import type { Table } from "../report.ts";

/** Something that is measured. One file in this folder for each. */
export interface Kind {
  name: string;
  run(options: BenchOptions, signal: AbortSignal): Promise<Table[]>;
}

export interface BenchOptions {
  engine: Engine;
  /** How long a model takes for its first token. */
  firstTokenMs: number;
  /** In the workspace that is asked; each kind has its own default. */
  chunks?: number;
  /** A PDF to read in the place of a made one. */
  file?: string;
  /** Also what takes much longer. */
  large: boolean;
  /** Tells people what is being measured now. */
  tell(what: string): void;
}
