// Requests to `digitgen try`, which serves this page and nobody else.

import { readJson, writeJson } from "./plain.js";

const NAME = "digitgen-try-token";

/** It does not answer. */
export class GoneError extends Error {}

/** It answers, but not to this key. */
export class LockedError extends Error {}

/** It refuses a request, for a reason that it says. */
export class RefusedError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let token = "";

/** Take the key out of the address, so that what is copied from there is a view and no key. */
export function takeToken() {
  const url = new URL(location.href);
  const given = url.searchParams.get("token");
  if (given) {
    url.searchParams.delete("token");
    history.replaceState(null, "", url);
  }
  token = given || kept() || "";
}

/** Know it when another tab has been opened with a new key. */
export function onNewToken(then) {
  addEventListener("storage", (event) => {
    if (event.key !== NAME || !event.newValue || event.newValue === token) return;
    token = event.newValue;
    then();
  });
}

// A key that fits is kept for a reload. Storage may be switched off; then a reload asks for the address again.
function keep(value) {
  if (kept() === value) return;
  try {
    localStorage.setItem(NAME, value);
  } catch {}
}

function kept() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

/** Ask for something. */
export async function ask(path, content) {
  let reply, text;
  try {
    reply = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Digitgen-Token": token },
      body: writeJson(content),
    });
    text = await reply.text();
  } catch {
    throw new GoneError("digitgen try has ended");
  }
  if (reply.status === 403) {
    const before = kept();
    if (!before || before === token) throw new LockedError("the key is another one");
    token = before; // anybody's link can lead here with a key that is none
    return ask(path, content);
  }
  keep(token);
  let found;
  try {
    found = readJson(text);
  } catch {
    throw new RefusedError(reply.status, `the reply cannot be read (status ${reply.status})`);
  }
  if (!reply.ok) throw new RefusedError(reply.status, found?.error ?? `status ${reply.status}`);
  return found;
}
