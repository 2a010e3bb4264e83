// See tests/fuzz/run.
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, connections: { type: 'string', default: '6' }, only: { type: 'string', default: '' } } });
const seed = values.seed === undefined ? Date.now() % 1000000 : Number(values.seed), seconds = Number(values.seconds);
console.log(`seed ${seed}, ${seconds} s`);
const result = await fuzz({ seconds, seed, connections: Number(values.connections), only: values.only, say: (line) => console.log(line) });
console.log(`${result.sent} requests, ${Math.round(result.sent / seconds)} each second; by status: ${JSON.stringify(result.statuses)}`);
console.log(`${result.good.size} of ${result.endpoints.length} endpoints answered well; never: ${result.endpoints.filter(({ key }) => !result.good.has(key)).map(({ key }) => key).join(', ') || 'none'}`);
console.log(`MiB that processes grew by, after the first third: ${JSON.stringify(result.growth)}`);
for (const { what, about, times } of result.findings)
	console.log(`\n${times} times: ${what}\n    ${about}`);
console.log(`\n${result.findings.length} findings (seed ${seed})`);
process.exitCode = result.findings.length ? 1 : 0;
