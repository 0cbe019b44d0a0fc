// The form is made of parts, one for each kind of control. A part has a node, and `sync` to show what the recipe says now.

import { isNumber, isObject, keysOf } from "./plain.js";

/** By kind of control, what makes its part of a control, a way, the form and a name; other modules put theirs in. */
export const PARTS = {};

/** A name for people. */
export const nameOf = (key) => String(key).replaceAll("_", " ");

/** Whether a unit has no room beside its number, and stands under the name. */
export const isLong = (unit) => (unit ?? "").length > 3;

const MOST_ITEMS = 60; // of a list or a table; longer ones are shown as text

/** Whether a control can show a value. */
export function fits(control, value) {
  switch (control.kind) {
    case "integer":
    case "number":
      return isNumber(value);
    case "range":
      return (control.one && isNumber(value)) || (Array.isArray(value) && value.length === 2 && value.every(isNumber));
    case "flag":
      return typeof value === "boolean";
    case "word":
      return control.words.includes(value);
    case "text":
      return typeof value === "string";
    case "list":
      return Array.isArray(value) && value.length <= MOST_ITEMS && value.every((each) => fits(control.item, each));
    case "table":
      return isObject(value) && keysOf(value).length <= MOST_ITEMS && Object.values(value).every((each) => fits(control.values, each));
    case "group":
      return isObject(value) && control.controls.every((each) => isThere(each, value));
    case "choice":
      return control.options.some((each) => fits(each, value));
    case "sections":
      return isObject(value) && Object.values(value).every(isObject);
    case "steps":
      return isObject(value) && keysOf(value).every((key) => control.stages.includes(key) && Array.isArray(value[key]));
    default:
      return false;
  }
}

function isThere(control, section) {
  if (control.kind === "either") return control.options.filter((each) => Object.hasOwn(section, each.key)).length === 1;
  return !control.required || Object.hasOwn(section, control.key);
}

/** Make the part that edits the value at the end of a way. */
export function body(control, way, form, name) {
  return (PARTS[control.kind] ?? PARTS.unknown)(control, way, form, name);
}

/** The value that is in force: the recipe's, or the default. */
export const inForce = (control, way, form) => form.recipe.get(way) ?? control.default;

