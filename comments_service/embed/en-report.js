/** English: what a report needs. */
export default {
  question: "What is wrong with this comment?",
  hint: "Only moderators read it, with your name.",
  send: "Send the report",
  cancel: "Cancel",
  sent: "Thank you. A moderator will look at this comment.",
};
