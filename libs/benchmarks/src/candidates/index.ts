export { candidates, readCandidateFile, type StoredCandidates } from './candidate-file.ts';
export { hardestNegatives, type NegativesOptions, type Options, type Unanswered } from './hardest-negatives.ts';
