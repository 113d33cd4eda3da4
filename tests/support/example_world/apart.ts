/**
 * The requests of the examples whose answer is not held to be the documented one, and why. It only becomes shorter: what is as documented
 * has no place here.
 */
export const apart: Record<string, string> = {
  'mystic startUpload': 'It is always refused, and documented so; what the answer would be no installation gives.',
  'maiagent getCurrentUser': 'The world of the examples is not in this state yet.',
  'maiagent replaceCurrentUser': 'The world of the examples is not in this state yet.',
  'maiagent updateCurrentUser': 'The world of the examples is not in this state yet.',
  'maiagent updatePipeline': 'One example stands for several requests.',
  'maiagent uploadFile': 'What is signed, used once or measured cannot stand in an example.',
};
