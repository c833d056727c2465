// Finds the offices nearest to the person, who has asked for it. The position stays in this script: it compares it with the
// districts' places, fetches the lists of the nearest ones as anybody may, and puts their offices in order.

const DISTRICTS = 3;
const OFFICES = 5;
const EARTH_KM = 6371;

const section = document.querySelector("[data-nearest]");

/** Kilometres between two places, each with latitude and longitude in degrees. */
function kilometres(one, other) {
  const radians = Math.PI / 180;
  const north = ((other.latitude - one.latitude) * radians) / 2;
  const east = ((other.longitude - one.longitude) * radians) / 2;
  const cosines = Math.cos(one.latitude * radians) * Math.cos(other.latitude * radians);
  return 2 * EARTH_KM * Math.asin(Math.sqrt(Math.sin(north) ** 2 + cosines * Math.sin(east) ** 2));
}

const position = () =>
  new Promise((found, refused) => {
    const options = { maximumAge: 300000, timeout: 20000 };
    navigator.geolocation.getCurrentPosition(({ coords }) => found(coords), refused, options);
  });

async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response;
}

/** The offices of a region, as the page of that region shows them; so many of a region are on its first page. */
async function officesOf(region) {
  const html = await (await fetched(section.dataset.nearest + region)).text();
  return [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("main .office[data-latitude]")];
}

async function nearest(here) {
  const { items } = await (await fetched("/api/v1/offices/districts")).json();
  const districts = items.map(({ region, location }) => ({ region, away: kilometres(here, location) }));
  const near = districts.sort((a, b) => a.away - b.away).slice(0, DISTRICTS);
  const lists = await Promise.all(near.map(({ region }) => officesOf(region)));
  // What lies around one district may be in the list of another.
  const offices = new Map();
  for (const item of lists.flat()) {
    const place = { latitude: Number(item.dataset.latitude), longitude: Number(item.dataset.longitude) };
    offices.set(item.querySelector("a").getAttribute("href"), { item, away: kilometres(here, place) });
  }
  return [...offices.values()].sort((a, b) => a.away - b.away).slice(0, OFFICES);
}

if (section && navigator.geolocation) {
  const state = section.querySelector("[role=status]");
  const list = section.querySelector("ul");
  const say = (word) => (state.textContent = state.dataset[word]);
  section.hidden = false;
  section.querySelector("button").addEventListener("click", async () => {
    list.replaceChildren();
    say("working");
    let here;
    try {
      here = await position();
    } catch {
      say("refused");
      return;
    }
    try {
      const found = await nearest(here);
      for (const { item, away } of found) {
        const words = item.querySelector(".away");
        words.textContent = state.dataset.away.replace("{}", away < 10 ? away.toFixed(1) : Math.round(away));
        words.hidden = false;
        list.append(item);
      }
      say(found.length > 0 ? "done" : "nothing");
    } catch {
      say("failed");
    }
  });
}
