// The pictures and all that is said of them: asked for again whenever the recipe changes, one request at a time.

import { el } from "./dom.js";
import { ask } from "./server.js";

const AGAIN = 300; // ms until something that is waited for is asked for again
// Of a contact sheet, px: the margin, between pictures, the title and the lower margin, and the text under a picture.
const MARGIN = 24;
const GAP = 16;
const HEAD = 107;
const CAPTION = 31;
const ZOOM = 2;
const SMALLEST = 0.62; // of the sheet's own size; on a phone, whose pixels are small, NARROW
const NARROW = 0.48;

const PAGE = Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(36)).join("");

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks for pictures: the newest wish is sent as soon as the reply to the last one is there. */
export class Renderer {
  #number = 0;
  #wanted = false;
  #busy = false;
  #since = 0;

  /** `request` gives recipe and view; `shown` takes a reply and when it was wished for; `failed` an error. */
  constructor(request, shown, failed, rested) {
    this.request = request;
    this.shown = shown;
    this.failed = failed;
    this.rested = rested;
  }

  /** Ask for the pictures of what is wanted now. */
  want() {
    if (!this.#wanted) this.#since = performance.now();
    this.#wanted = true;
    this.#pump();
  }

  async #pump() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#askAll();
    } finally {
      this.#busy = false;
      this.rested();
    }
  }

  async #askAll() {
    while (this.#wanted) {
      this.#wanted = false;
      const since = this.#since;
      try {
        const reply = await ask("/render", { page: PAGE, number: ++this.#number, ...this.request() });
        if (reply.superseded) {
          if (!this.#wanted) await pause(AGAIN);
          this.#again(since);
        } else {
          await this.shown(reply, since);
          if (reply.waiting !== undefined || reply.unfinished) {
            if (!this.#wanted) await pause(AGAIN);
            this.#again(since);
          }
        }
      } catch (error) {
        this.#wanted = false;
        this.failed(error);
      }
    }
  }

  #again(since) {
    if (!this.#wanted) this.#since = since;
    this.#wanted = true;
  }
}

/** The fewest columns, and so the largest pictures, with which a sheet is no higher than `room.height` if it can be. */
export function columnsFor(room, size, { pairs, count }) {
  const column = ZOOM * size.width * (pairs ? 2 : 1) + (pairs ? 4 : 0) + GAP;
  const row = ZOOM * size.height + CAPTION;
  const smallest = room.width < 600 ? NARROW : SMALLEST;
  const most = Math.floor((room.width / smallest - 2 * MARGIN + GAP) / column);
  for (let columns = 1; ; columns++) {
    const scale = Math.min(1, room.width / (2 * MARGIN - GAP + columns * column));
    const height = scale * (HEAD + Math.ceil(count / columns) * row);
    if (height <= room.height || columns >= Math.min(8, most, count)) return columns;
  }
}

/** Put the new sheet in place once it is decoded, so that nothing flickers. */
export async function showSheet(holder, sheet, texts, split) {
  const image = el("img", { width: sheet.width, height: sheet.height, alt: `${texts.length} images of ${split}: ${texts.join(", ")}` });
  image.src = `data:image/png;base64,${sheet.png}`;
  await image.decode();
  holder.replaceChildren(image);
}

const number = (value) => Math.round(value).toLocaleString("en");

/** Bytes as people write them. */
function bytes(value) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let place = 0;
  while (value >= 1000 && place < units.length - 1) {
    value /= 1000;
    place++;
  }
  return `${place ? value.toPrecision(3) : value} ${units[place]}`;
}

/** A time as people say it. */
function duration(seconds) {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toPrecision(2)} h`;
}

/** The build that this would be: names and values. */
export function factsOf(build) {
  const facts = [];
  if (build?.images !== undefined) facts.push(["images", number(build.images)]);
  if (build?.bytes !== undefined) facts.push([build.compressed ? "before compression" : "on disk", bytes(build.bytes)]);
  if (build?.images_per_second) {
    const cores = build.cores ? ` on ${build.cores} ${build.cores === 1 ? "core" : "cores"}` : "";
    facts.push([`images a second${cores}`, `about ${number(Number(build.images_per_second.toPrecision(2)))}`]);
    facts.push(["the build takes", `about ${duration(build.images / build.images_per_second)}`.replace("about under", "under")]);
  }
  return facts;
}
