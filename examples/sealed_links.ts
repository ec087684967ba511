/**
 * Links whose notes are sealed before they are stored: who reads the store, or a
 * copy of it, reads no note, and cannot move one to another link.
 *
 * @module
 */

import {
  type Cipher,
  EncryptedValue,
  type Repository,
  validateType,
} from "../mod.ts";
import type { Link } from "./links.ts";

/** Seals notes on their way into a repository, and opens them on their way out. */
export function sealedLinks(
  links: Repository<Link>,
  cipher: Cipher,
): Repository<Link> {
  async function seal(link: Link): Promise<Link> {
    if (link.note === undefined) return link;
    const sealed = await cipher.seal(link.note, { context: contextOf(link) });
    return { ...link, note: sealed.unwrap().toString() };
  }
  async function open(link: Link): Promise<Link> {
    if (link.note === undefined) return link;
    const sealed = EncryptedValue.parse<string>(link.note).unwrap();
    const note = await cipher.open(sealed, {
      context: contextOf(link),
      parse: (value) => validateType("note", value, "string"),
    });
    return { ...link, note: note.unwrap() };
  }
  return {
    async get(slug) {
      const link = await links.get(slug);
      return link && await open(link);
    },
    async getAll(options) {
      return await Promise.all((await links.getAll(options)).map(open));
    },
    async create(link) {
      return (await links.create(await seal(link))).map(() => link);
    },
    async update(link) {
      return (await links.update(await seal(link))).map(() => link);
    },
    delete: (slug) => links.delete(slug),
    exists: (slug) => links.exists(slug),
  };
}

/** A note belongs to one link of one owner. */
function contextOf({ slug, owner }: Link): Record<string, string> {
  return { slug, owner };
}
