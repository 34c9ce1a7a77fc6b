const COLUMNS_MAX = 80;
const INDENT = " ".repeat(10);

/** Breaks a line between words; what follows is indented. A longer word stands alone. */
export function wrap(line: string): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(/(?<=\S) /)) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (longer.length <= COLUMNS_MAX || current.trim() === "") {
      current = longer;
    } else {
      lines.push(current);
      current = INDENT + word;
    }
  }
  return [...lines, current];
}
