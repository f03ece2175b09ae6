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
// A rule's refusal is HTTP 200 with allowed: false and the rule's status (400, 403, 422, for some requests 404 or 429). So
// is an envelope that cannot be read (400) or is too large (413): those answers carry no apiVersion, kind and uid, as
// OpenKruise's do, and the API server counts them as failed calls. Whenever the server cannot decide it answers HTTP 5xx,
// so that the failurePolicy of the webhook configuration means something:
//
//	500  a rule failed or panicked, or the request's deadline passed; the API server passes the text on to the user
//	503  the view is not filled yet, too many requests are in flight, or a look-up failed in a way that passes;
//	     with Retry-After, which the API server's webhook client honours, and Connection: close, so that the retry may
//	     reach another replica
//
// # Readiness, and the cold start
//
// A replica is ready when it can decide: its view of the cluster is complete, its certificate verifies by what is published, and a canary review
// comes back through its own handlers. There is one way in which this rule would hold up itself. In a cluster that has stored objects in an older version
// (whoever had an older OpenKruise) the API server needs /convert to list them, reaches it through the Service, and the Service leads to ready replicas only.
// As long as one is ready all is well. When none is, after an outage of all of them, none would ever be.
//
// So [ColdStart] lets a replica be ready without its view if, and only if, that is all that keeps it from its view: each list that is missing failed
// several times in a row because the API server reached nobody who converts, and no replica is ready. Then nobody loses anything: a review that would have
// met a Service without endpoints meets a 503 with Retry-After, and a second later the view is there. The excuse is not taken back before, because a
// replica that converts makes its reason go away. Where a replica serves, a new one waits for its view, also when the API server that it asks happens to reach none.
//
// The other ways out cost more. A second Service for /convert with publishNotReadyAddresses leads to terminating pods until they are gone, so that each
// rollout breaks reads of custom resources, for which API servers try only once. To list each kind in the version in which it is stored
// does not help where objects of both versions are stored, which is so after every upgrade until someone migrates them. A Deployment of its own for
// /convert would be one more thing to run, for a case of minutes in years.
//
// # What is seen of it
//
// Metrics, logs and traces tell endpoint, operation, decision and code, whose values come from tables, and never anything of an object. A log
// line also names the object. A span continues that of the API server, which chooses what is traced; without a tracer nothing is done for
// traces at all. From a bucket of the duration an exemplar leads to a trace.
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
