// Small comforts; every page works without them.

// After a failed form, begin where the faults are listed.
document.querySelector("[data-summary]")?.focus();

// Show the digits typed so far in groups below the field; what is sent stays as typed.
for (const input of document.querySelectorAll("input[data-groups]")) {
  const sizes = input.dataset.groups.split(" ").map(Number);
  const echo = document.createElement("p");
  echo.className = "echo";
  echo.setAttribute("aria-hidden", "true");
  input.after(echo);
  const show = () => {
    const typed = input.value.normalize("NFKC").replace(/[\s\-\u200b-\u200d\ufeff]/gu, "").toUpperCase();
    let from = 0;
    const groups = sizes.map((size) => typed.slice(from, (from += size)));
    groups.push(typed.slice(from));
    echo.textContent = groups.filter(Boolean).join(" ");
  };
  input.addEventListener("input", show);
  show();
}

// One press of the button sends the form once.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
    } else {
      form.setAttribute("aria-busy", "true");
      setTimeout(() => form.removeAttribute("aria-busy"), 8000);
    }
  });
}
addEventListener("pageshow", () => {
  for (const form of document.forms) {
    form.removeAttribute("aria-busy");
  }
});

// Printing needs a script, so its button appears only with one.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
