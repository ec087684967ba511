/**
 * What the page of the benchmarks says beside the figures: of each suite, what is
 * measured, what peers do differently, and why one is faster where it is.
 *
 * @module
 */

/** What is said of a suite. */
export interface SuiteNotes {
  /** Its heading. */
  readonly title: string;
  /** What is measured, and what the peers do differently; Markdown. */
  readonly about: string;
  /** The typical task, for the chart: the group, and what it is called there. */
  readonly headline: { readonly group: string; readonly task: string };
  /** Why peers are faster. */
  readonly whys?: readonly Why[];
}

/** Why peers are faster in some groups. */
export interface Why {
  /** The names of the groups. */
  readonly groups: readonly string[];
  /** Why; Markdown. */
  readonly why: string;
}

/** By the name of the suite, in the order of the page. */
export const notes: Readonly<Record<string, SuiteNotes>> = {
  "result": {
    title: "Results",
    about:
      "`Result` beside the result types of nine libraries, each used in the " +
      "fastest way that its own documentation shows; by hand, that is a plain " +
      "object and an `if`. ts-results-es collects a stack trace for each `Err`, " +
      "of all that fail it is the slowest by far.",
    headline: {
      group: "andThen ×5, error at step 3",
      task: "a chain of five that fails",
    },
    whys: [
      {
        groups: ["construct + narrow"],
        why: "neverthrow and effect keep one field, ours two, `ok` and the " +
          "value, which makes them plain data that can be narrowed by a " +
          "property. A plain object by hand takes as long.",
      },
      {
        groups: ["map ×5", "andThen ×5, error at step 3"],
        why: "Engines remove the objects where they see that nobody keeps " +
          "them; what is left are fractions of a nanosecond a step.",
      },
      {
        groups: ["catch a throw"],
        why: "Nearly all of it is the throw itself, which is the engine's.",
      },
      {
        groups: [
          "generator literal, 5 steps",
          "generator defined once, 5 steps",
        ],
        why: "To make and to drive a generator is what takes the time, and " +
          "that is the engine's: all libraries do the same.",
      },
    ],
  },
  "cache": {
    title: "Cache",
    about: "10,000 entries, keys from 100,000 strings. quick-lru keeps two " +
      "generations, up to twice the bound, and not in the order of use; " +
      "mnemonist has no TTL; `@isaacs/ttlcache` drops what expires first, " +
      "whether it is used or not; `@cacheable/memory` stores an object an entry " +
      "for its hooks. None of them has tags: those groups show what a tag adds " +
      "to our own `set`. Bounds, order of use, TTL and tags are all on in ours.",
    headline: {
      group: "zipf mixed x 16, 1 h TTL",
      task: "reads by Zipf's law, a set a miss, TTL",
    },
    whys: [
      {
        groups: [
          "hit x 16",
          "miss x 16",
          "set + evict x 16",
          "zipf mixed x 16",
          "miss x 16, 1 h TTL",
        ],
        why: "Ours counts each hit and each miss for its statistics, which " +
          "the others leave to the caller. mnemonist has no TTL either, so " +
          "that a read is a look-up and a move in two typed arrays; its " +
          "LRUCache keeps keys in a plain object, which is quick to read and " +
          "slow to change.",
      },
      {
        groups: [
          "set + evict x 16",
          "set + evict x 16, 1 h TTL",
          "zipf mixed x 16",
          "zipf mixed x 16, 1 h TTL",
        ],
        why:
          "quick-lru evicts nothing one by one: when a generation is full, it " +
          "drops the one before, at the price of up to twice the entries.",
      },
      {
        groups: ["hit x 16, 1 h TTL"],
        why:
          "`@isaacs/ttlcache` moves nothing on a read, since it drops by age " +
          "and not by use.",
      },
      {
        groups: ["hit, a turn each x 16, 1 h TTL"],
        why:
          "`@isaacs/ttlcache` reads no clock: a timer drops what has expired. " +
          "lru-cache reads it again once a timer of 1 ms has fired; ours in each " +
          "turn, so that no entry is ever seen after its time.",
      },
    ],
  },
  "binary-heap": {
    title: "Heap by comparator",
    about:
      "Shuffled objects. Four comparators take turns, so that no engine can " +
      "inline one. Ours leaves the heap as it was if a comparator throws, which " +
      "none of the others does.",
    headline: { group: "push 1e3, pop 1e3", task: "push 1,000, pop 1,000" },
    whys: [
      {
        groups: [
          "push 1e3, pop 1e3",
          "push 1e5, pop 1e5",
          "heap of an array of 1e3",
          "heap of an array of 1e5",
        ],
        why:
          "All do about the same, and most of it is the comparator and the " +
          "memory. Ours can put everything back if the comparator throws.",
      },
      {
        groups: [
          "10 greatest of 1e5",
          "100 greatest of 1e5",
          "1000 greatest of 1e5",
        ],
        why:
          "The same algorithm. Ours keeps the earlier one among equals, for which it " +
          "compares positions as well, by one comparator more in the heap that all " +
          "others go through: engines inline none of them. By itself it is about " +
          "as fast (`--filter greatest`).",
      },
    ],
  },
  "priority-heap": {
    title: "Heap by number",
    about:
      "Objects with a numeric priority. None of the peers keeps first in, " +
      "first out among equals: where that is asked for, they get the sequence " +
      "number as well, by their comparator or packed into the priority. None can " +
      "withdraw an item: there they mark it, and pass over it later. heapify " +
      "holds numbers only, and never grows.",
    headline: {
      group: "push 1e5, pop 1e5: floats",
      task: "push 100,000 numbers, pop them all",
    },
    whys: [
      {
        groups: ["push 1e3, pop 1e3: floats", "push 1e3, pop 1e3: ints"],
        why: "heapify and flatqueue keep nothing but numbers in arrays, and " +
          "need no order among equals. Of a thousand items all fit into the " +
          "nearest cache.",
      },
      {
        groups: ["hold: pop, push of 1e5"],
        why:
          "Ours keeps what is pushed in sorted runs, which are faster to fill " +
          "and to empty than a heap; where each pop is followed by a push, " +
          "there is nothing to gain from it.",
      },
    ],
  },
  "job-runner": {
    title: "Jobs",
    about: "Asynchronous jobs that do nothing. Ours and p-queue have ten " +
      "priorities in turns; fastq and p-limit know of none. Ours has retries, " +
      "time limits and cancelling besides, and a handle to each job.",
    headline: {
      group: "1e3 jobs, results awaited, concurrency 10",
      task: "1,000 jobs, ten at once",
    },
    whys: [
      {
        groups: [
          "1e3 jobs, results awaited, concurrency 10",
          "1e3 jobs, results awaited, concurrency 1",
          "1e4 jobs, results awaited, concurrency 10",
          "1e4 jobs, results awaited, concurrency 100",
        ],
        why: "fastq is a list without priorities: what comes first is done " +
          "first, and nobody can take a job back.",
      },
      {
        groups: [
          "1e3 jobs, drained, concurrency 10",
          "1e4 jobs, drained, concurrency 10",
        ],
        why:
          "fastq by callbacks makes no promise at all, and uses its entries " +
          "again. By promises, which is what ours offers, it makes one a job.",
      },
    ],
  },
  "connection-pool": {
    title: "Connection pool",
    about:
      "Connections that are made at once and do nothing; by hand, that is " +
      "the same without a pool. Each has what it offers of validation, time " +
      "limits and lifetimes; only ours and pg-pool know of lifetimes. tarn, " +
      "lightning-pool and the validating generic-pool validate before each use, " +
      "ours after half a second without use.",
    headline: {
      group: "acquire + release, x 10",
      task: "acquire, use, release",
    },
    whys: [{
      groups: [
        "acquire + release, x 10",
        "use(fn), x 10",
        "1000 callers on 10 connections",
        "20000 callers on 10 connections",
      ],
      why: "generic-pool without a time limit sets no timer.",
    }],
  },
  "rate-limiter": {
    title: "Rate limiter",
    about: "Requests of clients by their addresses, to our `GcraLimiter`. " +
      "rate-limiter-flexible and hono-rate-limiter count by fixed windows, as " +
      "does what is written by hand; rate-limiter-flexible rejects a promise for " +
      "each denial. limiter has no keys: it stands in a Map that nobody prunes.",
    headline: {
      group: "1e4 keys, allowed x 16",
      task: "a request of one of 10,000 keys",
    },
    whys: [{
      groups: [
        "1 key, allowed x 16",
        "1e4 keys, allowed x 16",
        "2 keys, denied x 16",
        "1 key, allowed x 16, awaited",
        "1e4 keys, allowed x 16, awaited",
        "2 keys, denied x 16, awaited",
      ],
      why:
        "hono-rate-limiter's store counts hits in a fixed window, which lets " +
        "twice the limit through around its end, and counts what is denied; it " +
        "has no bound. Most of the time is to read the clock: `Date.now()`, " +
        "which it uses, may be set back; ours reads the monotonic one, which " +
        "takes twice as long on Deno. limiter answers no and nothing else, " +
        "ours also when to come back.",
    }],
  },
  "event bus": {
    title: "Event bus",
    about:
      "Handlers that add up. Ours catches what each handler throws, looks " +
      "whether it returned a promise, and calls nobody who has been removed " +
      "meanwhile; the others stop at the first one that throws. nanoevents and " +
      "mitt have no `once`: it is written by hand. emittery calls its handlers a " +
      "microtask later.",
    headline: { group: "emit to 10 x 16", task: "emit to ten handlers" },
    whys: [
      {
        groups: [
          "emit to 1 x 16",
          "emit to 1 of 16 types x 16",
          "emit to 10 x 16",
          "emit to 1000 x 1",
        ],
        why:
          "Node's emitter and nanoevents call one handler after the other and " +
          "that is all: one that throws keeps the event from the others. Node's " +
          "keeps a single handler without a list.",
      },
      {
        groups: ["emit to 1 for any x 16"],
        why: "mitt gives its handler two arguments, the type and the event; " +
          "ours gives one object that holds both.",
      },
      {
        groups: ["once + emit x 16"],
        why: "nanoevents has no `once`: by hand it is a closure, and nobody " +
          "else can end it. Ours gives an object that does.",
      },
      {
        groups: [
          "on + off beside 0 x 16",
          "on + off beside 10 x 16",
          "on + off beside 1000 x 16",
        ],
        why: "Ours checks what it is given, and makes an object by which the " +
          "subscription can be ended at once; the others look for the handler, " +
          "Node's emitter from the end, where it is in here. Beside a thousand " +
          "most of the time is for the event that all hear in the end.",
      },
    ],
  },
  "topic router": {
    title: "Topic router",
    about:
      "Which of 10 to 100,000 patterns match a topic; wildcards in six of " +
      "ten patterns, and a `#` in the middle where it says so. Distinct topics " +
      "are 20,000 in turns, hot ones 200, which fit into our cache.",
    headline: {
      group: "1000 patterns, distinct",
      task: "a topic among 1,000 patterns",
    },
  },
  "message-broker": {
    title: "Message broker",
    about:
      "Messages to handlers that add up. No library does the same within a " +
      "process. emittery calls handlers, however many run already; fastq and " +
      "p-queue are queues, one for each subscription, without topics. None has " +
      "ids, receipts, bounds that a publisher waits for, or dead letters.",
    headline: {
      group: "to 10, 1e3 at once",
      task: "1,000 messages to ten groups",
    },
    whys: [
      {
        groups: [
          "to 1, one by one x 16",
          "to 10, one by one x 16",
          "to 1, 1e3 at once",
          "to 10, 1e3 at once",
          "100 keys, 1e3 at once",
        ],
        why:
          "Each delivery of ours is accounted for: an id, an envelope that " +
          "cannot be changed, the attempt, the place in the group's bound, and a " +
          "receipt for the publisher. The others call a function.",
      },
      {
        groups: ["third time lucky, 1e3 at once"],
        why:
          "The others try again at once, in a loop of the handler, which keeps its " +
          "place meanwhile. Ours tells of each failure, puts the message back and " +
          "delivers it anew, so that others go in between. Half of the time is to " +
          "make the errors that tell of it, and most of that is their stack.",
      },
    ],
  },
  "metrics": {
    title: "Metrics",
    about:
      "Counters and histograms, recorded and exposed; before that, all have " +
      "to expose the same page. prom-client and its successor let there be any " +
      "number of series. OpenTelemetry records in a context, for views.",
    headline: {
      group: "inc, 20 series x 16",
      task: "count by two labels",
    },
  },
  "tracing": {
    title: "Tracing",
    about:
      "Spans and trace context. OpenTelemetry tells a span processor that " +
      "counts, which is less than any of its own does.",
    headline: {
      group: "child span, explicit parent",
      task: "a child span with two attributes",
    },
  },
  "logging": {
    title: "Logging",
    about: "Lines of JSON, to a sink that reads them; by hand, that is " +
      "`JSON.stringify`. Ours looks for secrets at each name, at any depth, in " +
      "all groups; pino where it is told to; LogTape, in another package, not.",
    headline: { group: "4 fields", task: "a message with four fields" },
    whys: [
      {
        groups: ["level that is off, x 16"],
        why:
          "pino puts an empty function in the place of a method that is off; " +
          "ours asks for the level, which may change at any time. It is a third " +
          "of a nanosecond a call.",
      },
      {
        groups: ["child with 2, and 4 fields", "a child made, and 4 fields"],
        why:
          "pino writes what a child knows into a string once; so does ours, " +
          "but looks at all names once more, of which none may come twice.",
      },
    ],
  },
  "authorization": {
    title: "Authorization",
    about:
      "Whether a user may do something, by 50 rules. casl has an ability for " +
      "each user, in which his roles are settled; ours is one for all users, and " +
      "looks at roles each time. casl answers true or false, ours with reasons.",
    headline: { group: "a condition", task: "a rule with a condition" },
  },
  "encryption": {
    title: "Encryption",
    about:
      "Values sealed into a text, and opened again. By hand, that is AES-GCM " +
      "of WebCrypto without a context or the id of a key. jose makes a JWE with " +
      "the same algorithm, and takes bytes. iron-webcrypto derives two keys from " +
      "a password for each value.",
    headline: { group: "seal 100 B", task: "seal 100 bytes" },
    whys: [{
      groups: ["seal 100 B", "open 100 B", "seal 10 kB", "open 10 kB"],
      why:
        "Most of it is WebCrypto's, for all alike. Ours binds the value to a " +
        "context, and looks whether JSON says the value as it is.",
    }],
  },
  "audit": {
    title: "Audit trail",
    about:
      "Entries appended to a chain, and a chain verified. No library of this " +
      "kind is made for one process: the peers are chains by hand, one over " +
      "WebCrypto, which every runtime has, and one over `node:crypto`, which " +
      "browsers have not. They neither check nor copy what they are given, " +
      "freeze nothing, and take one append at a time.",
    headline: { group: "append", task: "append an entry" },
    whys: [{
      groups: [
        "append",
        "append with a key",
        "SHA-256 of 220 bytes",
        "verify 1 000 entries",
      ],
      why:
        "`node:crypto` hashes in native code, at once. Ours has to run where " +
        "there is none, so SHA-256 is written in TypeScript; and it checks, copies " +
        "and freezes each entry.",
    }],
  },
  "compression": {
    title: "Compression",
    about: "JSON, with each library's default level. By hand, that is the " +
      "runtime's own zlib, called synchronously: it holds the event loop up. " +
      "fflate and pako are written in JavaScript.",
    headline: { group: "gzip compress 100 KB", task: "gzip 100 KB of JSON" },
    whys: [{
      groups: ["gzip decompress 1 KB"],
      why: "fflate makes no native object for each input, which is what 1 KB " +
        "takes most of its time for.",
    }],
  },
  "accept-encoding": {
    title: "Accept-Encoding",
    about:
      "A coding chosen for the headers of browsers and tools, each parsed " +
      "anew, and as ours remembers them.",
    headline: {
      group: "select, each header anew",
      task: "choose by a header",
    },
  },
};
