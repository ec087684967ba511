/**
 * What there is to configure: `HOST`, `PORT` and `LINKS_…`.
 *
 * @module
 */

import {
  ConfigBuilder,
  type ConfigOf,
  type ConfigRecord,
  type Field,
  field,
  LogLevel,
  type Secret,
} from "../mod.ts";
import { ADDRESS } from "./blocklist.ts";

type ServiceFields = {
  readonly host: Field<string>;
  readonly port: Field<number>;
  readonly maxLinks: Field<number>;
  readonly maxCachedLinks: Field<number>;
  readonly maxBodyBytes: Field<number>;
  readonly bodyTimeoutMs: Field<number>;
  readonly idleTimeoutMs: Field<number>;
  readonly logLevel: Field<LogLevel | "off">;
  readonly spans: Field<boolean>;
  readonly live: Field<boolean>;
  readonly drainMs: Field<number>;
  readonly shutdownTimeoutMs: Field<number>;
  readonly slugRetries: Field<number>;
  readonly passwords: Field<Secret<ConfigRecord> | undefined>;
  readonly admins: Field<string | undefined>;
  readonly keys: Field<Secret<ConfigRecord> | undefined>;
  readonly maxAudited: Field<number>;
  readonly sessionMs: Field<number>;
  readonly requestsPerMinute: Field<number>;
  readonly totalRequestsPerMinute: Field<number>;
  readonly logInsPerMinute: Field<number>;
  readonly blocklist: Field<string | undefined>;
  readonly blocklistConnections: Field<number>;
  readonly blocklistWaitMs: Field<number>;
  readonly blocklistTimeoutMs: Field<number>;
};

/** The service's configuration. */
export type ServiceConfig = ConfigOf<ServiceFields>;

/** What there is to configure: `HOST`, `PORT` and `LINKS_…`. */
export function configBuilder(): ConfigBuilder<ServiceFields> {
  return new ConfigBuilder({
    host: field.string({
      env: "HOST",
      default: "127.0.0.1",
      description: "The address to listen at",
    }),
    port: field.integer({
      env: "PORT",
      default: 8080,
      min: 0,
      max: 65535,
      description: "The port to listen at; 0 for a free one",
    }),
    maxLinks: field.integer({
      default: 100_000,
      min: 1,
      description: "How many links there may be",
    }),
    maxCachedLinks: field.integer({
      default: 10_000,
      min: 1,
      description: "How many look-ups of links are cached",
    }),
    maxBodyBytes: field.integer({
      default: 1024 * 1024,
      min: 1,
      description: "How large a request's body may be",
    }),
    bodyTimeoutMs: field.duration({
      default: "30s",
      description: "How long a request's body may take",
    }),
    idleTimeoutMs: field.duration({
      default: "1m",
      min: 10_000, // Bun counts in steps of four seconds, up to 255.
      max: 255_000,
      description: "How long a connection may neither send nor take anything",
    }),
    logLevel: field.oneOf([...Object.values(LogLevel), "off"], {
      default: "info",
      description: "The least level that is logged",
    }),
    spans: field.boolean({
      default: false,
      description: "Whether spans go to the standard error, as lines of JSON",
    }),
    live: field.boolean({
      default: true,
      description: "Whether everybody may watch at / what the service does",
    }),
    drainMs: field.duration({
      default: "0s",
      description: "How long it answers at the end while it is not ready",
    }),
    shutdownTimeoutMs: field.duration({
      default: "10s",
      description: "How long requests under way may take at the end",
    }),
    slugRetries: field.integer({
      default: 3,
      min: 0,
      description: "How often another random slug is tried",
    }),
    passwords: field.secret({
      optional: true,
      of: field.record(),
      description: "The users' passwords by their names, as JSON",
    }),
    admins: field.string({
      optional: true,
      format: {
        description: "names of users, with commas between them",
        pattern: /[a-z0-9-]+(,[a-z0-9-]+)*/,
      },
      description: "The users who may see and change all there is",
    }),
    keys: field.secret({
      optional: true,
      of: field.record(),
      description:
        "The keys that notes are sealed with, by their ids, as JSON; new notes with the last",
    }),
    maxAudited: field.integer({
      default: 100_000,
      min: 1,
      description: "How many changes the audit trail has room for",
    }),
    sessionMs: field.duration({
      default: "1h",
      min: 1,
      description: "How long a session's token is good",
    }),
    requestsPerMinute: field.integer({
      default: 600,
      min: 1,
      description: "How many requests a client may make",
    }),
    totalRequestsPerMinute: field.integer({
      default: 600_000,
      min: 1,
      description: "How many requests all clients together may make",
    }),
    logInsPerMinute: field.integer({
      default: 5,
      min: 1,
      description: "How often one may try to log in as a user",
    }),
    blocklist: field.string({
      optional: true,
      format: ADDRESS,
      description: "Where to ask which hosts nobody may link to, as host:port",
    }),
    blocklistConnections: field.integer({
      default: 4,
      min: 1,
      description: "How many connections to the blocklist there may be",
    }),
    blocklistWaitMs: field.duration({
      default: "500ms",
      description: "How long a request waits for such a connection",
    }),
    blocklistTimeoutMs: field.duration({
      default: "2s",
      description: "How long asking the blocklist may take in all",
    }),
  }, { envPrefix: "LINKS_" });
}
