import { match, ok, strictEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DARK, drawChart, LIGHT, type Row } from "./chart.ts";

const ROWS: readonly Row[] = [
  { title: "Cache", task: "get", ratios: { deno: 0.5, node: 0.25, bun: 2 } },
  { title: "Heap", task: "push & pop", ratios: { deno: 1 } },
];

/** The numbers of an attribute. */
function all(svg: string, name: string): number[] {
  return [...svg.matchAll(new RegExp(` ${name}="([-\\d.]+)"`, "g"))]
    .map(([, value]) => Number(value));
}

/** The bars of a colour: where they begin, and how long they are. */
function bars(svg: string, fill: string): [x: number, width: number][] {
  const pattern = /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="9"/;
  return svg.split("\n").filter((line) => line.includes(fill))
    .flatMap((line) => {
      const [, x, width] = pattern.exec(line) ?? [];
      return x === undefined ? [] : [[Number(x), Number(width)]];
    });
}

/** Where both are as fast. */
function middleOf(svg: string): number {
  const [, x] = />1<\/text>/.exec(svg) === null
    ? []
    : /x="([\d.]+)" y="48"[^>]*>1</.exec(svg) ?? [];
  return Number(x);
}

describe("drawChart()", () => {
  const svg = drawChart(ROWS, LIGHT);

  it("draws a bar to the left of 1 when ours is faster, else to the right", () => {
    const one = middleOf(svg);
    const [[x, width]] = bars(svg, LIGHT.bars.deno) as [[number, number]];
    ok(Math.abs(x + width - one) < 0.2);
    const [[bunX, bunWidth]] = bars(svg, LIGHT.bars.bun) as [[number, number]];
    ok(Math.abs(bunX - one) < 0.2);
    // A half is as far from 1 as the double is.
    ok(Math.abs(width - bunWidth) < 0.2);
  });

  it("draws a bar that can be seen when both are as fast", () => {
    ok(bars(svg, LIGHT.bars.deno).every(([, width]) => width >= 2));
  });

  it("draws no bar where nothing was measured", () => {
    strictEqual(bars(svg, LIGHT.bars.deno).length, 2);
    strictEqual(bars(svg, LIGHT.bars.node).length, 1);
  });

  it("leaves out runtimes on which nothing was measured", () => {
    ok(!drawChart([ROWS[1]!], LIGHT).includes("Node"));
  });

  it("says all in words for those who cannot see it", () => {
    match(svg, /role="img" aria-labelledby="title desc"/);
    match(svg, /<desc id="desc">[^<]*Cache, get: 0.50 on Deno, 0.25 on Node, /);
  });

  it("escapes what XML would read", () => {
    ok(svg.includes("push &#38; pop"));
    ok(!/&(?!#)/.test(svg));
  });

  it("has neither scripts nor anything from elsewhere", () => {
    ok(!/<script|<style|<image|href|url\(/.test(svg));
  });

  it("differs in its colours only when the theme is another one", () => {
    const colour = /#[0-9a-f]{6}/g;
    const dark = drawChart(ROWS, DARK);
    strictEqual(dark.replace(colour, ""), svg.replace(colour, ""));
    ok(!dark.includes(LIGHT.background));
  });

  it("P1 stays within its width, whatever the ratios", () => {
    const ratio = fc.double({ min: 1e-4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.record({ deno: ratio, node: ratio, bun: ratio }), {
          minLength: 1,
          maxLength: 20,
        }),
        (ratios) => {
          const rows = ratios.map((ratios) => ({
            title: "Cache",
            task: "get",
            ratios,
          }));
          const svg = drawChart(rows, LIGHT);
          ok(!svg.includes("NaN"));
          ok(all(svg, "x").every((x) => x >= 0 && x <= 800));
          ok(all(svg, "width").every((width) => width > 0 && width <= 800));
        },
      ),
      { numRuns: 200 },
    );
  });
});
