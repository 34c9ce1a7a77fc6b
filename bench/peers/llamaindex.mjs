/** LlamaIndex as its documentation has it: a workspace is a collection, and nothing is set that has a default. */
import { PGVectorStore } from "@llamaindex/postgres";

export async function open(databaseUrl) {
  const clientConfig = { connectionString: databaseUrl };
  // It wants one, and is never going to ask it: questions come as vectors.
  const embeddingModel = {};
  const store = new PGVectorStore({ clientConfig, dimensions: 1024, embeddingModel });
  // It makes its table when it is first used.
  await store.client();
  return {
    /** @returns the marks of what was found, best first */
    async search({ vector, workspace, channels, limit }) {
      store.setCollection(workspace);
      const { nodes } = await store.query({
        queryEmbedding: vector,
        similarityTopK: limit,
        mode: "default",
        filters: { filters: [{ key: "channel", value: channels, operator: "in" }] },
      });
      return nodes.map((node) => node.metadata.mark);
    },
  };
}
