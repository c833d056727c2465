// One page for a wrong fact and for an unknown number: a stranger cannot tell them apart.
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { ask, byName, byReceipt, kind } from "../asking.mjs";
import { url, withPage } from "../harness.mjs";

const REQUEST_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

test("an unknown number leads to the page with the usual causes", () =>
  withPage({}, async (page) => {
    await ask(page, byName("no_match"));
    assert.equal(await kind(page), "no-match");
    assert.ok((await page.locator("main li").count()) >= 3, "the three usual causes");
    assert.ok(await page.locator('main a[href^="/offices"]').count(), "a way to call");
  }));

test("a wrong name, a wrong day and an unknown number give one page", async () => {
  const known = byName("in_production");
  await assertAlike([byName("no_match"), { ...known, name: "某某某" }, { ...known, applied_on: dayBefore(known.applied_on) }]);
});

test("a wrong receipt number and an unknown number give one page", async () => {
  const wrong = { ...byReceipt("in_production"), receipt_number: byReceipt("ready").receipt_number };
  await assertAlike([byReceipt("no_match"), wrong]);
});

async function assertAlike(asked) {
  const answers = [];
  for (const facts of asked) answers.push(await post(facts));
  assert.match(answers[0].body, /data-page="no-match"/);
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
}

function dayBefore(day) {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

async function post(facts) {
  const sent = { origin: new URL(url("/")).origin, "sec-fetch-site": "same-origin" };
  const response = await fetch(url("/inquiry"), { method: "POST", body: new URLSearchParams(facts), headers: sent });
  let body = (await response.text()).replaceAll(REQUEST_ID, "ID");
  // The language switch may send again what was typed; that tells the person nothing new.
  for (const [name, typed] of Object.entries(facts)) body = body.replaceAll(typed, name);
  const headers = [...response.headers.keys()].sort();
  return { status: response.status, headers, body };
}
