/**
 * What is recorded and asked for: metrics, logs, spans, audit trails, policies.
 *
 * @module
 */

import { AuditLog } from "../src/audit.ts";
import { verifyChain } from "../src/audit_chain.ts";
import { InMemoryAuditStore } from "../src/audit_store.ts";
import {
  allow,
  type AuthorizationContext,
  PolicyBasedAuthorizer,
} from "../src/authorization.ts";
import { MemorySink } from "../src/log_sinks.ts";
import type { LogEntry } from "../src/logging.ts";
import { MetricRegistry } from "../src/metric_registry.ts";
import { expose } from "../src/prometheus.ts";
import { InMemorySpanExporter } from "../src/span_exporters.ts";
import type { SpanData } from "../src/span.ts";
import type { Operation } from "./scaling.ts";
import type { Control } from "./scaling_controls.ts";
import { keysOf, UP_TO_1E4, UP_TO_1E5 } from "./scaling_items.ts";

// --- Metrics

interface Labels {
  readonly route: string;
  readonly user: string;
}

const LABELS = { route: true, user: true } as const;

const ROUTES = 50;

/** Labels of as many series: some routes, many users. */
function labelsOf(size: number): readonly Labels[] {
  const keys = keysOf(size);
  return Array.from({ length: size }, (_, i) => ({
    route: keys[i % ROUTES]!,
    user: keys[Math.floor(i / ROUTES)]!,
  }));
}

function fullRegistry(size: number) {
  const registry = new MetricRegistry({ maxSeries: size });
  const requests = registry.counter({
    name: "requests",
    help: "Requests",
    labels: LABELS,
  });
  for (const labels of labelsOf(size)) requests.inc(labels);
  return { registry, requests };
}

const metrics: readonly Operation[] = [
  {
    structure: "MetricRegistry",
    operation: "inc of a series that is there, n series",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const { requests } = fullRegistry(size);
      const all = labelsOf(size);
      return (number) => {
        const { route, user } = all[number]!;
        requests.inc({ route, user });
        return true;
      };
    },
  },
  {
    structure: "MetricRegistry",
    operation: "observe of a series that is there, n series",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E5,
    prepare(size) {
      const registry = new MetricRegistry({ maxSeries: size });
      const seconds = registry.histogram({
        name: "seconds",
        help: "Seconds",
        labels: LABELS,
      });
      const all = labelsOf(size);
      for (const labels of all) seconds.observe(labels, 0.2);
      return (number) => {
        const { route, user } = all[number]!;
        seconds.observe({ route, user }, 0.2);
        return true;
      };
    },
  },
  {
    structure: "MetricRegistry",
    operation: "remove of a series, and inc of it again, n series",
    complexity: "O(1)",
    control: "replace",
    sizes: UP_TO_1E5,
    prepare(size) {
      const { requests } = fullRegistry(size);
      const all = labelsOf(size);
      let next = 0;
      return () => {
        const labels = all[next]!;
        next = next + 1 === size ? 0 : next + 1;
        const wasThere = requests.remove(labels);
        requests.inc(labels);
        return wasThere;
      };
    },
  },
  {
    structure: "expose",
    operation: "a page of n series",
    complexity: "O(n)",
    control: "write",
    sizes: UP_TO_1E5,
    prepare(size) {
      const { registry } = fullRegistry(size);
      return () => expose(registry).body.length > 10 * size;
    },
  },
];

// --- Logs and spans

/** A store that drops the oldest of n as another one comes. */
function atBound(
  structure: string,
  operation: string,
  prepare: Operation["prepare"],
): Operation {
  const control: Control = "replace";
  return {
    structure,
    operation,
    complexity: "O(1)",
    control,
    sizes: UP_TO_1E5,
    prepare,
  };
}

const kept: readonly Operation[] = [
  atBound("MemorySink", "write at the bound of n", (size) => {
    const sink = new MemorySink({ maxEntries: size });
    const entry = { line: "{}" } as LogEntry;
    for (let i = 0; i < size; i++) sink.write(entry);
    return () => {
      sink.write(entry);
      return true;
    };
  }),
  atBound("InMemorySpanExporter", "export at the bound of n", (size) => {
    const exporter = new InMemorySpanExporter({ maxSpans: size });
    const spans = [{ name: "span" } as SpanData];
    for (let i = 0; i < size; i++) exporter.export(spans);
    let { dropped } = exporter;
    return () => {
      exporter.export(spans);
      return exporter.dropped === ++dropped;
    };
  }),
];

// --- Audit trails

function recorded(size: number): InMemoryAuditStore<string> {
  const store = new InMemoryAuditStore<string>({ maxEntries: size });
  const log = new AuditLog<string>({ store });
  const actor = { id: "ada" };
  for (let i = 0; i < size; i++) {
    log.append({ event: "login", actor, resource: "crm", outcome: "success" })
      .unwrap();
  }
  return store;
}

const trails: readonly Operation[] = [
  {
    structure: "AuditLog",
    operation: "append of n entries",
    complexity: "O(1)",
    note: "The time of an entry.",
    control: "replace",
    sizes: UP_TO_1E4,
    batch: (size) => size,
    prepare: (size) => () => recorded(size).head()!.seq === size,
  },
  {
    structure: "verifyChain",
    operation: "n entries",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E4,
    prepare(size) {
      const entries = recorded(size).list();
      return async () => (await verifyChain(entries)).unwrap().seq === size;
    },
  },
  {
    structure: "InMemoryAuditStore",
    operation: "list of 10 of n entries",
    complexity: "O(1)",
    control: "lookUp",
    sizes: UP_TO_1E4,
    prepare(size) {
      const store = recorded(size);
      return (number) => {
        const afterSeq = number % (size - 10);
        return store.list({ afterSeq, limit: 10 })[0]!.seq === afterSeq + 1;
      };
    },
  },
];

// --- Policies

interface Thing {
  readonly type: string;
  readonly owner: string;
}

type Question = AuthorizationContext<Thing>;

const POLICIES = 5;

/** So many policies for each type. */
function authorizerOf(types: number, policies: number) {
  return new PolicyBasedAuthorizer<Thing>({
    policies: Array.from(
      { length: types * policies },
      (_, i) =>
        allow<Thing>(`policy ${i}`, {
          resources: [`type ${i % types}`],
          when: ({ subject, resource }) => subject.id === resource.owner,
        }),
    ),
  });
}

function questionsOf(types: number): readonly Question[] {
  return Array.from({ length: types }, (_, i) => ({
    subject: { id: "ada" },
    resource: { type: `type ${i}`, owner: "ada" },
    action: "read",
  }));
}

const policies: readonly Operation[] = [
  {
    structure: "PolicyBasedAuthorizer",
    operation: `decideSync by ${POLICIES} of n policies`,
    complexity: "O(1)",
    note: "A decision is linear in the policies for the type and the action.",
    control: "lookUp",
    sizes: UP_TO_1E4,
    prepare(size) {
      const types = size / POLICIES;
      const authorizer = authorizerOf(types, POLICIES);
      const questions = questionsOf(types);
      return (number) =>
        authorizer.decideSync(questions[number % types]!).allowed;
    },
  },
  {
    structure: "PolicyBasedAuthorizer",
    operation: "decideSync by n policies",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E4,
    prepare(size) {
      const authorizer = authorizerOf(1, size);
      const [question] = questionsOf(1);
      return () => authorizer.decideSync(question!).evaluated.length === size;
    },
  },
  {
    structure: "PolicyBasedAuthorizer",
    operation: "the first decision about each type, n policies",
    complexity: "O(n)",
    control: "passThrough",
    sizes: UP_TO_1E4,
    batch: (size) => size / POLICIES,
    prepare(size) {
      const types = size / POLICIES;
      const questions = questionsOf(types);
      return () => {
        const authorizer = authorizerOf(types, POLICIES);
        return questions.every((it) => authorizer.decideSync(it).allowed);
      };
    },
  },
];

/** What is recorded and asked for. */
export const records: readonly Operation[] = [
  ...metrics,
  ...kept,
  ...trails,
  ...policies,
];
