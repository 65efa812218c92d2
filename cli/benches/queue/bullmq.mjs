// BullMQ at the same work: `node bullmq.mjs URL CASE JOBS CONCURRENCY`, in the folder where it is installed. Prints JSON.
//
// Options are BullMQ's defaults: its worker holds a lock on each job, renews it, and waits until Redis has taken the
// completion before it takes the next job.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRequire } from 'node:module';

const { Queue, Worker } = createRequire(`${process.cwd()}/`)('bullmq');

// Jobs in one call where filling the queue is not what is measured.
const BATCH = 500;
// Long enough for a worker to have nothing left to do, in milliseconds.
const PAUSE = 5;
// Nothing here takes this long unless it hangs, in milliseconds.
const LIMIT = 300_000;

setTimeout(() => {
    console.error('BullMQ hangs');
    process.exit(1);
}, LIMIT).unref();

const [url, name, jobs, concurrency] = [...process.argv.slice(2, 4), ...process.argv.slice(4).map(Number)];
const { hostname, port } = new URL(url);
const connection = { host: hostname, port: Number(port) };
const queue = new Queue(`bench-${randomUUID()}`, { connection });
await queue.waitUntilReady();

const data = () => ({ version: '1', syncId: randomUUID() });

async function openWorker(handle) {
    const worker = new Worker(queue.name, handle, { connection, concurrency, autorun: false });
    worker.on('error', (error) => {
        throw error;
    });
    await worker.waitUntilReady();
    return worker;
}

// One job a call, `concurrency` calls at a time.
async function enqueue() {
    let left = jobs;
    const begin = performance.now();
    await Promise.all(
        Array.from({ length: concurrency }, async () => {
            while (left-- > 0) await queue.add('sync', data());
        }),
    );
    return { millis: [performance.now() - begin] };
}

// From the start of the worker until the last job is completed.
async function drain() {
    for (let filled = 0; filled < jobs; filled += BATCH) {
        const size = Math.min(BATCH, jobs - filled);
        await queue.addBulk(Array.from({ length: size }, () => ({ name: 'sync', data: data() })));
    }
    const worker = await openWorker(async () => {});
    const begin = performance.now();
    await new Promise((resolve) => {
        let completed = 0;
        worker.on('completed', () => ++completed === jobs && resolve());
        worker.run();
    });
    const millis = performance.now() - begin;
    await worker.close();
    return { millis: [millis] };
}

// From the answer to the start of the handler, in an idle worker.
async function pickup() {
    let began;
    const worker = await openWorker(async () => (began = performance.now()));
    worker.run();
    const millis = [];
    for (let n = 0; n < jobs; n++) {
        await sleep(PAUSE);
        const completed = new Promise((resolve) => worker.once('completed', resolve));
        await queue.add('sync', data());
        const answered = performance.now();
        await completed;
        millis.push(Math.max(began - answered, 0));
    }
    await worker.close();
    return { millis };
}

console.log(JSON.stringify(await { enqueue, drain, pickup }[name]()));
await queue.close();
