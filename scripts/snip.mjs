// snip.mjs MODULE: empties functions that are never called but that no tool may drop by itself.
//
// A type-erased view of tachys carries a pointer to each of its methods. The one that hydrates asynchronously is only for
// `leptos::mount::hydrate_lazy`, the one that hydrates from a template only for `template!`; `frontend` calls
// `hydrate_body` and no page has a template, so both are dead weight, a tenth of the module. Were one called, it would trap.
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

const [file] = process.argv.slice(2);
const module = binaryen.readBinary(readFileSync(file));
let emptied = 0;
for (let index = 0; index < module.getNumFunctions(); index += 1) {
  const pointer = module.getFunctionByIndex(index);
  const { name, module: imported } = binaryen.getFunctionInfo(pointer);
  if (!imported && /hydrate_async|hydrate_from_template/.test(name)) {
    binaryen.Function(pointer).body = module.unreachable();
    emptied += 1;
  }
}
// A module without names would silently keep its weight.
if (emptied === 0) throw new Error(`no function to empty in ${file}: were the names stripped, or did tachys rename them?`);
writeFileSync(file, module.emitBinary());
