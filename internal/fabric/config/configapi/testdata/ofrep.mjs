// A real OpenFeature client over OFREP: what it gets is printed, a line for each flag.
import { OpenFeature } from '@openfeature/server-sdk';
import { OFREPProvider } from '@openfeature/ofrep-provider';

const [baseUrl, token] = process.argv.slice(2);
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers: [['Authorization', `Bearer ${token}`]] }));
const client = OpenFeature.getClient();
const show = (d) => console.log([d.flagKey, JSON.stringify(d.value), d.variant ?? '', d.reason ?? '', d.errorCode ?? ''].join(' '));
show(await client.getBooleanDetails('static', false, {}));
show(await client.getBooleanDetails('gone', false, {}));
show(await client.getStringDetails('colour', 'none', { plan: 'gold' }));
show(await client.getStringDetails('colour', 'none', { plan: 'tin' }));
show(await client.getObjectDetails('limits', {}, {}));
show(await client.getNumberDetails('number', 0, {}));
show(await client.getBooleanDetails('share', false, { targetingKey: 'ada' }));
show(await client.getBooleanDetails('share', false, {}));
show(await client.getBooleanDetails('nothing', true, {}));
show(await client.getStringDetails('static', 'none', {}));
await OpenFeature.close();
