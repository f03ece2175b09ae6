// Package follow keeps what the server knows of a cluster current, over watches that break.
//
// Informers of client-go leave an API server alone for up to a minute when it has been away. That spares it from thousands of controllers, and is
// wrong here: after an outage of the API server, or when a whole cluster is switched on, a replica is not ready before it has seen what it must, and
// pods wait for that. Of this server there is a handful. So it asks again after a tenth of a second, and never waits for much longer than five
// seconds. And it reads everything again then, because what is stored may be older than what it has seen: see [Anew].
package follow
