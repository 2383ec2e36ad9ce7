// The three requests of the mix, each with its checks.
import http from 'k6/http';
import { check } from 'k6';
import { any, base, body, expected, json, revision } from './common.js';

const BATCH_KEYS = 10;

// One value: a leaf or document of the configuration, or a record of the inventory.
export function get(entry, kind) {
  const reply = http.get(`${base}/v1/${entry.path}`, { tags: { name: kind } });
  check(reply, {
    'status is 200': (r) => r.status === 200,
    'names its revision': (r) => revision(r) !== undefined,
    'the value is right': (r) => expected(entry, r, body(r)),
  });
}

export function batch(entries) {
  const asked = Array.from({ length: BATCH_KEYS }, () => any(entries));
  const keys = asked.map((entry) => decodeURIComponent(entry.path));
  const reply = http.post(`${base}/v1:batch`, JSON.stringify({ keys }), { ...json, tags: { name: 'batch' } });
  const answer = body(reply) || {};
  const results = answer.results || [];
  check(reply, {
    'status is 200': (r) => r.status === 200,
    'header and body name one revision': (r) => answer.revision !== undefined && answer.revision === revision(r),
    'all keys, in order': () => results.length === keys.length && keys.every((key, i) => results[i].key === key),
    'the values are right': (r) => results.every((result, i) => expected(asked[i], r, result.value)),
  });
}
