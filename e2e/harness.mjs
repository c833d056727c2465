// Starts the demonstration and the browser once, and gives every test a clean page that is checked when it closes.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(here, "..", process.env.CARGO_TARGET_DIR ?? "target");

/** The release binary. */
export const binary = process.env.BINARY_UNDER_TEST ?? join(target, "release", "jindu");

/** Window sizes that every page must fit. */
export const SIZES = {
  narrow: { width: 320, height: 568 },
  phone: { width: 360, height: 640 },
  desktop: { width: 1280, height: 800 },
};

const PATIENCE_MS = 120_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let folder;
let server;
let browser;
let address;
let people;

/** The address of a page of the demonstration. */
export const url = (path) => new URL(path, address).href;

/** The address of a page of staff: passkeys are for names, and no browser makes one for a number. */
export const staffUrl = (path) => url(path).replace("127.0.0.1", "localhost");

/** A sample inquiry: overdue, ready, in_production, correction or no_match. */
export function sample(label) {
  const found = people.find((person) => person.label === label);
  assert.ok(found, `the demonstration has no sample ${label}`);
  return found;
}

/** Starts the demonstration and waits until it is ready. */
export async function start(applications = 2000) {
  assert.ok(existsSync(binary), `${binary} is missing; build it with cargo build --release`);
  folder = mkdtempSync(join(tmpdir(), "jindu-e2e-"));
  const samples = join(folder, "samples.json");
  const words = ["demo", "--applications", String(applications), "--seed", "7", "--listen", "127.0.0.1:0", "--samples", samples, "--data", join(folder, "data")];
  // The suite asks more often than one source may.
  const env = {
    ...process.env,
    JINDU_LIMITS__INQUIRIES_PER_MINUTE: "1000000",
    // Whoever asks in vain a hundred times is suspicious; a test may ask as if from elsewhere.
    JINDU_LIMITS__MISMATCHES_PER_HOUR: "600",
    JINDU_LIMITS__MISMATCHES_PER_MINUTE_OF_ALL: "1000000",
    JINDU_TRUSTED_PROXIES: '["127.0.0.1"]',
  };
  server = spawn(binary, words, { stdio: ["ignore", "pipe", "pipe"], cwd: folder, env });
  let said = "";
  for (const pipe of [server.stdout, server.stderr]) pipe.on("data", (bytes) => (said += bytes));
  process.once("exit", () => server?.kill("SIGKILL"));

  const deadline = Date.now() + PATIENCE_MS;
  const until = async (what, holds) => {
    while (!(await holds())) {
      assert.equal(server.exitCode, null, `the demonstration ended:\n${said}`);
      assert.ok(Date.now() < deadline, `the demonstration never ${what}:\n${said}`);
      await sleep(50);
    }
  };
  await until("printed its address", () => {
    address = said.match(/http:\/\/127\.0\.0\.1:\d+\//)?.[0];
    return address !== undefined;
  });
  await until("was ready", async () => (await fetch(url("/readyz")).catch(() => null))?.status === 200);
  await until("wrote its samples", () => {
    try {
      people = JSON.parse(readFileSync(samples, "utf8"));
      return true;
    } catch {
      return false;
    }
  });
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, args: FLAGS });
}

/** Opens the applications of a sample to inquiries online again, as a counter does. */
export function openOnline(label) {
  const words = ["person", "open-online", "--reason", "at a counter", "--data", join(folder, "data")];
  const { status, stderr } = spawnSync(binary, words, { input: `${sample(label).citizen_number}\n`, encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** Types `jindu staff …` beside the running demonstration, and returns what it says. */
export function typeStaff(...words) {
  const { status, stdout, stderr } = spawnSync(binary, ["staff", ...words, "--data", join(folder, "data")], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Ends browser and demonstration and removes what they left. */
export async function stop() {
  await browser?.close();
  if (server && server.exitCode === null) {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill("SIGTERM");
    await Promise.race([ended, sleep(10_000, null, { ref: false })]);
    server.kill("SIGKILL");
  }
  if (folder) rmSync(folder, { recursive: true, force: true });
}

/** Registers start and stop around the tests of a file. */
export function aroundTests() {
  before(() => start(), { timeout: PATIENCE_MS + 10_000 });
  after(stop);
}

/** A page in a fresh context, with a record of what it asked for and complained of. */
export async function open({ size = SIZES.phone, javaScript = true, scale = 1 } = {}) {
  const context = await browser.newContext({
    viewport: size,
    deviceScaleFactor: scale,
    javaScriptEnabled: javaScript,
    locale: "zh-CN",
  });
  context.setDefaultTimeout(10_000);
  const record = { urls: [], refused: new Set(), complaints: [], foreign: [] };
  context.on("request", (request) => {
    record.urls.push(request.url());
    if (![address, staffUrl("/")].some((own) => request.url().startsWith(own))) record.foreign.push(request.url());
  });
  context.on("response", (response) => {
    if (response.request().isNavigationRequest() && response.status() >= 400) record.refused.add(response.url());
  });
  context.on("console", (message) => {
    if (message.type() === "error") record.complaints.push({ text: message.text(), at: message.location().url });
  });
  context.on("weberror", (error) => record.complaints.push({ text: String(error.error()), at: "" }));
  if (javaScript) {
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`));
    });
  }
  return { context, page: await context.newPage(), record };
}

/** Runs a test on a page, then checks what must hold after any use: no complaint, no trace of a person. */
export async function withPage(options, work) {
  const { context, page, record } = await open(options);
  try {
    await work(page);
    await assertNoTrace(context, record);
    assert.deepEqual(record.complaints.filter((complaint) => !isRefusedPage(record, complaint)), [], "the browser's console");
    assert.deepEqual(record.foreign.filter((asked) => !asked.startsWith("about:")), [], "requests to other hosts");
  } finally {
    await context.close();
  }
}

/** Chromium reports a page that answers 403, 404 or 422 as if it were a broken resource; the tests expect those. */
function isRefusedPage(record, { text, at }) {
  return text.startsWith("Failed to load resource") && record.refused.has(at);
}

async function assertNoTrace(context, record) {
  const state = await context.storageState();
  const cookies = state.cookies.map((cookie) => `${cookie.name}=${cookie.value}`);
  const stored = state.origins.flatMap((origin) => origin.localStorage.map((item) => `${item.name}=${item.value}`));
  const kept = [...record.urls.map(readable), ...cookies.map(readable), ...stored].join("\n");
  for (const person of people) {
    for (const fact of ["citizen_number", "applied_on", "name", "receipt_number"]) {
      if (person[fact]) assert.ok(!kept.includes(person[fact]), `${fact} of ${person.label} stands in a URL, cookie or storage`);
    }
  }
}

function readable(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
