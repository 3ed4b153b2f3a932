export { accuracy, argmax, type Accuracy } from './accuracy.ts';
export { wilsonInterval, type Interval } from './interval.ts';
export { perplexity } from './perplexity.ts';
