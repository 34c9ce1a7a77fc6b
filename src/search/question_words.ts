import { fold } from "./analyse.ts";

/**
 * Words that make a sentence a question and say nothing of what is asked about: a question leaves them out.
 * Folded as the analyser folds. Where the list has no language of theirs, frequency alone makes them light.
 */
export const QUESTION_WORDS: ReadonlySet<string> = new Set(
  [
    "who what when where why how which whose whom does did do",
    "qué quién quiénes cuándo dónde cuál cuáles cómo cuánto cuánta cuántos cuántas que quien donde cual como",
    "quel quelle quels quelles qui quand où comment pourquoi combien quoi",
    "was wer wann wo warum wie welche welcher welches welchen wem wen wieviel wieviele",
    "quem quando onde qual quais quanto quantos quantas",
    "chi cosa quali dove perché quanti quante",
    "wat wie wanneer waar waarom hoe welk welke hoeveel",
    "ne nerede kim hangi kaç nasıl neden",
    "ce cine când unde care cum câți câte cât",
    "кто что когда где почему как какой какая какие какое каким какую какого каких сколько чем чего кого кому",
    "хто що коли де чому який яка які скільки",
    "τι ποιος ποια ποιο ποιοι ποιες πότε πού γιατί πώς πόσα πόσοι πόσες ποιον ποιων πόσο",
    "ما ماذا من متى أين لماذا كيف كم أي هل",
    "क्या कौन कब कहाँ कहां क्यों कैसे कितने कितना कितनी किस किसने किसे कौनसा कौनसी",
    "什么 什麼 谁 誰 何时 何時 哪里 哪裡 哪些 哪个 哪個 哪 怎么 怎麼 怎样 如何 为什么 為什麼 多少 几 幾 吗 嗎 呢",
    "何 誰 いつ どこ なぜ どう どの どれ いくつ ですか ますか",
    "누구 무엇 언제 어디 왜 어떻게 어떤 몇 얼마나",
    "อะไร ใคร เมื่อไร เมื่อไหร่ เมื่อใด ที่ไหน ไหน ใด ทำไม อย่างไร ยังไง กี่ เท่าไร เท่าไหร่ เท่าใด หรือไม่",
    "gì ai nào đâu",
  ].flatMap((line) => line.split(" ").map(fold)),
);

/**
 * Words that hold a sentence together. They are searched for like all others, where frequency makes them light; but
 * in a small workspace that happens to hold none of them they would seem rare, and a question unanswered for them.
 */
export const FUNCTION_WORDS = [
  "a an the and or but if of to in on at by for from with into as per than about is are was were be been being am it",
  "its this that these those there here i we you he she they me us him her them my our your his their will would can",
  "could shall should may might must do does did has have had not no much many any some all each more most please tell",
  "el la los las un una y o de del a en por para con es son era fue ser está hay se su al lo me mi",
  "le la les un une et ou de du des à au aux en par pour avec est sont était être il y a ce cette se sa son ses",
  "der die das ein eine einen einem einer und oder von zu in im am an auf für mit ist sind war waren sein es gibt",
].join(" ");
