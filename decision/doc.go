// Package decision holds the result that every rule of this project gives.
//
// A rule answers one AdmissionRequest in one of three ways, and the three must never be mixed up:
//
//   - it allows, perhaps with a patch, warnings or audit annotations: a [Decision] with Allowed set;
//   - it refuses: a [Decision] with a Code such as 403 or 422, a reason, causes with field paths, and a
//     message that says what to do about it;
//   - it cannot tell: an error, normally one made by [CannotTell]. The serving side turns it into an
//     HTTP 5xx, so that the failurePolicy of the webhook configuration decides. A failed look-up is
//     never "no match", and never an allow.
//
// The package imports wire types only, so that the server, the command line and other people's
// controllers can share the rules.
package decision
