// A network that asked in vain too often: the device works for a moment, or the person goes another way.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, ask, button, byName, byReceipt, fact, follow, fromSuspicious, kind } from "../asking.mjs";
import { withPage } from "../harness.mjs";

for (const language of LANGUAGES) {
  test(`the device works, and the answer is one press away (${language})`, () =>
    withPage({}, async (page) => {
      await fromSuspicious(page);
      const asked = await ask(page, byName("ready"), language);
      assert.equal(asked.status(), 403);
      assert.equal(await kind(page), "work");
      const begun = Date.now();
      await button(page).waitFor({ state: "visible" });
      assert.ok(Date.now() - begun < 5000, `the work took ${Date.now() - begun} ms`);
      // A keyboard alone goes on from here.
      assert.ok(await button(page).evaluate((element) => element === document.activeElement));
      const [answer] = await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
      assert.equal(answer.status(), 200);
      assert.equal(await fact(page, "level"), "basic");
    }));

  test(`without JavaScript the page says which other ways there are (${language})`, () =>
    withPage({ javaScript: false }, async (page) => {
      await fromSuspicious(page);
      await ask(page, byName("ready"), language);
      assert.equal(await kind(page), "work");
      assert.equal(await button(page).isVisible(), false);
      assert.ok(await page.locator("main form noscript p").isVisible());
      await follow(page, page.locator('main a[href="/"]'));
      await ask(page, byReceipt("ready"), language);
      assert.equal(await fact(page, "level"), "full");
    }));
}
