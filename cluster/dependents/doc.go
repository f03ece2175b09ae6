// Package dependents asks an API server what is live below an object that is being deleted. It implements
// protection.Dependents.
//
// Nothing is watched or cached: pods, claims, endpoints and custom resources are read only when somebody deletes a protected
// object below which they may be (docs/architecture.md, rule 6), so an answer is as fresh as the API server, and an idle server
// holds nothing.
//
// Every look-up reads pages of at most 500 objects, metadata only where the question allows it, and stops after the first
// page that holds something live: whether anything is there decides, and how many more there are does not. Memory is
// bounded by one page. Time is bounded by the caller's context, which must carry the deadline of the request: a
// look-up that it cuts short is an error and never "nothing there". The client's own rate limit is off, because it would spend that
// deadline waiting; the API server's priority and fairness is what protects it.
//
// The server needs the right to list what its configuration has it look for (protection.Table.Rights says what that is), to get
// namespaces, and to create subjectaccessreviews (authorization.k8s.io), without which names of blocking
// objects are not told to anybody.
package dependents
