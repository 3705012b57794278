// All words of the page, in English. Another language is another file with the same names.

const counted = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
const PARTS = { page: "page", slide: "slide", sheet: "sheet", cell: "cell", message: "message", chapter: "chapter" };

export const words = {
  language: "en",
  title: "Ask your documents",
  about: "Every answer is a quotation, with the exact place where it stands.",
  emptyIndex: "This index holds no documents yet.",
  documents: (count, index) => `${counted(count, "document", "documents")} in ${index}`,
  generation: (number) => `generation ${number}`,

  // asking
  question: "Your question",
  firstQuestion: "Ask a question",
  nextQuestion: "Ask a follow-up question",
  ask: "Ask",
  index: "Index",
  searching: "Searching the documents…",
  reading: (count) => `Reading the best of ${counted(count, "passage", "passages")}…`,
  newConversation: "New conversation",
  addDocuments: "Add documents",
  enterKey: "Key",
  forgotten: "The conversation before was forgotten, so this question was asked on its own.",
  understood: "Understood as",
  searched: "Searched for",
  asTyped: "Search for the words as typed",
  changed: (then, now) =>
    `The documents have changed since this link was made (generation ${then}, now ${now}). The answer may have, too.`,

  // answers
  answers: "Answers",
  answer: "Answer",
  others: "Other answers",
  right: ({ kind, n, of }) =>
    ({
      more: `right in more than ${n} of ${of} such cases`,
      fewer: `right in fewer than ${n} of ${of} such cases`,
      about: `right in about ${n} of ${of} such cases`,
    })[kind],
  verdict: { yes: "Yes", no: "No" },
  stored: "A stored answer to a question like yours",
  support: (count) => `${counted(count, "other place says", "other places say")} the same`,
  open: "Open at the place",
  why: "Why this answer?",
  copy: "Copy quotation",
  copyLink: "Copy link",
  copied: "Copied",
  nothing: "I found nothing that answers this.",
  nothingMore: "No passage answers the question surely enough to be given as an answer.",
  guess: "The best guess would be",
  likeliest: "What most likely holds an answer",
  nearest: "The nearest passages",
  noPassages: "There is no passage to show.",
  read: (count, found) => `read ${count.toLocaleString("en")} of ${counted(found, "passage", "passages")} found`,
  seconds: (milliseconds) => {
    const digits = { maximumSignificantDigits: milliseconds < 1000 ? 1 : 2 };
    return `${(milliseconds / 1000).toLocaleString("en", digits)} s`;
  },
  part: (kind, value) => (PARTS[kind] ? `${PARTS[kind]} ${value}` : `${kind} ${value}`),
  earlier: "Earlier in this conversation",
  unanswered: "no answer",
  told: (text, sure, place) => `Answer: ${text}. ${sure}. From ${place}.`,
  toldNothing: "Nothing in the documents answers this. The nearest passages follow.",

  // what people say of answers
  thumbUp: "Right",
  thumbDown: "Wrong",
  noted: "Noted. Thank you.",
  wrongThen: "What is right instead",
  markAnswer: "Mark the right answer",
  noneAnswers: "Nothing there answers it",
  orMark: "Or open a passage, and mark the answer in it.",
  markLabel: (question) => `The right answer to “${question}”`,
  markAbout: "Mark it in the text above, or type it here.",
  markSend: "This is the right answer",
  markEmpty: "Mark the answer in the text, or type it.",
  markNoted: (answer) => `Noted as the right answer, with its place: “${answer}”. Thank you.`,
  markNowhere: (answer) => `Noted as the right answer: “${answer}”. It does not stand in the text shown here.`,

  // why
  whyTitle: "Why this answer",
  whyFound: "The passage was found by these words",
  whyMeaning: (share) => `and its meaning is near to that of the question (${share} of 1).`,
  whyRank: (rank, found) => `It was number ${rank} of the ${counted(found, "passage", "passages")} found.`,
  whyRead: (share) => `Read closely, it holds an answer with a probability of ${share}.`,
  whyScore: "What made the score",
  whyScoreNote: "Plus makes the answer surer, minus less sure. The sum is the log-odds that it is right.",
  whyThreshold: (score, threshold) => `The score is ${score}; answers are given from ${threshold} on.`,
  whyNone: "No score is high enough here for an answer to be given.",
  whyWithout: "Without this passage the answer would be",
  whyWithoutNothing: "Without this passage there would be no other answer.",
  features: {
    bias: "where every answer starts",
    odds: "its evidence against all other answers",
    margin: "its lead over the next answer",
    agreement: "other passages that agree",
    relevance: "how surely the passage answers at all",
    dense: "nearness in meaning",
    prior: "how well the passage was found",
  },

  // a document
  document: "Document",
  close: "Close",
  earlierText: "Earlier text",
  laterText: "Later text",
  picture: "The page, with the quotation marked. Its text follows.",
  pictureText: "The text of the page",
  loadingDocument: "Opening the document…",
  source: "Open the source",
  passageOnly: "Only the passage can be shown:",

  // a key
  keyTitle: "This service asks for a key",
  keyAbout: "It is kept in this tab only, and forgotten when you close it.",
  keyLabel: "Key",
  keyUse: "Use this key",
  keyForget: "Forget the key",
  keyWrong: "That key is not known, or its time is over.",
  cancel: "Cancel",

  // adding documents
  addTitle: "Add documents",
  addAbout: "Drop files here, or choose them. They are read and indexed by this service, and go nowhere else.",
  choose: "Choose files",
  dropHere: "Drop files to add them",
  waiting: "waiting",
  sending: (share) => `sending, ${share} %`,
  indexing: "reading and indexing…",
  added: (count) => `${counted(count, "document", "documents")} added`,
  unchanged: "was there already",
  notRead: "no text could be read",
  into: (index) => `into ${index}`,

  // trouble
  again: "Try again",
  trouble: {
    network: "The service cannot be reached. It may have been stopped, or this device is not connected.",
    key: "This service asks for a key.",
    forbidden: "Your key does not allow this.",
    missing: "That is not there, or no longer.",
    large: "That is more than this service takes at once.",
    locked: "Another program is changing the index just now. Try again in a moment.",
    often: "Your key was used more often than it may be.",
    busy: "Many questions are waiting. Try again in a moment.",
    late: "There was no answer in the time allowed.",
    broken: "Something went wrong in the service.",
    refused: "The service does not take this.",
  },
  logged: (id) => `Its log says what, under the id ${id}.`,

  // keys of the keyboard
  keyboard: [
    ["/", "question"],
    ["j", "next"],
    ["k", "previous"],
    ["Enter", "open"],
    ["Esc", "close"],
  ],
};
