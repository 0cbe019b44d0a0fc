// The recipe: a plain tree, as a YAML file says it; with undo, redo and an address that carries it.

import { isObject, readJson, same, writeJson } from "./plain.js";

const MOST_UNDONE = 300;
const REST = 900; // ms: what one control does within it is undone at once
const MOST_BYTES = 1 << 18;

/** The value that a way of keys leads to, or undefined. */
export function valueAt(tree, way) {
  let value = tree;
  for (const key of way) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** A tree with another value at the end of a way; undefined takes the key out. */
export function withValue(tree, way, value) {
  if (!way.length) return value;
  const [key, ...rest] = way;
  if (Array.isArray(tree)) return tree.map((each, place) => (place === key ? withValue(each, rest, value) : each));
  const before = isObject(tree) ? tree : {};
  const own = Object.hasOwn(before, key) ? before[key] : undefined;
  const changed = rest.length && value === undefined && own === undefined ? undefined : withValue(own, rest, value);
  if (changed === undefined) return Object.fromEntries(Object.entries(before).filter(([each]) => each !== key));
  return { ...before, [key]: changed };
}

/** The recipe that is shown, and those before it and after it. Fires `change`. */
export class Recipe extends EventTarget {
  #past = [];
  #future = [];
  #gesture = null;
  #rest = 0;

  constructor(tree) {
    super();
    this.tree = tree;
  }

  get(way) {
    return valueAt(this.tree, way);
  }

  /** Change a value. Changes of one gesture are undone together, until it rests. */
  set(way, value, gesture = null) {
    this.replace(withValue(this.tree, way, value), gesture);
  }

  /** Show another recipe. */
  replace(tree, gesture = null) {
    if (same(tree, this.tree)) return;
    if (gesture === null || gesture !== this.#gesture) {
      this.#past.push(this.tree);
      if (this.#past.length > MOST_UNDONE) this.#past.shift();
    }
    this.#future = [];
    this.#gesture = gesture;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => (this.#gesture = null), REST);
    this.#show(tree);
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  undo() {
    this.#step(this.#past, this.#future);
  }

  redo() {
    this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    if (!from.length) return;
    to.push(this.tree);
    this.#gesture = null;
    this.#show(from.pop());
  }

  #show(tree) {
    this.tree = tree;
    this.dispatchEvent(new Event("change"));
  }
}

/** Write a recipe for an address. */
export async function packed(tree) {
  const stream = new Blob([writeJson(tree)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Read a recipe from an address; an Error says why it is none. */
export async function unpacked(text) {
  let tree;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    tree = readJson(await limited(stream));
    writeJson(tree); // fails for what is nested beyond all bounds
  } catch {
    throw new Error("this address has no recipe that could be read: was it copied as a whole?");
  }
  if (!isObject(tree)) throw new Error("what this address carries is no recipe");
  return tree;
}

/** The text of a stream that may be made to swell. */
async function limited(stream) {
  const reader = stream.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).text();
    size += value.length;
    if (size > MOST_BYTES) {
      await reader.cancel();
      throw new Error("too long");
    }
    parts.push(value);
  }
}
