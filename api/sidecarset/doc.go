// Package sidecarset holds the facts about SidecarSets that no API version spells out: the keys with which SidecarSets,
// pods and ControllerRevisions are marked, what makes a SidecarSet a canary, the hashes, and the history of ControllerRevisions.
//
// All of it is read by OpenKruise's controller and by OpenKruise's own webhook where they run beside this server. A byte
// that differs makes them take every injected pod for outdated, so the tests pin golden values (spec/inject.md 3.1 and 8).
package sidecarset
