/** LangChain as its documentation has it: nothing is set that has a default. */
import { setTimeout as wait } from "node:timers/promises";
import { PDFLoader } from "@langchain/community/document_loaders/fs/pdf";
import { PGVectorStore } from "@langchain/community/vectorstores/pgvector";
import { Embeddings } from "@langchain/core/embeddings";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";

/** Answers a text after a while, so many texts at a time, by LangChain's own means; nothing goes over the network. */
class SlowEmbeddings extends Embeddings {
  #ms;
  #dimensions;

  constructor({ ms, dimensions, atOnce }) {
    super({ maxConcurrency: atOnce });
    this.#ms = ms;
    this.#dimensions = dimensions;
  }

  embedDocuments(texts) {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }

  embedQuery() {
    return this.caller.call(async () => {
      await wait(this.#ms);
      return Array.from({ length: this.#dimensions }, () => Math.random() - 0.5);
    });
  }
}

export async function open(databaseUrl) {
  const place = { postgresConnectionOptions: { connectionString: databaseUrl } };
  const nothing = new SlowEmbeddings({ ms: 0, dimensions: 1, atOnce: 1 });
  const store = await PGVectorStore.initialize(nothing, { ...place, tableName: "langchain" });
  return {
    /** @returns the marks of what was found, best first */
    async search({ vector, workspace, channels, limit }) {
      const filter = { workspace, channel: { in: channels } };
      const found = await store.similaritySearchVectorWithScore(vector, limit, filter);
      return found.map(([document]) => document.metadata.mark);
    },
    /** Loads, splits, embeds and stores a PDF. @returns how many chunks that made */
    async ingest({ path, ms, dimensions, atOnce }) {
      const documents = await new PDFLoader(path).load();
      const chunks = await new RecursiveCharacterTextSplitter().splitDocuments(documents);
      const embeddings = new SlowEmbeddings({ ms, dimensions, atOnce });
      const made = await PGVectorStore.fromDocuments(chunks, embeddings, {
        ...place,
        tableName: "langchain_read",
      });
      await made.end();
      return chunks.length;
    },
  };
}
