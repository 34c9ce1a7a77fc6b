/** Small talk gets a kind line, in its own language, without a search and without a model. */
export function smallTalk(text: string): string | null {
  const said = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\p{P}\p{S}\s]+/gu, " ")
    .trim();
  if (said.length > CHARS_MAX) return null;
  const found = TALK.find(({ pattern }) => pattern.test(said));
  return found?.reply ?? null;
}

// Longer than this, it says more than hello.
const CHARS_MAX = 40;

const TALK: { pattern: RegExp; reply: string }[] = [
  {
    pattern:
      /^(hi|hello|hey|hiya|good (morning|afternoon|evening))( (there|docent|all|everyone))?$/,
    reply: "Hello! Ask me about the files shared here, and I answer from them.",
  },
  {
    pattern:
      /^(thanks|thank you|thx|cheers|great thanks|ok thanks)( (a lot|so much|very much|docent))?$/,
    reply: "You're welcome.",
  },
  { pattern: /^(bye|goodbye|see you)( (docent|later|soon))?$/, reply: "Goodbye!" },
  {
    pattern: /^(who are you|what are you|what can you do|how does this work|help)( docent)?$/,
    reply:
      "I'm Docent. I read the files that people share here, and answer questions from them, with the page or line where it stands. Share a file, or ask me something.",
  },
  {
    pattern: /^(hallo|guten (tag|morgen|abend)|moin|servus)( docent)?$/,
    reply: "Hallo! Fragt mich nach den Dateien, die hier geteilt wurden.",
  },
  { pattern: /^(danke|vielen dank|dankeschön|danke (schön|sehr|dir))$/, reply: "Gern geschehen." },
  {
    pattern: /^(bonjour|salut|bonsoir|coucou)( docent)?$/,
    reply: "Bonjour ! Posez-moi vos questions sur les fichiers partagés ici.",
  },
  { pattern: /^(merci|merci (beaucoup|bien))( docent)?$/, reply: "Avec plaisir." },
  {
    pattern: /^(hola|buenas|buenos días|buenas (tardes|noches))( docent)?$/,
    reply: "¡Hola! Pregúntame por los archivos compartidos aquí.",
  },
  { pattern: /^(gracias|muchas gracias)( docent)?$/, reply: "De nada." },
  {
    pattern: /^(ciao|buongiorno|buonasera|salve)( docent)?$/,
    reply: "Ciao! Chiedimi dei file condivisi qui.",
  },
  { pattern: /^(grazie|grazie mille)( docent)?$/, reply: "Prego." },
  {
    pattern: /^(olá|oi|bom dia|boa (tarde|noite))( docent)?$/,
    reply: "Olá! Pergunte-me sobre os arquivos partilhados aqui.",
  },
  { pattern: /^(obrigad[oa]|muito obrigad[oa])( docent)?$/, reply: "De nada." },
  {
    pattern: /^(привет|здравствуйте|добрый (день|вечер)|доброе утро)$/,
    reply: "Здравствуйте! Спрашивайте о файлах, которыми здесь поделились.",
  },
  { pattern: /^(спасибо|большое спасибо|спасибо большое)$/, reply: "Пожалуйста." },
  { pattern: /^(你好|您好|早上好|晚上好)$/, reply: "你好！请就这里分享的文件向我提问。" },
  { pattern: /^(谢谢|多谢|谢谢你)$/, reply: "不客气。" },
  {
    pattern: /^(こんにちは|おはよう|おはようございます|こんばんは)$/,
    reply: "こんにちは！ここで共有されたファイルについて聞いてください。",
  },
  { pattern: /^(ありがとう|ありがとうございます)$/, reply: "どういたしまして。" },
  { pattern: /^(नमस्ते|नमस्कार)$/, reply: "नमस्ते! यहाँ साझा की गई फ़ाइलों के बारे में पूछिए।" },
  { pattern: /^(धन्यवाद|शुक्रिया)$/, reply: "स्वागत है।" },
  {
    pattern: /^(xin chào|chào|chào bạn)$/,
    reply: "Xin chào! Hãy hỏi tôi về các tệp được chia sẻ ở đây.",
  },
  { pattern: /^(cảm ơn|cám ơn|cảm ơn bạn)$/, reply: "Không có gì." },
  { pattern: /^(สวัสดี|สวัสดีครับ|สวัสดีค่ะ)$/, reply: "สวัสดี! ถามฉันเกี่ยวกับไฟล์ที่แชร์ไว้ที่นี่ได้เลย" },
  { pattern: /^(ขอบคุณ|ขอบคุณครับ|ขอบคุณค่ะ)$/, reply: "ยินดี" },
];
