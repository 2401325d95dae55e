// Runs the statements of a JSON file on the DuckDB of a folder with
// @duckdb/node-api: node newest.mjs FOLDER TASK. Without a task it prints the
// version.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, task] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(join(resolve(folder), 'package.json'))('@duckdb/node-api');
const { database, statements } = task ? JSON.parse(readFileSync(task, 'utf8')) : { database: '', statements: [] };
const instance = await DuckDBInstance.create(database || ':memory:');
const connection = await instance.connect();
if (!task) {
  const rows = await connection.runAndReadAll('SELECT version()');
  console.log(rows.getRowsJson()[0][0]);
}
for (const statement of statements) {
  await connection.run(statement);
}
connection.closeSync();
instance.closeSync();
