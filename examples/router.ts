/**
 * A router small enough to read: literal segments and `:parameters`, and right
 * answers for what does not match.
 *
 * @module
 */

import { catchToResult, type StoredToken } from "../mod.ts";
import { HttpProblem, problemResponse } from "./http.ts";

/** Who asks. */
export interface Caller {
  /** What tells one client from another. */
  readonly client: string;
  /** There where the request came with a good one. */
  readonly token: StoredToken | undefined;
}

/** What a handler gets besides the request. */
export interface RouteMatch {
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly caller: Caller;
}

/** An answer, and how it came about. */
export interface Routed {
  readonly response: Response;
  /** The path as the route has it; `none` where there is no route. */
  readonly route: string;
}

/** Answers one kind of request. */
export type Handler = (
  request: Request,
  match: RouteMatch,
) => Response | Promise<Response>;

interface Route {
  readonly method: string;
  readonly path: string;
  readonly segments: readonly string[];
  readonly handler: Handler;
}

/** Finds the handler of a request. */
export class Router {
  readonly #routes: Route[] = [];

  /** Adds a route; `:name` in the path matches one segment. */
  on(method: string, path: string, handler: Handler): this {
    this.#routes.push({ method, path, segments: path.split("/"), handler });
    return this;
  }

  /**
   * Answers a request: by its handler; HEAD as GET (every server drops the
   * body itself); OPTIONS with what is allowed; else as a problem.
   */
  async route(request: Request, caller: Caller): Promise<Routed> {
    // Some servers make the URL of whatever the Host header says: with a
    // delimiter in it the path would be of the client's choosing.
    const host = request.headers.get("host") ?? "";
    if (/[\s/?#@\\,]/.test(host)) {
      return refusal(
        new HttpProblem(400, "The Host header is not well-formed"),
      );
    }
    const target = catchToResult(() => {
      const url = new URL(request.url);
      return { url, path: url.pathname.split("/").map(decodeURIComponent) };
    }, () => new HttpProblem(400, "The request's URL is not well-formed"));
    if (!target.ok) return refusal(target.error);
    const { url, path } = target.value;

    const matching = this.#routes.flatMap((route) => {
      const params = matchSegments(route.segments, path);
      return params ? [{ route, params }] : [];
    });
    if (matching.length === 0) {
      return refusal(new HttpProblem(404, "There is nothing at this path"));
    }
    const method = request.method === "HEAD" ? "GET" : request.method;
    const match = matching.find(({ route }) => route.method === method);
    if (match === undefined) {
      const allow = allowedMethods(matching.map(({ route }) => route.method));
      const response = request.method === "OPTIONS"
        ? new Response(null, { status: 204, headers: { allow } })
        : problemResponse(
          new HttpProblem(405, `The path takes ${allow}`, {}, { allow }),
        );
      return { response, route: matching[0]!.route.path };
    }
    const { route: { handler, path: route }, params } = match;
    const response = await handler(request, { url, params, caller });
    return { response, route };
  }
}

function refusal(problem: HttpProblem): Routed {
  return { response: problemResponse(problem), route: "none" };
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, expected] of pattern.entries()) {
    const segment = segments[i]!;
    if (expected.startsWith(":") && segment !== "") {
      params[expected.slice(1)] = segment;
    } else if (expected !== segment) return undefined;
  }
  return params;
}

function allowedMethods(methods: readonly string[]): string {
  const head = methods.includes("GET") ? ["HEAD"] : [];
  return [...methods, ...head, "OPTIONS"].join(", ");
}
