// Without JavaScript everything works; scripts only improve it.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, PAGES, arrive, ask, byName, byReceipt, fact, field, kind } from "../asking.mjs";
import { withPage } from "../harness.mjs";

const PLAIN = { javaScript: false };

for (const language of LANGUAGES) {
  test(`an inquiry by name and by receipt number without JavaScript (${language})`, () =>
    withPage(PLAIN, async (page) => {
      await ask(page, byName("overdue"), language);
      assert.equal(await fact(page, "level"), "basic");
      await ask(page, byReceipt("overdue"), language);
      assert.equal(await fact(page, "level"), "full");
    }));

  test(`every page is whole without JavaScript (${language})`, () =>
    withPage(PLAIN, async (page) => {
      for (const one of PAGES) {
        await arrive(page, one, language);
        assert.ok(await page.locator("h1").isVisible(), one.name);
        assert.ok((await page.locator("main").innerText()).length > 20, one.name);
      }
    }));
}

test("wrong input and no match without JavaScript", () =>
  withPage(PLAIN, async (page) => {
    const wrong = await ask(page, { citizen_number: "1" });
    assert.equal(wrong.status(), 422);
    assert.equal(await field(page, "citizen_number").inputValue(), "1");
    await ask(page, byName("no_match"));
    assert.equal(await kind(page), "no-match");
  }));
