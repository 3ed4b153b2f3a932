/** What a record of EgoIT asks for, after the sources of the paper's Table 1. */
export type EgoItTask =
  'action-recognition' | 'template-recognition' | 'open-qa' | 'closed-qa' | 'embodied-qa' | 'captioning';

/** Instructions per task; as in the paper, several wordings of each. Those of `closed-qa` and `open-qa` also serve the benchmarks. */
export const instructions: Record<EgoItTask, readonly string[]> = {
  'action-recognition': [
    'Watch the video and name the action.',
    'Identify the action in the video.',
    'Look at the hands and the object and name the action.',
    'Classify the action that the person performs.',
    'Which action is shown in the video? Name it.',
  ],
  'template-recognition': [
    'Name the action in the video without the objects.',
    'Describe the motion in the video in a few words.',
    'Watch how the object is handled and name the motion.',
    'Classify the motion in the video.',
  ],
  'open-qa': [
    'Watch the video and answer the question.',
    'Answer the question about the video.',
    'Look at the order of the actions and answer the question.',
    'Focus on the hands and the objects and answer the question.',
  ],
  'closed-qa': [
    'Watch the video and select the best answer.',
    'Select the answer that matches the video.',
    'Choose the best option for the question about the video.',
    'Look at the order of the actions and choose the best option.',
  ],
  'embodied-qa': [
    'Look at the objects in the video and answer the question.',
    'Watch the whole video and answer the question about the scene.',
  ],
  captioning: [
    'Describe the video.',
    'Describe what C does in the video.',
    'Watch the video and write a caption.',
    'Write a caption that names the actions in order.',
  ],
};
