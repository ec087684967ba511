/**
 * What bench files measure, round by round, and what becomes of it: medians and
 * quartiles, and a table for the console.
 *
 * @module
 */

import type { Circumstances, GroupResult, Measured } from "./results.ts";
import { quartiles } from "./statistics.ts";

/** What a contender is: ours, ours in another way, by hand, or a library. */
export type Role = "ours" | "variant" | "floor" | "peer";

/** What one process has measured of a bench file. */
export interface SuiteRounds extends Circumstances {
  readonly suite: string;
  readonly groups: readonly GroupRounds[];
}

/** What one process has measured of a group. */
export interface GroupRounds {
  readonly name: string;
  readonly contenders: readonly {
    readonly name: string;
    readonly role: Role;
    /** Nanoseconds a call: the best sample of each round. */
    readonly ns: readonly number[];
  }[];
  /** Who answered wrongly, and how. */
  readonly disqualified: Readonly<Record<string, string>>;
}

/**
 * Puts together what processes have measured of one and the same group. Ratios
 * are those of the rounds. A process counts as much as its rounds are many.
 *
 * @param parts What each of them has measured; at least one.
 * @returns Medians and quartiles.
 */
export function summarize(parts: readonly GroupRounds[]): GroupResult {
  const { name } = parts[0]!;
  const disqualified: Readonly<Record<string, string>> = Object.assign(
    {},
    ...parts.map(({ disqualified }) => disqualified),
  );
  const contenders = parts[0]!.contenders
    .filter(({ name }) => disqualified[name] === undefined);
  function of(contender: string): readonly (readonly number[])[] {
    return parts.map(({ contenders }) =>
      contenders.find(({ name }) => name === contender)?.ns ?? []
    );
  }
  const ourName = contenders.find(({ role }) => role === "ours")!.name;
  const ours = of(ourName);
  const measured = contenders.map(({ name, role }) => {
    const theirs = of(name);
    const ratios = theirs.flatMap((rounds, part) =>
      rounds.map((ns, round) => ours[part]![round]! / ns)
    );
    const ns = quartiles(theirs.flat())[1];
    return { name, role, ns, ratio: quartiles(ratios) };
  });
  function inRole(role: Role): Record<string, Measured> {
    return Object.fromEntries(
      measured.filter((one) => one.role === role)
        .toSorted((a, b) => b.ratio[1] - a.ratio[1])
        .map(({ name, ns, ratio }) => [name, { ns, ratio }]),
    );
  }
  const variants = inRole("variant");
  const [floor] = Object.values(inRole("floor"));
  return {
    name,
    oursNs: quartiles(ours.flat())[1],
    ...Object.keys(variants).length > 0 && { variants },
    ...floor && { floor },
    peers: inRole("peer"),
    ...Object.keys(disqualified).length > 0 && { disqualified },
  };
}

/**
 * Writes a table for the console, the fastest first.
 *
 * @param suite What the group is of.
 * @param group What was measured.
 * @returns The lines.
 */
export function toText(suite: string, group: GroupResult): string {
  const { name, oursNs, variants = {}, floor, peers, disqualified = {} } =
    group;
  const [fastest] = Object.keys(peers);
  const rows: [mark: string, name: string, it: Measured][] = [
    [">", "groundwork", { ns: oursNs, ratio: [1, 1, 1] }],
    ...Object.entries({ ...variants, ...peers }).map((
      [name, it],
    ): typeof rows[number] => [
      name === fastest ? "*" : " ",
      name,
      it,
    ]),
  ];
  if (floor !== undefined) rows.push([" ", "by hand (floor)", floor]);
  return [
    `\n${`${suite}: ${name}`.padEnd(40)} ns a call   ours ÷ it  (q1..q3)`,
    ...rows.toSorted(([, , a], [, , b]) => b.ratio[1] - a.ratio[1])
      .map(([mark, name, { ns, ratio: [q1, median, q3] }]) =>
        [
          mark,
          name.padEnd(36),
          ns.toFixed(2).padStart(11),
          median.toFixed(2).padStart(11),
          mark === ">" ? "" : ` (${q1.toFixed(2)}..${q3.toFixed(2)})`,
        ].join(" ").trimEnd()
      ),
    ...Object.entries(disqualified).map(([name, fault]) =>
      `- ${name}: disqualified, ${fault}`
    ),
    "> ours   * fastest peer",
  ].join("\n");
}
