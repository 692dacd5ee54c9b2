/** Reads a log of one gigabyte as the doctor does, beside `wc -l` and `grep -c` of the same file in the same run. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const BYTES = Number(process.env["SALLYPORT_BENCH_BYTES"] ?? 1e9);
const folder = mkdtempSync(join(tmpdir(), "sallyport-doctor-"));

const STACK = [
  "System.Net.HttpWebRequest.GetResponse()",
  "OktaWidget.JwtService.GetStateTokenUsingJwt(String username)",
  "OktaWidget.OktaWidgetForm..ctor(String username, Int64 parent, Int64 widgetFlow)",
  "OktaWidget.OktaWidgetClass.displayWidget(Int64 parent, String username, Int64 flow)",
];
const refusal = (separator: string) =>
  `exception thrown is = System.Net.WebException: The remote server returned an error: (401) Unauthorized.${STACK.map((frame) => `${separator}   at ${frame}`).join("")}`;

/** One line in fifty is a refusal; or every line is one: the worst that a log can be. */
const SHAPES: Record<string, (at: number) => string> = {
  "one refusal in 50 lines": (at) =>
    at % 50 === 0
      ? refusal("<CR><LF>")
      : `widget step ${at % 977} of session ${(at * 7919) % 100_000}, username: CORP\\user${at % 300}, flow 2`,
  "refusals only, one a line": () => refusal("<CR><LF>"),
  "refusals only, stacks on lines": () => refusal("\r\n"),
};

function writeLog(file: string, line: (at: number) => string): void {
  const out = openSync(file, "w");
  const block = Buffer.from(
    Array.from(
      { length: 20_000 },
      (_, at) =>
        `2026-05-06 10:${String(Math.floor(at / 60) % 60).padStart(2, "0")}:${String(at % 60).padStart(2, "0")},${at % 1000} [${at % 40}] ${line(at)}\r\n`,
    ).join(""),
  );
  for (let written = 0; written < BYTES; ) written += writeSync(out, block);
  closeSync(out);
}

interface Ran {
  /** Wall clock, and what the process itself computed: other programs on the machine stretch only the first. */
  seconds: number;
  cpu: number;
  maxMb: number;
  out: string;
}

/** One core for everybody, so that the figures compare. */
function run(command: string, args: string[]): Ran {
  const timed = 'TIMEFORMAT="took %R %U %S"; time "$@"';
  const done = spawnSync("taskset", ["-c", "0", "bash", "-c", timed, "bash", command, ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
  const [, real = "0", user = "0", system = "0"] = /took (\S+) (\S+) (\S+)/.exec(done.stderr) ?? [];
  const maxMb = Number(/peak (\d+) MB/.exec(done.stderr)?.[1] ?? 0);
  return { seconds: Number(real), cpu: Number(user) + Number(system), maxMb, out: done.stdout };
}

function report(name: string, bytes: number, { seconds, cpu, maxMb }: Ran): void {
  const rate = (time: number) => `${(bytes / 1e6 / time).toFixed(0).padStart(6)} MB/s`;
  const memory = maxMb > 0 ? `  ${maxMb} MB resident at most` : "";
  process.stdout.write(`  ${name.padEnd(12)}${rate(seconds)}${rate(cpu)} of its own time${memory}\n`);
}

try {
  for (const [shape, line] of Object.entries(SHAPES)) {
    const file = join(folder, "OktaWidget.log");
    writeLog(file, line);
    const { size } = statSync(file);
    process.stdout.write(`${shape}, ${(size / 1e6).toFixed(0)} MB\n`);
    report("wc -l", size, run("wc", ["-l", file]));
    report("grep -c", size, run("grep", ["-c", "Exception", file]));
    const doctor = run(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      "--import",
      join(ROOT, "bench/peak-memory.js"),
      join(ROOT, "packages/cli/src/main.ts"),
      "doctor",
      "okta",
      file,
      "--json",
    ]);
    report("doctor okta", size, doctor);
    const { incidents } = JSON.parse(doctor.out);
    process.stdout.write(`  ${incidents.map(({ kind, count }: { kind: string; count: number }) => `${count} × ${kind}`).join(", ")}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
