// The tasks of Node.
const fs = require("fs");
const { spawn } = require("child_process");

function note(...words) {
  fs.appendFileSync(process.env.CHAOS_LOG, words.join(" ") + "\n");
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// task does what an act of task.go says.
module.exports = async function task(record) {
  const [seq, act, lines, width, pause, arg] = record.split(" ");
  note("B", seq, process.pid, process.env.XPOOL_ATTEMPT || 0);
  for (let n = 1; n <= Number(lines); n++) {
    process.stdout.write(`<${seq}.${n} ${"0".repeat(Number(width))}\n`);
    if (act === "stderr") process.stderr.write(`!${seq}.${n}\n`);
    if (n === 1) await doAct(act, Number(pause), arg);
  }
  if (lines === "0") await doAct(act, Number(pause), arg);
  note("E", seq, process.pid);
  if (act === "exit") process.exit(Number(arg));
};

async function doAct(act, pause, arg) {
  if (pause > 0) await sleep(pause);
  switch (act) {
    case "crash":
      process.kill(process.pid, "SIG" + arg);
      return sleep(1e6);
    case "hang":
      return sleep(1e6);
    case "stray":
      for (const detached of [false, true]) {
        spawn("sleep", ["1000"], { detached, stdio: "inherit" }).unref();
      }
      return;
    case "flaky":
      if (Number(process.env.XPOOL_ATTEMPT) < Number(arg)) process.exit(9);
  }
}
