// Plain values as text: JSON for the server, and YAML on one line for what no control can show.

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isNumber = (value) => typeof value === "number" || typeof value === "bigint";

const numeric = (key) => key !== "" && Number.isFinite(Number(key));

/** Keys in order. Scripts put whole numbers first: keys that are all numbers are put by size instead. */
export function keysOf(object) {
  const keys = Object.keys(object);
  return keys.every(numeric) ? keys.sort((a, b) => a - b) : keys;
}

/** Read JSON; whole numbers beyond 2^53 keep all their digits. */
export function readJson(text) {
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context.source)
      : value,
  );
}

/** Write JSON. */
export function writeJson(value) {
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (isObject(value)) {
    return `{${keysOf(value).map((key) => `${JSON.stringify(key)}:${writeJson(value[key])}`).join(",")}}`;
  }
  return typeof value === "bigint" ? String(value) : JSON.stringify(value ?? null);
}

export const same = (one, other) => one === other || writeJson(one) === writeJson(other);

const PLAIN = /^[A-Za-z_][\w./-]*( [\w./-]+)*$/;
const MEANT = /^(true|false|null|yes|no|on|off)$/i;

/** Write a value as YAML on one line. */
export function writeFlow(value) {
  if (Array.isArray(value)) return `[${value.map(writeFlow).join(", ")}]`;
  if (isObject(value)) return `{${keysOf(value).map((key) => `${writeKey(key)}: ${writeFlow(value[key])}`).join(", ")}}`;
  if (typeof value === "string") return PLAIN.test(value) && !MEANT.test(value) ? value : JSON.stringify(value);
  return String(value ?? null);
}

const writeKey = (key) => (numeric(key) || (PLAIN.test(key) && !MEANT.test(key)) ? key : JSON.stringify(key));

/** Read YAML on one line, or JSON; an Error says what is wrong with it. */
export function readFlow(text) {
  const reader = new Reader(text);
  const value = reader.value();
  reader.space();
  if (reader.at < text.length) throw new Error(`did not expect ${JSON.stringify(text[reader.at])} here`);
  return value;
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.depth = 0;
  }

  space() {
    while (/\s/.test(this.text[this.at] ?? "")) this.at++;
  }

  /** Whether the next character is this one; it is passed over then. */
  next(character) {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  value() {
    if (++this.depth > 20) throw new Error("nested too deeply");
    const value = this.next("[") ? this.list() : this.next("{") ? this.section() : this.scalar();
    this.depth--;
    return value;
  }

  list() {
    const found = [];
    while (!this.next("]")) {
      found.push(this.value());
      if (!this.next(",")) {
        if (this.next("]")) break;
        throw new Error("a list ends with ]");
      }
    }
    return found;
  }

  section() {
    const found = {};
    while (!this.next("}")) {
      const key = String(this.scalar(true));
      if (!this.next(":")) throw new Error(`a value is missing behind ${key}`);
      if (Object.hasOwn(found, key)) throw new Error(`${key} comes twice`);
      Object.defineProperty(found, key, { value: this.value(), enumerable: true, writable: true, configurable: true });
      if (!this.next(",")) {
        if (this.next("}")) break;
        throw new Error("a section ends with }");
      }
    }
    return found;
  }

  scalar(isKey = false) {
    this.space();
    const rest = this.text.slice(this.at);
    const quoted = /^"(?:[^"\\]|\\.)*"|^'(?:[^']|'')*'/.exec(rest)?.[0];
    if (quoted) {
      this.at += quoted.length;
      return quoted[0] === '"' ? JSON.parse(quoted) : quoted.slice(1, -1).replaceAll("''", "'");
    }
    const word = (isKey ? /^[^,[\]{}:"']+/ : /^(?:[^,[\]{}:"']|:(?=\S))+/).exec(rest)?.[0] ?? "";
    this.at += word.length;
    const plain = word.trim();
    if (!plain) throw new Error("a value is missing");
    if (isKey) return plain;
    if (plain === "null" || plain === "~") return null;
    if (plain === "true" || plain === "false") return plain === "true";
    if (/^[-+]?\d+$/.test(plain)) return Number.isSafeInteger(Number(plain)) ? Number(plain) : BigInt(plain);
    if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(plain)) return Number(plain);
    return plain;
  }
}
