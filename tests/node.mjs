// Answers each line of JSON {body, data} with what the function of this body returns; see node.py.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const AsyncFunction = (async () => {}).constructor;
const load = (path) => import(pathToFileURL(path));

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { body, data } = JSON.parse(line);
    answer = { value: await new AsyncFunction("data", "load", body)(data, load) };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
