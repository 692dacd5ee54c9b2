/** What is taken away between two steps, on SQLite; PostgreSQL does the same in `e2e/postgres`. */
import { judgeAnewSuite } from "./judge-anew.suite.ts";
import { openTestOrg } from "./test-org.ts";

judgeAnewSuite("SQLite", () => openTestOrg());
