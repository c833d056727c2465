// The entrance and its two other doors: find an office and call; what the stages mean.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, button, field, follow, kind, visit } from "../asking.mjs";
import { SIZES, url, withPage } from "../harness.mjs";

for (const language of LANGUAGES) {
  test(`title and form begin on the first screen of a phone (${language})`, () =>
    withPage({ size: SIZES.phone }, async (page) => {
      await visit(page, "/", language);
      const title = await page.locator("h1").boundingBox();
      assert.ok(title.y >= 0 && title.y + title.height <= SIZES.phone.height, "the title");
      const number = await field(page, "citizen_number").boundingBox();
      assert.ok(number.y + number.height <= SIZES.phone.height, `the first field ends at ${number.y + number.height}`);
      assert.equal(await page.evaluate(() => window.scrollY), 0);
    }));
}

for (const [path, name] of [["/stages", "stages"], ["/offices", "offices"]]) {
  test(`the entrance has a door to the ${name}`, () =>
    withPage({}, async (page) => {
      await visit(page, "/");
      await follow(page, page.locator(`a[href^="${path}"]`).first());
      assert.equal(await kind(page), name);
    }));
}

test("every stage of the answer is explained", () =>
  withPage({}, async (page) => {
    await visit(page, "/stages");
    const text = await page.locator("main").innerText();
    for (const stage of ["已受理", "审核中", "已签发", "制证中", "待领取", "已领取"]) assert.ok(text.includes(stage), stage);
  }));

test("an office has a telephone number that a phone can call", () =>
  withPage({}, async (page) => {
    await visit(page, "/offices");
    assert.ok((await page.locator('main a[href^="tel:"]').count()) > 0);
  }));

test("a missing page says so and leads back", async () => {
  await withPage({}, async (page) => {
    const response = await visit(page, "/no-such-page");
    assert.equal(response.status(), 404);
    assert.ok((await page.locator('main a[href="/"], header a[href="/"]').count()) > 0);
  });
});

test("every page carries its security headers", async () => {
  for (const path of ["/", "/stages", "/offices", "/no-such-page"]) {
    const headers = (await fetch(url(path))).headers;
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src '(none|self)'/, path);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/, path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.match(headers.get("referrer-policy") ?? "", /no-referrer|same-origin/, path);
  }
});

test("the button is on the page before any script runs", () =>
  withPage({ javaScript: false }, async (page) => {
    await visit(page, "/");
    assert.ok(await button(page).isVisible());
  }));
