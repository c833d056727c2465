// Does the work that a page asks for, and sends its form then. The page says what to do where this cannot run.

const form = document.querySelector("form[data-work]");
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text) => Uint8Array.from(text.match(/../gu) ?? [], (pair) => parseInt(pair, 16));

/** Tries numbers until the derived key begins as it should (ALTCHA, proof of work version 2). */
async function solve({ nonce, salt, cost, keyLength, keyPrefix }, tries, tried) {
  const start = bytes(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  const view = new DataView(password.buffer);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; counter < tries; counter += 1) {
    view.setUint32(start.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(new Uint8Array(await crypto.subtle.deriveBits(derivation, key, keyLength * 8)));
    if (derivedKey.startsWith(keyPrefix)) {
      return { counter, derivedKey };
    }
    tried(counter + 1);
  }
  throw new Error("no number fits");
}

if (form) {
  const state = form.querySelector("[role=status]");
  const bar = form.querySelector("progress");
  form.querySelector("[data-working]").hidden = false;
  try {
    const challenge = JSON.parse(form.dataset.work);
    const solution = await solve(challenge.parameters, Number(form.dataset.tries), (tries) => (bar.value = tries));
    form.elements.work.value = JSON.stringify({ challenge, solution });
    bar.value = bar.max;
    state.textContent = state.dataset.done;
    form.querySelector("[data-ready]").hidden = false;
    form.querySelector("button").focus();
  } catch {
    bar.hidden = true;
    state.textContent = state.dataset.failed;
  }
}
