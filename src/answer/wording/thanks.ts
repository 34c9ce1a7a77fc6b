import { THANKING } from "./people.ts";

/** Says that all is well, as thanks does. */
const PLEASED = [
  "ok(ay|e|ej|é)?|okey|k|kk|great|perfect(o|a)?|cool|nice|good|fine|awesome|excellent|brilliant|wonderful|lovely",
  "amazing|fantastic|super|top|got it|i see|understood|makes sense|alright|all right|sure|will do",
  "very (good|helpful)|(very )?helpful|that (helps|helped)|all good|(good|great|nice) (job|answer|work)",
  "well done|alles klar|verstanden|prima|gut|schön|toll|passt|perfekt|klasse|parfait|d'accord|très bien",
  "compris|génial|vale|genial|muy bien|entendido|perfetto|ottimo|va bene|capito|perfeito|ótimo|beleza",
  "entendi|oké|helder|fijn|mooi|dobrze|dobra|świetnie|jasne|хорошо|отлично|понятно|ясно|ок|добре",
  "чудово|зрозуміло|tamam|harika|süper|anladım|peki|تمام|ممتاز|حسنا|מעולה|הבנתי|בסדר|ठीक है|अच्छा",
  "बढ़िया|ঠিক আছে|được|tuyệt|τέλεια|ωραία|εντάξει|οκ|bra|okej|baik|oke|rendben|bine|hyvä|kiitos",
];
const PLEASED_JOINED = [
  "好的?|明白了?|太好了|很好|知道了|了解(です|しました)?|わかりました|なるほど|ありがとう(ございま(す|した))?",
  "네|좋아요?|알겠습니다|감사합니다|고마워요?|โอเค(ครับ|ค่ะ)?|ขอบ(คุณ|ใจ)(ครับ|ค่ะ|มาก)*",
];
/** May stand after it. */
const MORE = [
  "so much|very much|a lot|again|docent|you|for (the|your) (help|answer)|for (that|this)|all|everyone",
  "that's (great|perfect|good|it|all)|sehr|schön|vielmals|dir|euch|beaucoup|bien|mille|muchas|mucho",
  "molto|tanto|muito|wel|и|und|and",
];

const either = (words: string[]) => `(?:${words.join("|").normalize("NFKC")})`;
const THANKS = `(?:${either([...THANKING.words, ...PLEASED])}(?= |$)|${either([...THANKING.joined, ...PLEASED_JOINED])})`;

/** In small letters, with single spaces, and without marks and signs. */
export const ONLY_THANKS = new RegExp(
  `^${THANKS}(?: ?(?:${THANKS}|${either(MORE)}(?= |$)))*$`,
  "u",
);

const SIGNS =
  "👍|👌|🙏|🙌|👏|🎉|💯|✅|😊|🙂|😀|😃|😄|🔥|⭐|🥰|😍|🤩|💪|🤝|✨|❤|\\p{Emoji_Modifier}|\\ufe0f";
const SIGN_NAMES = [
  "\\+1|thumbsup|ok_hand|pray|raised_hands|clap|heart|tada|100|white_check_mark|smile|blush|fire",
  "slightly_smiling_face|star|muscle|handshake|sparkles|skin-tone-\\d",
];

/** Signs that say so, also as Slack writes them. */
export const PLEASED_SIGNS = new RegExp(`${SIGNS}|:${either(SIGN_NAMES)}:`, "gu");
