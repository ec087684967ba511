// deno-lint-ignore-file no-console -- a program talks to its terminal
/**
 * Runs the reference service until it is told to stop: `deno task serve`,
 * `node examples/serve.ts` or `bun examples/serve.ts`. A configuration that is
 * not valid is told all at once, and the exit code is 2.
 *
 * @module
 */

import process from "node:process";
import {
  BatchSpanExporter,
  ConsoleSpanExporter,
  KeyRing,
  LineSink,
  PrettySink,
  systemClock,
} from "../mod.ts";
import { configBuilder, type ServiceConfig } from "./config.ts";
import { createService } from "./service.ts";
import { listen } from "./server.ts";

const builder = configBuilder();

if (process.argv.includes("--help")) {
  for (const it of builder.describe()) {
    const byDefault = it.default ?? "none";
    console.log(`${it.variable}: ${it.description} (default ${byDefault})`);
  }
  process.exit(0);
}

const config = builder.withEnvironment(process.env).build();
if (!config.ok) {
  for (const { message, source } of config.error.issues) {
    console.error(`${source}: ${message}`);
  }
  process.exit(2);
}

/** The keys that notes are sealed with; new ones with the last. */
async function readKeys(keys: ServiceConfig["keys"]) {
  if (keys === undefined) return undefined;
  const inputs = Object.entries(keys.reveal()).map(([id, key]) => ({
    id,
    key: String(key),
  }));
  return await KeyRing.create(inputs, inputs.at(-1)?.id ?? "");
}

const keys = await readKeys(config.value.keys).catch((error: Error) => {
  console.error(`LINKS_KEYS: ${error.message}`);
  process.exit(2);
});
const write = (text: string) => void process.stdout.write(text);
const sink = process.stdout.isTTY
  ? new PrettySink({ write, colors: true })
  : new LineSink({ write });
const writeError = (line: string) => void process.stderr.write(`${line}\n`);
const spans = config.value.spans
  ? new BatchSpanExporter(new ConsoleSpanExporter({ write: writeError }))
  : undefined;
const service = createService(config.value, { sinks: [sink], keys, spans });
const server = await listen(
  service.fetch,
  {
    ...config.value,
    onError: (error) =>
      service.logger.error("unforeseen", { reason: String(error) }),
  },
);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    service.drain();
    await systemClock.sleep(config.value.drainMs);
    await server.close();
    await service.close();
    process.exit(0);
  });
}

service.logger.info("listening", { url: server.url });
