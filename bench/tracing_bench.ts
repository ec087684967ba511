/**
 * Spans and trace context, made by our tracer and by OpenTelemetry's. How to run it:
 * see `harness.ts`.
 *
 * Both tell somebody of each span that has ended who counts it: ours an exporter,
 * OpenTelemetry's a span processor, which is less than any of its own does. Its
 * `sdk-trace` is what `sdk-trace-base` was until version 2. Both keep the active span in an `AsyncLocalStorage`. Before they are measured, what each of
 * them tells of the same spans has to be the same.
 *
 * Headers are in a `Map`, so that what is measured is not that of the runtime.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert/strict";
import {
  type Context,
  context,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  trace,
  type Tracer as OtelTracer,
} from "npm:@opentelemetry/api@1.10.0";
import { AsyncLocalStorageContextManager } from "npm:@opentelemetry/context-async-hooks@3.1.1";
import { W3CTraceContextPropagator } from "npm:@opentelemetry/core@3.1.1";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type ReadableSpan,
  TracerProvider,
} from "npm:@opentelemetry/sdk-trace@3.1.1";
import type { SpanData, TypedSpan } from "../src/span.ts";
import { extract, inject, type SpanContext } from "../src/trace_context.ts";
import { type Sampler, Tracer } from "../src/tracing.ts";
import { bench, type Contender, type Group } from "./harness.ts";

/** How many spans have ended so far. */
let ended = 0;
let lastOurs: SpanData | undefined;
let lastTheirs: ReadableSpan | undefined;

function makeOurs(sampler: Sampler): Tracer {
  return new Tracer({
    sampler,
    exporter: {
      export([span]) {
        ended++;
        lastOurs = span;
      },
      close() {},
    },
  });
}

function makeTheirs(isSampled: boolean): OtelTracer {
  const provider = new TracerProvider({
    sampler: isSampled ? new AlwaysOnSampler() : new AlwaysOffSampler(),
    spanProcessors: [{
      onStart() {},
      onEnd(span) {
        ended++;
        lastTheirs = span;
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }],
  });
  return provider.getTracer("bench");
}

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const ours = makeOurs(() => true);
const theirs = makeTheirs(true);
const oursOff = makeOurs(() => false);
const theirsOff = makeTheirs(false);

const DONE: Promise<void> = Promise.resolve();

// --- Spans

/** Starts a span that says two things, and ends it. */
function step(tracer: Tracer, parent: TypedSpan | null): Contender {
  return (i) => {
    const before = ended;
    const span = tracer.start("GET /links", { parent });
    span.set("http.request.method", "GET");
    span.set("http.response.status_code", 200 + (i & 1));
    span.end();
    return ended - before;
  };
}

function otelStep(tracer: OtelTracer, parent: Context): Contender {
  return (i) => {
    const before = ended;
    const span = tracer.startSpan("GET /links", undefined, parent);
    span.setAttribute("http.request.method", "GET");
    span.setAttribute("http.response.status_code", 200 + (i & 1));
    span.end();
    return ended - before;
  };
}

const ourParent = ours.start("parent", { parent: null });
const theirParent = theirs.startSpan("parent", undefined, ROOT_CONTEXT);
const ourPassive = oursOff.start("parent", { parent: null });
const theirPassive = theirsOff.startSpan("parent", undefined, ROOT_CONTEXT);

function within(span: OtelSpan): Context {
  return trace.setSpan(ROOT_CONTEXT, span);
}

function ourSync(i: number): number {
  return ours.run("outer", {}, (span) => ours.active() === span ? i : NaN);
}

function theirSync(i: number): number {
  return theirs.startActiveSpan("outer", (span) => {
    try {
      return trace.getActiveSpan() === span ? i : NaN;
    } finally {
      span.end();
    }
  });
}

function ourAsync(i: number): Promise<number> {
  return ours.run("outer", {}, async (span) => {
    await DONE;
    const inner = ours.start("inner");
    inner.end();
    return inner.traceId === span.traceId ? i : NaN;
  });
}

function theirAsync(i: number): Promise<number> {
  return theirs.startActiveSpan("outer", async (span) => {
    try {
      await DONE;
      const inner = theirs.startSpan("inner");
      inner.end();
      const { traceId } = inner.spanContext();
      return traceId === span.spanContext().traceId ? i : NaN;
    } finally {
      span.end();
    }
  });
}

// --- Headers

type Headers = Map<string, string>;

/** Ids that differ from call to call. */
const IDS = Array.from({ length: 16 }, (_, i) => ({
  traceId: `4bf92f3577b34da6a3ce929d0e0e47${i.toString(16)}6`,
  spanId: `00f067aa0ba902b${i.toString(16)}`,
}));

const STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,vendor@shop=1";

function headersOf(traceState: string): readonly Headers[] {
  return IDS.map(({ traceId, spanId }) =>
    new Map([
      ["traceparent", `00-${traceId}-${spanId}-01`],
      ...(traceState === "" ? [] : [["tracestate", traceState] as const]),
    ])
  );
}

const propagator = new W3CTraceContextPropagator();
const getter = {
  get: (headers: Headers, name: string) => headers.get(name),
  keys: (headers: Headers) => [...headers.keys()],
};
const setter = {
  set: (headers: Headers, name: string, value: string) =>
    void headers.set(name, value),
};

const PLAIN = headersOf("");
const WITH_STATE = headersOf(STATE);

const extracting: Group = {
  name: "extract",
  ours: (i) => extract(PLAIN[i & 15]!),
  peers: {
    "@opentelemetry/core": (i) =>
      trace.getSpanContext(
        propagator.extract(ROOT_CONTEXT, PLAIN[i & 15]!, getter),
      ),
  },
  check(answer, i) {
    const { traceId, spanId } = answer as SpanContext;
    deepStrictEqual({ traceId, spanId }, IDS[i & 15]);
    return true;
  },
};

const CONTEXTS = PLAIN.map((headers) => extract(headers)!);
const THEIR_CONTEXTS = PLAIN.map((headers) =>
  propagator.extract(ROOT_CONTEXT, headers, getter)
);

const target: Headers = new Map();

const injecting: Group = {
  name: "inject",
  ours(i) {
    inject(CONTEXTS[i & 15]!, target);
    return target.get("traceparent");
  },
  peers: {
    "@opentelemetry/core"(i) {
      propagator.inject(THEIR_CONTEXTS[i & 15]!, target, setter);
      return target.get("traceparent");
    },
  },
  check: (answer, i) => answer === PLAIN[i & 15]?.get("traceparent"),
};

// OpenTelemetry looks into a tracestate when it writes it, not before.
const forwarding: Group = {
  name: "extract + inject, 3 members",
  ours(i) {
    inject(extract(WITH_STATE[i & 15]!)!, target);
    return target.get("tracestate");
  },
  peers: {
    "@opentelemetry/core"(i) {
      const context = propagator
        .extract(ROOT_CONTEXT, WITH_STATE[i & 15]!, getter);
      propagator.inject(context, target, setter);
      return target.get("tracestate");
    },
  },
  check: (answer) => answer === STATE,
};

// --- The same is told of the same spans.

function told(): void {
  step(ours, ourParent)(1);
  otelStep(theirs, within(theirParent))(1);
  const { name, attributes, parentSpanId } = lastOurs!;
  deepStrictEqual({ name, attributes }, {
    name: lastTheirs!.name,
    attributes: { ...lastTheirs!.attributes },
  });
  deepStrictEqual([parentSpanId, lastTheirs!.parentSpanContext?.spanId], [
    ourParent.spanId,
    theirParent.spanContext().spanId,
  ]);
  ours.run("outer", {}, () => ours.start("inner").end());
  theirs.startActiveSpan("outer", (span) => {
    theirs.startSpan("inner").end();
    span.end();
  });
  deepStrictEqual([lastOurs!.name, lastTheirs!.name], ["outer", "outer"]);
}

function counted(
  name: string,
  count: number,
  mine: Contender,
  peer: Contender,
): Group {
  return {
    name,
    setup: told,
    ours: mine,
    peers: { "@opentelemetry/sdk-trace": peer },
    check: (answer) => answer === count,
  };
}

function answered(name: string, mine: Contender, peer: Contender): Group {
  return {
    name,
    ours: mine,
    peers: { "@opentelemetry/sdk-trace": peer },
    check: (answer, i) => answer === i,
  };
}

await bench(import.meta, "tracing", [
  counted(
    "root span, 2 attributes",
    1,
    step(ours, null),
    otelStep(theirs, ROOT_CONTEXT),
  ),
  counted(
    "child span, explicit parent",
    1,
    step(ours, ourParent),
    otelStep(theirs, within(theirParent)),
  ),
  answered("active span", ourSync, theirSync),
  answered("active span, await and child", ourAsync, theirAsync),
  counted(
    "unsampled root span",
    0,
    step(oursOff, null),
    otelStep(theirsOff, ROOT_CONTEXT),
  ),
  counted(
    "unsampled child span",
    0,
    step(oursOff, ourPassive),
    otelStep(theirsOff, within(theirPassive)),
  ),
  extracting,
  injecting,
  forwarding,
]);
