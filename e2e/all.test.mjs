// The whole suite in one process: one demonstration, one browser.
// A single file runs alone too: node --test tests/keyboard.test.mjs
import "./tests/inquiry.test.mjs";
import "./tests/no-match.test.mjs";
import "./tests/wrong-input.test.mjs";
import "./tests/languages.test.mjs";
import "./tests/doors.test.mjs";
import "./tests/keyboard.test.mjs";
import "./tests/no-script.test.mjs";
import "./tests/work.test.mjs";
import "./tests/looks.test.mjs";
import "./tests/staff.test.mjs";
import "./tests/offices.test.mjs";
import "./tests/same-answer.test.mjs";
import "./tests/layout.test.mjs";
import "./tests/accessibility.test.mjs";
