// Single values, half configuration, half inventory, drawn uniformly.
import { any, configuration, inventory, options as shared } from './common.js';
import { get } from './requests.js';

export const options = shared();

export const setup = () => ({ config: configuration(), inventory: inventory() });

export default function (data) {
  if (Math.random() < 0.5) get(any(data.config), 'config');
  else get(any(data.inventory), 'inventory');
}
