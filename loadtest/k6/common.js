// What the scenarios share. All are open: requests start at a constant rate whether or not earlier ones were answered,
// so a stall of the server shows as latency, and one too long for the virtual users as dropped_iterations.
import http from 'k6/http';

export const base = __ENV.URL || 'http://127.0.0.1:8080';
export const json = { headers: { 'Content-Type': 'application/json' } };

const rate = Number(__ENV.RATE || 1000);

// The options of a scenario; `thresholds` are added to those that hold for all.
export function options(thresholds = {}) {
  return {
    scenarios: {
      constant: {
        executor: 'constant-arrival-rate',
        rate,
        timeUnit: '1s',
        duration: __ENV.DURATION || '10s',
        // Enough for a stall of a quarter of a second; never more are made, for making one takes time from the others.
        preAllocatedVUs: Math.max(100, Math.ceil(rate / 4)),
      },
    },
    thresholds: {
      checks: ['rate==1'],
      http_req_failed: ['rate==0'],
      dropped_iterations: ['count==0'],
      http_req_duration: [`p(99)<${__ENV.P99_MS || 100}`],
      ...thresholds,
    },
    summaryTrendStats: ['min', 'med', 'p(99)', 'p(99.9)', 'max'],
  };
}

export const revision = (reply) => reply.headers['Lull-Revision'];

// Of a list. k6 gives each virtual user its own Math.random.
export const any = (list) => list[Math.floor(Math.random() * list.length)];

// The same value, however it is spelt: {"a":1.0} and {"a": 1}.
const spelt = (value) => JSON.stringify(value);
// Not k6's reply.json(), which shuffles the members of an object.
const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch (_) {
    return undefined;
  }
};
export const body = (reply) => parsed(reply.body);

// Whether `value` is what setup saw. A reply of a later revision may differ: its data has been changed meanwhile.
export const expected = (entry, reply, value) =>
  revision(reply) !== entry.revision || spelt(value) === entry.spelt;

function ask(target) {
  const reply = http.get(base + target);
  if (reply.status !== 200) throw new Error(`GET ${base}${target}: ${reply.status} ${reply.body || reply.error}`);
  return reply;
}

function leaves(value, path, visit) {
  if (value !== null && typeof value === 'object' && Object.keys(value).length > 0) {
    for (const [name, below] of Object.entries(value)) {
      leaves(below, `${path}/${encodeURIComponent(name.replace(/~/g, '~0').replace(/\//g, '~1'))}`, visit);
    }
  } else {
    visit(path, value);
  }
}

// Every leaf and document of the collection `config`, to ask for and to compare with.
export function configuration() {
  const found = [];
  for (const { key } of body(ask('/v1/config?values=false&limit=100')).items) {
    const reply = ask(`/v1/config/${key}`);
    const add = (path, value) =>
      found.push({ path: `config/${path}`, spelt: spelt(value), revision: revision(reply) });
    const document = body(reply);
    add(key, document);
    leaves(document, key, add);
  }
  return found;
}

// Up to 500 records of the collection `inventory`.
export function inventory() {
  const reply = ask('/v1/inventory?limit=500');
  return body(reply).items.map(({ key, value }) => ({
    path: `inventory/${key.split('/').map(encodeURIComponent).join('/')}`,
    key,
    available: value.available,
    spelt: spelt(value),
    revision: revision(reply),
  }));
}
