export declare const BOOLEAN: "boolean (true, yes, on, 1, false, no, off, 0)";
export declare const DURATION:
  "duration (milliseconds, or a number with ms, s, m, h or d)";
export declare const RECORD: "JSON object";
export declare const URL: "not an absolute URL";
export declare const URL_PROTOCOL: "not a URL that starts with {protocols}";
export declare const FINITE:
  "plain data without cycles, and not nested thousands deep";
export declare const DISTINCT: "each may be there but once";
export declare const OWN_VARIABLE: "its variable is that of {other}";
export declare const NO_DEFAULT: "a secret takes no default";
export declare const FIELD_NAME:
  "a field's name has at least one character and no dot";
export declare const CRON_FIELDS:
  "five fields are wanted (minute, hour, day of month, month, day of week), not {count}; seconds and years are not supported";
export declare const CRON_NICKNAME: "{item} is none of {nicknames}";
export declare const CRON_ITEM: "{item} is neither *, nor a value, nor a range";
export declare const CRON_QUARTZ:
  "{item} uses L, W, # or ?, which are not supported";
export declare const CRON_VALUE: "{item} is not within {values}";
export declare const CRON_RANGE: "{item} runs backwards";
export declare const CRON_STEP:
  "the step of {item} is 0, or does not follow * or a range";
export declare const CRON_NEVER: "none of its months has any of its days";
export declare const TIME_ZONE:
  "{item} is no time zone that this runtime knows by name";
export declare const REPLACED: "{other} takes its place";
export declare const RANK: "its rank must be a finite number";
export declare const RUNNING_JOB:
  "a job is wanted that was taken from this queue and still runs";
export declare const ONE_CONSUMER: "there is one already";
export declare const KEY_PART: "string, bigint, boolean or number (but NaN)";
export declare const PLACEHOLDER:
  "braces are for placeholders, such as {example}";
export declare const KEY_SEPARATOR:
  "two placeholders need a colon between them";
export declare const CLOSED: "it is closed";
export declare const UNROUTABLE: "no subscription matches it";
export declare const NO_SUBSCRIPTION:
  "there is no subscription {name} any more";
export declare const CANCELLED: "it was cancelled";
export declare const GROUP_PATTERN: "the group {name} has another pattern";
export declare const GROUP_OPTION:
  "the group has it from its first subscription";
export declare const EXACT:
  "together with the period and the burst it is too large to be counted exactly";
export declare const IP_ADDRESS: "an IPv4 or IPv6 address";
export declare const FAMILY_OWNER: "it belongs to another user";
export declare const ID_LENGTH: "at most {max} characters";
export declare const ID_UNICODE: "well-formed Unicode";
export declare const ID_CONTROL:
  "no control characters, line breaks or changes of direction";
export declare const ID_ENDS: "no white space at its ends";
export declare const ID_MARK: "no {mark} at its beginning, which is for hashes";
export declare const JSON_OBJECT:
  "object of JSON values, without cycles and not nested thousands deep";
export declare const JSON_VALUE:
  "JSON value, without cycles and at most {max} levels deep";
export declare const KEY_BYTES: "at least {min} bytes";
export declare const OVERTAKEN: "others were faster each time";
export declare const METRIC_NAME:
  "letters, digits, _ and :, and no digit first";
export declare const METRIC_UNIT: "the name must end with it, as in {example}";
export declare const METRIC_TAKEN: "{name} is taken by the metric {other}";
export declare const METRIC_DEFINITION: "there is another metric of this name";
export declare const METRIC_RECORD:
  "a record was dropped: its {reason} is not valid";
export declare const LABEL_NAME:
  "letters, digits and _, no digit first, not __ first, none of le, quantile and otel_metric_overflow";
export declare const LABEL_VALUE: "a string, a number or a boolean";
export declare const LABEL_VALUES: "true or a list of different values";
export declare const LABEL_LIST: "a list of values for each label is wanted";
export declare const BUCKETS:
  "finite numbers, each greater than the one before it";
export declare const METHODS: "it lacks methods that are wanted";
export declare const HEALTH_CHECK: "it needs a name and a method check()";
export declare const HEALTH_CYCLE:
  "it is what it is added to, or has that among its parts";
export declare const NAME_TAKEN: "the name is taken";
export declare const OF_LEAVES:
  "it is for the parts of a composite, not for itself";
export declare const TOPIC_EMPTY_WORD: "no word may be empty";
export declare const TOPIC_SPACE: "no white space";
export declare const TOPIC_WILDCARD:
  "neither {one} nor {many}, which are for patterns";
export declare const PATTERN_PART: "{one} and {many} stand for whole words";
export declare const PATTERN_END: "{many} may only be the last word";
export declare const TOPIC_SEPARATOR: "one character";
export declare const TOPIC_WILDCARDS: "two different words";
export declare const POLICY: "it needs an id and a method evaluate()";
export declare const POLICY_NONE: "no policy allows it";
export declare const POLICY_FAILED: "the policy failed";
export declare const POLICY_ANSWER:
  "the policy answered neither allow nor deny nor abstain";
export declare const POLICY_ASYNC:
  "the policy is asynchronous, and was not waited for";
export declare const POLICY_TARGET:
  "which policies it concerns could not be told";
export declare const RESOURCE: "the resource";
export declare const KEY_MATERIAL:
  "32 bytes, their text in base64url without padding, or a CryptoKey is wanted";
export declare const KEY_ALGORITHM:
  "a CryptoKey must be for AES-GCM and have 256 bits";
export declare const KEY_EXTRACTABLE: "a CryptoKey must not be extractable";
export declare const KEY_USAGE: "a CryptoKey must be for {usage}";
export declare const KEY_LIST: "a list of keys with their ids is wanted";
export declare const KEY_ID:
  "1 to 64 letters, digits, _ and - of ASCII are wanted";
export declare const KEY_PRIMARY: "it is the id of none of the keys";
export declare const KEY_RING: "a KeyRing is wanted";
export declare const CODEC:
  "an object with methods encode() and decode() is wanted";
export declare const SEAL_VALUE: "the codec cannot write the value";
export declare const SEAL_CONTEXT:
  "the context is not an object of JSON values";
export declare const SEAL_EXHAUSTED:
  "the key {keyId} has sealed as often as it may, {max} times";
export declare const SEAL_PLATFORM: "the platform refused to encrypt";
export declare const OPEN_AUTHENTICITY:
  "the value was changed, or has another key or context";
export declare const OPEN_KEY: "there is no key {keyId}";
export declare const OPEN_MALFORMED: "it is not a sealed value";
export declare const OPEN_VERSION: "the version {version} is not supported";
export declare const OPEN_VALUE: "what was sealed is not what is wanted";
