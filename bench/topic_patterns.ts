/**
 * Patterns of topics, and topics that match them: readings of devices at sites,
 * with a wildcard in three of four.
 *
 * @module
 */

/**
 * Makes a topic.
 *
 * @param number Its number.
 * @returns The topic.
 */
export function topicOf(number: number): string {
  return `sites.s${siteOf(number)}.d${number}.state`;
}

/**
 * Makes patterns. The one of a number matches the topic of that number.
 *
 * @param count How many.
 * @returns The patterns.
 */
export function patternsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => {
    switch (number % 4) {
      case 0:
        return topicOf(number);
      case 1:
        return `sites.*.d${number}.state`;
      case 2:
        return `sites.s${siteOf(number)}.d${number}.*`;
      default:
        return `sites.s${siteOf(number)}.d${number}.#`;
    }
  });
}

/** A hundred devices each. */
function siteOf(number: number): number {
  return Math.floor(number / 100);
}
