// Package podtemplate asks the API server about pod templates.
//
// Only the API server knows which defaults a pod template gets and whether it is valid: both change with its version and its
// feature gates (docs/architecture.md, rule 5). A [Checker] therefore creates a core/v1 PodTemplate that holds the template, by
// dry run, in the server's own namespace, and reads three things from the answer: the template with its defaults, the causes of a
// refusal, and warnings such as a misspelt field. Field paths come back relative to the template, so that a rule can put the path
// of its own workload in front.
//
// A PodTemplate is the right question to ask because the API server runs the template's defaults and validation on it and
// nothing else: no service account, no limit range, no pod security level of the namespace changes the answer.
//
// An answer is one of three, as everywhere in this project: valid, refused with causes, or an error that means "cannot
// tell" (the API server is unreachable, too slow, or denies the request for a reason that has nothing to do with
// the template). The first two are remembered by content for a while, the third never. Equal questions that arrive
// together are asked once, and questions in flight are bounded.
package podtemplate
