// What can be wrong with the arguments of the combinations: said where they are made, not when they are used.

/** @throws TypeError for options that are no object, or of an unknown name. */
export function checkPresetOptions(preset: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${preset} takes an object of options: ${known.join(', ')}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${preset} has no option '${name}'; it has ${known.join(', ')}`);
  }
}

/** @throws TypeError for what is neither a path nor a URI. */
export function checkPresetDirectory(preset: string, directory: unknown): void {
  if (directory instanceof URL || (typeof directory === 'string' && directory !== '')) return;
  throw new TypeError(
    `${preset} needs the directory of checkpoints: a path, or a URI such as 'file:///var/checkpoints'`,
  );
}
