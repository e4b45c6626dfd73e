// A program that a test owns, so that it can end it and start it again on the same port. It tells
// its address on standard output; nothing else of it is looked at.

import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Program {
  #child;
  #command;

  /** `command` says how to start it on an address. */
  constructor(command) {
    this.#command = command;
  }

  /** The program `fanfare`. */
  static async server(binary) {
    const program = new Program((address) => [binary, 'serve', '--addr', address]);
    await program.start();
    return program;
  }

  static async example(binary) {
    const program = new Program((address) => [binary, address]);
    await program.start();
    return program;
  }

  /** Where it was before, if it was. */
  async start() {
    const [file, ...given] = this.#command(this.url ? new URL(this.url).host : '127.0.0.1:0');
    const child = spawn(file, given, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    // A test run that is cut short leaves nobody behind.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = line.match(/listening on (\S+)/) ?? [];
      if (url === undefined) continue;
      this.url = url;
      // Whatever else it prints must not fill the pipe and stop it.
      child.stdout.resume();
      return;
    }
    throw new Error(`${file} ended before it listened`);
  }

  /** Gracefully: SIGTERM, and its end. */
  async stop(signal = 'SIGTERM') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}
