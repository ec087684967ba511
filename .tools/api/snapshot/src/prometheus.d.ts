import type { MetricRegistry } from "./metric_registry.js";
export type ExpositionFormat = "text" | "openmetrics";
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}
export declare function negotiateFormat(
  accept: string | null,
): ExpositionFormat;
export declare function expose(
  registry: Pick<MetricRegistry, "sources">,
  accept?: string | null,
): Exposition;
export declare function exposeStream(
  registry: Pick<MetricRegistry, "sources">,
  accept?: string | null,
): {
  readonly contentType: string;
  readonly body: ReadableStream<Uint8Array>;
};
export declare function prometheusHandler(
  registry: Pick<MetricRegistry, "sources" | "collect">,
): (request: Request) => Promise<Response>;
