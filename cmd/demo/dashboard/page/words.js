// Events and times in words.

import { names } from "./state.js";

/** Says an event in words. */
export function describe(e) {
  const because = e.reason ? ` (${e.reason})` : "";
  switch (e.kind) {
    case "hello": return `${e.cluster || "A mesh"}, ${e.source === "watch" ? "watched from outside" : "a demo cluster"}`;
    case "picture": return `The whole picture: ${e.picture?.nodes?.length ?? 0} nodes`;
    case "gap": return "Events are missing here";
    case "node": return e.state === "gone" ? `${e.node} is forgotten` : `${e.node} is ${e.state ?? "changed"}`;
    case "up": return `${e.node} has the new neighbor ${e.peer}${because}`;
    case "down": return `${e.node} has lost the neighbor ${e.peer}${because}`;
    case "link": return `${e.node}: the NATS link to ${e.peer} is ${LINK_WORDS[e.link] ?? e.link}${e.why ? `: ${e.why}` : ""}`;
    case "tree": return e.eager ? `${e.node} sends to ${e.peer} eagerly` : `${e.node} only announces to ${e.peer}`;
    case "sample": return `${e.figures?.nodes ?? 0} nodes up, components: ${e.figures?.components ?? 0}`;
    case "repaired": return `${e.node} has a full view again after ${millis(e.ms)}`;
    case "action": return actionWords(e);
    case "wave": return `${e.node} publishes ${e.message}`;
    case "hop": return `${e.node} gets ${e.message} over ${e.hops ?? 0} ${e.hops === 1 ? "link" : "links"}${e.peer ? `, from ${e.peer}` : ""}`;
    case "reached": return `${e.message} has reached ${e.count ?? 0} of ${e.of ?? 0} nodes in ${millis(e.ms)}, over at most ${e.hops ?? 0} hops`;
    default: return String(e.kind);
  }
}

const LINK_WORDS = { up: "up", wanted: "wanted and not up", holding: "held for a moment", none: "gone" };

function actionWords(e) {
  const nodes = names(e.nodes);
  const who = nodes.length > 6 ? `${nodes.length} nodes` : nodes.join(", ");
  return `Somebody did: ${e.action ?? "?"}${who ? ` ${who}` : ""}`;
}

/** Writes a time of so many milliseconds. */
export function millis(ms) {
  const v = Number(ms) || 0;
  if (v >= 10_000) return `${(v / 1000).toFixed(1)} s`;
  if (v >= 1000) return `${(v / 1000).toFixed(2)} s`;
  if (v >= 10) return `${v.toFixed(0)} ms`;
  return `${v.toFixed(v >= 1 ? 1 : 2)} ms`;
}
