// Package binary builds the program test/cmd/controlplane once and keeps it in test/.cache, under a name made from all
// that decides its content. Packages that are tested at the same time wait for one build instead of making several.
//
// It imports the standard library only, so that the first line of progress appears before anything large is compiled.
package binary
