// Wrong input is named at the top and at its field, and nothing that was typed is lost.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, ask, byName, field, kind } from "../asking.mjs";
import { withPage } from "../harness.mjs";

const CASES = [
  { what: "a wrong check character", wrong: { citizen_number: "11010519491231002A" }, fields: ["citizen_number"] },
  { what: "a day that does not exist", wrong: { citizen_number: "110101199002290012" }, fields: ["citizen_number"] },
  { what: "another document's number", wrong: { citizen_number: "810000199408230021" }, fields: ["citizen_number"] },
  { what: "Chinese text as a number", wrong: { citizen_number: "身份证号码身" }, fields: ["citizen_number"] },
  { what: "a short receipt number", wrong: { name: "", receipt_number: "123" }, fields: ["receipt_number"] },
];

for (const { what, wrong, fields } of CASES) {
  test(`${what} is named, and the rest is kept`, () =>
    withPage({}, async (page) => {
      const facts = { ...byName("ready"), ...wrong };
      const response = await ask(page, facts);
      assert.equal(response.status(), 422);
      assert.equal(await kind(page), "inquiry");
      for (const name of fields) await assertMarked(page, name);
      for (const [name, typed] of Object.entries(facts)) {
        assert.equal(await field(page, name).inputValue(), typed, `${name} is kept`);
      }
    }));
}

for (const language of LANGUAGES) {
  test(`an empty form names every missing fact (${language})`, () =>
    withPage({}, async (page) => {
      const response = await ask(page, {}, language);
      assert.equal(response.status(), 422);
      await assertMarked(page, "citizen_number");
      await assertMarked(page, "applied_on");
      const links = await page.locator('[role="alert"] a[href^="#"]').count();
      assert.ok(links >= 3, `number, day, and name or receipt number: ${links} links`);
    }));
}

/** The field is marked, described by its error, and the summary leads to it. */
async function assertMarked(page, name) {
  const input = field(page, name);
  assert.equal(await input.getAttribute("aria-invalid"), "true", `${name} is marked`);
  const described = (await input.getAttribute("aria-describedby"))?.split(" ") ?? [];
  const texts = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).innerText()));
  assert.ok(texts.some((text) => text.trim()), `${name} is described`);
  const id = await input.getAttribute("id");
  assert.equal(await page.locator(`[role="alert"] a[href="#${id}"]`).count(), 1, `the summary leads to ${name}`);
}
