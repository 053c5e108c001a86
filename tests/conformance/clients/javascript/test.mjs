// Works with the server of $KUBECONFIG in the namespace named on the command line; ends with 0 if all went as asserted.
import assert from 'node:assert/strict';
import * as k8s from '@kubernetes/client-node';

const namespace = process.argv[2];
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);

await core.createNamespace({ body: { metadata: { name: namespace } } });
await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'settings' }, data: { a: '1' } } });
const read = await core.readNamespacedConfigMap({ namespace, name: 'settings' });
read.data.b = '2';
await core.replaceNamespacedConfigMap({ namespace, name: 'settings', body: read });
await assert.rejects(
  core.replaceNamespacedConfigMap({ namespace, name: 'settings', body: read }),
  (error) => error.code === 409,
);
await core.patchNamespacedConfigMap(
  { namespace, name: 'settings', body: [{ op: 'remove', path: '/data/a' }] },
  k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.JsonPatch),
);
const list = await core.listNamespacedConfigMap({ namespace });
assert.deepEqual(list.items.map((item) => item.data), [{ b: '2' }]);

const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const made = await apps.createNamespacedDeployment({
  namespace,
  body: { metadata: { name: 'web' }, spec: { selector: { matchLabels: labels }, template } },
});
assert.equal(made.spec.replicas, 1);
assert.ok(made.metadata.creationTimestamp instanceof Date);

const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'word', namespace }, stringData: { word: 'open' } };
await objects.create(secret);
assert.equal((await objects.read(secret)).data.word, 'b3Blbg==');

const path = `/api/v1/namespaces/${namespace}/configmaps`;
const informer = k8s.makeInformer(config, path, () => core.listNamespacedConfigMap({ namespace }));
const seen = new Promise((resolve) => informer.on('add', (item) => item.metadata.name === 'late' && resolve()));
await informer.start();
await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'late' } } });
await seen;
await informer.stop();
await core.deleteNamespace({ name: namespace });
process.exit(0);
