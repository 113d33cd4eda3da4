/** Words that commands begin with, in the order of the help. */
export const groups: Record<string, string> = {
  cluster: 'the servers that you are signed in to',
  keys: 'your API keys',
  members: 'the people of the account',
  pipelines: 'pipelines',
  pointers: 'names that lead to pipelines',
  files: 'files that go into runs, and that came out of them',
  runs: 'runs of pipelines',
  mage: 'for those who come from Mage',
};
