/**
 * What a value should have been, where a message needs words for it: a part of
 * the catalogue. A constant each, so that a program ships those alone that its
 * modules use; the others find them as `Expectations` in `messages.ts`.
 *
 * @module
 */

/** A flag of a configuration. */
export const BOOLEAN = "boolean (true, yes, on, 1, false, no, off, 0)";
/** A duration of a configuration. */
export const DURATION =
  "duration (milliseconds, or a number with ms, s, m, h or d)";
/** A record of a configuration. */
export const RECORD = "JSON object";
/** A URL of a configuration. */
export const URL = "not an absolute URL";
/** A URL that may not have any protocol. */
export const URL_PROTOCOL = "not a URL that starts with {protocols}";
/** Values that a configuration can copy. */
export const FINITE =
  "plain data without cycles, and not nested thousands deep";
/** A list that names something twice. */
export const DISTINCT = "each may be there but once";
/** A field that shares its variable with another. */
export const OWN_VARIABLE = "its variable is that of {other}";
/** A secret with a default. */
export const NO_DEFAULT = "a secret takes no default";
/** The name of a configuration's field. */
export const FIELD_NAME =
  "a field's name has at least one character and no dot";
/** A cron expression of too few or too many fields. */
export const CRON_FIELDS =
  "five fields are wanted (minute, hour, day of month, month, day of week), not {count}; seconds and years are not supported";
/** A name such as `@daily`. */
export const CRON_NICKNAME = "{item} is none of {nicknames}";
/** An item of a cron expression. */
export const CRON_ITEM = "{item} is neither *, nor a value, nor a range";
/** An item that other crons know. */
export const CRON_QUARTZ = "{item} uses L, W, # or ?, which are not supported";
/** An item that is out of its field's range. */
export const CRON_VALUE = "{item} is not within {values}";
/** A range whose end comes first. */
export const CRON_RANGE = "{item} runs backwards";
/** A step that leads nowhere. */
export const CRON_STEP =
  "the step of {item} is 0, or does not follow * or a range";
/** A cron expression without a day. */
export const CRON_NEVER = "none of its months has any of its days";
/** The time zone of a schedule. */
export const TIME_ZONE =
  "{item} is no time zone that this runtime knows by name";
/** An option beside one that says the same. */
export const REPLACED = "{other} takes its place";
/** What a queue's ranking gave. */
export const RANK = "its rank must be a finite number";
/** A job that a runner gives back. */
export const RUNNING_JOB =
  "a job is wanted that was taken from this queue and still runs";
/** A second runner of a queue. */
export const ONE_CONSUMER = "there is one already";
/** A part of a cache key. */
export const KEY_PART = "string, bigint, boolean or number (but NaN)";
/** A brace in the pattern of a cache key. */
export const PLACEHOLDER = "braces are for placeholders, such as {example}";
/** The pattern of a cache key. */
export const KEY_SEPARATOR = "two placeholders need a colon between them";
/** What is asked of a broker that is closed. */
export const CLOSED = "it is closed";
/** A message that must be heard and is not. */
export const UNROUTABLE = "no subscription matches it";
/** A dead letter whose subscription is gone. */
export const NO_SUBSCRIPTION = "there is no subscription {name} any more";
/** What was called off. */
export const CANCELLED = "it was cancelled";
/** A group that is joined by another pattern. */
export const GROUP_PATTERN = "the group {name} has another pattern";
/** An option that a group has already. */
export const GROUP_OPTION = "the group has it from its first subscription";
/** The limit of a rate limiter. */
export const EXACT =
  "together with the period and the burst it is too large to be counted exactly";
/** A client's address. */
export const IP_ADDRESS = "an IPv4 or IPv6 address";
/** The family of a token. */
export const FAMILY_OWNER = "it belongs to another user";
/** An identifier that is too long. */
export const ID_LENGTH = "at most {max} characters";
/** An identifier with half a character. */
export const ID_UNICODE = "well-formed Unicode";
/** An identifier that hides something. */
export const ID_CONTROL =
  "no control characters, line breaks or changes of direction";
/** An identifier that looks like another. */
export const ID_ENDS = "no white space at its ends";
/** An identifier that pretends to be a hash. */
export const ID_MARK = "no {mark} at its beginning, which is for hashes";
/** Claims, and what else must be an object of JSON. */
export const JSON_OBJECT =
  "object of JSON values, without cycles and not nested thousands deep";
/** What must be JSON. */
export const JSON_VALUE =
  "JSON value, without cycles and at most {max} levels deep";
/** The key of an audit trail. */
export const KEY_BYTES = "at least {min} bytes";
/** An entry of an audit trail that found no place. */
export const OVERTAKEN = "others were faster each time";
/** The name of a metric. */
export const METRIC_NAME = "letters, digits, _ and :, and no digit first";
/** The name of a metric with a unit. */
export const METRIC_UNIT = "the name must end with it, as in {example}";
/** A name that would clash when exposed. */
export const METRIC_TAKEN = "{name} is taken by the metric {other}";
/** A metric that is defined twice, and not alike. */
export const METRIC_DEFINITION = "there is another metric of this name";
/** What a metric could not count. */
export const METRIC_RECORD = "a record was dropped: its {reason} is not valid";
/** The name of a label. */
export const LABEL_NAME =
  "letters, digits and _, no digit first, not __ first, none of le, quantile and otel_metric_overflow";
/** What a label says. */
export const LABEL_VALUE = "a string, a number or a boolean";
/** What a label may say. */
export const LABEL_VALUES = "true or a list of different values";
/** The labels of a metric. */
export const LABEL_LIST = "a list of values for each label is wanted";
/** The bounds of a histogram. */
export const BUCKETS = "finite numbers, each greater than the one before it";
/** What has to follow a protocol. */
export const METHODS = "it lacks methods that are wanted";
/** A part that is checked. */
export const HEALTH_CHECK = "it needs a name and a method check()";
/** A part that has itself as a part. */
export const HEALTH_CYCLE =
  "it is what it is added to, or has that among its parts";
/** A second part of the same name. */
export const NAME_TAKEN = "the name is taken";
/** A limit that a composite cannot have. */
export const OF_LEAVES = "it is for the parts of a composite, not for itself";
/** A topic or pattern. */
export const TOPIC_EMPTY_WORD = "no word may be empty";
/** A topic or pattern. */
export const TOPIC_SPACE = "no white space";
/** A topic that is a pattern. */
export const TOPIC_WILDCARD =
  "neither {one} nor {many}, which are for patterns";
/** A wildcard within a word. */
export const PATTERN_PART = "{one} and {many} stand for whole words";
/** A wildcard that must come last. */
export const PATTERN_END = "{many} may only be the last word";
/** The separator of a grammar. */
export const TOPIC_SEPARATOR = "one character";
/** The wildcards of a grammar. */
export const TOPIC_WILDCARDS = "two different words";
/** A policy. */
export const POLICY = "it needs an id and a method evaluate()";
/** A request that nothing allows. */
export const POLICY_NONE = "no policy allows it";
/** A policy that threw. */
export const POLICY_FAILED = "the policy failed";
/** A policy that answered something else. */
export const POLICY_ANSWER =
  "the policy answered neither allow nor deny nor abstain";
/** A policy that cannot be asked in this way. */
export const POLICY_ASYNC =
  "the policy is asynchronous, and was not waited for";
/** A request whose policies cannot be found. */
export const POLICY_TARGET = "which policies it concerns could not be told";
/** How a resource without a name is called. */
export const RESOURCE = "the resource";
/** A key for sealing. */
export const KEY_MATERIAL =
  "32 bytes, their text in base64url without padding, or a CryptoKey is wanted";
/** A key of the platform. */
export const KEY_ALGORITHM =
  "a CryptoKey must be for AES-GCM and have 256 bits";
/** A key of the platform that would leave it. */
export const KEY_EXTRACTABLE = "a CryptoKey must not be extractable";
/** A key of the platform for something else. */
export const KEY_USAGE = "a CryptoKey must be for {usage}";
/** The keys of a ring. */
export const KEY_LIST = "a list of keys with their ids is wanted";
/** The id of a key. */
export const KEY_ID = "1 to 64 letters, digits, _ and - of ASCII are wanted";
/** The key that seals. */
export const KEY_PRIMARY = "it is the id of none of the keys";
/** What a cipher works with. */
export const KEY_RING = "a KeyRing is wanted";
/** What makes bytes of values. */
export const CODEC = "an object with methods encode() and decode() is wanted";
/** A value that cannot be written. */
export const SEAL_VALUE = "the codec cannot write the value";
/** Where a value belongs. */
export const SEAL_CONTEXT = "the context is not an object of JSON values";
/** A key that must be replaced. */
export const SEAL_EXHAUSTED =
  "the key {keyId} has sealed as often as it may, {max} times";
/** Why a value was not sealed. */
export const SEAL_PLATFORM = "the platform refused to encrypt";
/** Why a value does not open. */
export const OPEN_AUTHENTICITY =
  "the value was changed, or has another key or context";
/** A value whose key is not in the ring. */
export const OPEN_KEY = "there is no key {keyId}";
/** A text that is no sealed value. */
export const OPEN_MALFORMED = "it is not a sealed value";
/** A value that a later version has sealed. */
export const OPEN_VERSION = "the version {version} is not supported";
/** A value that opened and is another one. */
export const OPEN_VALUE = "what was sealed is not what is wanted";
