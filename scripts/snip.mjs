// snip.mjs MODULE: empties functions that are never called but that no tool may drop by itself.
//
// A type-erased view of tachys carries a pointer to each of its methods. The one that hydrates asynchronously is only for
// `leptos::mount::hydrate_lazy`; `frontend` calls `hydrate_body`, so it is dead weight, a twentieth of the module. Were it
// called, it would trap. Only these bodies: what they call, and what drops them, can be one with functions that are alive.
// Likewise the router's list of all routes, which is the server's.
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

const [file] = process.argv.slice(2);
const module = binaryen.readBinary(readFileSync(file));
const dead = [
  "<T as tachys::view::any_view::IntoAny>::into_any::hydrate_async",
  "<T as leptos_router::matching::nested::any_nested_route::IntoAnyNestedRoute>::into_any_nested_route::generate_routes",
];
let emptied = 0;
for (let index = 0; index < module.getNumFunctions(); index += 1) {
  const pointer = module.getFunctionByIndex(index);
  const { name, module: imported } = binaryen.getFunctionInfo(pointer);
  if (!imported && dead.some((start) => name.startsWith(start))) {
    binaryen.Function(pointer).body = module.unreachable();
    emptied += 1;
  }
}
// A module without names would silently keep its weight.
if (emptied === 0) throw new Error(`no function to empty in ${file}: were the names stripped, or did tachys rename them?`);
writeFileSync(file, module.emitBinary());
