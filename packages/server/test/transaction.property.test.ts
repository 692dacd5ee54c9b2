/** The transaction under random events on SQLite; PostgreSQL does the same in `e2e/postgres`. */
import { openTestOrg } from "./test-org.ts";
import { transactionProperty } from "./transaction-property.suite.ts";

transactionProperty("SQLite", () => openTestOrg());
