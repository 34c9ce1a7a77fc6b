/** What people of a loopback Discord do with Docent, and wait for: the same for a child process and for the stage. */
import type { Slash, Upload } from "./discord/acts.ts";
import type { Message } from "./discord/world.ts";
import type { LoopbackDiscord } from "./discord.ts";
import { until } from "./until.ts";

export interface Talk {
  /** Shares a file, and waits until it is searchable. @returns the id of its message */
  share(channel: string, user: string, file: Upload): Promise<string>;
  /** Mentions Docent; what follows is `answer`. @returns the id of the question */
  mention(channel: string, user: string, text: string): string;
  /** Docent's messages to this question, without a status: in its thread, or as replies. */
  replies(questionId: string): Message[];
  /** Waits for the whole answer. */
  answer(questionId: string): Promise<string>;
  ask(channel: string, user: string, text: string): Promise<string>;
  /** Types `/docent …`, and waits for the word about it. */
  type(command: string, by: Omit<Slash, "command">): Promise<string>;
}

export function talkOn(discord: LoopbackDiscord): Talk {
  const { world } = discord;
  const replies = (questionId: string) => {
    const answered = [...world.messages.values()].filter(
      ({ authorId, reference }) =>
        authorId === world.botId &&
        reference?.kind === "reply" &&
        reference.messageId === questionId,
    );
    return [...discord.botMessages(questionId), ...answered];
  };
  const mention = (channel: string, user: string, text: string) =>
    discord.say({ channel, user, text: `<@${world.botId}> ${text}` }).id;
  const answer = async (questionId: string) => {
    const all = await until(() => {
      const some = replies(questionId);
      return some.some(isWhole) && some;
    });
    return all.map(({ content }) => content).join("\n");
  };
  return {
    share: async (channel, user, file) => {
      const { id } = discord.say({ channel, user, files: [file] });
      await until(() => world.messages.get(id)?.reactions.has("✅"));
      return id;
    },
    mention,
    replies,
    answer,
    ask: (channel, user, text) => answer(mention(channel, user, text)),
    type: async (command, by) => {
      const gesture = discord.slash({ ...by, command: `docent ${command}` });
      const said = await until(() => gesture.messages().length > 0 && gesture.messages());
      return said.map(({ content }) => content).join("\n");
    },
  };
}

/** It can be rated: nothing more will come. */
function isWhole({ components }: Message): boolean {
  return JSON.stringify(components).includes('"docent:up:');
}
