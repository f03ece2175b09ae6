package webhook

import "github.com/kruise-admission/kruise-admission/decision"

// Reviewer is the rule that decides the reviews of this endpoint, for those who ask without a server.
func (e Endpoint) Reviewer(rules Rules) decision.Reviewer { return e.rule(rules) }
