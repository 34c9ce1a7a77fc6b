import { anywhere, first } from "./match.ts";

export const THANKING = {
  words: [
    "thank(s| you| u)|thx|tnx|ty|cheers|much appreciated|danke\\p{L}*|vielen dank|besten dank",
    "merci|gracias|grazie|obrigad[oa]|dank (je|u)( wel)?|bedankt|dankjewel|tack|takk",
    "tak(?= (for|skal))|tusind tak|kiitos",
    "dzięki|dziękuję|děkuj[iu]|díky|ďakujem|спасибо|благодарю|дякую|teşekkürler|teşekkür ederim",
    "sağ ?ol(un)?|شكرا( لك| جزيلا)?|תודה( רבה)?|धन्यवाद|शुक्रिया|ধন্যবাদ|c[ảá]m ơn|ευχαριστώ",
    "mulțumesc|mersi|köszönöm|köszi|terima ?kasih|makasih|salamat|asante|gràcies|eskerrik asko",
    "hvala",
  ],
  joined: [
    "谢谢|多谢|感谢|謝謝|多謝|感謝",
    "ありがと|助かりました|感謝",
    "감사|고마워|고맙",
    "ขอบคุณ|ขอบใจ",
    "🙏",
  ],
};

export const THANKS = anywhere(THANKING.words, THANKING.joined);

/** They have the word in them, and are no thanks to us. */
export const NO_THANKS = anywhere([
  "no,? thank(s| you)|nein,? danke|non,? merci|no,? (gracias|grazie)|nee,? (bedankt|dank je)",
  "thank(s| you) (to|for (coming|joining|your time|having))|thank god|tak for i dag",
  "dank (des|der|dem)",
  "gracias a|grazie a|merci (à|aux)|graças a|dzięki temu",
]);

export const GREETING = first([
  "hi|hey|hello|dear|good (morning|afternoon|evening)|morning|yo|hallo|moin",
  "guten (morgen|tag|abend)|servus|lieber?",
  "bonjour|salut|coucou|chère?s?|hola|buen[oa]s( días| tardes)?|ciao|buongiorno|olá|oi|bom dia",
  "boa tarde|hoi|goedemorgen",
  "cześć|hej|witaj|привет|здравствуй(те)?|добрый день|привіт|вітаю|merhaba|selam|مرحبا|أهلا|שלום",
  "היי|नमस्ते|हेलो",
  "হ্যালো|xin chào|chào|γεια( σου)?|hei|moi|ahoj|bună|salut|szia|halo|hai",
]);

/** Asks, but people, not us: everybody at once, or one for what only a person can do. */
export const PEOPLE = first(
  [
    "(hi |hey |hello |dear |morning |good morning )?(all|guys|folks|everyone|everybody|team",
    "people|peeps|y'all|gang|both)(,| (please|can|could|ok|fyi|are|who|what|when|any|do|does|let",
    "need|note|-))",
    "(guys|folks|everyone|everybody|peeps|y'all|@\\p{L}+)|dear \\p{L}+",
    "(\\p{L}+ ){0,2}(any ?one|any ?body|some ?one|some ?body|any of you|one of you)",
    "(shall|should) (i|we)|(can|do) we (do|make it|move|meet|talk|want|agree|go|have time",
    "still meet)",
    "are we (good|on|ready|done|set|meeting|going|still|all)|what do we|let's|let us|want to|wanna",
    "fancy|care to|who('s| is| are| wants| will be) (in|coming|free|around|available|joining|up",
    "to|going)",
    "who('s| is) (bringing|taking|driving|getting|picking)",
    "who can (review|take|help|do|join|cover|approve|drive)|(can|could) you (two|guys|all)|any volunteers|maybe ask",
    "when (are|will) we",
    "(is|isn't|was|wasn't|has|did|will|are|have) \\p{L}+ (on|at|in|back|here|around|coming|off",
    "out|late",
    "sick|free|there|replied|answered|called|joining|ready|over) ?(today|now|yet|again",
    "already)?[?]*$",
    "(is|isn't) (he|she) (on|at)|how (are|was|were) (your|the (trip|weekend|meeting))|what's up",
    "is anybody",
    "(can|could|would|will|may) (you|we|i) (please )?(send|forward|e?mail|call|ping|ask|book",
    "order|print|upload|sign|pay|bring|meet|talk|chat|join|review|approve|merge|borrow|go|come",
    "hear",
    "see me|help me move|let (me|us|\\p{L}+) know|move|reschedule)",
    "(hallo |hi |guten morgen |liebe )?(zusammen|leute|alle|kollegen|team|ihr)",
    "(\\p{L}+ ){0,2}(jemand|irgendwer|einer von euch)",
    "(wollen|sollen|sollten|treffen|gehen|sehen) wir|lass(t)? uns",
    "soll(en|te|ten)? (ich|wir)|(hat|ist) \\p{L}+ (geantwortet|angerufen|da|zurück|krank|schon da)",
    "wer (kommt|geht|bringt|holt|nimmt|fährt|übernimmt|kümmert|ist (dabei|dafür|dagegen)|macht mit|will",
    "hat (zeit|lust)|kann (mir|das|mal))",
    "(kannst|könntest) du .*(schicken|anrufen|buchen|unterschreiben|mitbringen|hochladen",
    "weiterleiten|freigeben|mitkommen)|wie geht",
    "(bonjour |salut )?(à tous|tout le monde|tous|les gars|l'équipe|chers)",
    "(\\p{L}+ ){0,2}quelqu'un|on \\p{L}+ ?\\?$|\\p{L}+(iamo|amos|emos|imos)\\?$|on (se|y|va|fait|mange|en|peut)",
    "qui (vient|veut|est (dispo|là|partant))|ça va",
    "(\\p{L}+ )?(peux|pouvez|pourrais)(-tu|-vous)? .*(envoyer|appeler|signer|réserver|imprimer)",
    "(hola )?(chicos|chicas|equipo|a todos|gente|todos)|(\\p{L}+ ){0,2}alguien",
    "(quedamos|nos vemos|vamos|vienes|venís|has (visto|hablado|enviado|llamado)|estás(?! segur)",
    "tienes (tiempo|un)|quieres|estáis|vais|habéis|tenéis|queréis|podéis (?!decir)",
    "qué (tal|haces|opinas|piensas|os parece)",
    "quién (viene|quiere|se apunta)|te (parece|apetece))|(puedes|podrías) .*(enviar|llamar",
    "firmar|mandar|reservar)",
    "(ciao )?(ragazzi|ragazze|a tutti|tutti|team)|(\\p{L}+ ){0,2}qualcuno",
    "(ci vediamo|ci sentiamo|andiamo|vieni|venite|hai (visto|parlato|mandato|chiamato|tempo)",
    "sei(?! sicur)|siete|vuoi|che (fai|ne (dici|pensi))|chi (viene|vuole))|(puoi",
    "potresti) .*(mandare|inviare|chiamare|firmare|prenotare)|come (va|stai)",
    "(olá |oi )?(pessoal|gente|galera|a todos|malta)|(\\p{L}+ ){0,2}alguém",
    "(vamos|você (viu|vem|está(?! cert| segur)|quer|já)|viste|vens|estás(?! cert| segur)|queres",
    "tens|quem (vem|quer)|o que (acha|achas|você acha))|tudo bem|(pode|podes|poderia) .*(enviar",
    "mandar|ligar|assinar|reservar)",
    "(hoi |hallo )?(allemaal|jongens|mensen|iedereen|team|collega's)|(\\p{L}+ ){0,2}iemand",
    "(zullen|gaan|moeten) we",
    "wie (komt|gaat|wil|zien we)|hoe gaat|(kun|kan|kunt|wil|zou) (je|u) .*(sturen|bellen|tekenen",
    "boeken|mailen)",
    "(cześć |hej )?(wszyscy|wszystkich|ludzie|zespół|chłopaki)|(\\p{L}+ ){0,2}(ktoś|ktokolwiek)",
    "(widzimy się|spotkamy|spotykamy|idziemy|pójdziemy|masz (czas|chwilę)|jesteś(?! pew)|idziesz",
    "chcesz|widział[ea]ś|rozmawiał[ea]ś|wysłał[ea]ś|kto (idzie|przyjdzie|chce))|co (słychać",
    "myślisz|sądzisz)|(někdo|ahoj všichni|uvidíme se|máš|jsi|viděl)",
    "(привет )?(ребята|всем|коллеги|народ|друзья)|(\\p{L}+ ){0,2}(кто-нибудь|кто-то|кто нибудь)",
    "давай(те)?",
    "(пойд[её]м|идём|идем|встретимся|созвонимся|обсудим|кто (ид[её]т|будет|хочет|за))",
    "как дела|что (думаешь|думаете|скажешь)|(\\p{L}+ ){0,2}(хтось|хто-небудь)",
    "(друзі|колеги|всім|ходімо|зустрінемось)",
    "давай(мо)?|хто (йде|буде)",
    "(arkadaşlar|millet|herkes|ekip)|.*(bilen var|gören var|isteyen var)",
    ".*(geliyor mu(sun)?|gelir misin|müsait misin|gördün mü|konuştun mu|buluşalım mı|gidelim mi)",
    "kim (geliyor|gelir|var)|nasılsın\\p{L}*|(يا )?(جماعة|شباب|زملاء|فريق)|(مرحبا بالجميع)",
    "(هل )?(يعرف أحد|أحد يعرف|حد يعرف|أي أحد|أي حد)|هل (أنت|رأيت|تحدثت|لديك وقت|أرسلت)",
    "(من) (سيحضر|سيأتي|يريد)",
    "(חבר['ה]*|חברים|צוות|לכולם|כולם)|(\\p{L}+ ){0,2}(מישהו|מישהי)",
    "(נפגש|נדבר|בוא|בואו|אתה (בא|פנוי|רואה)|יש לך|ראית|דיברת|מי (בא|רוצה|מגיע))",
    "(दोस्तों|सभी|सब लोग|आप सब)|([\\p{L}\\p{M}]+ ){0,2}(किसी (को|ने)|कोई)",
    "(क्या )?(तुम|तुमने|आपने)|चलो|(সবাই|বন্ধুরা)|([\\p{L}\\p{M}]+ ){0,2}কেউ",
    "(তুমি|তুমি কি) (এসেছ|আসবে|দেখেছ|দেখতে)\\p{M}*",
    "(mọi người|các bạn|cả nhà|team|anh em)|([\\p{L}]+ ){0,2}(có ai|ai có|ai biết|ai đi)",
    "(anh|chị|em|bạn|cậu) (?!có thể)[\\p{L}]+ ?[\\p{L}]* (ơi|nhé)|.* ơi|(παιδιά|όλοι|ομάδα)",
    "([\\p{L}]+ ){0,2}(κανείς|κάποιος)|(θα έρθεις|έρχεσαι|είσαι|έχεις χρόνο|είδες|πάμε",
    "ποιος έρχεται)|(alla|allihopa|hej alla|gäng|kollegor|hei alle|hej alle|kaikki)",
    "([\\p{L}]+ ){0,2}(någon|nogen|noen|joku|kukaan)",
    "(ska|skall|skal|kan) vi (?!säga upp|kündigen)\\p{L}+",
    "vem (kommer|vill)|hvem (kommer|vil)",
    "(salut tuturor|băieți|toți|toată lumea)|([\\p{L}]+ ){0,2}cineva",
    "(ai văzut|vii|ești|vrei|ne vedem)|(sziasztok|srácok|mindenki)|([\\p{L}]+ ){0,2}valaki",
    "(jössz|láttad|vagy)|(teman-teman|semua|guys)",
    "(ada yang|siapa yang (tahu|mau|bisa|datang)|apakah ada yang)",
    "(kamu|kalian) (sudah|mau|bisa datang)|bisa tolong",
  ],
  [
    "大家|各位|同事们|谁(能|来|去|有空|知道)|有(没有)?人|咱们|我们(要不要|去|明天|什么时候)|你(吃|来|去|有空|在吗|看到|见过|觉得|怎么看)|要不要|皆さん",
    "みなさん|みんな|誰か|どなたか|お疲れ|今日(空いて|来)|一緒に",
    "여러분|다들|누구? ?(아시는|아는|가실|오실)|혹시 .*(아시는|계신|있으신) ?분|.*(아시는|계신|있으신) 분|우리 |같이|(지금 )?시간 (있|되)",
    "มีใคร|ใคร(รู้|ไป|มา|ว่าง)|ทุกคน|เพื่อนๆ|พี่|น้อง|คุณ\\p{L}[\\p{L}\\p{M}]*\\s|ไป(กิน|ไหน)",
    "พวกเรา",
  ],
);

/** They are about people among themselves, whatever else the sentence says. */
export const AMONG = anywhere(
  [
    "everyone's|everybody's|volunteers|tell \\p{Lu}\\p{L}+",
    "your (opinion|view|thoughts|take|feedback|idea)|yet(?=\\?)|(hat|haben|hast) .* schon \\p{L}+",
    "to (the team|all|everyone|everybody)|my (draft|pr|e?mail|message|desk|calendar|invite",
    "screen)|your (draft|inbox|pr|calendar|desk|weekend)",
    "pense[sz]|pensi|pensate|piens[ae]s|opin[ae]s?|ach(a|as|am)|denkst|meinst|meint ihr",
    "haltet ihr|думае(шь|те)|думаєш|думаєте|myśli(sz|cie)|sądzi(sz|cie)|düşünüyorsun\\p{L}*",
    "vinden jullie|vind je|tycker du|tycker ni|νομίζε(ις|τε)|nghĩ (gì|sao)",
    "tomorrow|tonight|lunch|coffee|beers?|stand-?up|a call|catch up|demain|déjeuner|mañana",
    "amanhã|almoçar|almoço|domani|pranzo",
    "morgen|mittagessen|feierabend|straks|jutro|zítra|завтра|обед|yarın|غدا|غدًا|מחר|कल|কাল",
    "αύριο|imorgon|i morgon|i morgen|huomenna|mâine|holnap|besok|ngày mai",
  ],
  [
    "你们|你觉得|你怎么看|思いますか|생각하|明天|今晚|吃饭|午饭|明日|今夜|ランチ|내일|오늘 밤|점심|พรุ่งนี้|คืนนี้",
  ],
);

/** Somebody is spoken to. */
export const YOU = anywhere([
  "you|ya|du(?= \\p{L}+st)|\\p{L}{2,}st du",
  "(kan|har|är|kommer|vill|såg|skal|vil|er|tycker) (du|ni)|dich|euch",
  "(habt|seid|könnt|wollt|meint|kommt|macht|geht|seht|schaut|denkt) ihr|ihr|tu|toi|t'\\p{L}+|vous",
  "jij|jullie|(heb|ben|kom|ga|wil|vind|had|was|denk|kun|kan|zou|weet) je|ты|вы|вас|вам|тебе|тебя",
  "ти|ви",
]);

/** And it may be us. */
export const US = anywhere([
  "(can|could|would|will|can't|couldn't) you|are you (sure|certain|able)",
  "do you (mean|know|see|find)",
  "do you have (the|a (source|list|link|copy)|any (more|other|details|info))",
  "(do|must|should) you (have|need) to",
  "(if|when|once|after|before|until|unless|that|what|as|how (can|would)) you",
  "how do you (?!feel|like|want)\\p{L}+|what (do|did) you mean",
  "(how|where|why|what|which) did you (get|find|calculate|come|read|take|use|arrive|see)",
  "show you|told you",
  "did you (find|get|calculate|check|use|read|look|include|consider|take|mean|count)",
  "you (mean|missed|said|sure|wrote|gave|told|found|mentioned|listed|forgot|quoted)",
  "(kannst|könntest|würdest|weißt|findest|siehst) du|bist du (dir )?sicher",
  "hast du (eine?n?|die|das|noch|auch)",
  "(hast|wie kommst|woher weißt|meinst|meintest) du (das|darauf|den|die|brutto|netto)",
  "(peux|pourrais|sais|saurais|trouves)-tu|tu (peux|pourrais|sais|es sûre?|trouves)|si vous",
  "s'il vous|s'il te",
  "(pouvez|pourriez|savez)-vous|vous (pouvez|pourriez|êtes sûre?s?)|(kun|kan|weet|zou) je",
  "ben je zeker|kan (du|ni)",
  "ты (можешь|уверена?)|вы (можете|уверены)|можешь ты|ти (можеш|впевнен\\p{L}*)",
  "ви (можете|впевнені)|är du säker",
]);

/** What somebody is going to do themselves. */
export const OWN = first([
  "i'll|i will|i'm going to|i am going to|i'm gonna",
  "let me(?! (know|see) (the|what|which|how|where))|lemme|we'll|we will",
  "i need to (talk|go|run|leave|read)|i think|i guess|i asked|i wonder",
  "ich (werde|schicke|frage|mache?|schaue?|gehe?|rufe?|kläre?|glaube?|denke?|lade)|wir werden",
  "je (vais|pense|crois|reviens|me demande)|j'envoie|j'arrive|voy a|creo que|me pregunto|vado",
  "(lo|la|los|las|te|os) \\p{L}+o(?=\\?)|lo \\p{L}+o io|je (le|la|les|te|vous|lui|leur) \\p{L}+",
  "penso|credo|mando|vou|acho que",
  "ik (ga|stuur|kijk|denk|bel)|wyślę|myślę|sprawdzę|я (отправлю|думаю|пойду|спрошу|посмотрю)",
  "думаю|отправлю|я (надішлю|думаю|піду)|надішлю|سأ\\p{L}+|सोचता हूँ",
  "jag (ska|skickar|tror|tänker)|jeg (skal|sender|tror)|lähetän|luulen",
]);

/** Asked, and no answer is expected. */
export const RHETORIC = first(
  [
    "tell me about it|why oh why|what's new|who wants to know|where there's|so what$",
    "where were we|wo waren wir|qui l'aurait|क्या बात|कै?सा|কী (দারুণ|সুন্দর|মজা)",
    "why (am i|do i|are we|is (this|it|everything) always|me)|không (sao|có gì)",
    "who (knows|knew|cares|would(n't|'ve)?( \\p{L}+)*)|why not|why bother|how hard can",
    "what could (possibly )?go wrong|what else is new|what a \\p{L}+|is it just me",
    "isn't (it|that|this) \\p{L}+(?=\\?)",
    "how (cool|nice|great|funny|crazy|weird) is (that|this)|can you believe|guess what",
    "you know what|what the (hell|heck|fuck)|are you (kidding|serious)",
    "is (this|that) (a joke|you)|see what i|know what i mean",
    "(was|wer|wie|wo|wann|warum) auch immer|wer weiß|wer hätte (das )?gedacht|was soll's",
    "warum (auch )?nicht",
    "ist das nicht (toll|schön|super)|echt jetzt|qui sait|pourquoi pas|qui l'eût cru|quién sabe",
    "por qué no|y qué|chissà|chi (lo )?sa|perché no|chi se ne frega|e allora|quem (sabe|diria)",
    "por que não|e daí",
    "wie weet|waarom niet|kto wie|czemu nie|dlaczego nie|кто (его )?знает|почему бы и? ?не",
    "ну и что|кто бы (мог )?подума\\p{L}*|хто (його )?зна|чому б і? ?ні|kim bilir|neden olmasın",
    "من يدري|لماذا لا|מי יודע|למה לא|कौन जाने|क्यों नहीं|কে জানে|ποιος ξέρει|γιατί όχι|vem vet",
    "varför inte|hvem vet|hvorfor ikke|kdo ví|proč ne|cine știe|de ce nu|ki tudja|siapa tahu",
    "kenapa tidak|ai biết",
  ],
  [
    "何でもな|どうしよう|뭐 어때|อะไรกัน|没什么|没事|谁知道|怎么会|真的(吗|假的)|是吗|なんで(だろ|やねん)|マジ|まじ|本当|ほんと|そうなん?ですか|そうですか",
    "누가 알|진짜|정말|왜 안|จริงเหรอ|จริงดิ|ใครจะรู้",
  ],
);

/** All there is, they ask for a nod. */
export const TAG = first([
  "(right|ok(ay)?|really|fine|no|yes|seriously|deal|agreed|cool|huh|eh|what|sure|oder|echt",
  "wirklich|okay|ne|gell|non|hein|vraiment|ah bon|no|verdad|en serio|de verdad|vero|davvero|no",
  "né|sério|mesmo|toch|echt|prawda|serio|naprawdę|правда|серьёзно|серьезно|да|ладно|так|справді",
  "gerçekten|değil mi|حقا|صحيح|באמת|נכון|सच|সত্যি|thật (hả|à|không)|αλήθεια|verkligen",
  "eller hur)[?؟;!. ]*$",
]);

/** Said for fun. */
export const LAUGHTER = anywhere(
  [
    "lo+l|lmf?ao|rofl|(ha){2,}h?|(he){2,}h?|(hi){2,}|(ja){2,}j?|(je){3,}|k{3,}|(rs){2,}|mdr|ptdr",
    "a?(ah){2,}a?|xd+|а*(х+а+)+х*|(ха)+|jk|\\/s|hhh+|ههه+|חח+|(हा ?)+हा",
  ],
  ["[😂🤣😅😆😹🙃🤷🤦🙄]", "笑|哈哈|ㅋㅋ|ㅎㅎ|草$|^555+"],
);
