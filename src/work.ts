import { createStops } from "./answer/stops.ts";
import type { Adapter } from "./chat.ts";
import { createNightly } from "./db/backup/dumps.ts";
import { type HandleDeps, handleWork, type Work } from "./handle.ts";
import { createExtractor } from "./ingest/extract/extractor.ts";
import { createIntake } from "./intake.ts";
import { type Room, startWorker } from "./jobs/worker.ts";
import type { Attempt } from "./models/attempt.ts";
import { createClient } from "./models/client.ts";
import { type Models, openModels } from "./models/models.ts";
import { createReranker } from "./models/rerank.ts";
import { createLedger, type Ledger } from "./money/ledger.ts";
import { dumpsFolder } from "./operator/commands/database.ts";
import { commandsOf, type Life, type Parts, rulesOf } from "./parts.ts";
import { createRecallCheck } from "./search/recall.ts";
import { startUpkeep } from "./upkeep.ts";

/** Running answers may finish for so long at a shutdown; the rest goes back to the queue. */
const GRACE_MS = 30_000;
const QUESTION_SLOTS = 8;
const EVENT_SLOTS = 2;
const FILE_SLOTS = 2;
const PEOPLE_SLOTS = 2;

/** Does what is in the queue, and what has to be done on a clock. */
export async function startWork(
  parts: Parts,
  adapters: Adapter[],
  workFolder: string,
  life: Life,
): Promise<void> {
  const { config, log, database, queue, embedder, metrics } = parts;
  const { pool: db, notifications } = database;
  const { filePagesMax, fileChunksMax, questionsAtOncePerPerson } = config.limits;
  const extractor = createExtractor({ workFolder, log, limits: { filePagesMax, fileChunksMax } });
  life.opened(() => extractor.close());

  const ledger = createLedger({ db, budgets: config.money, log, metrics });
  const models = openChain(parts, ledger);
  if (models) life.opened(() => models.close());
  const deps: HandleDeps = {
    ...{ db, queue, embedder, extractor, workFolder, log },
    ...rulesOf(config, adapters),
    ledger,
    command: commandsOf(parts, adapters, createIntake({ db, queue }).accept),
    chain: models?.chain ?? null,
    ...finding(parts, ledger),
    stops: await createStops(notifications),
    scope: config.scope,
    modChannel: config.modChannel,
    questionsByRole: config.questionsByRole,
    generalAnswers: config.generalAnswers,
    limits: config.limits,
  };
  const handler: Room<Work>["handler"] = (job, signal) => handleWork(deps, job, signal);
  const rooms: Room<Work>[] = [
    { name: "question", slots: QUESTION_SLOTS, groupMax: questionsAtOncePerPerson, handler },
    { name: "event", slots: EVENT_SLOTS, handler },
    { name: "file", slots: FILE_SLOTS, handler },
    { name: "people", slots: PEOPLE_SLOTS, groupMax: 1, handler },
    { name: "sweep", slots: 1, handler },
  ];
  if (embedder) rooms.push({ name: "vectors", slots: 1, handler });
  const worker = await startWorker({ queue, notifications, log, metrics }, rooms);
  life.opened(() => worker.close(GRACE_MS));
  const { engine, snapshot } = database;
  const folder = dumpsFolder(config.dataFolder);
  const dump = snapshot && createNightly({ db, snapshot, folder, log });
  const upkeep = startUpkeep({ db, queue, engine, embedder, dump, log });
  life.opened(() => upkeep.close());
}

/** What the search has beside the database, where it is wanted. */
function finding({ config, database, log, metrics }: Parts, ledger: Ledger) {
  const { apiKey, baseUrl, dataCollection, rerankModel: model } = config.openrouter;
  const onChecked = (recall: number) => metrics.vectorRecall.observe(recall);
  return {
    checkRecall: createRecallCheck({ db: database.pool, log, onChecked }),
    ...(apiKey &&
      model && {
        reranker: createReranker({
          ...{ client: createClient({ apiKey, baseUrl }), ledger, log, model, dataCollection },
        }),
      }),
  };
}

function openChain({ config, database, log, metrics }: Parts, ledger: Ledger): Models | null {
  const { apiKey, ...openrouter } = config.openrouter;
  if (!apiKey) {
    log.info("no OPENROUTER_API_KEY: answers are the best passages as they stand");
    return null;
  }
  const onAttempt = ({ model, outcome }: Attempt) => metrics.modelAttempts.inc({ model, outcome });
  const { limits } = config;
  return openModels(
    { db: database.pool, ledger, log, onAttempt },
    { apiKey, ...openrouter, limits },
  );
}
