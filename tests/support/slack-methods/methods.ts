/** The Web API's methods that Docent may call, with the checks and error codes of the real one. */
import { CHAT } from "./chat.ts";
import { CONVERSATIONS } from "./conversations.ts";
import { FILES } from "./files.ts";
import type { Methods } from "./method.ts";
import { OAUTH } from "./oauth.ts";
import { USERS } from "./users.ts";
import { VIEWS } from "./views.ts";

export const METHODS: Methods = {
  ...CHAT,
  ...CONVERSATIONS,
  ...FILES,
  ...OAUTH,
  ...USERS,
  ...VIEWS,
};
