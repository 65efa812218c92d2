// A program that takes webhooks: a real HTTP server that keeps what it is sent.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';

export interface Taken {
  headers: IncomingHttpHeaders;
  body: string;
}

export class Receiver {
  readonly url: string;
  readonly #server: Server;
  /** What it was sent, in order. */
  readonly taken: Taken[] = [];
  /** What it answers with. */
  status = 204;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}/in`;
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new Error('There is no port.');
    const receiver = new Receiver(server, address.port);
    server.on('request', (asked, answer) => {
      let body = '';
      asked.setEncoding('utf8').on('data', (text: string) => (body += text));
      asked.on('end', () => {
        receiver.taken.push({ headers: asked.headers, body });
        answer.writeHead(receiver.status).end();
      });
    });
    return receiver;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Whether it was signed with the secret, as Standard Webhooks has it. */
export function isSigned({ headers, body }: Taken, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const wanted = createHmac('sha256', key).update(text).digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .map((each) => Buffer.from(each.replace(/^v1,/, ''), 'base64'))
    .some((found) => found.length === wanted.length && timingSafeEqual(found, wanted));
}
