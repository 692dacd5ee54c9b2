/** One call of the real module against one script, and the questions that a script can ask. */
import { type Call, pam, type Ran, type SystemLog } from "./pam-machine.ts";
import { allow, deny, type Frame, type Script, ScriptedAgent } from "./scripted-agent.ts";

/** `heard`: what the agent was sent after hello. `log`: our lines in the system log. */
export type Heard = Ran & { heard: Frame[]; hello: Frame | undefined; log: string };

export async function against(system: SystemLog, script: Script, call: Call): Promise<Heard> {
  const agent = await ScriptedAgent.listen(script);
  try {
    const done = await pam(call);
    const [hello, ...heard] = agent.heard;
    return { ...done, heard, hello, log: await ourLines(system) };
  } finally {
    await agent.stop();
  }
}

export async function ourLines(system: SystemLog): Promise<string> {
  return (await system.take()).filter((line) => line.includes("sallyport:")).join("\n");
}

/** Asks so many times with this show; ends with a deny if the answer was a cancel, with an allow otherwise. */
export const asks =
  (show: Frame, times = 1): Script =>
  async (caller, opening) => {
    for (let i = 1; i <= times; i++) {
      caller.say(show);
      const answer = await caller.frame(i + 1);
      if (!answer || "cancel" in answer) return caller.say(deny());
    }
    return caller.say(allow(opening));
  };
export const fields = (...all: Frame[]): Frame => ({ show: { fields: all } });
export const code = { id: "code", kind: "code", label: "Code" };
