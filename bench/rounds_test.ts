import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { type GroupRounds, summarize, toText } from "./rounds.ts";

function rounds(
  ours: readonly number[],
  peers: Readonly<Record<string, readonly number[]>>,
): GroupRounds {
  return {
    name: "get",
    contenders: [
      { name: "groundwork", role: "ours", ns: ours },
      ...Object.entries(peers).map(([name, ns]) => ({
        name,
        role: "peer" as const,
        ns,
      })),
    ],
    disqualified: {},
  };
}

describe("summarize()", () => {
  it("divides by the contender of the same round when the machine slows down", () => {
    const { oursNs, peers } = summarize([
      rounds([10, 20, 1000], { a: [20, 40, 2000] }),
    ]);
    strictEqual(oursNs, 20);
    deepStrictEqual(peers, { a: { ns: 40, ratio: [0.5, 0.5, 0.5] } });
  });

  it("lists the fastest peer first", () => {
    const { peers } = summarize([
      rounds([10, 10], { slow: [30, 30], fast: [5, 5], same: [10, 10] }),
    ]);
    deepStrictEqual(Object.keys(peers), ["fast", "same", "slow"]);
  });

  it("puts the rounds of processes together", () => {
    const { oursNs, peers } = summarize([
      rounds([10, 10], { a: [10, 10] }),
      rounds([20, 20, 20], { a: [10, 10, 10] }),
    ]);
    strictEqual(oursNs, 20);
    deepStrictEqual(peers["a"], { ns: 10, ratio: [1, 2, 2] });
  });

  it("leaves out a peer that one of the processes has disqualified", () => {
    const { peers, disqualified } = summarize([
      rounds([10], { a: [10] }),
      { ...rounds([10], {}), disqualified: { a: "answers 0 to 1" } },
    ]);
    deepStrictEqual(peers, {});
    deepStrictEqual(disqualified, { a: "answers 0 to 1" });
  });

  it("tells floor and variants from peers", () => {
    const { floor, variants, peers } = summarize([{
      name: "get",
      contenders: [
        { name: "groundwork", role: "ours", ns: [10] },
        { name: "by hand", role: "floor", ns: [5] },
        { name: "without a cache", role: "variant", ns: [20] },
      ],
      disqualified: {},
    }]);
    deepStrictEqual(floor, { ns: 5, ratio: [2, 2, 2] });
    deepStrictEqual(variants, {
      "without a cache": { ns: 20, ratio: [0.5, 0.5, 0.5] },
    });
    deepStrictEqual(peers, {});
  });
});

describe("toText()", () => {
  it("marks ours and the fastest peer, in the order of their speed", () => {
    const group = summarize([rounds([10], { slow: [30], fast: [5] })]);
    const lines = toText("cache", group).split("\n");
    match(lines[1]!, /^cache: get /);
    match(lines[2]!, /^\* fast /);
    match(lines[3]!, /^> groundwork /);
    match(lines[4]!, /^ {2}slow /);
  });

  it("tells who is disqualified, and why", () => {
    const text = toText("cache", {
      ...summarize([rounds([10], {})]),
      disqualified: { bad: "answers 0 to 1" },
    });
    ok(text.includes("bad: disqualified, answers 0 to 1"));
  });
});
