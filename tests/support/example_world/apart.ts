/**
 * The requests of the examples whose answer is not held to be the documented one, and why. It only becomes shorter: what is as documented
 * has no place here.
 */
export const apart: Record<string, string> = {
  'mystic startUpload': 'It is always refused, and documented so; what the answer would be no installation gives.',
  'maiagent createCompletion':
    'What an answer cites depends on what is found, and its example shows what a longer file gives.',
  'maiagent getSchema': 'The example of the contract is not the whole contract.',
};
