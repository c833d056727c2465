// Who looked at my case: from the full answer, with every look and the way to close the case to inquiries online.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, ask, byName, byReceipt, close, fact, follow, kind } from "../asking.mjs";
import { openOnline, withPage } from "../harness.mjs";

for (const language of LANGUAGES) {
  for (const javaScript of [true, false]) {
    test(`the full answer leads to who looked (${language}, scripts ${javaScript})`, () =>
      withPage({ javaScript }, async (page) => {
        await ask(page, byReceipt("ready"), language);
        await follow(page, page.locator('form[action="/inquiry/looks"] button'));
        assert.equal(await kind(page), "looks");
        // The look of a moment ago comes in a few seconds later.
        const listed = () => page.locator('[data-leaf][data-shown="full"]').count();
        for (let turn = 0; turn < 40 && (await listed()) === 0; turn += 1) {
          await page.waitForTimeout(500);
          await ask(page, byReceipt("ready"), language);
          await follow(page, page.locator('form[action="/inquiry/looks"] button'));
        }
        assert.ok((await listed()) > 0, "no look is listed");
      }));
  }

  test(`the basic answer leads to no looks (${language})`, () =>
    withPage({}, async (page) => {
      await ask(page, byName("ready"), language);
      assert.equal(await fact(page, "level"), "basic");
      assert.equal(await page.locator('form[action="/inquiry/looks"]').count(), 0);
    }));
}

test("whoever closes the case gets no answer online until a counter opens it", () =>
  withPage({}, async (page) => {
    await close(page, "correction", "en");
    assert.equal(await kind(page), "closed");
    const again = await ask(page, byReceipt("correction"), "en");
    assert.equal(again.status(), 403);
    assert.equal(await kind(page), "closed");
    await ask(page, byName("correction"), "en");
    assert.equal(await kind(page), "no-match");
    openOnline("correction");
    await ask(page, byName("correction"), "en");
    assert.equal(await kind(page), "answer");
  }));
