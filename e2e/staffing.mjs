// What people who work with the system do on their pages: enrol with a code, sign in with a passkey, look after accounts.
import assert from "node:assert/strict";
import { choose, field, follow, kind } from "./asking.mjs";
import { staffUrl, typeStaff } from "./harness.mjs";

const ORGAN = "119900000";
let accounts = 0;

/** Opens a page of staff in a language. */
export async function enter(page, path, language = "zh-CN") {
  const response = await page.goto(staffUrl(path));
  return (await choose(page, language)) ?? response;
}

/** A code for an account that is made for it, of its own for every test. */
export function newcomer(role) {
  accounts += 1;
  const login = `${role.split("_")[0]}.${process.pid}.${accounts}`;
  const said = typeStaff("add", login, "--number", login, "--role", role, "--organ", ORGAN);
  return { login, code: said.match(/: ([0-9A-Z]{5}(?:-[0-9A-Z]{5}){3})/)[1] };
}

/** A device that makes and shows passkeys; `isUserVerified: false` for one whose owner does not put a finger on it. */
export async function device(page, { isUserVerified = true } = {}) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  return { session, authenticatorId };
}

/** Types a code. */
export async function typeCode(page, code, language) {
  await enter(page, "/staff/enrol", language);
  await field(page, "code").fill(code);
  return follow(page, page.locator('form[action="/staff/enrol"]:not(nav form) button'));
}

/** Presses the button that asks for a passkey, and waits for where it leads. */
export const usePasskey = (page) => follow(page, page.locator("form[data-passkey] button"));

/** Enrols somebody new on a new device; they are signed in then. */
export async function enrol(page, role, language) {
  const { login, code } = newcomer(role);
  await device(page);
  await typeCode(page, code, language);
  await usePasskey(page);
  assert.equal(await kind(page), "staff-home");
  return login;
}

/** Signs in with the passkey of the page's device. */
export async function signIn(page, language) {
  await enter(page, "/staff/sign-in", language);
  return usePasskey(page);
}

/** Signs out. */
export async function signOut(page) {
  await enter(page, "/staff");
  return follow(page, page.locator('form[action="/staff/sign-out"] button'));
}

/** The signed-in page at an address, of somebody new. */
const of = (role, path) => async (page, language) => {
  await enrol(page, role, language);
  await enter(page, path, language);
};

/** Every kind of page of staff, and how somebody gets there. */
export const STAFF_PAGES = [
  { name: "staff door", open: (page, language) => enter(page, "/staff/sign-in", language) },
  { name: "staff code", open: (page, language) => enter(page, "/staff/enrol", language) },
  { name: "staff code refused", open: (page, language) => typeCode(page, "wrong", language) },
  {
    name: "staff passkey",
    open: (page, language) => typeCode(page, newcomer("hotline_clerk").code, language),
  },
  { name: "staff home", open: of("hotline_clerk", "/staff") },
  { name: "staff sessions", open: of("hotline_clerk", "/staff/sessions") },
  { name: "staff confirm", open: of("hotline_clerk", "/staff/confirm") },
  { name: "staff other role", open: of("hotline_clerk", "/staff/people") },
  { name: "staff people", open: of("security_administrator", "/staff/people") },
  { name: "staff add", open: of("security_administrator", "/staff/people/add") },
  {
    name: "staff add refused",
    open: async (page, language) => {
      await of("security_administrator", "/staff/people/add")(page, language);
      await follow(page, page.locator('form[action="/staff/people/add"] button'));
    },
  },
  {
    name: "staff new code",
    open: async (page, language) => {
      await of("security_administrator", "/staff/people")(page, language);
      await follow(page, page.locator('form[action="/staff/people/code"] button').first());
    },
  },
];
