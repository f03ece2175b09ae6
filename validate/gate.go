package validate

// What is said of a kind whose feature gate is off. OpenKruise refuses every update then, too; here one that leaves the spec alone passes,
// so that what is stored can be labelled and released from its finalizers.

import "github.com/kruise-admission/kruise-admission/decision"

// gateOff refuses an object that nothing would act on. consequence is what would not happen.
func gateOff(consequence, gate string) decision.Decision {
	return decision.Forbid(consequence + ": the feature gate " + gate + " is off; set it in --feature-gates")
}
