// The inquiry as a plain Node.js server answers it: Fastify, pg with a pool, node:crypto. It reads the same database
// with the same keys and keeps a record of each inquiry, which is on disk before anybody has the answer.
//   node server.mjs --port N --database URL --keys FILE --stages FILE

import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import Fastify from "fastify";
import pg from "pg";

import { unpack } from "./progress.mjs";

const text = { type: "string" };
const { values: given } = parseArgs({ options: { port: text, database: text, keys: text, stages: text } });
const keyFile = readFileSync(given.keys, "utf8");
const key = (name) => Buffer.from(new RegExp(`^${name} = "([0-9a-f]{64})"`, "m").exec(keyFile)[1], "hex");
const [hashKey, sealKey] = [key("hash"), key("seal")];

// Our files of words are plain: a table for each stage, a text in quotes on each line.
const words = {};
for (const [, stage, table] of readFileSync(given.stages, "utf8").matchAll(/^\[(\w+)\]\n((?:\w+ = ".*"\n)+)/gm)) {
  words[stage] = Object.fromEntries([...table.matchAll(/^(\w+) = "(.*)"$/gm)].map(([, name, value]) => [name, value]));
}
const OVERDUE = "已经超过法定的办理时限。您可以打电话问清原因，也可以投诉。";
const ADVICE = [
  "先打电话给办理单位，问清原因和新的日期。", "还没有解决，可以拨打12345，或者向上一级公安机关反映。",
  "也可以依法申请行政复议，或者向人民法院提起行政诉讼。", "急需用证，可以申请领取临时居民身份证，三日内发给。",
];
const KINDS = { first: "首次申领", renewal: "换领", replacement: "补领", reissue: "换发" };

const pool = new pg.Pool({
  connectionString: given.database,
  max: 16,
  // What the server it is compared with asks for: without it each look-up is planned anew over 16 partitions.
  options: "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off",
});
await pool.query(`CREATE TABLE IF NOT EXISTS peer_inquiry (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at TIMESTAMPTZ NOT NULL DEFAULT now(), subject BYTEA NOT NULL, outcome TEXT NOT NULL)`);

const LOOK_UP = {
  name: "look-up",
  text: `SELECT receipt, applied_on, kind, delivery, handing_out, promised_days, person, progress, missing
    FROM application WHERE subject = $1 ORDER BY id DESC LIMIT 32`,
};
const RECORD = { name: "record", text: "INSERT INTO peer_inquiry (subject, outcome) VALUES ($1, $2)" };

function subjectOf(number) {
  return createHmac("sha256", hashKey).update("subject\0").update(number).digest().subarray(0, 16);
}

const PLACE = Buffer.from("application\0person\0");

// Key id, nonce, ciphertext and tag in one value; bound to its row.
function personOf(row, subject) {
  const sealed = row.person;
  const decipher = createDecipheriv("aes-256-gcm", sealKey, sealed.subarray(1, 13));
  decipher.setAAD(Buffer.concat([PLACE, subject, row.receipt, sealed.subarray(0, 1)]));
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(13, -16)), decipher.final()]);
  const [number, name, receipt] = plain.toString().split("\n");
  return { number, name, receipt };
}

function same(left, right) {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const folded = (name) => name.normalize("NFKC").toLowerCase();

function fits(row, person, facts) {
  return same(row.applied_on, facts.applied_on)
    && (facts.name === undefined || same(folded(person.name), folded(facts.name)))
    && (facts.receipt_number === undefined || same(person.receipt, facts.receipt_number));
}

const DAY = 24 * 60 * 60 * 1000;
const date = (millis) => new Date(millis + 8 * 60 * 60 * 1000).toISOString().slice(0, 10);

// The law's 60 days. Pauses, holidays and the history of other cards are left out: that is less work than ours.
function answerOf(row) {
  const progress = unpack(row.progress);
  const submitted = Date.parse(`${row.applied_on}T00:00:00+08:00`);
  const day = Math.max(0, Math.floor((Date.now() - submitted) / DAY));
  const ended = progress.timeline.find((passed) => passed.stage === "ready_for_collection");
  const overdueDays = ended ? 0 : Math.max(0, day - 60);
  const stage = words[progress.stage];
  return {
    level: "basic",
    kind: row.kind,
    kind_text: KINDS[row.kind],
    stage: progress.stage,
    stage_text: stage.name,
    meaning: stage.meaning,
    since: date(progress.since),
    cause: null,
    flags: overdueDays > 0 ? ["overdue"] : [],
    flag_texts: overdueDays > 0 ? [OVERDUE] : [],
    clock: {
      submitted_on: row.applied_on, day, limit_days: 60, due_on: date(submitted + 60 * DAY),
      overdue: overdueDays > 0, overdue_days: overdueDays, paused: false, paused_because: null, paused_days: 0,
      extension: null, ended_on: ended ? date(ended.happened) : null,
    },
    promised_on: null,
    promised_days: row.promised_days === "0" ? null : Number(row.promised_days),
    expected: null,
    next: stage.next,
    bring: stage.bring,
    advice: overdueDays > 0 ? ADVICE : [],
    as_of: new Date(progress.heard).toISOString(),
  };
}

const string = { type: "string" };
const texts = { type: "array", items: string };
const number = { type: "integer" };
const flag = { type: "boolean" };
const maybe = { type: "string", nullable: true };
const ANSWER = {
  type: "object",
  properties: {
    level: string, kind: string, kind_text: string, stage: string, stage_text: string, meaning: string, since: string,
    cause: maybe, flags: texts, flag_texts: texts,
    clock: {
      type: "object",
      properties: {
        submitted_on: string, day: number, limit_days: number, due_on: string, overdue: flag, overdue_days: number,
        paused: flag, paused_because: maybe, paused_days: number, extension: maybe, ended_on: maybe,
      },
    },
    promised_on: maybe, promised_days: { type: "integer", nullable: true }, expected: maybe, next: string, bring: string,
    advice: texts, as_of: string,
  },
};
const FACTS = {
  type: "object",
  required: ["citizen_number", "applied_on"],
  properties: {
    citizen_number: { type: "string", pattern: "^[0-9]{17}[0-9X]$" },
    applied_on: { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
    name: { type: "string", minLength: 1, maxLength: 60 },
    receipt_number: { type: "string", pattern: "^[0-9]{22}$" },
  },
  anyOf: [{ required: ["name"] }, { required: ["receipt_number"] }],
};

const fastify = Fastify({ bodyLimit: 16 * 1024 });
const schema = { body: FACTS, response: { 200: ANSWER } };

fastify.post("/api/v1/inquiries", { schema }, async (request, reply) => {
  const facts = request.body;
  const subject = subjectOf(facts.citizen_number);
  const { rows } = await pool.query({ ...LOOK_UP, values: [subject] });
  const found = rows.find((row) => row.progress && fits(row, personOf(row, subject), facts));
  await pool.query({ ...RECORD, values: [subject, found ? "basic" : "no_match"] });
  if (!found) return reply.code(404).send({ title: "没有相符的记录" });
  return answerOf(found);
});

await fastify.listen({ port: Number(given.port), host: "127.0.0.1" });
