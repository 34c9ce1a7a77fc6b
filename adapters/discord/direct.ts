import { type RESTPostAPICurrentUserCreateDMChannelResult, Routes } from "discord.js";
import { type Discord, failure } from "./client.ts";

/** The direct message channel with somebody, made where there was none. Whether they take messages is not said. */
export async function directChannel(
  { rest }: Pick<Discord, "rest">,
  userId: string,
): Promise<string> {
  const body = { recipient_id: userId };
  try {
    const channel = (await rest.post(Routes.userChannels(), {
      body,
    })) as RESTPostAPICurrentUserCreateDMChannelResult;
    return channel.id;
  } catch (error) {
    throw failure(error);
  }
}
