// Package rawjson reads the few members of a JSON text that somebody asks for, and leaves the rest as it is, in one pass and without
// reflection. Most of what a review carries, such as managedFields or the spec of a pod that nothing selects, is never looked into.
//
// A [Scanner] accepts a text only if it is valid by RFC 8259, all of it, and names of members are case-sensitive, as they are to the
// API server. It reads members in the order of the text, repeated ones too, and a null leaves what was there, so that whoever
// assigns what comes gets what sigs.k8s.io/json gives.
//
// It does not explain: whoever has a text that a Scanner does not accept reads it again with sigs.k8s.io/json, whose verdict and
// words count. Therefore a Scanner may turn away what is valid but unusual, such as nesting beyond [MaxDepth]. A fuzz target holds
// it to the other direction: what it accepts, sigs.k8s.io/json accepts with the same result.
package rawjson
