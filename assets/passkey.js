// Makes or shows a passkey when the button of a form is pressed, and sends the form with it. The page says what to do where
// this cannot run.

const form = document.querySelector("form[data-passkey]");

/** What the browser answers to the options that the page came with (W3C Web Authentication, level 3, section 5.1). */
async function answered({ passkey, options }) {
  const { publicKey } = JSON.parse(options);
  const credential =
    passkey === "make"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  return JSON.stringify(credential.toJSON());
}

if (form) {
  const state = form.querySelector("[role=status]");
  if (globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    form.querySelector("[data-ready]").hidden = false;
  } else {
    state.textContent = state.dataset.unknown;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    state.textContent = "";
    try {
      form.elements.credential.value = await answered(form.dataset);
      form.submit();
    } catch {
      state.textContent = state.dataset.failed;
      form.removeAttribute("aria-busy");
    }
  });
}
