// What a person does on the pages: open one, choose a language, fill the form, send it.
import assert from "node:assert/strict";
import { openOnline, sample, url } from "./harness.mjs";

/** The languages of the pages. */
export const LANGUAGES = ["zh-CN", "en"];

/** The facts of a sample by which it is asked: number and date, with name or receipt number. */
export function byName(label) {
  const { citizen_number, applied_on, name } = sample(label);
  return { citizen_number, applied_on, name };
}

/** As `byName`, with the receipt number. */
export function byReceipt(label) {
  const { citizen_number, applied_on, receipt_number } = sample(label);
  return { citizen_number, applied_on, receipt_number };
}

/** Opens an address in a language and returns the response that the person sees in the end. */
export async function visit(page, path, language = "zh-CN") {
  const response = await page.goto(url(path));
  return (await choose(page, language)) ?? response;
}

/** Follows the language switch, unless the page speaks that language already. */
export async function choose(page, language) {
  const spoken = await page.locator("html").getAttribute("lang");
  if (spoken?.split("-")[0] === language.split("-")[0]) return null;
  return follow(page, page.locator(`a[hreflang="${language}"]`).first());
}

/** Clicks what leads to another page and waits for it. */
export async function follow(page, locator) {
  const [response] = await Promise.all([page.waitForNavigation(), locator.click()]);
  return response;
}

/** The button that sends the form. */
export const button = (page) => page.locator('main form button[type="submit"]').last();

/** The field of that name; a language switch beside it may carry the same name out of sight. */
export const field = (page, name) => page.locator(`main [name="${name}"]:not([type="hidden"])`);

/** Types the facts into the form. */
export async function fill(page, facts) {
  for (const [name, value] of Object.entries(facts)) await field(page, name).fill(value);
}

/** Opens the form, types the facts, sends it; returns the response. */
export async function ask(page, facts, language = "zh-CN") {
  await visit(page, "/", language);
  await fill(page, facts);
  return follow(page, button(page));
}

/** Which page this is, by its own word. */
export const kind = (page) => page.locator("main").getAttribute("data-page");

/** The value of a fact on the answer page, such as stage or level. */
export const fact = (page, name) => page.locator(`[data-fact="${name}"]`).first().getAttribute(`data-${name}`);

/** An address from which so many asked in vain that it is suspicious. */
const SUSPICIOUS = { "x-forwarded-for": "203.0.113.7" };
let isSuspicious = false;

/** Asks from a suspicious address from now on. */
export async function fromSuspicious(page) {
  if (!isSuspicious) {
    isSuspicious = true;
    const body = JSON.stringify(byName("no_match"));
    const headers = { ...SUSPICIOUS, "content-type": "application/json" };
    for (let times = 0; times <= 100; times += 1) {
      const { status } = await fetch(url("/api/v1/inquiries"), { method: "POST", body, headers });
      assert.equal(status, 404);
    }
  }
  await page.setExtraHTTPHeaders(SUSPICIOUS);
}

/** Closes the case of a sample to inquiries online; `openOnline` opens it again. */
export async function close(page, label, language) {
  await looks(label)(page, language);
  // The language switch sends the same fields from a form of its own.
  for (let turn = 0; turn < 2; turn += 1) await follow(page, page.locator('main form[action="/inquiry/counter-only"] button'));
}

/** From the full answer of a sample to who looked. */
const looks = (label) => async (page, language) => {
  await ask(page, byReceipt(label), language);
  await follow(page, page.locator('form[action="/inquiry/looks"] button'));
};

/** Every kind of page, and how a person gets there. */
export const PAGES = [
  { name: "form", open: (page, language) => visit(page, "/", language) },
  { name: "form with errors", open: (page, language) => ask(page, { citizen_number: "11010519491231002A" }, language) },
  { name: "answer by name", open: (page, language) => ask(page, byName("overdue"), language) },
  { name: "answer by receipt", open: (page, language) => ask(page, byReceipt("ready"), language) },
  { name: "answer with a correction", open: (page, language) => ask(page, byReceipt("correction"), language) },
  { name: "no match", open: (page, language) => ask(page, byName("no_match"), language) },
  {
    name: "work",
    open: async (page, language) => {
      await fromSuspicious(page);
      await ask(page, byName("overdue"), language);
    },
  },
  { name: "who looked", open: looks("overdue") },
  {
    name: "sure",
    open: async (page, language) => {
      await looks("correction")(page, language);
      await follow(page, page.locator('main form[action="/inquiry/counter-only"] button'));
    },
  },
  {
    name: "closed",
    open: async (page, language) => {
      await close(page, "correction", language);
      openOnline("correction");
    },
  },
  { name: "stages", open: (page, language) => visit(page, "/stages", language) },
  { name: "offices", open: (page, language) => visit(page, "/offices", language) },
  { name: "offices of a county", open: (page, language) => visit(page, "/offices?region=119900", language) },
  { name: "offices found", open: (page, language) => visit(page, "/offices?q=chaoyang", language) },
  { name: "office", open: (page, language) => visit(page, "/offices/119900001", language) },
  { name: "missing page", open: (page, language) => visit(page, "/no-such-page", language) },
];

/** Opens a page of the list and makes sure that it speaks the language. */
export async function arrive(page, { open }, language) {
  await open(page, language);
  const spoken = await page.locator("html").getAttribute("lang");
  assert.equal(spoken?.split("-")[0], language.split("-")[0], "the language of the page");
}

/** True if the text shows the day, in Chinese or by a machine-readable time. */
export async function showsDay(page, day) {
  const [year, month, date] = day.split("-").map(Number);
  const text = await page.locator("main").innerText();
  const marked = await page.locator(`main time[datetime^="${day}"]`).count();
  return marked > 0 || text.replaceAll(/\s/g, "").includes(`${year}年${month}月${date}日`);
}
