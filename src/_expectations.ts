/**
 * What a value should have been, where a message needs words for it: a part of
 * the catalogue. A constant each, so that a program ships those alone that its
 * modules use; the others find them as `Expectations` in `messages.ts`.
 *
 * @module
 */

export const BOOLEAN = "boolean (true, yes, on, 1, false, no, off, 0)";
export const DURATION =
  "duration (milliseconds, or a number with ms, s, m, h or d)";
export const RECORD = "JSON object";
export const URL = "not an absolute URL";
export const URL_PROTOCOL = "not a URL that starts with {protocols}";
export const FINITE =
  "plain data without cycles, and not nested thousands deep";
export const DISTINCT = "each may be there but once";
export const OWN_VARIABLE = "its variable is that of {other}";
export const NO_DEFAULT = "a secret takes no default";
export const FIELD_NAME =
  "a field's name has at least one character and no dot";
export const CRON_FIELDS =
  "five fields are wanted (minute, hour, day of month, month, day of week), not {count}; seconds and years are not supported";
export const CRON_NICKNAME = "{item} is none of {nicknames}";
export const CRON_ITEM = "{item} is neither *, nor a value, nor a range";
export const CRON_QUARTZ = "{item} uses L, W, # or ?, which are not supported";
export const CRON_VALUE = "{item} is not within {values}";
export const CRON_RANGE = "{item} runs backwards";
export const CRON_STEP =
  "the step of {item} is 0, or does not follow * or a range";
export const CRON_NEVER = "none of its months has any of its days";
export const TIME_ZONE =
  "{item} is no time zone that this runtime knows by name";
export const REPLACED = "{other} takes its place";
export const RANK = "its rank must be a finite number";
export const RUNNING_JOB =
  "a job is wanted that was taken from this queue and still runs";
export const ONE_CONSUMER = "there is one already";
export const KEY_PART = "string, bigint, boolean or number (but NaN)";
export const PLACEHOLDER = "braces are for placeholders, such as {example}";
export const KEY_SEPARATOR = "two placeholders need a colon between them";
export const CLOSED = "it is closed";
export const UNROUTABLE = "no subscription matches it";
export const NO_SUBSCRIPTION = "there is no subscription {name} any more";
export const CANCELLED = "it was cancelled";
export const GROUP_PATTERN = "the group {name} has another pattern";
export const GROUP_OPTION = "the group has it from its first subscription";
export const EXACT =
  "together with the period and the burst it is too large to be counted exactly";
export const IP_ADDRESS = "an IPv4 or IPv6 address";
export const FAMILY_OWNER = "it belongs to another user";
export const ID_LENGTH = "at most {max} characters";
export const ID_UNICODE = "well-formed Unicode";
export const ID_CONTROL =
  "no control characters, line breaks or changes of direction";
export const ID_ENDS = "no white space at its ends";
export const ID_MARK = "no {mark} at its beginning, which is for hashes";
export const JSON_OBJECT =
  "object of JSON values, without cycles and not nested thousands deep";
export const JSON_VALUE =
  "JSON value, without cycles and at most {max} levels deep";
export const KEY_BYTES = "at least {min} bytes";
export const OVERTAKEN = "others were faster each time";
export const METRIC_NAME = "letters, digits, _ and :, and no digit first";
export const METRIC_UNIT = "the name must end with it, as in {example}";
export const METRIC_TAKEN = "{name} is taken by the metric {other}";
export const METRIC_DEFINITION = "there is another metric of this name";
export const METRIC_RECORD = "a record was dropped: its {reason} is not valid";
export const LABEL_NAME =
  "letters, digits and _, no digit first, not __ first, none of le, quantile and otel_metric_overflow";
export const LABEL_VALUE = "a string, a number or a boolean";
export const LABEL_VALUES = "true or a list of different values";
export const LABEL_LIST = "a list of values for each label is wanted";
export const BUCKETS = "finite numbers, each greater than the one before it";
export const RETRY_BUDGET = "it needs methods deposit() and withdraw()";
export const HEALTH_CHECK = "it needs a name and a method check()";
export const HEALTH_CYCLE =
  "it is what it is added to, or has that among its parts";
export const NAME_TAKEN = "the name is taken";
export const OF_LEAVES = "it is for the parts of a composite, not for itself";
export const TOPIC_EMPTY_WORD = "no word may be empty";
export const TOPIC_SPACE = "no white space";
export const TOPIC_WILDCARD =
  "neither {one} nor {many}, which are for patterns";
export const PATTERN_PART = "{one} and {many} stand for whole words";
export const PATTERN_END = "{many} may only be the last word";
export const TOPIC_SEPARATOR = "one character";
export const TOPIC_WILDCARDS = "two different words";
export const POLICY = "it needs an id and a method evaluate()";
export const POLICY_NONE = "no policy allows it";
export const POLICY_FAILED = "the policy failed";
export const POLICY_ANSWER =
  "the policy answered neither allow nor deny nor abstain";
export const POLICY_ASYNC =
  "the policy is asynchronous, and was not waited for";
export const POLICY_TARGET = "which policies it concerns could not be told";
export const RESOURCE = "the resource";
export const KEY_MATERIAL =
  "32 bytes, their text in base64url without padding, or a CryptoKey is wanted";
export const KEY_ALGORITHM =
  "a CryptoKey must be for AES-GCM and have 256 bits";
export const KEY_EXTRACTABLE = "a CryptoKey must not be extractable";
export const KEY_USAGE = "a CryptoKey must be for {usage}";
export const KEY_LIST = "a list of keys with their ids is wanted";
export const KEY_ID = "1 to 64 letters, digits, _ and - of ASCII are wanted";
export const KEY_PRIMARY = "it is the id of none of the keys";
export const KEY_RING = "a KeyRing is wanted";
export const CODEC = "an object with methods encode() and decode() is wanted";
export const SEAL_VALUE = "the codec cannot write the value";
export const SEAL_CONTEXT = "the context is not an object of JSON values";
export const SEAL_EXHAUSTED =
  "the key {keyId} has sealed as often as it may, {max} times";
export const SEAL_PLATFORM = "the platform refused to encrypt";
export const OPEN_AUTHENTICITY =
  "the value was changed, or has another key or context";
export const OPEN_KEY = "there is no key {keyId}";
export const OPEN_MALFORMED = "it is not a sealed value";
export const OPEN_VERSION = "the version {version} is not supported";
export const OPEN_VALUE = "what was sealed is not what is wanted";
