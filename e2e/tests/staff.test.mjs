// Staff sign in with passkeys: enrolment, the door, sessions, roles, and pages that fit and that axe finds nothing on.
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import test from "node:test";
import "../around.mjs";
import { LANGUAGES, arrive, fact, field, follow, kind } from "../asking.mjs";
import { SIZES, staffUrl, withPage } from "../harness.mjs";
import { STAFF_PAGES, device, enrol, enter, newcomer, signIn, signOut, typeCode, usePasskey } from "../staffing.mjs";

const WINDOWS = { phone: SIZES.phone, desktop: SIZES.desktop, wide: { width: 1920, height: 1080 } };

for (const language of LANGUAGES) {
  test(`a code and a passkey let in, and the passkey from then on (${language})`, () =>
    withPage({ size: SIZES.desktop }, async (page) => {
      const login = await enrol(page, "hotline_clerk", language);
      assert.equal(await fact(page, "role"), "hotline_clerk");
      assert.ok((await page.locator("main").innerText()).includes(login));
      await signOut(page);
      assert.equal(await kind(page), "staff-door");
      await enter(page, "/staff", language);
      assert.equal(await kind(page), "staff-door", "nobody is in");
      await signIn(page, language);
      assert.equal(await kind(page), "staff-home");
    }));
}

test("a wrong code and one that was used are refused in the same words", () =>
  withPage({}, async (page) => {
    const { code } = newcomer("hotline_clerk");
    await device(page);
    await typeCode(page, code);
    await usePasskey(page);
    const words = [];
    for (const typed of [code, "00000-00000-00000-00000"]) {
      const refused = await typeCode(page, typed);
      assert.equal(refused.status(), 422);
      words.push(await page.locator("main").innerText());
      assert.equal(await field(page, "code").inputValue(), "", "a code is not shown again");
    }
    assert.equal(words[0], words[1]);
  }));

test("a device whose owner does not put a finger on it makes no passkey", () =>
  withPage({}, async (page) => {
    await device(page, { isUserVerified: false });
    await typeCode(page, newcomer("auditor").code);
    await page.locator("form[data-passkey] button").click();
    const state = page.locator("form[data-passkey] [role=status]");
    await state.filter({ hasText: /./u }).waitFor();
    assert.equal(await kind(page), "staff-make");
  }));

test("another role is told that it may not, and is offered no such room", () =>
  withPage({ size: SIZES.desktop }, async (page) => {
    await enrol(page, "hotline_clerk", "en");
    assert.equal(await page.locator('a[href="/staff/people"]').count(), 0);
    const refused = await enter(page, "/staff/people", "en");
    assert.equal(refused.status(), 403);
    assert.equal(await page.locator("h1").innerText(), "Your role may not do this");
    await follow(page, page.locator("main a.button"));
    assert.equal(await kind(page), "staff-home");
  }));

test("a security administrator lets a clerk in and out again", () =>
  withPage({ size: SIZES.desktop }, async (page) => {
    await enrol(page, "security_administrator", "en");
    await follow(page, page.locator('a[href="/staff/people"]'));
    await follow(page, page.locator('a[href="/staff/people/add"]'));
    const login = `new.${process.pid}`;
    for (const [name, value] of Object.entries({ login, number: login, organ: "119900007" })) {
      await field(page, name).fill(value);
    }
    await page.locator("#role").selectOption("counter_clerk");
    await follow(page, page.locator('form[action="/staff/people/add"] button'));
    const code = await fact(page, "code");
    await withPage({}, async (clerk) => {
      await device(clerk);
      await typeCode(clerk, code, "en");
      await usePasskey(clerk);
      assert.equal(await fact(clerk, "role"), "counter_clerk");
      await enter(page, "/staff/people", "en");
      await field(page, "begins").fill(login);
      await follow(page, page.locator('form[role="search"] button'));
      assert.equal(await page.locator("[data-person]").count(), 1);
      await follow(page, page.locator('form[action="/staff/people/block"] button'));
      await enter(clerk, "/staff", "en");
      assert.equal(await kind(clerk), "staff-door", "blocked and still in");
      assert.equal((await usePasskey(clerk)).status(), 422);
    });
  }));

test("signing out everywhere ends the sessions of other browsers", () =>
  withPage({}, async (page) => {
    const here = await device(page);
    await typeCode(page, newcomer("auditor").code);
    await usePasskey(page);
    await withPage({}, async (other) => {
      // The same passkey on another device, as clouds copy them.
      const { credentials } = await here.session.send("WebAuthn.getCredentials", { authenticatorId: here.authenticatorId });
      const there = await device(other);
      await there.session.send("WebAuthn.addCredential", { authenticatorId: there.authenticatorId, credential: { ...credentials[0], signCount: 100 } });
      await signIn(other);
      assert.equal(await kind(other), "staff-home");
      await enter(page, "/staff/sessions");
      assert.equal(await page.locator("[data-session]").count(), 2);
      await follow(page, page.locator('form[action="/staff/sessions/end-all"] button'));
      for (const one of [page, other]) {
        await enter(one, "/staff");
        assert.equal(await kind(one), "staff-door");
      }
    });
  }));

test("the cookie is read by no script and sent to no other site", () =>
  withPage({}, async (page) => {
    await enrol(page, "supervisor");
    const cookies = await page.context().cookies(staffUrl("/"));
    const [held] = cookies.filter(({ name }) => name === "__Host-jindu-staff");
    assert.deepEqual([held.httpOnly, held.secure, held.sameSite, held.expires], [true, true, "Strict", -1]);
    assert.ok(!(await page.evaluate(() => document.cookie)).includes("staff"));
  }));

test("signing in by keyboard alone", () =>
  withPage({ size: SIZES.desktop }, async (page) => {
    await enrol(page, "hotline_clerk");
    await signOut(page);
    for (let stop = 0; stop < 10; stop += 1) {
      await page.keyboard.press("Tab");
      if (await page.locator("form[data-passkey] button").evaluate((button) => button === document.activeElement)) break;
    }
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.equal(await kind(page), "staff-home");
  }));

test("without JavaScript the door says what is missing", () =>
  withPage({ javaScript: false }, async (page) => {
    await enter(page, "/staff/sign-in");
    assert.ok((await page.locator("main").innerText()).includes("JavaScript"));
    assert.equal(await page.locator("form[data-passkey] button").isVisible(), false);
  }));

for (const language of LANGUAGES) {
  for (const one of STAFF_PAGES) {
    test(`${one.name} fits every window, and axe finds nothing (${language})`, () =>
      withPage({ size: SIZES.phone }, async (page) => {
        await arrive(page, one, language);
        for (const [name, size] of Object.entries(WINDOWS)) {
          await page.setViewportSize(size);
          const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          assert.ok(width <= room, `${width} px wide in a window of ${room} px`);
          const { violations } = await new AxeBuilder({ page }).analyze();
          assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`), [], name);
        }
        if (process.env.PICTURES) {
          for (const size of [SIZES.phone, SIZES.desktop]) {
            await page.setViewportSize(size);
            const path = `${process.env.PICTURES}/${one.name.replaceAll(" ", "-")}-${size.width}-${language}.png`;
            await page.screenshot({ path, fullPage: true });
          }
        }
      }));
  }
}
