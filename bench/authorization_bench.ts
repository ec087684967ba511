/**
 * Whether a user may do something to an object, by 50 rules, against casl. How to
 * run it: see `harness.ts`.
 *
 * There are ten types of objects with five rules each: all may read, authors may
 * create, owners may update and delete, and nobody may delete what is locked. A
 * call asks about one of 1000 objects for one of eight users, and an answer is
 * compared with that of the same rules written by hand.
 *
 * What is not the same:
 *
 * - casl has an ability for each user: who he is, and what his roles allow, is
 *   settled when it is made, which is not measured but where the name says "a new
 *   user". Ours is one for all users, and looks at roles each time.
 * - casl answers true or false; ours a decision with its reasons.
 * - "casl, functions" has functions in place of its conditions of MongoDB.
 *
 * @module
 */

import {
  Ability,
  AbilityBuilder,
  createMongoAbility,
} from "npm:@casl/ability@7.0.1";
import {
  allow,
  type AuthorizationContext,
  deny,
  hasRole,
  PolicyBasedAuthorizer,
} from "../src/authorization.ts";
import { bench, type Contender, type Group } from "./harness.ts";

type Action = "read" | "create" | "update" | "delete";

interface Thing {
  readonly type: string;
  readonly owner: string;
  readonly isLocked: boolean;
}

interface User {
  readonly id: string;
  readonly roles: readonly string[];
}

const TYPES = Array.from({ length: 10 }, (_, i) => `type${i}`);

const USERS = Array.from(
  { length: 8 },
  (_, i): User => ({
    id: `user${i}`,
    roles: i % 2 === 0 ? ["reader", "author"] : ["reader"],
  }),
);

/** Of each, a user and a type, there are as many as of the others. */
const THINGS = Array.from(
  { length: 1000 },
  (_, i): Thing => ({
    type: TYPES[i % TYPES.length]!,
    owner: USERS[(i >> 1) % USERS.length]!.id,
    isLocked: i % 3 === 0,
  }),
);

// --- ours

const authorizer = new PolicyBasedAuthorizer<Thing, Action, User>({
  policies: TYPES.flatMap((type) => [
    allow<Thing, Action, User>(`${type}: all read`, {
      resources: [type],
      actions: ["read"],
    }),
    allow<Thing, Action, User>(`${type}: authors create`, {
      resources: [type],
      actions: ["create"],
      when: hasRole("author"),
    }),
    allow<Thing, Action, User>(`${type}: owners update`, {
      resources: [type],
      actions: ["update"],
      when: ({ subject, resource }) => subject.id === resource.owner,
    }),
    allow<Thing, Action, User>(`${type}: owners delete`, {
      resources: [type],
      actions: ["delete"],
      when: ({ subject, resource }) => subject.id === resource.owner,
    }),
    deny<Thing, Action, User>(`${type}: locked`, {
      resources: [type],
      actions: ["delete"],
      when: ({ resource }) => resource.isLocked,
    }),
  ]),
});

// --- casl

interface CaslAbility {
  can(action: string, subject: Thing): boolean;
}

interface Rules<C> {
  can(action: string, type: string, condition?: C): void;
  cannot(action: string, type: string, condition?: C): void;
}

function define<C>(
  { can, cannot }: Rules<C>,
  user: User,
  isOwn: C,
  isLocked: C,
): void {
  for (const type of TYPES) {
    can("read", type);
    if (user.roles.includes("author")) can("create", type);
    can("update", type, isOwn);
    can("delete", type, isOwn);
    cannot("delete", type, isLocked);
  }
}

const detectSubjectType = ({ type }: Thing): string => type;

type Predicate = (thing: Thing) => boolean;

function mongoAbility(user: User): CaslAbility {
  const builder = new AbilityBuilder(createMongoAbility);
  const rules = builder as unknown as Rules<object>;
  define(rules, user, { owner: user.id }, { isLocked: true });
  return builder.build(
    { detectSubjectType } as never,
  ) as unknown as CaslAbility;
}

function functionAbility(user: User): CaslAbility {
  const builder = new AbilityBuilder(Ability as never);
  const rules = builder as unknown as Rules<Predicate>;
  define<Predicate>(
    rules,
    user,
    ({ owner }) => owner === user.id,
    ({ isLocked }) => isLocked,
  );
  const conditionsMatcher = (condition: Predicate): Predicate => condition;
  const options = { detectSubjectType, conditionsMatcher };
  return builder.build(options as never) as unknown as CaslAbility;
}

// --- the contenders

/** Who asks for what: the same for all contenders. */
function questionOf(i: number, users: readonly User[]): [User, Thing] {
  return [users[(i * 7 >> 2) % users.length]!, THINGS[i % THINGS.length]!];
}

function isAllowed(action: Action, user: User, thing: Thing): boolean {
  const isOwner = user.id === thing.owner;
  switch (action) {
    case "read":
      return true;
    case "create":
      return user.roles.includes("author");
    case "update":
      return isOwner;
    case "delete":
      return isOwner && !thing.isLocked;
  }
}

function ourContender(action: Action, users: readonly User[]): Contender {
  return (i) => {
    const context: AuthorizationContext<Thing, Action, User> = {
      subject: users[(i * 7 >> 2) % users.length]!,
      resource: THINGS[i % THINGS.length]!,
      action,
    };
    return authorizer.decideSync(context);
  };
}

function caslContender(
  action: Action,
  users: readonly User[],
  make: (user: User) => CaslAbility,
): Contender {
  const abilities = users.map(make);
  return (i) =>
    abilities[(i * 7 >> 2) % users.length]!
      .can(action, THINGS[i % THINGS.length]!);
}

function groupOf(name: string, action: Action, users: readonly User[]): Group {
  return {
    name,
    ours: ourContender(action, users),
    peers: {
      "casl": caslContender(action, users, mongoAbility),
      "casl, functions": caslContender(action, users, functionAbility),
    },
    check: (answer, i) => isRight(answer, i, action, users),
  };
}

function isRight(
  answer: unknown,
  i: number,
  action: Action,
  users: readonly User[],
): boolean {
  const allowed = typeof answer === "object"
    ? (answer as { readonly allowed: boolean }).allowed
    : answer;
  return allowed === isAllowed(action, ...questionOf(i, users));
}

const readers = USERS.filter(({ roles }) => !roles.includes("author"));

await bench(import.meta, "authorization", [
  groupOf("allowed", "read", USERS),
  groupOf("denied", "create", readers),
  groupOf("a condition", "update", USERS),
  groupOf("an allow and a deny", "delete", USERS),
  {
    name: "a condition, a new user",
    ours: ourContender("update", USERS),
    peers: {
      "casl, functions": (i) => {
        const [user, thing] = questionOf(i, USERS);
        return functionAbility(user).can("update", thing);
      },
    },
    check: (answer, i) => isRight(answer, i, "update", USERS),
  },
]);
