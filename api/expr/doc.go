// Package expr computes the resources of a sidecar from those of a pod's containers: the language of
// resourcesPolicy.resourcesExpr in a SidecarSet, such as "max(cpu*50%, 50m)" (spec/inject.md 7.4 to 7.6).
//
// A value is a plain number (a float64) or a quantity. The one variable, cpu or memory, is a quantity. Numbers become
// quantities where they meet one; two quantities can be added, subtracted and compared, but not multiplied or divided.
//
// The language has grown in OpenKruise, and pods depend on its results, so [Expr.Eval] gives what OpenKruise gives, with two
// peculiarities that surprise people:
//
//   - a malformed number such as "1K" or "2cpu" counts as 0;
//   - products and quotients run through a float64 and lose what is below a thousandth, so that 29% of 100m is 28m.
//
// Where OpenKruise's result depends on the processor, because a number does not fit into 64 bits, Eval fails instead.
// [Expr.Check] is for the moment when a SidecarSet is written: it refuses malformed numbers and everything else that can
// never come out as the author meant, without rejecting what merely happens to be negative for one trial value.
package expr
