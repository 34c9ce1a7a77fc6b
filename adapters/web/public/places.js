/** @import { Channel, Me, Person } from "./types.js" */
import { byId, el } from "./dom.js";

const VISIBILITY = {
  public: "Public channel",
  private: "Private channel",
  direct: "Direct messages",
};

/** @param {Me} me */
export function drawPeople({ user, people }) {
  const options = people.map(({ id, name }) =>
    el("option", { value: id, selected: id === user.id }, name),
  );
  byId("person", HTMLSelectElement).replaceChildren(...options);
}

/**
 * @param {Channel[]} channels
 * @param {Channel} here
 */
export function drawChannels(channels, here) {
  const items = channels.map(({ id, name, visibility }) => {
    const href = `#/${encodeURIComponent(id)}`;
    const link = el("a", { href, "aria-current": id === here.id ? "page" : null }, `#${name}`);
    if (visibility !== "public") link.append(" ", el("span", { class: "tag" }, visibility));
    return el("li", {}, link);
  });
  byId("channels", HTMLUListElement).replaceChildren(...items);
}

/**
 * @param {Channel} channel
 * @param {Person[]} people
 */
export function drawHeading({ name, visibility, members }, people) {
  const names = members.map((id) => nameIn(people, id)).join(", ");
  byId("channel", HTMLHeadingElement).textContent = `#${name}`;
  byId("about", HTMLParagraphElement).textContent = `${VISIBILITY[visibility]}: ${names}`;
  byId("drop", HTMLDivElement).textContent = `Drop to share in #${name}`;
  document.title = `#${name} · Docent`;
}

/**
 * @param {Person[]} people
 * @param {string} id
 */
function nameIn(people, id) {
  const person = people.find((one) => one.id === id);
  if (!person) return id;
  return person.guest && person.name !== "Guest" ? `${person.name} (guest)` : person.name;
}

/** The channel and message that the address names, as in #/general/12. */
export function placeInAddress() {
  const [, channel = "", message = ""] = location.hash.split("/").map(decodeURIComponent);
  return { channel, message };
}
