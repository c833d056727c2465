// Imported by every test file; a module is evaluated once, so the hooks are registered once a process.
import { aroundTests } from "./harness.mjs";

aroundTests();
