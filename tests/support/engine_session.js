// ClickHouse's engine without its server, of one of several ages: chdb for Node.js, or a wheel of
// chdb for Python, unpacked, behind a process of Python's.
'use strict';

const fs = require('fs');
const path = require('path');
const { spawn, spawnSync } = require('child_process');

class PythonSession {
  constructor(wheel, directory) {
    fs.mkdirSync(directory, { recursive: true });
    const pipes = ['requests', 'answers'].map((name) => path.join(directory, name));
    spawnSync('mkfifo', pipes);
    const program = path.join(__dirname, 'engine_session.py');
    this.process = spawn('python3', [program, wheel, path.join(directory, 'data'), ...pipes],
      { stdio: ['ignore', 'ignore', 'inherit'] });
    this.process.unref();
    this.requests = fs.openSync(pipes[0], 'w');
    this.answers = fs.openSync(pipes[1], 'r');
  }

  // As a server does that crashes.
  die() {
    console.error('the engine has died');
    process.exit(1);
  }

  read(length) {
    const bytes = Buffer.alloc(length);
    for (let got = 0; got < length;) {
      const more = fs.readSync(this.answers, bytes, got, length - got);
      if (more === 0) this.die();
      got += more;
    }
    return bytes;
  }

  // Fails with the engine's words, and its code as `clickhouseCode`.
  bytes_of(sql, format) {
    const request = Buffer.from(JSON.stringify([sql, format]));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(request.length);
    try {
      fs.writeSync(this.requests, length);
      for (let sent = 0; sent < request.length;) sent += fs.writeSync(this.requests, request, sent);
    } catch {
      this.die();
    }
    const head = this.read(5);
    const answer = this.read(head.readUInt32LE(1));
    if (head[0] === 0) return answer;
    const error = new Error(answer.toString());
    error.clickhouseCode = Number(/Code: (\d+)\./.exec(error.message)?.[1] ?? 0);
    throw error;
  }

  query(sql, format) {
    return this.bytes_of(sql, format).toString();
  }

  async queryAsync(sql, { format }) {
    const answer = this.bytes_of(sql, format);
    return { bytes: () => answer };
  }
}

// `engine` is a folder: Node's module, or an unpacked wheel. The session keeps its data in `directory`.
function open_session(engine, directory) {
  if (fs.existsSync(path.join(engine, 'chdb', '__init__.py'))) return new PythonSession(engine, directory);
  const { Session } = require(engine);
  return new Session(directory);
}

module.exports = { open_session };
