export {
  paperTable10,
  paperTable2,
  table1,
  table10Row,
  table2Row,
  type SourceSize,
  type Table10Row,
  type Table1Row,
  type TrainingSizes,
} from './tables.ts';
