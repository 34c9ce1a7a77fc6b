import { attributeOf, readXml } from "./xml.ts";

const BASES_MAX = 20;
const HEADING = /^heading ([1-9])$/i;
/** The outline level that Word gives to body text. */
const BODY_LEVEL = 9;

/** What a paragraph is by its style. */
export interface ParagraphStyle {
  /** 1 to 9 for a heading; null for the rest. */
  headingLevel: number | null;
  isTitle: boolean;
  list: ListPlace | null;
}

/** The list a paragraph belongs to, and how deep in it. */
export interface ListPlace {
  id: string;
  level: number;
}

export const PLAIN_STYLE: ParagraphStyle = { headingLevel: null, isTitle: false, list: null };

interface Declared {
  name: string;
  basedOn: string;
  outline: string;
  listId: string;
  listLevel: string;
}

/** @returns styles by their id. Only their names are the same in Words of all languages. */
export function readStyles(pieces: Iterable<string>): Map<string, ParagraphStyle> {
  const declared = new Map<string, Declared>();
  let current: Declared = blank();
  readXml(pieces, {
    open(name, attributes) {
      if (name === "style") {
        current = blank();
        declared.set(attributeOf(attributes, "styleId"), current);
      } else {
        note(current, name, attributeOf(attributes, "val"));
      }
    },
    close: () => undefined,
    text: () => undefined,
  });
  return new Map(Array.from(declared.keys(), (id) => [id, resolved(id, declared)]));
}

function blank(): Declared {
  return { name: "", basedOn: "", outline: "", listId: "", listLevel: "" };
}

function note(style: Declared, element: string, value: string): void {
  if (element === "name") style.name = value;
  else if (element === "basedOn") style.basedOn = value;
  else if (element === "outlineLvl") style.outline = value;
  else if (element === "numId") style.listId = value;
  else if (element === "ilvl") style.listLevel = value;
}

/** What a style does not say, the one that it is based on says. */
function resolved(id: string, declared: Map<string, Declared>): ParagraphStyle {
  const style: ParagraphStyle = { ...PLAIN_STYLE };
  let current = declared.get(id);
  for (let count = 0; current !== undefined && count < BASES_MAX; count++) {
    style.headingLevel ??= levelOf(current);
    style.isTitle ||= current.name.toLowerCase() === "title";
    if (style.list === null && current.listId !== "") {
      style.list = { id: current.listId, level: Number(current.listLevel) || 0 };
    }
    current = declared.get(current.basedOn);
  }
  return style;
}

function levelOf({ name, outline }: Declared): number | null {
  const named = HEADING.exec(name)?.[1];
  return named === undefined ? levelOfOutline(outline) : Number(named);
}

/** @param outline as it is written: counted from 0; empty where there is none */
export function levelOfOutline(outline: string): number | null {
  const level = Number.parseInt(outline, 10);
  return level >= 0 && level < BODY_LEVEL ? level + 1 : null;
}
