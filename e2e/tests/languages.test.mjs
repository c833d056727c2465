// Chinese by default, English by choice, and the choice lasts through an inquiry.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, PAGES, arrive, ask, button, byReceipt, choose, kind, visit } from "../asking.mjs";
import { url, withPage } from "../harness.mjs";

const WORDS = {
  "zh-CN": { title: /居民身份证办理进度查询/, button: /^查询$/ },
  en: { title: /ID card processing progress inquiry/i, button: /^Query$/i },
};

for (const language of LANGUAGES) {
  test(`the entrance speaks ${language}`, () =>
    withPage({}, async (page) => {
      await visit(page, "/", language);
      assert.match(await page.locator("h1").innerText(), WORDS[language].title);
      assert.match((await button(page).innerText()).trim(), WORDS[language].button);
    }));
}

test("a browser that prefers nothing is answered in Chinese", async () => {
  const response = await fetch(url("/"));
  assert.match(await response.text(), /<html[^>]* lang="zh/);
});

test("English lasts through the inquiry, and Chinese is one click away", () =>
  withPage({}, async (page) => {
    await ask(page, byReceipt("ready"), "en");
    assert.equal(await kind(page), "answer");
    assert.match(await page.locator("html").getAttribute("lang"), /^en/);
    await visit(page, "/stages", "en");
    await choose(page, "zh-CN");
    assert.equal(await kind(page), "stages");
    assert.match(await page.locator("html").getAttribute("lang"), /^zh/);
  }));

test("no page shows the name of a message instead of its words", () =>
  withPage({}, async (page) => {
    for (const language of LANGUAGES) {
      for (const one of PAGES) {
        await arrive(page, one, language);
        const text = await page.locator("body").innerText();
        assert.doesNotMatch(text, /\{\w*\}|\b[a-z]+(_[a-z]+)+\b/, `${one.name} in ${language}`);
      }
    }
  }));
