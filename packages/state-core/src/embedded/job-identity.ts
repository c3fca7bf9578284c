// From name and shard to the one identity that storages know a state by.
//
//   I1. Different names and shards give different identities, whatever characters they have: `.` stands between the two
//       and nowhere else. Which directory name an identity gets is the storage's business.

/**
 * The identity of an embedded state: `accounts.partition-3`.
 *
 * @throws TypeError for a name or shard that is empty or no text.
 */
export function embeddedJobId(name: string, shard: string | number | undefined): string {
  const first = escapePart('name', name);
  return shard === undefined
    ? first
    : `${first}.${escapePart('shard', typeof shard === 'number' ? String(shard) : shard)}`;
}

function escapePart(what: string, part: string): string {
  if (typeof part !== 'string' || part.length === 0) {
    throw new TypeError(
      `openState needs a ${what} that is not empty and stays the same after a restart, not ${String(part)}`,
    );
  }
  return part.replaceAll('%', '%25').replaceAll('.', '%2e');
}
