/**
 * Globs over strings that are not paths, such as cache keys: `*` stands for any
 * run of characters, `:` and the empty one included, `?` for just one, and a
 * backslash takes the meaning from what follows it. All else stands for itself.
 * It is the language of Redis' `KEYS` without its classes in brackets.
 *
 * A character is a UTF-16 code unit, so that strings with lone surrogates have
 * characters too: an emoji takes two `?`. A backslash at the very end stands
 * for itself.
 *
 * @see {@link https://redis.io/docs/latest/commands/keys/}
 *
 * @module
 */

/** The tokens that are not the code unit they stand for. */
const ANY_UNIT = -1;
const ANY_RUN = -2;

/**
 * Compiles a glob. The whole text has to match.
 *
 * It takes a step for each pair of a token and a character at the worst, and no
 * stack: when a literal fails, only the last `*` has to take in more, since
 * what an earlier one could take in instead, the last one can as well.
 *
 * @param glob The glob; any string is one.
 * @returns Whether a text matches.
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const tokens = parse(glob);
  return (text) => {
    let at = 0;
    /** Where the last `*` stands, and where in the text its run ends. */
    let run = -1;
    let runEnd = 0;
    for (let i = 0; i < text.length;) {
      const token = tokens[at];
      if (token === ANY_RUN) {
        if (at === tokens.length - 1) return true;
        run = at++;
        runEnd = i;
      } else if (token === ANY_UNIT || token === text.charCodeAt(i)) {
        at++;
        i++;
      } else if (run >= 0) {
        at = run + 1;
        i = ++runEnd;
      } else {
        return false;
      }
    }
    while (tokens[at] === ANY_RUN) at++;
    return at === tokens.length;
  };
}

function parse(glob: string): readonly number[] {
  const tokens: number[] = [];
  for (let i = 0; i < glob.length; i++) {
    if (glob[i] === "*") tokens.push(ANY_RUN);
    else if (glob[i] === "?") tokens.push(ANY_UNIT);
    else {
      const isEscape = glob[i] === "\\" && i < glob.length - 1;
      tokens.push(glob.charCodeAt(isEscape ? ++i : i));
    }
  }
  return tokens;
}

/**
 * The glob that matches one text alone. It escapes `[` as well, so that it
 * means the same to Redis.
 *
 * @param text The text.
 * @returns The text with a backslash before each character of the language.
 */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[]/g, "\\$&");
}
