// Find an office: by region, by words, by service, and by where one is. The position never leaves the browser.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, ask, byName, byReceipt, field, follow, kind, visit } from "../asking.mjs";
import { open, url, withPage } from "../harness.mjs";

const names = (page) => page.locator("main .office h3").allInnerTexts();

for (const [name, javaScript] of [["with", true], ["without", false]]) {
  test(`a person chooses province, city and county (${name} JavaScript)`, () =>
    withPage({ javaScript }, async (page) => {
      await visit(page, "/offices");
      assert.equal(await page.locator(".office").count(), 0, "too many to list");
      await follow(page, page.locator(".regions a", { hasText: "广东省" }));
      await follow(page, page.locator(".regions a", { hasText: "广州市" }));
      await follow(page, page.locator(".regions a", { hasText: "天河区" }));
      assert.equal((await names(page))[0], "天河区示范户政大厅（演示）");
      assert.deepEqual(await page.locator(".path li").allInnerTexts(), ["全国", "广东省", "广州市", "天河区"]);
      await follow(page, page.locator(".path a", { hasText: "广东省" }));
      assert.match(await page.locator("#found").innerText(), /找到\d+个办理点/);
    }));
}

for (const typed of ["朝阳区", "chaoyangqu", "cyqsf", "北京 朝阳"]) {
  test(`an office is found by ${typed}`, () =>
    withPage({}, async (page) => {
      await visit(page, "/offices");
      await field(page, "q").fill(typed);
      await follow(page, page.locator('form[role="search"] button'));
      assert.ok((await names(page)).includes("朝阳区示范户政大厅（演示）"), typed);
      assert.equal(await field(page, "q").inputValue(), typed);
    }));
}

test("a service narrows the search and stays with the region", () =>
  withPage({}, async (page) => {
    await visit(page, "/offices?region=110000");
    const all = await page.locator("[data-found]").getAttribute("data-found");
    await field(page, "service").selectOption("temporary_card");
    await follow(page, page.locator('form[role="search"] button'));
    const some = await page.locator("[data-found]").getAttribute("data-found");
    assert.ok(Number(some) > 0 && Number(some) < Number(all), `${some} of ${all}`);
    assert.match(page.url(), /region=110000/);
  }));

for (const language of LANGUAGES) {
  test(`an office shows all that is known of it (${language})`, () =>
    withPage({}, async (page) => {
      await visit(page, "/offices/119900001", language);
      assert.equal(await kind(page), "office");
      assert.equal(await page.locator('main a[href="tel:000-0000-0001"]').count(), 1);
      assert.equal(await page.locator('main a[href="tel:12345"]').count(), 1);
      assert.equal(await page.locator('main a[href^="geo:"]').count(), 1);
      assert.equal(await page.locator('main a[href="/offices/119900900"]').count(), 1, "the organ above");
      assert.equal(await page.locator("main .open").count(), 1);
      assert.ok(await page.locator("button[data-print]").isVisible());
    }));
}

test("the full answer leads to the office, the basic one to the directory", () =>
  withPage({}, async (page) => {
    await ask(page, byReceipt("ready"));
    const office = page.locator('[data-fact="holder"] a[href^="/offices/"]');
    const code = await page.locator('[data-fact="office"]').getAttribute("data-office");
    assert.equal(await office.getAttribute("href"), `/offices/${code}`);
    await follow(page, office);
    assert.equal(await kind(page), "office");
    await ask(page, byName("ready"));
    await follow(page, page.locator('main a[href="/offices"]'));
    assert.equal(await kind(page), "offices");
  }));

/** A page whose device is somewhere, and what it asked the server for. */
async function somewhere(position, work) {
  const { context, page, record } = await open();
  try {
    if (position) {
      await context.grantPermissions(["geolocation"], { origin: new URL(url("/")).origin });
      await context.setGeolocation(position);
    }
    await work(page, record);
    assert.deepEqual(record.complaints, [], "the browser's console");
    assert.deepEqual(record.foreign, [], "requests to other hosts");
  } finally {
    await context.close();
  }
}

test("the nearest offices are found in the browser, and the position is sent nowhere", () =>
  somewhere({ latitude: 40.01234, longitude: 116.43219 }, async (page, record) => {
    const sent = [];
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    await visit(page, "/offices");
    assert.ok(!record.urls.some((asked) => asked.includes("districts")), "nothing before the person asks");
    await page.locator("[data-nearest] button").click();
    await page.locator("[data-nearest] .office").first().waitFor();
    const away = await page.locator("[data-nearest] .office .away").allInnerTexts();
    const kilometres = away.map((words) => Number(words.match(/[\d.]+/)[0]));
    assert.ok(kilometres.length > 1 && kilometres[0] < 10, away.join(" "));
    assert.deepEqual([...kilometres].sort((a, b) => a - b), kilometres, "the nearest first");
    assert.equal(await page.locator("[data-nearest] [role=status]").innerText(), "下面是离您最近的办理点。");
    for (const asked of sent) assert.doesNotMatch(asked, /40\.0|116\.4|01234|43219/);
  }));

test("who does not give the position is told what else to do", () =>
  somewhere(null, async (page) => {
    await visit(page, "/offices", "en");
    await page.locator("[data-nearest] button").click();
    await page.locator("[data-nearest] [role=status]", { hasText: "Your position is not known" }).waitFor();
  }));

test("without JavaScript there is no button that does nothing", () =>
  withPage({ javaScript: false }, async (page) => {
    await visit(page, "/offices");
    assert.equal(await page.locator("[data-nearest]").isVisible(), false);
  }));

test("the directory prints without its search", () =>
  withPage({}, async (page) => {
    await visit(page, "/offices?region=119900");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator('form[role="search"]').isVisible(), false);
    assert.ok(await page.locator(".office").first().isVisible());
  }));
