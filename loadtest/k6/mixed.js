// What an application asks for: 80% configuration values, 15% inventory records, 5% batches of ten keys of both.
import { any, configuration, inventory, options as shared } from './common.js';
import { batch, get } from './requests.js';

export const options = shared();

export function setup() {
  const [config, records] = [configuration(), inventory()];
  return { config, inventory: records, all: config.concat(records) };
}

export default function (data) {
  const draw = Math.random();
  if (draw < 0.8) get(any(data.config), 'config');
  else if (draw < 0.95) get(any(data.inventory), 'inventory');
  else batch(data.all);
}
