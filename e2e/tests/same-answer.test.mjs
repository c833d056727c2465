// Page, API and command line show the same facts, because one service answers all three.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";
import "../around.mjs";
import { ask, byName, byReceipt, fact, showsDay } from "../asking.mjs";
import { binary, url, withPage } from "../harness.mjs";

const LABELS = ["overdue", "ready", "in_production", "correction"];
const LEVELS = { basic: byName, full: byReceipt };

for (const label of LABELS) {
  for (const [level, facts] of Object.entries(LEVELS)) {
    test(`${label}, ${level}: page, API and command line agree`, () =>
      withPage({}, async (page) => {
        const answer = await inquire(facts(label));
        assert.equal(answer.level, level);
        assert.deepEqual(lasting(await commandLine(facts(label))), lasting(answer));

        await ask(page, facts(label));
        assert.equal(await fact(page, "stage"), answer.stage);
        assert.equal(await fact(page, "level"), answer.level);
        const text = await page.locator("main").innerText();
        assert.ok(text.includes(answer.stage_text), answer.stage_text);
        assert.ok(await showsDay(page, answer.clock.due_on), `the last day of the legal time: ${answer.clock.due_on}`);
        for (const day of answer.expected ? [answer.expected.earliest, answer.expected.latest] : []) {
          assert.ok(await showsDay(page, day), `expected: ${day}`);
        }
        if (answer.promised_on) assert.ok(await showsDay(page, answer.promised_on), `promised: ${answer.promised_on}`);
      }));
  }
}

test("the overdue sample is overdue everywhere", async () => {
  const { clock, flags } = await inquire(byReceipt("overdue"));
  assert.equal(clock.overdue, true);
  assert.ok(clock.day > clock.limit_days);
  assert.ok(flags.includes("overdue"));
});

test("the basic answer holds no office, on the page or in the API", () =>
  withPage({}, async (page) => {
    const full = await inquire(byReceipt("ready"));
    const basic = await inquire(byName("ready"));
    for (const key of ["holder", "office", "timeline"]) {
      assert.ok(full[key], `full: ${key}`);
      assert.equal(basic[key] ?? null, null, `basic: ${key}`);
    }
    await ask(page, byReceipt("ready"));
    const fullText = await page.locator("main").innerText();
    await ask(page, byName("ready"));
    const basicText = await page.locator("main").innerText();
    for (const word of wordsOf(full.office)) {
      assert.ok(fullText.includes(word), `the full answer shows ${word}`);
      assert.ok(!basicText.includes(word), `the basic answer hides ${word}`);
    }
  }));

test("the API refuses what the page refuses", async () => {
  const wrong = await call({ ...byName("ready"), citizen_number: "1" });
  assert.equal(wrong.status, 422);
  assert.match(wrong.headers.get("content-type"), /application\/problem\+json/);
  assert.match(JSON.stringify(await wrong.json()), /citizen_number/);
  const unknown = await call(byName("no_match"));
  assert.equal(unknown.status, 404);
  assert.match(unknown.headers.get("content-type"), /application\/problem\+json/);
});

function call(facts) {
  const headers = { "content-type": "application/json", "accept-language": "zh-CN" };
  return fetch(url("/api/v1/inquiries"), { method: "POST", headers, body: JSON.stringify(facts) });
}

async function inquire(facts) {
  const response = await call(facts);
  assert.equal(response.status, 200);
  return response.json();
}

async function commandLine({ citizen_number, applied_on, name, receipt_number }) {
  const words = ["inquire", "--number", citizen_number, "--applied-on", applied_on, "--server", url("/"), "--json"];
  words.push(...(name ? ["--name", name] : ["--receipt", receipt_number]));
  const { stdout } = await promisify(execFile)(binary, words);
  return JSON.parse(stdout);
}

/** The facts without words of a language and without the moment of the answer. */
function lasting({ level, kind, stage, since, flags, clock, promised_on, expected, timeline }) {
  const steps = timeline?.length ?? null;
  return { level, kind, stage, since, flags, clock, promised_on, expected, steps };
}

/** Name, address and telephone number of an office. */
function wordsOf(office) {
  const words = typeof office === "string" ? [office] : [office.name, office.address, office.phone];
  const known = words.filter(Boolean);
  assert.ok(known.length > 0, "an office has a name");
  return known;
}
