/** Settings: strict JSON files, every complaint with line, column and path. */
export { nearest } from "./nearest.ts";
export { type Complaint, describeComplaint, readStrictJson, type StrictJson } from "./strict-json.ts";
