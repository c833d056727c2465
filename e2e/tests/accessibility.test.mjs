// No page has a fault that axe can find, in either language, on a phone or on a desktop.
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, PAGES, arrive } from "../asking.mjs";
import { SIZES, withPage } from "../harness.mjs";

for (const language of LANGUAGES) {
  for (const one of PAGES) {
    test(`axe finds nothing on ${one.name} (${language})`, () =>
      withPage({ size: language === "en" ? SIZES.desktop : SIZES.phone }, async (page) => {
        await arrive(page, one, language);
        const { violations } = await new AxeBuilder({ page }).analyze();
        const faults = violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target)})`);
        assert.deepEqual(faults, []);
        await assertOutline(page);
      }));
  }
}

/** One title, headings without a gap, landmarks, a way past the header. */
async function assertOutline(page) {
  const levels = await page.locator("h1, h2, h3, h4, h5, h6").evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
  assert.equal(levels.filter((level) => level === 1).length, 1, "one h1");
  levels.reduce((above, level) => {
    assert.ok(level <= above + 1, `a heading of level ${level} below one of level ${above}`);
    return level;
  }, 1); // a summary of errors may stand above the title
  assert.equal(await page.locator("main").count(), 1, "one main");
  assert.ok((await page.title()).trim(), "a title");
}
