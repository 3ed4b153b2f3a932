export { depthColour, filmStrip, gazeOnFrames, type DrawnGaze, type Picture, type StripRow } from './film-strip.ts';
export { escape, lineChart, type Series } from './line-chart.ts';
export {
  pictureFormat,
  pictureLimits,
  pictureListSchema,
  readPictures,
  type PictureEntry,
  type PictureFormat,
  type ReadPicture,
} from './picture-list.ts';
export { trajectoryPicture, type DrawnTrajectory } from './trajectory-picture.ts';
