/**
 * A text as answers are compared: lower case, no punctuation, single spaces. "On the table." and "on the table" are one answer.
 */
export function normalizedAnswer(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * Whether a predicted answer is one of the references, both normalised. (QAEgo4D's script compares raw strings after its
 * preprocessing removed commas and newlines; this is the same but for case and the other punctuation.)
 */
export function exactMatch(prediction: string, references: readonly string[]): boolean {
  const normalized = normalizedAnswer(prediction);
  return references.some((reference) => normalizedAnswer(reference) === normalized);
}

/**
 * ROUGE-L (Lin 2004): F1 of the longest common subsequence of words; of several references the best. Words are runs of
 * a to z and 0 to 9 after lower-casing, without stemming, as the `rouge-score` package has them.
 *
 * @returns 0 to 1; 0 when either text has no words
 */
export function rougeL(prediction: string, references: readonly string[]): number {
  const words = rougeWords(prediction);
  return Math.max(0, ...references.map((reference) => rougeLOfWords(words, rougeWords(reference))));
}

function rougeWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function rougeLOfWords(prediction: readonly string[], reference: readonly string[]): number {
  const common = longestCommonSubsequence(prediction, reference);
  if (common === 0) return 0;
  const [precision, recall] = [common / prediction.length, common / reference.length];
  return (2 * precision * recall) / (precision + recall);
}

/** Length of the longest sequence of words that both have in this order; two rows of the table at a time. */
function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let previous = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const row = [0];
    for (let j = 1; j <= b.length; j++)
      row[j] = word === b[j - 1] ? previous[j - 1] + 1 : Math.max(previous[j], row[j - 1]);
    previous = row;
  }
  return previous[b.length];
}
