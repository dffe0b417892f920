// A server of the fediverse made with Fedify, as a process of its own: the person mies, who does what the test asks.
//
// MODULES is where Fedify is installed; ORIGIN what it is called; PORT where it listens; TLS_FILE its key and
// certificate. Names under .test lead to this machine. On standard input it takes a JSON object per line, and answers
// each with one line: {ok: …} or {error: …}.
import { webcrypto } from "node:crypto";
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const lookup = dns.lookup;
dns.lookup = (host, ...rest) => lookup(host.endsWith(".test") ? "127.0.0.1" : host, ...rest);
globalThis.navigator ??= { userAgent: "Node" };

globalThis.crypto ??= webcrypto; // Node 18
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const installed = (path) => import(pathToFileURL(`${process.env.MODULES}/node_modules/${path}`));
const { createFederation, MemoryKvStore } = await installed("@fedify/fedify/dist/mod.js");
const vocab = await installed("@fedify/vocab/dist/mod.js");
const { Accept, Announce, Block, Collection, Create, Delete, Endpoints, Follow, Like, Note, Person, PUBLIC_COLLECTION } = vocab;
const { Tombstone, Undo, Update } = vocab;
const { Temporal } = await installed("@js-temporal/polyfill/dist/index.esm.js");

const origin = process.env.ORIGIN;
const followers = new URL("/users/mies/followers", origin);
const notes = new Map(); // id -> Note, or null once deleted
const timeline = new Map(); // id -> what was read of a text of another server
const accepted = []; // ids of follows
const boosts = [];
const created = []; // [id of a Create, id of its object], each time that one was taken
let number = 0;

const generate = (algorithm) => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const pairs = [await generate(rsa), await generate("Ed25519")];

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true });
federation
  .setActorDispatcher("/users/{identifier}", async (ctx, name) => {
    if (name !== "mies") return null;
    const keys = await ctx.getActorKeyPairs(name);
    return new Person({
      id: ctx.getActorUri(name),
      preferredUsername: name,
      name: "Mies",
      inbox: ctx.getInboxUri(name),
      followers,
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher(() => pairs);
federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));
federation.setObjectDispatcher(Collection, "/notes/{id}/replies", (_, { id }) => {
  const uri = new URL(`/notes/${id}`, origin).href;
  const answers = [...notes.values()].filter((note) => note?.replyTargetId?.href === uri).map((note) => note.id);
  return new Collection({ id: new URL(`${uri}/replies`), items: answers });
});
federation.setObjectDispatcher(Note, "/notes/{id}", (_, { id }) => notes.get(new URL(`/notes/${id}`, origin).href));

function keep(object) {
  timeline.set(object.id.href, {
    type: object.constructor.name,
    name: object.name?.toString() ?? null,
    content: object.content?.toString() ?? null,
    language: object.contents.map((one) => one.language?.compact?.() ?? one.locale?.baseName).find(Boolean) ?? null,
    inReplyTo: object.replyTargetId?.href ?? null,
    author: object.attributionId?.href ?? null,
  });
}
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Accept, (_, activity) => accepted.push(activity.objectId?.href))
  .on(Create, async (ctx, activity) => {
    created.push([activity.id.href, activity.objectId.href]);
    keep(await activity.getObject(ctx));
  })
  .on(Update, async (ctx, activity) => {
    const object = await activity.getObject(ctx);
    if (timeline.has(object.id.href)) keep(object);
  })
  .on(Delete, async (_, activity) => {
    timeline.delete(activity.objectId.href);
  })
  .on(Announce, async (_, activity) => {
    boosts.push([activity.actorId.href, activity.objectId.href]);
  });

const context = () => federation.createContext(new URL(origin));
const next = (kind) => new URL(`/${kind}/${++number}`, origin);
const now = () => Temporal.Now.instant();
async function send(activity, recipient) {
  await context().sendActivity({ identifier: "mies" }, recipient, activity, { immediate: true });
  return activity.id.href;
}
async function author(uri) {
  const object = await context().lookupObject(uri);
  return [object, await object.getAttribution(context())];
}
async function make(text, about) {
  const id = next("notes");
  const note = new Note({
    id,
    replies: new URL(`${id.pathname}/replies`, origin),
    attribution: new URL("/users/mies", origin),
    content: `<p>${text}</p>`,
    published: now(),
    to: PUBLIC_COLLECTION,
    cc: followers,
    ...about,
  });
  notes.set(note.id.href, note);
  return note;
}
const actor = new URL("/users/mies", origin);
const around = { actor, to: PUBLIC_COLLECTION, cc: followers };
const recent = new Map(); // id of a like, boost, follow -> [activity, to whom]
async function once(activity, recipient) {
  recent.set(activity.id.href, [activity, recipient]);
  return await send(activity, recipient);
}
const doing = {
  async find({ handle }) {
    return (await context().lookupObject(handle))?.id.href ?? null;
  },
  async follow({ uri }) {
    const whom = await context().lookupObject(uri);
    return await once(new Follow({ id: next("follows"), actor, object: whom.id }), whom);
  },
  async write({ text, answers }) {
    return (await make(text, answers ? { replyTarget: new URL(answers) } : {})).id.href;
  },
  async reply({ uri, text, only }) {
    const [object, whom] = await author(uri);
    const addressed = only ? { to: whom.id, cc: null } : {};
    const note = await make(text, { replyTarget: object.id, ...addressed });
    await send(new Create({ id: next("creates"), object: note, ...around, ...addressed }), whom);
    return note.id.href;
  },
  async quote({ uri, text }) {
    const [object, whom] = await author(uri);
    const note = await make(text, { quoteUrl: object.id });
    await send(new Create({ id: next("creates"), object: note, ...around }), whom);
    return note.id.href;
  },
  async edit({ uri, id, text }) {
    const note = notes.get(id).clone({ content: `<p>${text}</p>`, updated: now() });
    notes.set(id, note);
    return await send(new Update({ id: next("updates"), object: note, ...around }), (await author(uri))[1]);
  },
  async delete({ uri, id }) {
    notes.set(id, null);
    const gone = new Tombstone({ id: new URL(id) });
    return await send(new Delete({ id: next("deletes"), object: gone, ...around }), (await author(uri))[1]);
  },
  async like({ uri }) {
    return await once(new Like({ id: next("likes"), actor, object: new URL(uri) }), (await author(uri))[1]);
  },
  async boost({ uri }) {
    return await once(new Announce({ id: next("boosts"), object: new URL(uri), ...around }), (await author(uri))[1]);
  },
  async undo({ id }) {
    const [activity, whom] = recent.get(id);
    return await send(new Undo({ id: next("undos"), actor, object: activity }), whom);
  },
  async block({ uri }) {
    const whom = await context().lookupObject(uri);
    return await once(new Block({ id: next("blocks"), actor, object: whom.id }), whom);
  },
  async see() {
    return { timeline: Object.fromEntries(timeline), accepted, boosts, created };
  },
};

const pem = readFileSync(process.env.TLS_FILE);
const server = createServer({ key: pem, cert: pem }, async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = request.method === "POST" ? Buffer.concat(chunks) : undefined;
  const asked = new Request(new URL(request.url, origin), { method: request.method, headers: request.headers, body });
  const answer = await federation.fetch(asked, { contextData: undefined });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log(JSON.stringify({ ok: "ready" })));

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: await doing[asked.do](asked) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
process.exit(0);
