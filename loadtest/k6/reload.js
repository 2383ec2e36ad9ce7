// Every reply comes from one generation, while generations go by. loadtest/run reload makes the data (DOCUMENTS
// documents, RECORDS records, each with the generation's number) and rewrites it; here each reply is looked through.
//
// What one reply cannot show, one revision with two contents, is shown by the log: each virtual user prints the content
// of a revision when it first sees it, and loadtest/run compares those of all users.
import http from 'k6/http';
import { check } from 'k6';
import { Counter } from 'k6/metrics';
import { base, body, json, options as shared, revision } from './common.js';

const DOCUMENTS = Number(__ENV.DOCUMENTS);
const RECORDS_A_PAGE = 10;
const PAGES = Number(__ENV.RECORDS) / RECORDS_A_PAGE;

const mixed = new Counter('mixed_generations');
export const options = shared({ mixed_generations: ['count==0'] });

const keys = JSON.stringify({ keys: Array.from({ length: DOCUMENTS }, (_, i) => `config/d${i}/generation`) });
const seen = {}; // of this virtual user: revision -> generation, by collection
let newest = 0; // of this virtual user: the number of the newest revision that it was answered from

function look(collection, reply, answer, generations, count) {
  const name = revision(reply) || '';
  const number = Number(name.split('.')[1]);
  const id = `${collection} ${name}`;
  const faulty =
    generations.length !== count || generations.some((generation) => generation !== generations[0]) ||
    (seen[id] !== undefined && seen[id] !== generations[0]);
  mixed.add(faulty ? 1 : 0);
  if (faulty) console.error(`mixed: ${id}: ${JSON.stringify(generations)}`);
  else if (seen[id] === undefined) console.log(`seen ${id} ${generations[0]}`);
  seen[id] = generations[0];
  check(reply, {
    'status is 200': (r) => r.status === 200,
    'header and body name one revision': () => name !== '' && answer.revision === name,
    'one generation': () => !faulty,
    'never back to an older revision': () => number >= newest,
  });
  newest = Math.max(newest, number);
}

export default function () {
  if (Math.random() < 0.5) {
    const reply = http.post(`${base}/v1:batch`, keys, { ...json, tags: { name: 'batch' } });
    const answer = body(reply) || {};
    look('config', reply, answer, (answer.results || []).map((result) => result.value), DOCUMENTS);
  } else {
    const page = String(Math.floor(Math.random() * PAGES)).padStart(3, '0');
    const reply = http.get(`${base}/v1/inventory?prefix=S${page}`, { tags: { name: 'page' } });
    const answer = body(reply) || {};
    look('inventory', reply, answer, (answer.items || []).map((item) => item.value.generation), RECORDS_A_PAGE);
  }
}
