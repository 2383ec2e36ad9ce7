// POST /v1/inventory:check of three articles: a shopping cart before it is paid.
import http from 'k6/http';
import { check } from 'k6';
import { any, base, body, inventory, json, options as shared, revision } from './common.js';

export const options = shared();

export const setup = () => ({ inventory: inventory() });

export default function (data) {
  const asked = [any(data.inventory), any(data.inventory), any(data.inventory)];
  const items = asked.map(({ key }) => ({ key, quantity: 1 + Math.floor(Math.random() * 5) }));
  const reply = http.post(`${base}/v1/inventory:check`, JSON.stringify({ items }), json);
  const answer = body(reply) || {};
  const results = answer.items || [];
  check(reply, {
    'status is 200': (r) => r.status === 200,
    'header and body name one revision': (r) => answer.revision !== undefined && answer.revision === revision(r),
    'all items, in order': () =>
      results.length === 3 && results.every((r, i) => r.key === items[i].key && r.requested === items[i].quantity),
    'the stock is right': (r) =>
      results.every((result, i) => revision(r) !== asked[i].revision || result.available === asked[i].available),
    'available when every item is': () => answer.available === results.every((result) => result.ok),
  });
}
