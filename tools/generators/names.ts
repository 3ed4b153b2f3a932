const kebabCase = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Refuses a name that isn't kebab-case; it becomes a folder, an import and a key. */
export function checkName(name: string): void {
  if (!kebabCase.test(name))
    throw new Error(
      `the name "${name}" is not kebab-case: expected lower-case words joined by hyphens, such as depth-decoder`,
    );
}

/** depth-decoder -> depthDecoder */
export const camelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** depth-decoder -> Depth decoder */
export const sentenceCase = (name: string): string => name[0].toUpperCase() + name.slice(1).replace(/-/g, ' ');
