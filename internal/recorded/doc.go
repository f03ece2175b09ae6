// Package recorded reads decisions that were recorded from OpenKruise, and says in which way an answer differs from them.
// The tests of the rules and the conformance tests over HTTPS (test/conformance) share it; the product does not use it.
//
// A folder of recordings holds sets (inject, validate), a set holds universe.yaml, the cluster objects that its cases rely on,
// and cases.jsonl, one case per line. A case is a request and the recorded answer. The project's own copy is in
// test/conformance/testdata.
//
// Two answers agree when both refuse, or when both allow and the object is the same afterwards ("level object"). Not compared:
//
//   - the time at which a pod was injected, inside annotation values;
//   - what OpenKruise adds or drops only because it decodes and encodes (the case names the places, "noise");
//   - places where the recording has "*";
//   - words and codes of a refusal. OpenKruise's are often those of a decoder.
//
// Where this project decides otherwise on purpose, test/conformance/deviations.yaml says what and why. A [Ledger] settles the
// differences of a run against that list: what is not listed is an error, and so is what is listed and does not differ.
package recorded
