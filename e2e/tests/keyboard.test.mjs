// The whole inquiry by keyboard alone, with the focus always in sight.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { button, byName, field, kind, visit } from "../asking.mjs";
import { SIZES, withPage } from "../harness.mjs";

const MOST_STOPS = 40;

test("number, day, name and Query by Tab and Enter", () =>
  withPage({ size: SIZES.desktop }, async (page) => {
    const facts = byName("in_production");
    await visit(page, "/");
    for (const [name, value] of Object.entries(facts)) {
      await tabTo(page, field(page, name));
      await type(page, name, value);
    }
    await tabTo(page, button(page));
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.equal(await kind(page), "answer");
  }));

test("Enter in the last field sends the form", () =>
  withPage({}, async (page) => {
    const facts = byName("ready");
    await visit(page, "/");
    for (const [name, value] of Object.entries(facts)) {
      await tabTo(page, field(page, name));
      await type(page, name, value);
    }
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.equal(await kind(page), "answer");
  }));

test("language and both other doors are reached by Tab", () =>
  withPage({}, async (page) => {
    for (const selector of ['a[hreflang="en"]', 'a[href^="/stages"]', 'a[href^="/offices"]']) {
      await visit(page, "/");
      await tabTo(page, page.locator(selector).first());
    }
  }));

test("an error in the summary leads to its field", () =>
  withPage({}, async (page) => {
    await visit(page, "/");
    await tabTo(page, button(page));
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    await tabTo(page, page.locator('[role="alert"] a').first());
    await page.keyboard.press("Enter");
    await page.keyboard.type("11");
    assert.equal(await field(page, "citizen_number").inputValue(), "11");
  }));

/** Presses Tab until the element has the focus; every stop on the way must be in sight. */
async function tabTo(page, locator) {
  const wanted = await locator.elementHandle();
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    const { there, visible, what } = await page.evaluate(lookAtFocus, wanted);
    assert.ok(visible, `the focus on ${what} cannot be seen`);
    if (there) return;
  }
  assert.fail(`not reached within ${MOST_STOPS} stops: ${locator}`);
}

function lookAtFocus(wanted) {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return { there: false, visible: true, what: "the page" };
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(focused);
  // The calendar button inside a date field is the browser's own, and so is its ring.
  const browsers = focused.type === "date";
  const ring = browsers || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  const box = focused.getBoundingClientRect();
  const onScreen = box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight;
  return { there: focused === wanted, visible: ring && onScreen, what: focused.outerHTML.slice(0, 120) };
}

/** A date field takes its parts in an order of the browser's choosing, so the usual ones are tried. */
async function type(page, name, value) {
  const input = field(page, name);
  if ((await input.getAttribute("type")) !== "date") return page.keyboard.type(value);
  const [year, month, day] = value.split("-");
  const orders = [[month, day, year], [day, month, year], [year, "ArrowRight", month, day]];
  for (const order of orders) {
    for (const part of order) await (part.length > 4 ? page.keyboard.press(part) : page.keyboard.type(part));
    if ((await input.inputValue()) === value) return undefined;
    for (const key of ["Delete", "ArrowLeft", "Delete", "ArrowLeft", "Delete"]) await page.keyboard.press(key);
  }
  return assert.fail(`the day cannot be typed: ${await input.inputValue()}`);
}
