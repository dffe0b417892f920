/** Nederlands: wat een melding nodig heeft. */
export default {
  question: "Wat is er mis met deze reactie?",
  hint: "Alleen moderators lezen het, met uw naam erbij.",
  send: "Stuur de melding",
  cancel: "Annuleer",
  sent: "Dank u wel. Een moderator bekijkt deze reactie.",
};
