import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { type Used, usedKeys, usedSessions } from './api_keys/used.ts';
import { type UnderWay, underWayOf } from './completions/under_way.ts';
import { type Exact, exactMemory } from './exact/index.ts';
import type { Files } from './files/file.ts';
import { openFiles } from './files/open.ts';
import type { Installation } from './installation/index.ts';
import { type Latency, latencies } from './latency.ts';
import { type GithubKeys, githubKeys } from './leaks/github_keys.ts';
import { type Limits, limits } from './limits.ts';
import { type Models, modelsOf } from './models/index.ts';
import { type WaitingRunners, waitingRunners } from './runner_work/waiting_runners.ts';
import { type Endings, endings } from './runs/endings.ts';
import { type Followers, followers } from './runs/follow.ts';
import { type SigningKeys, signingKeys } from './sign_in/signing.ts';
import { type Usage, usageOf } from './usage/gather.ts';

/** What the process holds for as long as it lives: made once in `start.ts`, handed to everything. */
export interface House {
  config: Config;
  db: Knex;
  log: Logger;
  installation: Installation;
  signingKeys: SigningKeys;
  exact: Exact;
  usedKeys: Used<number>;
  /** Of sessions: of a command line and of a browser, each use is a refresh. */
  usedSessions: Used<string>;
  usage: Usage;
  limits: Limits;
  githubKeys: GithubKeys;
  endings: Endings;
  waitingRunners: WaitingRunners;
  followers: Followers;
  latency: Latency;
  files: Files;
  models: Models;
  underWay: UnderWay;
  /** Hold every answer against its contract; on in tests and in development. */
  checkResponses: boolean;
  /** The process is on its way out: `/readyz` says so. */
  draining: boolean;
}

/** The house, from what has to be opened first. */
export function makeHouse(
  opened: Pick<House, 'config' | 'db' | 'log' | 'installation'>,
  checkResponses = false,
): House {
  const { db, log, config, installation } = opened;
  return {
    ...opened,
    signingKeys: signingKeys(db, installation.seal),
    exact: exactMemory(db, log),
    usedKeys: usedKeys(db, log),
    usedSessions: usedSessions(db, log),
    usage: usageOf(db, log),
    limits: limits(db, config),
    githubKeys: githubKeys(config.githubKeysUrl),
    endings: endings(db),
    waitingRunners: waitingRunners(db),
    followers: followers(db),
    latency: latencies(),
    files: openFiles(config, installation),
    models: modelsOf(config.models, log),
    underWay: underWayOf(db, log),
    checkResponses,
    draining: false,
  };
}
