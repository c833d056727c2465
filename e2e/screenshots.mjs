// Pictures of form and answer for the documents, taken from the running demonstration.
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ask, byReceipt, visit } from "./asking.mjs";
import { SIZES, open, start, stop } from "./harness.mjs";

const IMAGES = join(dirname(fileURLToPath(import.meta.url)), "..", "docs", "images");
const LARGEST_BYTES = 400_000;
const APPLICATIONS = 10_000; // enough to expect a date
const WINDOWS = { phone: SIZES.phone, desktop: SIZES.desktop };
const VIEWS = {
  form: (page, language) => visit(page, "/", language),
  answer: (page, language) => ask(page, byReceipt("in_production"), language),
};

async function take(view, name, size, language) {
  const { context, page } = await open({ size });
  await VIEWS[view](page, language);
  const short = language.split("-")[0];
  const path = join(IMAGES, `${view}-${name}-${short}.png`);
  await page.screenshot({ path, fullPage: true, animations: "disabled", caret: "hide" });
  await context.close();
  const bytes = statSync(path).size;
  console.log(`${path}  ${Math.round(bytes / 1024)} KB`);
  if (bytes > LARGEST_BYTES) throw new Error(`${path} is larger than ${LARGEST_BYTES} bytes`);
}

mkdirSync(IMAGES, { recursive: true });
try {
  await start(APPLICATIONS);
  for (const view of Object.keys(VIEWS)) {
    for (const [name, size] of Object.entries(WINDOWS)) {
      for (const language of ["zh-CN", "en"]) await take(view, name, size, language);
    }
  }
} finally {
  await stop();
}
