// A citizen asks and is answered: by name with the basic answer, by receipt number with the full one.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { ask, button, byName, byReceipt, fact, field, fill, follow, kind, visit } from "../asking.mjs";
import { SIZES, sample, withPage } from "../harness.mjs";

const STAGES = { ready: "ready_for_collection", in_production: "in_production", correction: "correction_required" };
const LABELS = ["overdue", "ready", "in_production", "correction"];

for (const label of LABELS) {
  test(`${label}: number, date and name give the basic answer`, () =>
    withPage({}, async (page) => {
      const response = await ask(page, byName(label));
      assert.equal(response.status(), 200);
      assert.equal(await kind(page), "answer");
      assert.equal(await fact(page, "level"), "basic");
      await assertStage(page, label);
      await assertNothingPersonal(page, label);
      assert.equal(await page.locator('[data-fact="holder"], [data-fact="office"]').count(), 0);
    }));

  test(`${label}: number, date and receipt number give the full answer`, () =>
    withPage({ size: SIZES.desktop }, async (page) => {
      const response = await ask(page, byReceipt(label));
      assert.equal(response.status(), 200);
      assert.equal(await kind(page), "answer");
      assert.equal(await fact(page, "level"), "full");
      await assertStage(page, label);
      await assertNothingPersonal(page, label);
      assert.ok((await page.locator('[data-fact="holder"]').first().innerText()).trim(), "who holds it");
      await assertTimeline(page);
    }));
}

test("the answer is not kept in any cache and has no address of its own", () =>
  withPage({}, async (page) => {
    const response = await ask(page, byName("ready"));
    assert.match(response.headers()["cache-control"] ?? "", /no-store/);
    assert.equal(new URL(page.url()).search, "");
    assert.equal(new URL(page.url()).pathname, "/inquiry");
  }));

test("full-width digits, blanks and hyphens are understood", () =>
  withPage({}, async (page) => {
    const facts = byName("ready");
    const wide = facts.citizen_number.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
    await visit(page, "/");
    await fill(page, { ...facts, citizen_number: ` ${wide} ` });
    await follow(page, button(page));
    assert.equal(await kind(page), "answer");
  }));

test("reloading the form forgets what was typed by another person", () =>
  withPage({}, async (page) => {
    await ask(page, byName("ready"));
    await visit(page, "/");
    for (const name of ["citizen_number", "name", "receipt_number"]) {
      assert.equal(await field(page, name).inputValue(), "");
      assert.equal((await field(page, name).getAttribute("value")) ?? "", "");
    }
  }));

async function assertStage(page, label) {
  const stage = await fact(page, "stage");
  if (STAGES[label]) assert.equal(stage, STAGES[label]);
  assert.match(stage, /^[a-z_]+$/);
  assert.ok((await page.locator('[data-fact="stage"]').first().innerText()).trim(), "the stage in words");
}

async function assertNothingPersonal(page, label) {
  const text = await page.locator("body").innerText();
  for (const fact of ["citizen_number", "name"]) {
    assert.ok(!text.includes(sample(label)[fact]), `the answer shows the whole ${fact}`);
  }
}

async function assertTimeline(page) {
  const steps = page.locator("ol.timeline > li");
  const states = await steps.evaluateAll((items) => items.map((item) => item.dataset.state));
  assert.match(states.join(" "), /^(done ?)*(now ?)?(next ?)*$/, "done, then now, then next");
  assert.ok(states.includes("done") || states.includes("now"), "something has happened");
  const dated = await steps.evaluateAll((items) =>
    items.filter((item) => item.dataset.state === "done").map((item) => /\d{4}/.test(item.innerText)));
  assert.ok(dated.every(Boolean), "what is done has its day");
}
