import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import type { Judge } from './judge.ts';

export interface EndpointOptions {
  /** base of an OpenAI-compatible API, such as http://127.0.0.1:8080/v1 */
  readonly url: string;
  readonly model: string;
  /** sent as a bearer token, and shown nowhere */
  readonly apiKey?: string;
  /** milliseconds; default two minutes */
  readonly timeout?: number;
}

const reply = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1),
});
/** Characters of a reply that are kept. */
const maxReply = 4000;

/**
 * A judge behind an OpenAI-compatible endpoint, greedy so that marks repeat.
 * @throws UserError for an address that is none, or no http(s), or holds a password; when asked, for any failure of the endpoint
 */
export function endpointJudge({ url, model, apiKey, timeout = 120_000 }: EndpointOptions): Judge {
  const address = chatAddress(url);
  return {
    name: `${model} at ${address.origin}${address.pathname}`,
    async ask(prompt) {
      const body = JSON.stringify({
        model,
        messages: [{ role: 'user', content: prompt }],
        temperature: 0,
        max_tokens: 64,
      });
      const headers = { 'content-type': 'application/json', ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) };
      let response: Response;
      let text: string;
      try {
        // a redirect could carry the key elsewhere
        response = await fetch(address, {
          method: 'POST',
          body,
          headers,
          redirect: 'error',
          signal: AbortSignal.timeout(timeout),
        });
        text = await response.text();
      } catch (error) {
        throw unreachable(address, reasonOf(error));
      }
      if (!response.ok) throw unreachable(address, `it answers ${response.status} ${response.statusText}`);
      return contentOf(text, address).slice(0, maxReply);
    },
  };
}

function chatAddress(url: string): URL {
  const mend = 'name the base of an OpenAI-compatible API, such as http://127.0.0.1:8080/v1';
  let address: URL;
  try {
    address = new URL(url);
  } catch {
    throw new UserError({ what: 'the judge’s address is no URL', where: '--judge', mend });
  }
  if (address.protocol !== 'http:' && address.protocol !== 'https:')
    throw new UserError({ what: `expected http or https, got ${address.protocol}`, where: '--judge', mend });
  if (address.username || address.password || address.search)
    throw new UserError({
      what: 'the judge’s address holds a password or parameters, which would be stored with the marks',
      where: '--judge',
      mend: 'give the key in OPENAI_API_KEY',
    });
  const path = address.pathname.replace(/\/+$/, '');
  address.pathname = path.endsWith('/chat/completions') ? path : `${path}/chat/completions`;
  address.hash = '';
  return address;
}

function contentOf(text: string, address: URL): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreachable(address, 'its answer is not JSON');
  }
  const parsed = reply.safeParse(value);
  if (!parsed.success) throw unreachable(address, 'its answer holds no choices[0].message.content');
  return parsed.data.choices[0].message.content ?? '';
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return 'it does not answer in time';
  return cause?.code ?? cause?.message ?? message;
}

function unreachable(address: URL, what: string): UserError {
  return new UserError({
    what: `the judge cannot be asked: ${what}`,
    where: `${address.origin}${address.pathname}`,
    mend: 'start it, or correct the address; marks so far are kept',
  });
}
