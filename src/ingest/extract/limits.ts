/** What reading one file may cost. */
export interface ExtractLimits {
  filePagesMax: number;
  fileChunksMax: number;
  textCharsMax: number;
  /** Waiting for the reader: a start, and more for every page, up to an end. */
  wallMs: { base: number; perPage: number; max: number };
  /** Files read at the same time; each in a process of its own. */
  processesMax: number;
}

export const EXTRACT_LIMITS: ExtractLimits = {
  filePagesMax: 2000,
  fileChunksMax: 5000,
  textCharsMax: 20_000_000,
  wallMs: { base: 10_000, perPage: 100, max: 120_000 },
  processesMax: 1,
};
