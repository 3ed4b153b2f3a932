export { pageStyle } from '../page/style.ts';
