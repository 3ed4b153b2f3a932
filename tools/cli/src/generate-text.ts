export { generateText } from '@egolab/language-model';
