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
  /** Tells people what is being measured now. */
  tell(what: string): void;
}
