// Ends with one plain sentence when this Node is too old to run Docent, instead of a syntax error
// deep in a TypeScript file. Any Node must be able to parse this, so nothing newer than 2019 here.
const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `Docent needs Node ${NODE_MAJOR_MIN} or newer, and this is ${process.versions.node}: ` +
      "on Linux and Windows `npm ci` brings the right one, which `npm start` and `npm test` then " +
      `use; elsewhere install Node ${NODE_MAJOR_MIN} from https://nodejs.org.\n`,
  );
  process.exit(1);
}
