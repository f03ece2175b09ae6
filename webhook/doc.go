// Package webhook is the serving side: it carries AdmissionReviews from the API server to the rules and their decisions
// back, and decides nothing itself.
//
// # The way of a request
//
//	body cap -> in-flight cap -> envelope decoded -> deadline -> the endpoint's Reviewer -> AdmissionReview encoded
//
// No step looks back. The endpoint table ([Endpoints]) is the only place that knows paths, kinds, operations, selectors
// and failure policies; the routes, the webhook configurations in deploy/ and the table in docs/ come from it.
//
// # "No" is not "I cannot tell"
//
// A rule's refusal is HTTP 200 with allowed: false and the rule's status (400, 403, 422). So is an envelope that cannot be
// read (400) or is too large (413): those answers carry no apiVersion, kind and uid, as OpenKruise's do, and the API
// server counts them as failed calls. Whenever the server cannot decide it answers HTTP 5xx, so that the failurePolicy
// of the webhook configuration means something:
//
//	500  a rule failed or panicked
//	503  the view is not filled yet, too many requests are in flight, or a look-up failed in a way that passes;
//	     with Retry-After, which the API server's webhook client honours, and Connection: close, so that the retry may
//	     reach another replica
//	504  the request's deadline passed
//
// # The HTTP server
//
// [Server] implements controller-runtime's webhook.Server, so it can run in any manager, but the http.Server inside is
// ours: HTTP/2 off (the API server calls Service-backed webhooks over HTTP/1.1, and an HTTP/2 listener at a trust
// boundary is attack surface without use), TLS 1.3, header and body timeouts, an idle timeout above the API server's
// 90 s, and draining: on shutdown it keeps serving for a while with Connection: close on every response, because the API
// server goes on using open connections to a terminating pod and does not retry a POST on a connection that the server
// closed.
package webhook
