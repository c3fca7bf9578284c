// JSON with one form per content: names in order of their UTF-16 units, no white space. What is stored is compared and
// checked in byte for byte.

/** @throws TypeError for what is not plain data. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const record = value as Readonly<Record<string, unknown>>;
    const fields: string[] = [];
    for (const name of Object.keys(record).sort()) {
      if (record[name] !== undefined) fields.push(`${JSON.stringify(name)}:${canonicalJson(record[name])}`);
    }
    return `{${fields.join(',')}}`;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  throw new TypeError(`a ${typeof value} is not plain data`);
}
