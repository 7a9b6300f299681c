// The Node worker. The protocol is written down in stub.go.
(() => { // What user code sees is global; the worker's own names are not.
  'use strict';
  const fs = require('fs');
  const vm = require('vm');
  const util = require('util');
  const { Writable } = require('stream');
  const childProcess = require('child_process');

  const { O_RDONLY, O_WRONLY, O_RDWR } = fs.constants;
  const fdPath = (fd) => (process.platform === 'linux' ? `/proc/self/fd/${fd}` : `/dev/fd/${fd}`);

  // reopen makes fd what path leads to. Node has no dup2, but a closed descriptor
  // is the lowest that is free. All of Node's are close-on-exec; child_process
  // hands on those that a child is to get.
  const reopen = (fd, path, flags) => {
    fs.closeSync(fd);
    if (fs.openSync(path, flags) !== fd) throw new Error(`descriptor ${fd} has been taken`);
  };

  // A socket cannot be opened by path: it comes as a descriptor of its own, whose
  // number is an argument. Node makes all that it finds close-on-exec.
  const requests = process.argv[1] === undefined ? fs.openSync(fdPath(0), O_RDONLY) : Number(process.argv[1]);
  process.argv.length = 1;
  const replies = fs.openSync(fdPath(1), O_WRONLY);
  const own = [fs.openSync(fdPath(2), O_WRONLY)];
  own.push(own[0]);
  reopen(0, '/dev/null', O_RDWR);
  reopen(1, fdPath(own[0]), O_WRONLY);

  // attach makes standard output and standard error a task's pair or our own.
  let attached = own;
  const attach = (pair) => {
    if (pair === attached) return;
    reopen(1, fdPath(pair[0]), O_WRONLY);
    reopen(2, fdPath(pair[1]), O_WRONLY);
    attached = pair;
  };

  const moment = new Int32Array(new SharedArrayBuffer(4));
  const writeAll = (fd, bytes) => {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += fs.writeSync(fd, bytes, done);
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
        Atomics.wait(moment, 0, 0, 1); // a child has made the pipe non-blocking for us too
      }
    }
  };

  // Standard is a standard stream whose writes are done when they return. It does
  // not end, since the next task needs it, and has no errors: its reader can only
  // have gone because it wants no more.
  class Standard extends Writable {
    constructor(fd) {
      super();
      this.fd = fd;
      this._isStdio = true;
    }

    _write(bytes, encoding, done) {
      try {
        writeAll(this.fd, bytes);
      } catch {}
      done();
    }

    end(...args) {
      const done = typeof args.at(-1) === 'function' ? args.pop() : () => {};
      if (args[0] != null) this.write(...args);
      process.nextTick(() => done(this.emit('finish')));
      return this;
    }

    destroy() {
      return this;
    }
  }
  for (const [name, fd] of [['stdout', 1], ['stderr', 2]]) {
    Object.defineProperty(process, name, { value: new Standard(fd), configurable: true, enumerable: true });
  }

  // All processes that Node code can start are started through one of these. An
  // addon that forks by itself is not seen.
  let spawned = false;
  const watch = (object, name) => {
    const start = object[name];
    const watched = function (...args) {
      spawned = true;
      return Reflect.apply(start, this, args);
    };
    object[name] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(start));
  };
  watch(childProcess.ChildProcess.prototype, 'spawn');
  for (const name of ['spawnSync', 'execSync', 'execFileSync']) watch(childProcess, name);
  require('module').syncBuiltinESMExports();

  let buffer = Buffer.alloc(1 << 16);
  let start = 0; // the requests that are read and not used are in [start, end)
  let end = 0;

  // more reads some of the requests; it returns false at their end. Waiting does
  // not begin while standard output is still a task's.
  const more = () => {
    attach(own);
    buffer.copy(buffer, 0, start, end);
    end -= start;
    start = 0;
    // A message for which there is no room would be cut.
    if (buffer.length - end < 1 << 14) buffer = Buffer.concat([buffer], 2 * buffer.length);
    const n = fs.readSync(requests, buffer, end, buffer.length - end, null);
    end += n;
    return n > 0;
  };

  // frame returns the words of the next request and what they announce; undefined
  // at the end of the requests, be it in a frame.
  const frame = () => {
    let line = -1;
    while (line < 0) {
      line = buffer.subarray(start, end).indexOf(10);
      if (line < 0 && !more()) return undefined;
    }
    const words = buffer.latin1Slice(start, start + line).split(' ');
    start += line + 1;
    const sizes = words.slice(words[0] === 'task' ? 4 : 2).map(Number);
    const total = sizes.reduce((a, b) => a + b);
    while (end - start < total) if (!more()) return undefined;
    const body = Buffer.from(buffer.subarray(start, start + total));
    start += total;
    let at = 0;
    return { words, parts: sizes.map((size) => body.subarray(at, (at += size))) };
  };

  // compile returns text as an async function of the parameters named. Its lines
  // count from the first of text.
  const dynamic = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER; // import() works as in any program
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (!/USE_MAIN_CONTEXT_DEFAULT_LOADER/.test(warning)) emitWarning.call(process, warning, ...rest);
  };
  const lines = {};
  const compile = (filename, text, parameters) => {
    lines[filename] = text.split('\n');
    const options = { filename, lineOffset: -1, importModuleDynamically: dynamic };
    return new vm.Script(`(async (${parameters}) => {\n${text}\n})`, options).runInThisContext();
  };

  // show prints error as Node does: the source line, then the user's frames.
  const show = (error) => {
    let text = util.inspect(error);
    if (!util.types.isNativeError(error)) text = `Uncaught ${text}`;
    text = text.replace(/^ +at .*(\[eval\d*\]|node:)[^\n]*\n?/gm, '').trimEnd();
    const at = /^ +at .*?(<code>|<init>):(\d+):(\d+)/m.exec(text);
    const line = at && lines[at[1]]?.[at[2] - 1];
    if (line !== undefined && line !== null) {
      text = `${at[1]}:${at[2]}\n${line}\n${' '.repeat(at[3] - 1)}^\n\n${text}`;
    }
    process.stderr.write(`${text}\n`);
  };

  // refuse ends the worker over a request that it cannot obey.
  const refuse = (message) => {
    attach(own);
    process.stderr.write(`xpool: ${message}\n`);
    process.reallyExit(1);
  };

  const pairs = new Map();
  const closePair = (number) => {
    for (const fd of pairs.get(number) ?? []) fs.closeSync(fd);
    pairs.delete(number);
  };

  const openPair = (number, paths) => {
    closePair(number);
    try {
      pairs.set(number, paths.map((path) => fs.openSync(path, O_WRONLY)));
    } catch (error) {
      refuse(error.message);
    }
  };

  let current; // the task that is running
  let ready = false; // init is done
  let home; // the working directory that it has left
  let background = false; // it has left something open, which may yet wake a task
  let awake; // a timer, while a task waits for that
  let ticking = false; // an immediate of our own is to come

  // finish ends the current task with its reply.
  const finish = (status) => {
    const { seq, pair } = current;
    current = undefined;
    process.exitCode = undefined;
    clearInterval(awake);
    awake = undefined;
    if (spawned) {
      attach(own);
      closePair(pair);
    }
    if (process.cwd() !== home) process.chdir(home);
    writeAll(replies, Buffer.from(`${seq} ${status} ${spawned ? 0 : 1}\n`));
    spawned = false;
  };

  // abandon ends the current task, or init, at once. If something of the task is
  // still to come, the worker ends with it.
  const abandon = (status) => {
    if (!ready) {
      writeAll(replies, Buffer.from('failed\n'));
      process.reallyExit(1);
    }
    if (!current) return;
    const ours = (ticking ? 1 : 0) + (awake ? 1 : 0);
    const left = process.getActiveResourcesInfo().length > ours;
    attach(own);
    finish(status);
    if (left) process.reallyExit(0);
  };

  const exited = Symbol('exit'); // thrown to leave the code that called exit
  const exit = process.exit;
  process.exit = (code = process.exitCode ?? 0) => {
    if (!ready) process.stderr.write(`init ended with exit status ${code}\n`);
    abandon(Number(code) & 255);
    throw exited;
  };

  const fail = (error) => {
    if (error === exited) return;
    show(error);
    abandon(1);
  };
  process.on('uncaughtException', fail);

  const run = (code, { words, parts }) => {
    const [, seq, attempt, pair] = words;
    const task = { seq, pair, settled: false };
    current = task;
    attach(pairs.get(pair) ?? refuse(`no pair ${pair} is open`));
    process.env.XPOOL_SEQ = seq;
    process.env.XPOOL_ATTEMPT = attempt;
    const args = parts.map((part) => part.utf8Slice());
    const settle = () => {
      task.settled = true;
      if (current === task) clearInterval(awake);
    };
    code(args[0], args, Number(seq), parts[0], parts).then(settle, (error) => {
      settle();
      if (current === task) fail(error);
    });
  };

  // next is called when the event loop has nothing more to do, which is how a task
  // ends: its timers and sockets are part of it. It starts the next one.
  const next = (code) => {
    if (current && !current.settled && background) {
      awake = setInterval(() => {}, 1 << 30);
      return;
    }
    if (current && !current.settled) {
      process.stderr.write('Warning: the code awaits what will never be\n');
      finish(13); // as Node does
    } else if (current) {
      finish(Number(process.exitCode ?? 0) & 255);
    }
    let request;
    while ((request = frame())?.words[0] === 'pair') openPair(request.words[1], request.parts);
    if (!request) {
      process.exit = exit;
      return;
    }
    run(code, request);
    ticking = true;
    setImmediate(() => { ticking = false; }); // for the loop to have something to do
  };

  // initialize runs text as a script, whose names the code sees. Only if that does
  // not parse, it may be one that awaits; then its names are its own.
  const initialize = async (text) => {
    const held = [];
    const init = (id, type, trigger, resource) => {
      if (typeof resource.unref === 'function' && resource.hasRef) held.push(resource);
    };
    const hook = require('async_hooks').createHook({ init }).enable();
    let script;
    try {
      script = new vm.Script(text, { filename: '<init>', importModuleDynamically: dynamic });
      lines['<init>'] = text.split('\n');
    } catch (error) {
      try {
        script = { runInThisContext: compile('<init>', text, '') };
      } catch {
        throw error;
      }
    }
    await script.runInThisContext({ displayErrors: false }); // show does that
    hook.disable();
    // An open connection or a timer must not keep every task from ending.
    for (const resource of held.filter((r) => r.hasRef())) {
      resource.unref();
      background = true;
    }
  };

  const main = async () => {
    const setup = frame();
    if (!setup) process.reallyExit(0);
    const [text, init] = setup.parts.map(String);
    if (setup.words[1] !== 'code') throw new Error('the mode call is not for Node');
    const code = compile('<code>', text, 'arg, args, seq, argBytes, argsBytes');
    if (init) await initialize(init);
    attach(own);
    home = process.cwd();
    ready = true;
    spawned = false;
    writeAll(replies, Buffer.from('ready\n'));
    return code;
  };

  let code;
  main().then((compiled) => { code = compiled; }, fail);
  process.on('beforeExit', () => {
    if (code) return next(code);
    process.stderr.write('Warning: init awaits what will never be\n');
    abandon(13);
  });
})();
