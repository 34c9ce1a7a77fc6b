/** Wakes one waiter. Rung while nobody waits, it is remembered: nothing is missed between looking and waiting. */
export interface Bell {
  ring(): void;
  /** Resolves when it was rung (true), or when the time is over (false). */
  heard(timeoutMs: number): Promise<boolean>;
}

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async heard(timeoutMs) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      const was = rung;
      rung = false;
      return was;
    },
  };
}
