// Every page fits every window, at sizes that old eyes and thumbs can use.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, PAGES, arrive } from "../asking.mjs";
import { SIZES, withPage } from "../harness.mjs";

const SMALLEST_TEXT = 18;
const SMALLEST_TARGET = 44;
const TARGETS = 'button, input:not([type="hidden"]), select, summary, nav a, header a, .door, .doors a, a[hreflang]';

for (const [name, size] of Object.entries(SIZES)) {
  for (const language of LANGUAGES) {
    for (const one of PAGES) {
      test(`${one.name} at ${name} size (${language})`, () =>
        withPage({ size }, async (page) => {
          await arrive(page, one, language);
          await assertNoSidewaysScroll(page);
          assert.deepEqual(await page.evaluate(smallTexts, SMALLEST_TEXT), [], `text of ${SMALLEST_TEXT} px or more`);
          assert.deepEqual(await page.evaluate(smallTargets, [TARGETS, SMALLEST_TARGET]), [], "targets of 44 px or more");
        }));
    }
  }
}

// At 200 % a window of 640 px has the room of one of 320 px, drawn twice as large.
for (const one of PAGES) {
  test(`${one.name} at 200 % zoom`, () =>
    withPage({ size: { width: 320, height: 400 }, scale: 2 }, async (page) => {
      await arrive(page, one, "zh-CN");
      await assertNoSidewaysScroll(page);
    }));

  test(`${one.name} with letters twice as large`, () =>
    withPage({ size: { width: 640, height: 800 } }, async (page) => {
      await arrive(page, one, "en");
      await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%", "important"));
      await assertNoSidewaysScroll(page);
    }));
}

async function assertNoSidewaysScroll(page) {
  const { scrollWidth, innerWidth } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    innerWidth: window.innerWidth,
  }));
  assert.ok(scrollWidth <= innerWidth, `the page is ${scrollWidth} px wide in a window of ${innerWidth} px`);
}

function smallTexts(limit) {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const small = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE"].includes(element.tagName)) continue;
    const box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) continue; // words for screen readers
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < limit) small.push(`${size} px: ${node.data.trim().slice(0, 40)}`);
  }
  return small;
}

function smallTargets([selector, limit]) {
  const small = [];
  for (const element of document.querySelectorAll(selector)) {
    // A small box or circle is pressed through its label.
    const label = ["radio", "checkbox"].includes(element.type) ? element.labels?.[0] : null;
    const box = (label ?? element).getBoundingClientRect();
    const hidden = box.width <= 1 || box.height <= 1 || box.bottom <= 0; // a skip link before it has the focus
    if (!hidden && box.height < limit - 0.5) small.push(`${box.height} px: ${element.outerHTML.slice(0, 80)}`);
  }
  return small;
}
