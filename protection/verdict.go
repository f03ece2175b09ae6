package protection

import "github.com/kruise-admission/kruise-admission/decision"

// Verdict is a decision, and what the serving side counts and reports of it.
type Verdict struct {
	decision.Decision
	// Rule is the rule of the object's resource; nil when it has none.
	Rule *Rule
	// Outcome says how a request about a protected object ended; empty for all others.
	Outcome Outcome
	// BreakGlass is set when Outcome is BrokeGlass.
	BreakGlass *BreakGlass
}

// disputed says whether something spoke against the request. It may have been let go all the same, by a mode or by break-glass.
func (v *Verdict) disputed() bool { return !v.Allowed || v.Outcome != "" && v.Outcome != Allowed }

// Outcome says how a request about a protected object ended.
type Outcome string

// The outcomes.
const (
	// Allowed: nothing spoke against it.
	Allowed Outcome = "Allowed"
	// Refused: it was refused.
	Refused Outcome = "Refused"
	// Warned: it would have been refused; mode Warn.
	Warned Outcome = "Warned"
	// Audited: it would have been refused; mode Audit.
	Audited Outcome = "Audited"
	// BrokeGlass: it would have been refused, and the user had a way past that.
	BrokeGlass Outcome = "BrokeGlass"
)
